//! The event that Lambda makes of a request to a function's URL, format 2.0.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads>

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::event::{SOURCE, USER_AGENT};
use crate::model::{AccountId, FunctionUrl, SmokeSettings, UrlAuth};

/// The event of a smoke test's request. What only Lambda knows, such as the time of the request, is filled in when it is
/// sent. What has no value is absent.
pub(super) fn of_url(url: &FunctionUrl, settings: &SmokeSettings, path: &str, account: &AccountId) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let host = url.url.host();
    let headers = headers(settings, host);
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": if url.auth == UrlAuth::Open { "anonymous" } else { account.as_str() },
            "apiId": url.url.id(),
            "domainName": host,
            "domainPrefix": url.url.id(),
            "http": {
                "method": settings.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": SOURCE,
                "userAgent": headers.get("user-agent"),
            },
            "routeKey": "$default",
            "stage": "$default",
        },
        "isBase64Encoded": false,
    });
    let parameters = parameters(query);
    if !parameters.is_empty() {
        event["queryStringParameters"] = json!(parameters);
    }
    if let Some(cookies) = headers.get("cookie") {
        event["cookies"] = cookies.split(';').map(str::trim).collect();
    }
    if let Some(body) = &settings.body {
        let is_text = is_text(headers.get("content-type").map_or("", String::as_str));
        event["body"] = if is_text { body.clone() } else { STANDARD.encode(body) }.into();
        event["isBase64Encoded"] = (!is_text).into();
    }
    event
}

/// Those of the settings, and those that Lambda adds; their names are in small letters.
fn headers(settings: &SmokeSettings, host: &str) -> BTreeMap<String, String> {
    let added = [
        ("accept", "*/*"),
        ("host", host),
        ("user-agent", USER_AGENT),
        ("x-forwarded-for", SOURCE),
        ("x-forwarded-port", "443"),
        ("x-forwarded-proto", "https"),
    ];
    let added = added.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let said = settings.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    added.into_iter().chain(said).collect()
}

/// Several values of one name stand behind each other, with commas.
fn parameters(query: &str) -> BTreeMap<String, String> {
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
        parameters.entry(name).or_default().push(value);
    }
    parameters.into_iter().map(|(name, values)| (name, values.join(","))).collect()
}

/// Whether Lambda hands on a body of this type as text.
fn is_text(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.starts_with("text/") || ["application/json", "application/xml", "application/javascript"].contains(&&*kind)
}
