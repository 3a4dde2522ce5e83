use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::openapi::{Definition, Method};
use super::{Exchange, Message, Rule, Upstream, api_gateway_error};

/// `ImportRestApi` makes the API that an OpenAPI document describes, where ministack makes one without methods. A
/// document that is wrong makes none, and `failonwarnings` makes warnings wrong, too. Without a word about its
/// endpoint an API is edge-optimized.
///
/// <https://docs.aws.amazon.com/apigateway/latest/api/API_ImportRestApi.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-errors-warnings.html>
pub(crate) struct ImportRestApi;

impl Rule for ImportRestApi {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let imports = exchange.is_api_gateway(&["ImportRestApi"]);
        imports.then(|| import(exchange).unwrap_or_else(|refusal| refusal))
    }
}

fn import(exchange: &Exchange<'_>) -> Result<Message, Message> {
    let (definition, kind) = (definition(exchange)?, endpoint_type(exchange)?);
    may_import(exchange)?;
    let mut body = definition.api.clone();
    body["endpointConfiguration"] = json!({ "types": [kind] });
    let made = said(exchange.upstream.call("apigateway", "POST", "/restapis", body.to_string().into_bytes()))?;
    let api = format!("/restapis/{}", made["id"].as_str().unwrap_or_default());
    let filled = Import::new(exchange.upstream, &api, &made).fill(&definition);
    if let Err(problem) = filled {
        delete(exchange.upstream, &api);
        return Err(bad_request(&format!("Errors found during import:\n\t{}", problem.document()["message"])));
    }
    let warnings = &definition.warnings;
    let mut answer = Message::json(201, &made);
    answer.edit(|api| api["warnings"] = if warnings.is_empty() { Value::Null } else { json!(warnings) });
    Ok(answer)
}

/// What the document describes; warnings are refused where the caller wants none.
pub(super) fn definition(exchange: &Exchange<'_>) -> Result<Definition, Message> {
    let definition = Definition::read(&exchange.document()).map_err(|problem| bad_request(&problem))?;
    if exchange.call.query("failonwarnings").as_deref() == Some("true") && !definition.warnings.is_empty() {
        let warnings = definition.warnings.join("\n\t");
        return Err(bad_request(&format!("Warnings found during import:\n\t{warnings}")));
    }
    Ok(definition)
}

fn endpoint_type(exchange: &Exchange<'_>) -> Result<String, Message> {
    let kind = exchange.call.query("endpointConfigurationTypes").unwrap_or_else(|| "EDGE".to_owned());
    let is_known = ["EDGE", "REGIONAL", "PRIVATE"].contains(&kind.as_str());
    if is_known { Ok(kind) } else { Err(bad_request(&format!("Invalid endpoint type: {kind}"))) }
}

/// Ministack is asked as well, since it knows who may; what it makes is in the way.
fn may_import(exchange: &Exchange<'_>) -> Result<(), Message> {
    let made = said(exchange.upstream.pass(&exchange.request))?;
    delete(exchange.upstream, &format!("/restapis/{}", made["id"].as_str().unwrap_or_default()));
    Ok(())
}

fn delete(upstream: &Upstream, api: &str) {
    upstream.call("apigateway", "DELETE", api, Vec::new());
}

pub(super) fn said(answer: Message) -> Result<Value, Message> {
    if answer.is_success() { Ok(answer.document()) } else { Err(answer) }
}

pub(super) fn bad_request(message: &str) -> Message {
    api_gateway_error(400, "BadRequestException", message)
}

/// An API that is being filled.
pub(super) struct Import<'a> {
    upstream: &'a Upstream,
    /// `/restapis/<id>`.
    api: &'a str,
    /// The ids of its resources, by path.
    resources: BTreeMap<String, String>,
    /// The ids of its authorizers, by name.
    authorizers: BTreeMap<String, String>,
    /// The ids of its request validators, by name.
    validators: BTreeMap<String, String>,
}

impl<'a> Import<'a> {
    pub(super) fn new(upstream: &'a Upstream, api: &'a str, made: &Value) -> Self {
        let root = made["rootResourceId"].as_str().unwrap_or_default().to_owned();
        let resources = [("/".to_owned(), root)].into();
        Self { upstream, api, resources, authorizers: BTreeMap::new(), validators: BTreeMap::new() }
    }

    pub(super) fn fill(mut self, definition: &Definition) -> Result<(), Message> {
        for model in &definition.models {
            self.call("POST", "models", model)?;
        }
        self.authorizers = self.named("authorizers", &definition.authorizers)?;
        self.validators = self.named("requestvalidators", &definition.validators)?;
        for (kind, response) in &definition.gateway_responses {
            self.call("PUT", &format!("gatewayresponses/{kind}"), response)?;
        }
        definition.methods.iter().try_for_each(|method| self.method(method))
    }

    fn call(&self, verb: &str, path: &str, body: &Value) -> Result<Value, Message> {
        let target = format!("{}/{path}", self.api);
        said(self.upstream.call("apigateway", verb, &target, body.to_string().into_bytes()))
    }

    /// Makes these, and returns their ids by name.
    fn named(&self, path: &str, bodies: &[Value]) -> Result<BTreeMap<String, String>, Message> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let make = |body| self.call("POST", path, body).map(|made| (text(&made["name"]), text(&made["id"])));
        bodies.iter().map(make).collect()
    }

    fn method(&mut self, method: &Method) -> Result<(), Message> {
        let resource = self.resource(&method.path)?;
        let path = format!("resources/{resource}/methods/{}", method.verb);
        let mut body = method.body.clone();
        if let Some(id) = method.authorizer.as_ref().and_then(|name| self.authorizers.get(name)) {
            body["authorizerId"] = id.as_str().into();
        }
        if let Some(id) = method.validator.as_ref().and_then(|name| self.validators.get(name)) {
            body["requestValidatorId"] = id.as_str().into();
        }
        self.call("PUT", &path, &body)?;
        for (status, response) in &method.responses {
            self.call("PUT", &format!("{path}/responses/{status}"), response)?;
        }
        let Some(integration) = &method.integration else { return Ok(()) };
        self.call("PUT", &format!("{path}/integration"), integration)?;
        for (status, response) in &method.integration_responses {
            self.call("PUT", &format!("{path}/integration/responses/{status}"), response)?;
        }
        Ok(())
    }

    /// The id of the resource with this path, which is made, with all above it, where it is missing.
    fn resource(&mut self, path: &str) -> Result<String, Message> {
        let path = if path == "/" { path } else { path.trim_end_matches('/') };
        if let Some(known) = self.resources.get(path) {
            return Ok(known.clone());
        }
        let (above, part) = path.rsplit_once('/').unwrap_or_default();
        let parent = self.resource(if above.is_empty() { "/" } else { above })?;
        let made = self.call("POST", &format!("resources/{parent}"), &json!({ "pathPart": part }))?;
        let id = made["id"].as_str().unwrap_or_default().to_owned();
        self.resources.insert(path.to_owned(), id.clone());
        Ok(id)
    }
}
