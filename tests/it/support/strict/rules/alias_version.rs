use super::{Exchange, Message, Rule, function_arn, lambda_error};

/// An alias to a version that does not exist is 404.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html>,
/// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html>
pub(crate) struct AliasVersion;

impl Rule for AliasVersion {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        if !exchange.is_lambda(&["CreateAlias", "UpdateAlias"]) {
            return None;
        }
        let (function, document) = (exchange.call.function(), exchange.document());
        let version = document["FunctionVersion"].as_str()?;
        let missing = exchange.upstream.configuration(function, version).is_none();
        missing.then(|| {
            let message = format!("Function not found: {}:{version}", function_arn(function));
            lambda_error(404, "ResourceNotFoundException", &message)
        })
    }
}
