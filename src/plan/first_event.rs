//! The event that API Gateway makes of a request, format 1.0: of each REST API, and of HTTP APIs that ask for it.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format>

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::routes::{DEFAULT_ROUTE, Route};
use crate::model::{AccountId, Region, SmokeSettings};

/// Where the request seems to come from: a network for documentation.
///
/// <https://www.rfc-editor.org/rfc/rfc5737>
pub(super) const SOURCE: &str = "192.0.2.1";

pub(super) const USER_AGENT: &str = concat!("sls-release/", env!("CARGO_PKG_VERSION"));

/// A request of a smoke test, and where it goes.
pub(super) struct Request<'r, 'a> {
    pub(super) route: &'r Route<'r, 'a>,
    pub(super) settings: &'r SmokeSettings,
    /// As the settings have it, with its query.
    pub(super) path: &'r str,
    pub(super) account: &'r AccountId,
    pub(super) region: &'r Region,
}

/// The event of a smoke test's request. What only API Gateway knows, such as the time
/// of the request, is filled in when it is sent.
pub(super) fn of_first_format(request: &Request<'_, '_>) -> Value {
    let Request { route, settings, path, .. } = request;
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query = form_urlencoded::parse(query.as_bytes()).into_owned();
    let (headers, query) = (lists(request.headers()), lists(query));
    let parameters: BTreeMap<_, _> = route.parameters.iter().map(|(name, value)| (name, decoded(value))).collect();
    let variables = route.api.observed.stage.as_ref().map(|stage| &stage.variables);
    let is_rest = route.api.observed.kind.is_rest();
    let mut event = json!({
        "resource": route.integration.path,
        "path": if is_rest { path.to_owned() } else { request.with_stage(&decoded(path)) },
        "httpMethod": settings.method,
        "headers": last_values(&headers),
        "multiValueHeaders": headers,
        "queryStringParameters": or_null(&last_values(&query)),
        "multiValueQueryStringParameters": or_null(&query),
        "pathParameters": or_null(&parameters),
        "stageVariables": variables.map_or(Value::Null, or_null),
        "requestContext": request.context(path),
        "body": settings.body,
        "isBase64Encoded": false,
    });
    if !is_rest {
        event["version"] = "1.0".into();
    }
    event
}

impl Request<'_, '_> {
    fn context(&self, path: &str) -> Value {
        let Self { route, settings, account, .. } = self;
        let (stage, kind) = (&route.api.settings.stage.value, route.api.observed.kind);
        json!({
            "accountId": account,
            "apiId": route.api.observed.id,
            "deploymentId": route.api.observed.stage.as_ref().and_then(|stage| stage.deployment.as_ref()),
            "domainName": self.host(),
            "domainPrefix": route.api.observed.id,
            "httpMethod": settings.method,
            "identity": {
                "accessKey": null,
                "accountId": null,
                "caller": null,
                "cognitoAuthenticationProvider": null,
                "cognitoAuthenticationType": null,
                "cognitoIdentityId": null,
                "cognitoIdentityPoolId": null,
                "principalOrgId": null,
                "sourceIp": SOURCE,
                "user": null,
                "userAgent": USER_AGENT,
                "userArn": null,
            },
            "path": if kind.is_rest() { format!("/{stage}{path}") } else { self.with_stage(&decoded(path)) },
            "protocol": "HTTP/1.1",
            "resourceId": if kind.is_rest() { route.integration.resource_id.clone() } else { route.key() },
            "resourcePath": route.integration.path,
            "stage": stage,
        })
    }

    /// Those of the settings, and those that API Gateway adds.
    fn headers(&self) -> impl Iterator<Item = (String, String)> {
        let settings = self.settings;
        let added = [
            ("Accept", "*/*".to_owned()),
            ("Host", self.host()),
            ("User-Agent", USER_AGENT.to_owned()),
            ("X-Forwarded-For", SOURCE.to_owned()),
            ("X-Forwarded-Port", "443".to_owned()),
            ("X-Forwarded-Proto", "https".to_owned()),
        ];
        let is_said = |name: &str| settings.headers.keys().any(|said| said.eq_ignore_ascii_case(name));
        let added = added.into_iter().filter(move |(name, _)| !is_said(name));
        let said = settings.headers.iter().map(|(name, value)| (name.clone(), value.clone()));
        added.map(|(name, value)| (name.to_owned(), value)).chain(said)
    }

    /// The path as an HTTP API tells it: with its stage, unless that is `$default`.
    pub(super) fn with_stage(&self, path: &str) -> String {
        let stage = &self.route.api.settings.stage.value;
        if stage.as_str() == DEFAULT_ROUTE { path.to_owned() } else { format!("/{stage}{path}") }
    }

    pub(super) fn host(&self) -> String {
        self.region.host_of_api(&self.route.api.observed.id)
    }
}

type Lists = BTreeMap<String, Vec<String>>;

fn lists(pairs: impl Iterator<Item = (String, String)>) -> Lists {
    let mut lists = Lists::new();
    for (name, value) in pairs {
        lists.entry(name).or_default().push(value);
    }
    lists
}

/// Of several values the last.
fn last_values(lists: &Lists) -> BTreeMap<&String, &String> {
    lists.iter().filter_map(|(name, values)| Some((name, values.last()?))).collect()
}

fn or_null<K: Serialize + Ord, V: Serialize>(map: &BTreeMap<K, V>) -> Value {
    if map.is_empty() { Value::Null } else { json!(map) }
}

/// A part of a path without its percent signs; `+` is a plus there.
pub(super) fn decoded(part: &str) -> String {
    let escaped = part.replace('+', "%2B");
    form_urlencoded::parse(format!("v={escaped}").as_bytes()).next().map_or_else(String::new, |(_, value)| value.into())
}
