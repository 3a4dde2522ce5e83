use serde_json::Value;

use super::{Exchange, Message, Rule, function_arn, lambda_error};

/// `GetPolicy` without a qualifier shows the function's own statements, and none of its aliases and versions; it is 404
/// where there are none. Ministack shows all of them.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html>,
/// <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>
pub(crate) struct FunctionPolicy;

impl Rule for FunctionPolicy {
    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        let is_of_function = exchange.is_lambda(&["GetPolicy"]) && exchange.call.query("Qualifier").is_none();
        if !is_of_function || !answer.is_success() {
            return;
        }
        let policy: Value = serde_json::from_str(answer.document()["Policy"].as_str().unwrap()).unwrap();
        let mut own = policy.clone();
        let arn = function_arn(exchange.call.function());
        own["Statement"].as_array_mut().unwrap().retain(|statement| statement["Resource"] == arn.as_str());
        if own["Statement"].as_array().unwrap().is_empty() {
            let message = "No policy is associated with the given resource.";
            *answer = lambda_error(404, "ResourceNotFoundException", message);
        } else {
            answer.edit(|document| document["Policy"] = own.to_string().into());
        }
    }
}
