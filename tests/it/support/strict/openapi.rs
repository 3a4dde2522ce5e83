//! What `ImportRestApi` takes from an OpenAPI 3 document in JSON. AWS takes Swagger 2 and YAML as well; this does not.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html>

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// An API as the document has it; each part is the body of the call that makes it.
pub(super) struct Definition {
    /// Of `CreateRestApi`, without the type of its endpoint.
    pub(super) api: Value,
    /// Of `CreateModel`.
    pub(super) models: Vec<Value>,
    /// Of `CreateRequestValidator`.
    pub(super) validators: Vec<Value>,
    /// Of `CreateAuthorizer`.
    pub(super) authorizers: Vec<Value>,
    /// Of `PutGatewayResponse`, by type.
    pub(super) gateway_responses: BTreeMap<String, Value>,
    /// In the order of their paths.
    pub(super) methods: Vec<Method>,
    /// What is wrong, and does not hinder.
    pub(super) warnings: Vec<String>,
}

/// A method of a resource.
pub(super) struct Method {
    /// Of its resource: `/pets/{id}`.
    pub(super) path: String,
    /// `GET`, …, or `ANY`.
    pub(super) verb: String,
    /// Of `PutMethod`.
    pub(super) body: Value,
    /// The name of its authorizer.
    pub(super) authorizer: Option<String>,
    /// The name of its request validator.
    pub(super) validator: Option<String>,
    /// Of `PutMethodResponse`, by status.
    pub(super) responses: BTreeMap<String, Value>,
    /// Of `PutIntegration`.
    pub(super) integration: Option<Value>,
    /// Of `PutIntegrationResponse`, by status.
    pub(super) integration_responses: BTreeMap<String, Value>,
}

const ANY: &str = "x-amazon-apigateway-any-method";
const INTEGRATION: &str = "x-amazon-apigateway-integration";
const AUTHORIZER: &str = "x-amazon-apigateway-authorizer";
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", ANY];

impl Definition {
    /// Reads a document; what is wrong with it in the words in which AWS says so.
    pub(super) fn read(document: &Value) -> Result<Self, String> {
        let is_openapi_3 = document["openapi"].as_str().is_some_and(|version| version.starts_with("3."));
        let name = document["info"]["title"].as_str().filter(|_| is_openapi_3 && document["paths"].is_object());
        let name = name.ok_or("Invalid OpenAPI input.")?;
        let reader = Reader { document };
        let methods = reader.methods()?;
        Ok(Self {
            api: reader.api(name),
            models: reader.models(),
            validators: reader.validators(),
            authorizers: reader.authorizers(),
            gateway_responses: entries(&document["x-amazon-apigateway-gateway-responses"]).collect(),
            warnings: reader.warnings(&methods),
            methods,
        })
    }
}

struct Reader<'a> {
    document: &'a Value,
}

