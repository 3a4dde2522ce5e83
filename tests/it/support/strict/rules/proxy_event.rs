//! Calls the integration of a route, and makes its answer the API's.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::actions::decoded;
use super::routes::Route;
use super::{ACCOUNT, Exchange, Message};

/// The answer of the integration.
pub(super) fn integrate(route: &Route, exchange: &Exchange<'_>) -> Message {
    match route.kind.as_str() {
        "AWS_PROXY" => call_function(route, exchange),
        "MOCK" => mock(route),
        // As ministack does it; nothing of a snapshot is in it.
        _ => exchange.upstream.pass(&exchange.request),
    }
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html>
fn mock(route: &Route) -> Message {
    let template = route.integration.pointer("/requestTemplates/application~1json").and_then(Value::as_str);
    let template: Option<Value> = template.and_then(|template| serde_json::from_str(template).ok());
    let status = template.and_then(|template| u16::try_from(template["statusCode"].as_u64()?).ok()).unwrap_or(200);
    let body = &route.integration["integrationResponses"][status.to_string()]["responseTemplates"]["application/json"];
    let body = body.as_str().unwrap_or_default().as_bytes().to_vec();
    Message::answer(status, body).with_header("Content-Type", "application/json")
}

fn call_function(route: &Route, exchange: &Exchange<'_>) -> Message {
    let Some(arn) = route.function_arn() else { return Route::internal_server_error() };
    let answer = call(arn, &event(route, exchange), exchange);
    if answer.status() != 200 {
        return Route::internal_server_error();
    }
    let failed = answer.header("x-amz-function-error").is_some();
    (!failed).then(|| of_function(&answer.document())).flatten().unwrap_or_else(bad_gateway)
}

fn call(arn: &str, event: &Value, exchange: &Exchange<'_>) -> Message {
    let target = Route::function_target(&by_version(arn, exchange), "invocations");
    exchange.upstream.call("lambda", "POST", &target, event.to_string().into_bytes())
}

/// What a function answers to an event; `None` where it fails.
pub(super) fn invoke(arn: &str, event: &Value, exchange: &Exchange<'_>) -> Option<Value> {
    let answer = call(arn, event, exchange);
    let failed = answer.status() != 200 || answer.header("x-amz-function-error").is_some();
    (!failed).then(|| answer.document())
}

/// The ARN with the version instead of the alias that stands on it. On AWS both are the same environment; ministack starts
/// a process of its own for each qualifier, which takes most of the time of a test.
fn by_version(arn: &str, exchange: &Exchange<'_>) -> String {
    let version = || {
        let (function, qualifier) = arn.rsplit_once(':').filter(|(function, _)| function.matches(':').count() == 6)?;
        let name = function.rsplit(':').next()?;
        let path = format!("/2015-03-31/functions/{name}/aliases/{qualifier}");
        let alias = exchange.upstream.read("lambda", &path)?;
        let is_shared =
            alias["RoutingConfig"]["AdditionalVersionWeights"].as_object().is_some_and(|all| !all.is_empty());
        (!is_shared).then(|| Some(format!("{function}:{}", alias["FunctionVersion"].as_str()?))).flatten()
    };
    version().unwrap_or_else(|| arn.to_owned())
}

/// What a function does not answer in this form is 502.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format>
pub(super) fn of_function(answer: &Value) -> Option<Message> {
    let status = answer["statusCode"].as_u64().or_else(|| answer["statusCode"].as_str()?.parse().ok());
    let body = match (&answer["body"], answer["isBase64Encoded"] == true) {
        (Value::Null, _) => Vec::new(),
        (Value::String(text), true) => STANDARD.decode(text).ok()?,
        (Value::String(text), false) => text.clone().into_bytes(),
        _ => return None,
    };
    let mut message = Message::answer(u16::try_from(status?).ok()?, body);
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        message = message.with_header(name, &text_of(value));
    }
    for (name, values) in answer["multiValueHeaders"].as_object().into_iter().flatten() {
        message = values.as_array()?.iter().fold(message, |message, value| message.with_header(name, &text_of(value)));
    }
    let typed = message.header("content-type").is_some();
    Some(if typed { message } else { message.with_header("Content-Type", "application/json") })
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn bad_gateway() -> Message {
    Message::json(502, &json!({ "message": "Internal server error" }))
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format>
pub(super) fn event(route: &Route, exchange: &Exchange<'_>) -> Value {
    let headers = exchange.request.headers.iter().cloned();
    let query = exchange.call.target.split_once('?').map_or("", |(_, query)| query);
    let (headers, query) = (lists(headers), lists(pairs(query)));
    let text = std::str::from_utf8(&exchange.request.body);
    let body = text.map_or_else(|_| STANDARD.encode(&exchange.request.body), str::to_owned);
    json!({
        "resource": route.resource_path,
        "path": route.path,
        "httpMethod": route.method,
        "headers": last_values(&headers),
        "multiValueHeaders": or_null(&headers),
        "queryStringParameters": last_values(&query),
        "multiValueQueryStringParameters": or_null(&query),
        "pathParameters": or_null(&route.path_parameters),
        "stageVariables": or_null(&route.stage_variables),
        "requestContext": context(route),
        "body": if body.is_empty() { Value::Null } else { body.into() },
        "isBase64Encoded": text.is_err(),
    })
}

fn context(route: &Route) -> Value {
    json!({
        "accountId": ACCOUNT,
        "apiId": route.api,
        "stage": route.stage,
        "resourceId": route.resource_id,
        "resourcePath": route.resource_path,
        "httpMethod": route.method,
        "path": format!("/{}{}", route.stage, route.path),
        "protocol": "HTTP/1.1",
        "requestId": "00000000-0000-0000-0000-000000000000",
        "identity": { "sourceIp": "127.0.0.1", "userAgent": null },
    })
}

/// The parameters of a query, decoded.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (decoded(name), decoded(value)))
}

type Lists = BTreeMap<String, Vec<String>>;

pub(super) fn lists(pairs: impl Iterator<Item = (String, String)>) -> Lists {
    let mut lists = Lists::new();
    for (name, value) in pairs {
        lists.entry(name).or_default().push(value);
    }
    lists
}

/// Of several values the last.
pub(super) fn last_values(lists: &Lists) -> Value {
    let values: BTreeMap<_, _> = lists.iter().filter_map(|(name, values)| Some((name, values.last()?))).collect();
    or_null(&values)
}

fn or_null<K: serde::Serialize + Ord, V: serde::Serialize>(map: &BTreeMap<K, V>) -> Value {
    if map.is_empty() { Value::Null } else { json!(map) }
}
