use serde_json::Value;

use super::{Exchange, Message, Rule};

/// A pattern of several terms, each with a question mark before it, takes what holds any of them.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForLogEvents.html>
pub(crate) struct FilterPattern;

impl Rule for FilterPattern {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        if exchange.call.action == "FilterLogEvents" {
            exchange.request.edit(|document| document["filterPattern"] = Value::from(""));
        }
        None
    }

    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        if exchange.call.action != "FilterLogEvents" || !answer.is_success() {
            return;
        }
        let pattern = exchange.call.document()["filterPattern"].as_str().unwrap_or_default().to_owned();
        let terms: Vec<&str> = pattern.split(' ').map(|term| term.strip_prefix('?').unwrap_or(term)).collect();
        let fits =
            |event: &Value| terms.iter().any(|term| event["message"].as_str().unwrap_or_default().contains(term));
        answer.edit(|document| {
            if let Some(events) = document["events"].as_array_mut() {
                events.retain(fits);
            }
        });
    }
}