impl Reader<'_> {
    fn api(&self, name: &str) -> Value {
        let (document, info) = (self.document, &self.document["info"]);
        let policy = &document["x-amazon-apigateway-policy"];
        let policy = (!policy.is_null()).then(|| policy.to_string());
        let binary = document["x-amazon-apigateway-binary-media-types"].as_array();
        without_nulls(&json!({
            "name": name,
            "description": info["description"],
            "version": info["version"],
            "policy": policy,
            "binaryMediaTypes": binary,
            "minimumCompressionSize": document["x-amazon-apigateway-minimum-compression-size"],
            "apiKeySource": document["x-amazon-apigateway-api-key-source"],
        }))
    }

    fn models(&self) -> Vec<Value> {
        let schemas = entries(&self.document["components"]["schemas"]);
        let model = |(name, schema): (String, Value)| json!({ "name": name, "contentType": "application/json", "schema": schema.to_string() });
        schemas.map(model).collect()
    }

    fn validators(&self) -> Vec<Value> {
        let validators = entries(&self.document["x-amazon-apigateway-request-validators"]);
        validators.map(|(name, validator)| with(validator, "name", name.into())).collect()
    }

    fn authorizers(&self) -> Vec<Value> {
        let schemes = entries(&self.document["components"]["securitySchemes"]);
        schemes.filter_map(|(name, scheme)| authorizer(&name, &scheme)).collect()
    }

    fn methods(&self) -> Result<Vec<Method>, String> {
        let mut methods = Vec::new();
        for (path, item) in entries(&self.document["paths"]) {
            for (verb, operation) in entries(&item).filter(|(verb, _)| METHODS.contains(&verb.as_str())) {
                methods.push(self.method(&path, &verb, &operation)?);
            }
        }
        Ok(methods)
    }

    fn method(&self, path: &str, verb: &str, operation: &Value) -> Result<Method, String> {
        let http_method = if verb == ANY { "ANY".to_owned() } else { verb.to_uppercase() };
        let (security, authorizer) = self.security(operation);
        let body = json!({
            "operationName": operation["operationId"],
            "requestParameters": request_parameters(operation),
            "requestModels": model_names(&operation["requestBody"]),
        });
        let default = &self.document["x-amazon-apigateway-request-validator"];
        let validator = operation["x-amazon-apigateway-request-validator"].as_str().or(default.as_str());
        let responses = entries(&operation["responses"]).map(|(status, one)| (status, response(&one)));
        Ok(Method {
            path: path.to_owned(),
            body: without_nulls(&merged(&body, &security)),
            authorizer,
            validator: validator.map(str::to_owned),
            responses: responses.collect(),
            integration: integration(path, &http_method, &operation[INTEGRATION])?,
            integration_responses: integration_responses(&operation[INTEGRATION]),
            verb: http_method,
        })
    }

    /// What the schemes that an operation names mean for its method, and which of them is its authorizer.
    fn security(&self, operation: &Value) -> (Value, Option<String>) {
        let wanted = if operation["security"].is_array() { operation } else { self.document };
        let (mut body, mut name) = (json!({ "authorizationType": "NONE" }), None);
        for (scheme, scopes) in wanted["security"].as_array().into_iter().flatten().flat_map(entries) {
            let found = &self.document["components"]["securitySchemes"][&scheme];
            if found[AUTHORIZER].is_object() {
                let is_pool = found[AUTHORIZER]["type"] == "cognito_user_pools";
                body["authorizationType"] = if is_pool { "COGNITO_USER_POOLS" } else { "CUSTOM" }.into();
                body["authorizationScopes"] = scopes;
                name = Some(scheme);
            } else if found["x-amazon-apigateway-authtype"] == "awsSigv4" {
                body["authorizationType"] = "AWS_IAM".into();
            } else if found["type"] == "apiKey" && found["name"] == "x-api-key" {
                body["apiKeyRequired"] = true.into();
            }
        }
        (body, name)
    }

    /// A reference to a model that is not there is AWS's own example of a warning.
    fn warnings(&self, methods: &[Method]) -> Vec<String> {
        let named = methods.iter().flat_map(|method| {
            let bodies = std::iter::once(&method.body["requestModels"]);
            let bodies = bodies.chain(method.responses.values().map(|response| &response["responseModels"]));
            bodies.flat_map(entries).map(move |(_, model)| (method, model))
        });
        let is_there = |model: &Value| !self.document["components"]["schemas"][model.as_str().unwrap_or("")].is_null();
        let missing = named.filter(|(_, model)| !is_there(model));
        missing.map(|(method, model)| about(method, &format!("Invalid model name specified: {model}"))).collect()
    }
}

