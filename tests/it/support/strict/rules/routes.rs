//! From a request to an endpoint to the integration that answers it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Call, Message};

/// Where a deployment leads a request to.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(super) api: String,
    pub(super) stage: String,
    pub(super) stage_variables: BTreeMap<String, String>,
    /// Of the request, not `ANY`.
    pub(super) method: String,
    /// Of the request, without the stage.
    pub(super) path: String,
    pub(super) resource_id: String,
    /// With its parameters as the API has them: `/pets/{id}`.
    pub(super) resource_path: String,
    pub(super) path_parameters: BTreeMap<String, String>,
    /// `AWS_PROXY`, `MOCK`, ….
    pub(super) kind: String,
    pub(super) uri: String,
    /// The role by which the function is called.
    pub(super) credentials: Option<String>,
    /// The integration as the API has it.
    pub(super) integration: Value,
}

impl Route {
    /// The function that the URI names, with its qualifier.
    pub(super) fn function_arn(&self) -> Option<&str> {
        self.uri.split_once("/functions/")?.1.strip_suffix("/invocations")
    }

    /// The path of this function in Lambda's API, with what is below it, and its qualifier as a query.
    pub(super) fn function_target(arn: &str, below: &str) -> String {
        let mut parts = arn.split(':').skip(6);
        let function = parts.next().unwrap_or_default();
        let qualifier = parts.next().map(|qualifier| format!("?Qualifier={qualifier}")).unwrap_or_default();
        format!("/2015-03-31/functions/{function}/{below}{qualifier}")
    }

    /// What callers see of whatever is wrong behind the API.
    pub(super) fn internal_server_error() -> Message {
        Message::json(500, &json!({ "message": "Internal server error" }))
    }
}

/// The most specific resource that has a method for this call.
pub(super) fn find(resources: &[Value], stage: &Value, call: &Call) -> Option<Route> {
    let path = format!("/{}", call.name(2));
    let fitting = resources.iter().filter_map(|resource| {
        let (rank, parameters) = fit(resource["path"].as_str()?, &path)?;
        Some((rank, parameters, resource, method(resource, &call.method)?))
    });
    let (_, path_parameters, resource, method) = fitting.min_by(|one, other| one.0.cmp(&other.0))?;
    let integration = &method["methodIntegration"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let variables = stage["variables"].as_object().into_iter().flatten();
    Some(Route {
        api: call.name(0).to_owned(),
        stage: call.name(1).to_owned(),
        stage_variables: variables.map(|(name, value)| (name.clone(), text(value))).collect(),
        method: call.method.clone(),
        path,
        resource_id: text(&resource["id"]),
        resource_path: text(&resource["path"]),
        path_parameters,
        kind: text(&integration["type"]),
        uri: text(&integration["uri"]),
        credentials: integration["credentials"].as_str().filter(|role| !role.is_empty()).map(str::to_owned),
        integration: integration.clone(),
    })
}

fn method<'r>(resource: &'r Value, wanted: &str) -> Option<&'r Value> {
    let methods = resource["resourceMethods"].as_object()?;
    methods.get(wanted).or_else(|| methods.get("ANY"))
}

/// Whether a resource's path takes this one: per part 0 where it says the same, 1 for a parameter, 2 for all the rest;
/// and the parameters.
pub(super) fn fit(resource: &str, path: &str) -> Option<(Vec<u8>, BTreeMap<String, String>)> {
    let mut parts = path.trim_matches('/').split('/').filter(|part| !part.is_empty()).peekable();
    let (mut rank, mut parameters) = (Vec::new(), BTreeMap::new());
    for wanted in resource.trim_matches('/').split('/').filter(|part| !part.is_empty()) {
        let name = wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
        match name.map(|name| (name, name.strip_suffix('+'))) {
            Some((_, Some(name))) => {
                parts.peek()?;
                parameters.insert(name.to_owned(), parts.by_ref().collect::<Vec<_>>().join("/"));
                rank.push(2);
            }
            Some((name, None)) => {
                parameters.insert(name.to_owned(), parts.next()?.to_owned());
                rank.push(1);
            }
            None if parts.next()? == wanted => rank.push(0),
            None => return None,
        }
    }
    parts.next().is_none().then_some((rank, parameters))
}
