use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::invoke_permission::is_permitted;
use super::{ACCOUNT, Exchange, Message, REGION, Rule, Upstream};

/// A stage of an HTTP API that does not deploy by itself serves the routes of its deployment; one that does takes no other.
/// Functions are called where the policy of exactly this function, alias or version lets this route, or by the role that
/// the integration names; else callers see 500. What a stage serves cannot be deleted.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>,
/// <https://github.com/aws-controllers-k8s/apigatewayv2-controller/issues/15>
///
/// A deployment that was made past the proxy is what the API is when the proxy first hears of it.
#[derive(Default)]
pub(crate) struct HttpApis {
    /// The keys of the routes, by API and deployment.
    deployed: Mutex<BTreeMap<(String, String), Vec<String>>>,
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
                (names_one && stage["autoDeploy"] == true)
                    .then(|| refused("Deployment ID cannot be set on stage $default because AutoDeploy is enabled"))
            }
            ("apigatewayv2", "DeleteDeployment") => {
                let stages = exchange.upstream.read("apigateway", &format!("/v2/apis/{api}/stages"))?;
                let serves = |stage: &Value| stage["deploymentId"] == call.name(1);
                let is_served = stages["items"].as_array().into_iter().flatten().any(serves);
                is_served.then(|| refused("Deployment cannot be deleted because a stage points to it"))
            }
            _ => None,
        }
    }

    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        if exchange.call.service == "apigatewayv2" && exchange.call.action == "CreateDeployment" && answer.is_success()
        {
            let id = answer.document()["deploymentId"].as_str().unwrap_or_default().to_owned();
            self.routes(exchange.call.name(0), &id, exchange.upstream);
        }
    }
}

impl HttpApis {
    fn is_http(&self, api: &str, upstream: &Upstream) -> bool {
        let mut known = self.known.lock().unwrap();
        *known
            .entry(api.to_owned())
            .or_insert_with(|| upstream.read("apigateway", &format!("/v2/apis/{api}")).is_some())
    }

    /// The routes that a deployment has.
    fn routes(&self, api: &str, deployment: &str, upstream: &Upstream) -> Vec<String> {
        let mut deployed = self.deployed.lock().unwrap();
        let now =
            || routes(upstream, api).iter().filter_map(|one| one["routeKey"].as_str().map(str::to_owned)).collect();
        deployed.entry((api.to_owned(), deployment.to_owned())).or_insert_with(now).clone()
    }

    fn answer(&self, exchange: &Exchange<'_>) -> Message {
        let (call, upstream) = (&exchange.call, exchange.upstream);
        let (api, path) = (call.name(0), format!("/{}", call.name(2)));
        let not_found = || Message::json(404, &json!({ "message": "Not Found" }));
        let Some(stage) = stage(upstream, api, call.name(1)) else { return not_found() };
        let all = routes(upstream, api);
        let fits = |route: &&Value| {
            let key = route["routeKey"].as_str().unwrap_or_default();
            key == "$default" || key == format!("{} {path}", call.method) || key == format!("ANY {path}")
        };
        let Some(route) = all.iter().filter(fits).min_by_key(|route| route["routeKey"] == "$default") else {
            return upstream.pass(&exchange.request);
        };
        let key = route["routeKey"].as_str().unwrap_or_default();
        if stage["autoDeploy"] != true {
            let deployment = stage["deploymentId"].as_str().unwrap_or_default();
            if !self.routes(api, deployment, upstream).iter().any(|one| one == key) {
                return not_found();
            }
        }
        let source = format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/{}/{}", call.name(1), segments(key));
        let target = route["target"].as_str().unwrap_or_default();
        let integration = upstream.read("apigateway", &format!("/v2/apis/{api}/{target}")).unwrap_or_default();
        let arn = function(integration["integrationUri"].as_str().unwrap_or_default());
        let by_role = integration["credentialsArn"].as_str().is_some_and(|role| !role.is_empty());
        if by_role || is_permitted(upstream, arn, &source) {
            return upstream.pass(&exchange.request);
        }
        Message::json(500, &json!({ "message": "Internal Server Error" }))
    }
}

/// `GET /hello` as an ARN has it: `GET/hello`; the route `$default` has no segment for the method.
fn segments(key: &str) -> String {
    key.replace("ANY ", "*").replace(' ', "")
}

/// The function's ARN, of an invoke ARN or of the function's own.
fn function(uri: &str) -> &str {
    uri.split_once("/functions/").map_or(uri, |(_, rest)| rest.strip_suffix("/invocations").unwrap_or(rest))
}

fn stage(upstream: &Upstream, api: &str, stage: &str) -> Option<Value> {
    upstream.read("apigateway", &format!("/v2/apis/{api}/stages/{stage}"))
}

fn routes(upstream: &Upstream, api: &str) -> Vec<Value> {
    let found = upstream.read("apigateway", &format!("/v2/apis/{api}/routes")).unwrap_or_default();
    found["items"].as_array().cloned().unwrap_or_default()
}

fn refused(message: &str) -> Message {
    Message::json(400, &json!({ "message": message })).with_header("x-amzn-errortype", "BadRequestException")
}
