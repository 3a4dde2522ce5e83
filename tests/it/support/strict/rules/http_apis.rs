use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::invoke_permission::is_permitted;
use super::proxy_event::{self, invoke, last_values, lists, pairs};
use super::routes::{Route, fit};
use super::{ACCOUNT, Exchange, Message, REGION, Rule, Upstream};

/// A stage of an HTTP API that does not deploy by itself serves what its deployment has; one that does takes no other.
/// Functions are called with an event of the integration's format where the policy of exactly this function, alias or version
/// lets this route, or by the role that the integration names; else callers see 500. What a stage serves cannot be deleted.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>,
/// <https://github.com/aws-controllers-k8s/apigatewayv2-controller/issues/15>
///
/// Ministack serves at once what no deployment has, and sends format 2.0 alone. A deployment that was made past the proxy is
/// what the API is when the proxy first hears of it.
#[derive(Default)]
pub(crate) struct HttpApis {
    /// The routes, each with its integration, by API and deployment.
    deployed: Mutex<BTreeMap<(String, String), Vec<Value>>>,
    /// Whether an API is an HTTP API.
    known: Mutex<BTreeMap<String, bool>>,
}

impl Rule for HttpApis {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let (call, api) = (&exchange.call, exchange.call.name(0));
        match (&*call.service, call.action) {
            ("execute-api", _) if self.is_http(api, exchange.upstream) => Some(self.answer(exchange)),
            ("apigatewayv2", "UpdateStage") => {
                let stage = stage(exchange.upstream, api, call.name(1))?;
                let names_one = exchange.document()["deploymentId"].is_string();
                let message = format!("Deployment ID cannot be set on stage {} with AutoDeploy", call.name(1));
                (names_one && stage["autoDeploy"] == true).then(|| refused(&message))
            }
            ("apigatewayv2", "DeleteDeployment") => {
                let stages = items(exchange.upstream, api, "stages");
                let is_served = stages.iter().any(|stage| stage["deploymentId"] == call.name(1));
                is_served.then(|| refused("Deployment cannot be deleted because a stage points to it"))
            }
            _ => None,
        }
    }

    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        let (call, is_of_http) = (&exchange.call, exchange.call.service == "apigatewayv2");
        if is_of_http && answer.is_success() && call.action == "CreateDeployment" {
            let id = answer.document()["deploymentId"].as_str().unwrap_or_default().to_owned();
            self.routes(call.name(0), &id, exchange.upstream);
        }
        if is_of_http && answer.is_success() && call.action == "GetStage" {
            let id = answer.document()["deploymentId"].as_str().unwrap_or_default().to_owned();
            self.routes(call.name(0), &id, exchange.upstream);
        }
    }
}

impl HttpApis {
    fn is_http(&self, api: &str, upstream: &Upstream) -> bool {
        let mut known = self.known.lock().unwrap();
        let is_http = || upstream.read("apigateway", &format!("/v2/apis/{api}")).is_some();
        *known.entry(api.to_owned()).or_insert_with(is_http)
    }

    /// The routes that a deployment has.
    fn routes(&self, api: &str, deployment: &str, upstream: &Upstream) -> Vec<Value> {
        let mut deployed = self.deployed.lock().unwrap();
        let now = || with_integrations(upstream, api);
        deployed.entry((api.to_owned(), deployment.to_owned())).or_insert_with(now).clone()
    }

