use super::{Exchange, Message, Rule, function_arn, lambda_error};

/// A version is deleted only where no alias points at it, and `$LATEST` never. Without a qualifier the whole function
/// goes: the policy of a release allows `function:NAME:*` alone, which does not match that, so that here only what
/// carries the mark of a preview is deleted whole.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html>
pub(crate) struct DeleteFunction;

impl Rule for DeleteFunction {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        if !exchange.is_lambda(&["DeleteFunction"]) {
            return None;
        }
        let function = exchange.call.function();
        match exchange.call.query("Qualifier") {
            None => (!is_of_a_preview(exchange, function)).then(|| {
                let message = format!(
                    "User is not authorized to perform: lambda:DeleteFunction on resource: {}",
                    function_arn(function)
                );
                lambda_error(403, "AccessDeniedException", &message)
            }),
            Some(version) if version == "$LATEST" => {
                let message = "$LATEST version cannot be deleted without deleting the function.";
                Some(lambda_error(400, "InvalidParameterValueException", message))
            }
            Some(version) => {
                let path = format!("/2015-03-31/functions/{function}/aliases?FunctionVersion={version}");
                let aliases = exchange.upstream.read("lambda", &path)?;
                let points = |alias: &serde_json::Value| alias["FunctionVersion"] == version.as_str();
                aliases["Aliases"].as_array()?.iter().any(points).then(|| {
                    let message = "Unable to delete version because the following aliases reference it: [..]";
                    lambda_error(409, "ResourceConflictException", message)
                })
            }
        }
    }
}

fn is_of_a_preview(exchange: &Exchange<'_>, function: &str) -> bool {
    let path = format!("/2015-03-31/functions/{function}");
    let found = exchange.upstream.read("lambda", &path);
    found.is_none_or(|found| found["Tags"]["sls-release:repository"].is_string())
}
