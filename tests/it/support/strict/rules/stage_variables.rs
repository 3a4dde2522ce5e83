use super::{Exchange, Message, Rule};

/// `${stageVariables.name}` in the URI of an integration stands for the stage's value.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html>
pub(crate) struct StageVariables;

impl Rule for StageVariables {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        if let Some(route) = &mut exchange.route {
            for (name, value) in &route.stage_variables {
                route.uri = route.uri.replace(&format!("${{stageVariables.{name}}}"), value);
            }
        }
        None
    }
}
