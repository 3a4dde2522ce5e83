use super::{Exchange, Rule};
use crate::support::strict::errors::api_gateway_error;
use crate::support::strict::http::Message;

/// How many stages an API may have.
const MOST: usize = 10;

/// A stage is created once, and an API has ten at most.
///
/// <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
pub(crate) struct Stages;

impl Rule for Stages {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        if !exchange.is_api_gateway(&["CreateStage"]) {
            return None;
        }
        let stages = exchange.upstream.items(&format!("/restapis/{}/stages", exchange.call.name(0)))?;
        let name = exchange.document()["stageName"].clone();
        if stages.iter().any(|stage| stage["stageName"] == name) {
            return Some(api_gateway_error(409, "ConflictException", "Stage already exists"));
        }
        let message = "Maximum number of stages for this API has been reached";
        (stages.len() >= MOST).then(|| api_gateway_error(429, "LimitExceededException", message))
    }
}