fn about(method: &Method, problem: &str) -> String {
    format!("Unable to put method '{}' on resource at path '{}': {problem}", method.verb, method.path)
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html>
fn authorizer(name: &str, scheme: &Value) -> Option<Value> {
    let body = scheme[AUTHORIZER].as_object()?.clone();
    let kind = body.get("type")?.as_str()?.to_uppercase();
    let place = if scheme["in"] == "query" { "querystring" } else { "header" };
    let source = format!("method.request.{place}.{}", scheme["name"].as_str().unwrap_or("Authorization"));
    let source = body.get("identitySource").cloned().unwrap_or_else(|| source.into());
    let auth = scheme["x-amazon-apigateway-authtype"].clone();
    let more = json!({ "name": name, "type": kind, "identitySource": source, "authType": auth });
    Some(without_nulls(&merged(&body.into(), &more)))
}

fn request_parameters(operation: &Value) -> Map<String, Value> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let parameter = |one: &Value| {
        let place = if one["in"] == "query" { "querystring" } else { one["in"].as_str()? };
        Some((format!("method.request.{place}.{}", one["name"].as_str()?), (one["required"] == true).into()))
    };
    parameters.filter_map(parameter).collect()
}

fn response(response: &Value) -> Value {
    let headers =
        entries(&response["headers"]).map(|(name, _)| (format!("method.response.header.{name}"), false.into()));
    json!({ "responseParameters": headers.collect::<Map<_, _>>(), "responseModels": model_names(response) })
}

/// The models that a body refers to, by content type.
fn model_names(body: &Value) -> Map<String, Value> {
    let name = |(content_type, content): (String, Value)| {
        let reference = content["schema"]["$ref"].as_str()?.strip_prefix("#/components/schemas/")?;
        Some((content_type, reference.into()))
    };
    entries(&body["content"]).filter_map(name).collect()
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html>
fn integration(path: &str, http_method: &str, extension: &Value) -> Result<Option<Value>, String> {
    if extension.is_null() {
        return Ok(None);
    }
    let malformed = || format!("Unable to parse API definition because of a malformed integration at path {path}.");
    let mut body = extension.clone();
    let parts = body.as_object_mut().ok_or_else(malformed)?;
    parts.remove("responses");
    for name in ["type", "passthroughBehavior", "connectionType"] {
        if let Some(value) = parts.get_mut(name) {
            *value = value.as_str().ok_or_else(malformed)?.to_uppercase().into();
        }
    }
    let kind = parts.get("type").and_then(Value::as_str).ok_or_else(malformed)?;
    let problem = match kind {
        "MOCK" => None,
        "AWS" | "AWS_PROXY" | "HTTP" | "HTTP_PROXY" => target_problem(kind, extension),
        _ => return Err(malformed()),
    };
    let place = format!("Unable to put integration on '{http_method}' for resource at path '{path}'");
    problem.map_or(Ok(Some(body)), |problem| Err(format!("Errors found during import:\n\t{place}: {problem}")))
}

fn target_problem(kind: &str, extension: &Value) -> Option<&'static str> {
    let uri = extension["uri"].as_str().unwrap_or_default();
    if extension["httpMethod"].as_str().is_none_or(str::is_empty) {
        Some("Enumeration value for HttpMethod must be non-empty")
    } else if kind.starts_with("AWS") && !uri.starts_with("arn:") {
        Some("Invalid ARN specified in the request")
    } else if kind.starts_with("HTTP") && uri.is_empty() {
        Some("Invalid HTTP endpoint specified for URI")
    } else {
        None
    }
}

/// The keys of the extension are patterns; `default` stands for none.
fn integration_responses(extension: &Value) -> BTreeMap<String, Value> {
    let response = |(pattern, response): (String, Value)| {
        let status = response["statusCode"].as_str().map_or_else(|| response["statusCode"].to_string(), str::to_owned);
        let pattern = if pattern == "default" { String::new() } else { pattern };
        (status, with(response, "selectionPattern", pattern.into()))
    };
    entries(&extension["responses"]).map(response).collect()
}

fn entries(map: &Value) -> impl Iterator<Item = (String, Value)> + use<> {
    map.as_object().cloned().unwrap_or_default().into_iter()
}

fn with(mut map: Value, name: &str, value: Value) -> Value {
    map[name] = value;
    map
}

fn merged(one: &Value, other: &Value) -> Value {
    entries(one).chain(entries(other)).collect::<Map<_, _>>().into()
}

fn without_nulls(map: &Value) -> Value {
    entries(map).filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>().into()
}
