//! Events of format 2.0: what Lambda makes of a request to a function's URL, and API Gateway of one to an HTTP API.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::first_event::{Request, SOURCE, USER_AGENT, decoded};
use super::routes::DEFAULT_ROUTE;
use crate::model::{AccountId, FunctionUrl, SmokeSettings, UrlAuth};

/// What takes a request.
struct Receiver<'r> {
    account: &'r str,
    id: &'r str,
    host: &'r str,
    route: &'r str,
    stage: &'r str,
}

/// The event of a smoke test's request to a URL. What only Lambda knows, such as the time of the request, is filled in when it
/// is sent. What has no value is absent.
pub(super) fn of_url(url: &FunctionUrl, settings: &SmokeSettings, path: &str, account: &AccountId) -> Value {
    let account = if url.auth == UrlAuth::Open { "anonymous" } else { account.as_str() };
    let (id, host) = (url.url.id(), url.url.host());
    let receiver = Receiver { account, id, host, route: DEFAULT_ROUTE, stage: DEFAULT_ROUTE };
    event(&receiver, settings, path.split_once('?').unwrap_or((path, "")))
}

/// The event of a smoke test's request to an HTTP API: its path has the stage, unless that is `$default`, and is decoded.
pub(super) fn of_http_api(request: &Request<'_, '_>) -> Value {
    let Request { route, settings, account, .. } = request;
    let (path, query) = request.path.split_once('?').unwrap_or((request.path, ""));
    let (api, stage) = (&route.api.observed, route.api.settings.stage.value.as_str());
    let path = request.with_stage(&decoded(path));
    let host = request.host();
    let (account, id, key) = (account.as_str(), api.id.as_str(), route.key());
    let receiver = Receiver { account, id, host: &host, route: &key, stage };
    let mut event = event(&receiver, settings, (&path, query));
    if !route.parameters.is_empty() {
        let parameters = route.parameters.iter().map(|(name, value)| (name.clone(), Value::from(decoded(value))));
        event["pathParameters"] = parameters.collect();
    }
    if let Some(stage) = api.stage.as_ref().filter(|stage| !stage.variables.is_empty()) {
        event["stageVariables"] = json!(stage.variables);
    }
    event
}

fn event(receiver: &Receiver<'_>, settings: &SmokeSettings, (path, query): (&str, &str)) -> Value {
    let Receiver { account, id, host, route, stage } = receiver;
    let headers = headers(settings, host);
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": account,
            "apiId": id,
            "domainName": host,
            "domainPrefix": id,
            "http": {
                "method": settings.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": SOURCE,
                "userAgent": headers.get("user-agent"),
            },
            "routeKey": route,
            "stage": stage,
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
