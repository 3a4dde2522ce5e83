use serde_json::Value;

use super::{Exchange, Message, Rule, api_gateway_error};

/// What has no methods, or a method without integration, cannot be deployed; what a stage serves cannot be deleted.
///
/// <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDeployment.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/api/API_DeleteDeployment.html>
pub(crate) struct Deployable;

impl Rule for Deployable {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        match exchange.call.action {
            "CreateDeployment" if exchange.call.service == "apigateway" => create(exchange),
            "DeleteDeployment" if exchange.call.service == "apigateway" => delete(exchange),
            _ => None,
        }
    }
}

fn create(exchange: &Exchange<'_>) -> Option<Message> {
    let api = exchange.call.name(0);
    let Some(resources) = exchange.upstream.items(&format!("/restapis/{api}/resources?embed=methods&limit=500")) else {
        return Some(api_gateway_error(404, "NotFoundException", "Invalid API identifier specified"));
    };
    let methods = resources.iter().filter_map(|resource| resource["resourceMethods"].as_object()).flatten();
    let methods: Vec<(&String, &Value)> = methods.collect();
    let refused = |message: &str| Some(api_gateway_error(400, "BadRequestException", message));
    if methods.is_empty() {
        refused("The REST API doesn't contain any methods")
    } else if methods.iter().any(|(_, method)| method["methodIntegration"].is_null()) {
        refused("No integration defined for method")
    } else {
        None
    }
}

fn delete(exchange: &Exchange<'_>) -> Option<Message> {
    let (api, deployment) = (exchange.call.name(0), exchange.call.name(1));
    let stages = exchange.upstream.items(&format!("/restapis/{api}/stages"))?;
    let serves = |stage: &Value| {
        stage["deploymentId"] == deployment || stage.pointer("/canarySettings/deploymentId") == Some(&deployment.into())
    };
    let message = "Active stages pointing to this deployment must be moved or deleted";
    stages.iter().any(serves).then(|| api_gateway_error(400, "BadRequestException", message))
}
