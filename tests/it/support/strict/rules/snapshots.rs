use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::routes::{Route, find};
use super::{Exchange, Message, Rule, Upstream};

/// A deployment is a snapshot of the API, and a stage serves its deployment: what changes in the API reaches no
/// caller before the next one.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html>
///
/// A deployment that was made past the proxy is what the API is when the proxy first hears of it.
#[derive(Default)]
pub(crate) struct Snapshots {
    /// The resources with their methods, by API and deployment.
    deployed: Mutex<BTreeMap<(String, String), Vec<Value>>>,
}

impl Snapshots {
    fn resources(&self, api: &str, deployment: &str, upstream: &Upstream) -> Vec<Value> {
        let key = (api.to_owned(), deployment.to_owned());
        let mut deployed = self.deployed.lock().unwrap();
        let now = || upstream.items(&format!("/restapis/{api}/resources?embed=methods&limit=500"));
        deployed.entry(key).or_insert_with(|| now().unwrap_or_default()).clone()
    }

    fn route(&self, exchange: &Exchange<'_>) -> Result<Route, Message> {
        let (api, stage) = (exchange.call.name(0), exchange.call.name(1));
        let stage = exchange.upstream.read("apigateway", &format!("/restapis/{api}/stages/{stage}"));
        let stage = stage.ok_or_else(|| forbidden("Forbidden"))?;
        let deployment = stage["deploymentId"].as_str().unwrap_or_default();
        let resources = self.resources(api, deployment, exchange.upstream);
        // What AWS answers where no resource, or no method of it, fits.
        // <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>
        find(&resources, &stage, &exchange.call).ok_or_else(|| forbidden("Missing Authentication Token"))
    }
}

fn forbidden(message: &str) -> Message {
    Message::json(403, &json!({ "message": message }))
}

impl Rule for Snapshots {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        if exchange.call.service != "execute-api" {
            return None;
        }
        match self.route(exchange) {
            Ok(route) => exchange.route = Some(route),
            Err(answer) => return Some(answer),
        }
        None
    }

    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        let api = exchange.call.name(0);
        if !answer.is_success() || exchange.call.service != "apigateway" {
            return;
        }
        if exchange.call.action == "DeleteDeployment" {
            self.deployed.lock().unwrap().remove(&(api.to_owned(), exchange.call.name(1).to_owned()));
        }
        let field = match exchange.call.action {
            "CreateDeployment" | "GetDeployment" => "id",
            "CreateStage" | "GetStage" | "UpdateStage" => "deploymentId",
            _ => return,
        };
        if let Some(deployment) = answer.document()[field].as_str() {
            self.resources(api, deployment, exchange.upstream);
        }
    }
}
