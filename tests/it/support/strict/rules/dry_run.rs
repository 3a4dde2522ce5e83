use super::{Exchange, Message, Rule};

/// `UpdateFunctionCode` with `DryRun` checks, and changes nothing.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html>
pub(crate) struct DryRun;

impl Rule for DryRun {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        if !exchange.is_lambda(&["UpdateFunctionCode"]) || exchange.document()["DryRun"] != true {
            return None;
        }
        let latest = exchange.upstream.configuration(exchange.call.function(), "$LATEST")?;
        Some(Message::json(200, &latest))
    }
}
