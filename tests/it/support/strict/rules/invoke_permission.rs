use serde_json::Value;

use super::super::authorization::fits;
use super::routes::Route;
use super::{ACCOUNT, Exchange, Message, REGION, Rule, Upstream};

/// API Gateway may call a function only where the policy of exactly this function, alias or version says so, or by
/// the role that the integration names; else its callers see 500.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html>
pub(crate) struct InvokePermission;

impl Rule for InvokePermission {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let route = exchange.route.as_ref()?;
        let arn = route.function_arn()?;
        let allowed = route.credentials.is_some() || is_permitted(exchange.upstream, arn, &source_arn(route));
        (!allowed).then(Route::internal_server_error)
    }
}

/// Whether the policy lets API Gateway call the function for this source.
pub(super) fn is_permitted(upstream: &Upstream, arn: &str, source: &str) -> bool {
    let answer = upstream.read("lambda", &Route::function_target(arn, "policy"));
    let policy = answer.and_then(|answer| serde_json::from_str::<Value>(answer["Policy"].as_str()?).ok());
    let statements = policy.as_ref().and_then(|policy| policy["Statement"].as_array());
    statements.into_iter().flatten().any(|statement| allows(statement, source, arn))
}

fn allows(statement: &Value, source: &str, arn: &str) -> bool {
    let service = statement.pointer("/Principal/Service").unwrap_or(&statement["Principal"]);
    // Ministack answers with the statements of all qualifiers where none is named.
    statement["Effect"] == "Allow"
        && statement["Resource"] == arn
        && (service == "apigateway.amazonaws.com" || service == "*")
        && matches!(statement["Action"].as_str(), Some("lambda:InvokeFunction" | "lambda:*"))
        && conditions_hold(&statement["Condition"], source)
}

/// What API Gateway calls the function for. A value in the path is not part of it.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html>
fn source_arn(route: &Route) -> String {
    let path: Vec<_> =
        route.resource_path.split('/').map(|part| if part.starts_with('{') { "*" } else { part }).collect();
    let (api, stage, method) = (&route.api, &route.stage, &route.method);
    format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/{stage}/{method}{}", path.join("/"))
}

fn conditions_hold(conditions: &Value, source: &str) -> bool {
    let operators = conditions.as_object().into_iter().flatten();
    let mut tests = operators.flat_map(|(_, keys)| keys.as_object().into_iter().flatten());
    tests.all(|(key, pattern)| match (key.to_lowercase().as_str(), pattern.as_str()) {
        ("aws:sourcearn", Some(pattern)) => fits(pattern, source),
        ("aws:sourceaccount", Some(account)) => account == ACCOUNT,
        _ => false,
    })
}