    fn answer(&self, exchange: &Exchange<'_>) -> Message {
        let (call, upstream) = (&exchange.call, exchange.upstream);
        let not_found = || Message::json(404, &json!({ "message": "Not Found" }));
        let Some(stage) = stage(upstream, call.name(0), call.name(1)) else { return not_found() };
        let routes = if stage["autoDeploy"] == true {
            with_integrations(upstream, call.name(0))
        } else {
            self.routes(call.name(0), stage["deploymentId"].as_str().unwrap_or_default(), upstream)
        };
        let Some((key, route)) = find(&routes, &stage, exchange) else { return not_found() };
        let arn = function(&route);
        let stage_path = format!("{}/{}", route.stage, segments(&key));
        let source = format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{}/{stage_path}", route.api);
        if route.credentials.is_none() && !is_permitted(upstream, &arn, &source) {
            return Message::json(500, &json!({ "message": "Internal Server Error" }));
        }
        let is_second = route.integration["payloadFormatVersion"] == "2.0";
        let event = if is_second { second(&key, &route, exchange) } else { first(&key, &route, exchange) };
        match invoke(&arn, &event, exchange) {
            Some(answer) if is_second && answer["statusCode"].is_null() => Message::json(200, &answer),
            Some(answer) => proxy_event::of_function(&answer).unwrap_or_else(failed),
            None => failed(),
        }
    }
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html>
fn failed() -> Message {
    Message::json(500, &json!({ "message": "Internal Server Error" }))
}

/// A full match of method and path before a greedy one, and `$default` last.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>
fn find(routes: &[Value], stage: &Value, exchange: &Exchange<'_>) -> Option<(String, Route)> {
    let (call, path) = (&exchange.call, format!("/{}", exchange.call.name(2)));
    let fitting = routes.iter().filter_map(|route| {
        let key = route["routeKey"].as_str()?;
        let Some((method, resource)) = key.split_once(' ') else {
            return Some(((vec![9], true), BTreeMap::new(), route));
        };
        let takes = method == call.method || method == "ANY";
        let (rank, parameters) = fit(resource, &path).filter(|_| takes)?;
        Some(((rank, method == "ANY"), parameters, route))
    });
    let (_, path_parameters, route) = fitting.min_by(|one, other| one.0.cmp(&other.0))?;
    let (key, integration) = (route["routeKey"].as_str()?.to_owned(), &route["integration"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let variables = stage["stageVariables"].as_object().into_iter().flatten();
    let found = Route {
        api: call.name(0).to_owned(),
        stage: call.name(1).to_owned(),
        stage_variables: variables.map(|(name, value)| (name.clone(), text(value))).collect(),
        method: call.method.clone(),
        path,
        resource_id: key.clone(),
        resource_path: key.split_once(' ').map_or(key.as_str(), |(_, path)| path).to_owned(),
        path_parameters,
        kind: text(&integration["integrationType"]),
        uri: text(&integration["integrationUri"]),
        credentials: integration["credentialsArn"].as_str().filter(|role| !role.is_empty()).map(str::to_owned),
        integration: integration.clone(),
    };
    Some((key, found))
}

/// The function's ARN, of an invoke ARN or of the function's own, with the stage's variables.
fn function(route: &Route) -> String {
    let of_invoke = route.function_arn().unwrap_or(&route.uri).to_owned();
    let fill =
        |uri: String, (name, value): (&String, &String)| uri.replace(&format!("${{stageVariables.{name}}}"), value);
    route.stage_variables.iter().fold(of_invoke, fill)
}

/// The path with the stage, unless that is `$default`.
fn with_stage(route: &Route) -> String {
    if route.stage == "$default" { route.path.clone() } else { format!("/{}{}", route.stage, route.path) }
}

fn first(key: &str, route: &Route, exchange: &Exchange<'_>) -> Value {
    let mut event = proxy_event::event(route, exchange);
    event["version"] = "1.0".into();
    event["path"] = with_stage(route).into();
    event["requestContext"]["path"] = with_stage(route).into();
    event["requestContext"]["resourceId"] = key.into();
    event
}

fn second(key: &str, route: &Route, exchange: &Exchange<'_>) -> Value {
    let headers = exchange.request.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    let query = exchange.call.target.split_once('?').map_or("", |(_, query)| query);
    let joined: BTreeMap<_, _> = lists(pairs(query)).into_iter().map(|(name, all)| (name, all.join(","))).collect();
    let mut event = json!({
        "version": "2.0",
        "routeKey": key,
        "rawPath": with_stage(route),
        "rawQueryString": query,
        "headers": last_values(&lists(headers)),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": route.api,
            "http": { "method": route.method, "path": with_stage(route), "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1" },
            "requestId": "00000000",
            "routeKey": key,
            "stage": route.stage,
        },
        "isBase64Encoded": false,
    });
    for (name, map) in [
        ("queryStringParameters", &joined),
        ("pathParameters", &route.path_parameters),
        ("stageVariables", &route.stage_variables),
    ] {
        if !map.is_empty() {
            event[name] = json!(map);
        }
    }
    event
}

/// `GET /pets/{id}` as an ARN has it: `GET/pets/*`; the route `$default` has no segment for the method.
fn segments(key: &str) -> String {
    let Some((method, path)) = key.split_once(' ') else { return key.to_owned() };
    let method = if method == "ANY" { "*" } else { method };
    let path: Vec<_> = path.split('/').map(|part| if part.starts_with('{') { "*" } else { part }).collect();
    format!("{method}{}", path.join("/"))
}

fn stage(upstream: &Upstream, api: &str, stage: &str) -> Option<Value> {
    upstream.read("apigateway", &format!("/v2/apis/{api}/stages/{stage}"))
}

fn items(upstream: &Upstream, api: &str, what: &str) -> Vec<Value> {
    let found = upstream.read("apigateway", &format!("/v2/apis/{api}/{what}")).unwrap_or_default();
    found["items"].as_array().cloned().unwrap_or_default()
}

fn with_integrations(upstream: &Upstream, api: &str) -> Vec<Value> {
    let integrations = items(upstream, api, "integrations");
    let mut routes = items(upstream, api, "routes");
    for route in &mut routes {
        let id = route["target"].as_str().and_then(|target| target.strip_prefix("integrations/")).map(str::to_owned);
        let its = integrations.iter().find(|one| one["integrationId"].as_str() == id.as_deref());
        route["integration"] = its.cloned().unwrap_or_default();
    }
    routes
}

fn refused(message: &str) -> Message {
    Message::json(400, &json!({ "message": message })).with_header("x-amzn-errortype", "BadRequestException")
}
