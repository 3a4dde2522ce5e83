use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::super::errors::api_gateway_error;
use super::import_rest_api::{Import, bad_request, definition, said};
use super::{Exchange, Message, Rule};

/// `PutRestApi` in the mode `overwrite` puts an OpenAPI document in the place of all that an API holds; ministack does
/// not know the call. Tags and the type of the endpoint stay. A document that is wrong changes nothing. While one takes
/// place, another one of the same API is 409, and so is a deployment, which would have half of it.
///
/// <https://docs.aws.amazon.com/apigateway/latest/api/API_PutRestApi.html>
#[derive(Default)]
pub(crate) struct PutRestApi {
    /// The APIs that are written to.
    busy: Mutex<BTreeSet<String>>,
}

impl Rule for PutRestApi {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let puts = exchange.is_api_gateway(&["PutRestApi"]);
        if !puts && !exchange.is_api_gateway(&["CreateDeployment"]) {
            return None;
        }
        let api = exchange.call.name(0).to_owned();
        {
            let mut busy = self.busy.lock().unwrap();
            if busy.contains(&api) {
                return Some(conflict());
            }
            if !puts {
                return None;
            }
            busy.insert(api.clone());
        }
        let answer = put(exchange).unwrap_or_else(|refusal| refusal);
        self.busy.lock().unwrap().remove(&api);
        Some(answer)
    }
}

fn conflict() -> Message {
    let message = "Unable to complete operation due to concurrent modification. Please try again later.";
    api_gateway_error(409, "ConflictException", message)
}

fn put(exchange: &Exchange<'_>) -> Result<Message, Message> {
    let definition = definition(exchange)?;
    if exchange.call.query("mode").as_deref() != Some("overwrite") {
        return Err(bad_request("only the mode overwrite is known here"));
    }
    let api = format!("/restapis/{}", exchange.call.name(0));
    said(exchange.upstream.call("apigateway", "GET", &api, Vec::new()))?;
    clear(exchange, &api);
    rename(exchange, &api, &definition.api["name"]);
    let root = root(exchange, &api);
    Import::new(exchange.upstream, &api, &json!({ "rootResourceId": root })).fill(&definition)?;
    Ok(exchange.upstream.call("apigateway", "GET", &api, Vec::new()))
}

fn resources(exchange: &Exchange<'_>, api: &str) -> Vec<Value> {
    exchange.upstream.items(&format!("{api}/resources?embed=methods&limit=500")).unwrap_or_default()
}

fn root(exchange: &Exchange<'_>, api: &str) -> Value {
    resources(exchange, api).into_iter().find(|resource| resource["path"] == "/").unwrap_or_default()["id"].take()
}

fn clear(exchange: &Exchange<'_>, api: &str) {
    let delete = |path: String| exchange.upstream.call("apigateway", "DELETE", &format!("{api}/{path}"), Vec::new());
    for resource in resources(exchange, api) {
        let id = resource["id"].as_str().unwrap_or_default();
        if resource["path"] != "/" {
            delete(format!("resources/{id}"));
            continue;
        }
        for (verb, _) in resource["resourceMethods"].as_object().into_iter().flatten() {
            delete(format!("resources/{id}/methods/{verb}"));
        }
    }
    for (list, name) in [("authorizers", "id"), ("models", "name"), ("requestvalidators", "id")] {
        for item in exchange.upstream.items(&format!("{api}/{list}")).unwrap_or_default() {
            delete(format!("{list}/{}", item[name].as_str().unwrap_or_default()));
        }
    }
}

fn rename(exchange: &Exchange<'_>, api: &str, name: &Value) {
    let patch = json!({ "patchOperations": [{ "op": "replace", "path": "/name", "value": name }] });
    exchange.upstream.call("apigateway", "PATCH", api, patch.to_string().into_bytes());
}
