use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Exchange, Message, Rule};

/// A function's error has the type of its exception; code that cannot be loaded has a type of the runtime's. The log comes only
/// with `LogType=Tail`.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html>,
/// <https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html>
pub(crate) struct FunctionError;

impl Rule for FunctionError {
    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        if !exchange.is_lambda(&["Invoke"]) {
            return;
        }
        self::error(answer);
        if exchange.request.header("x-amz-log-type") != Some("Tail") {
            answer.remove_header("x-amz-log-result");
        }
    }
}

fn error(answer: &mut Message) {
    if answer.header("x-amz-function-error").is_none() {
        return;
    }
    let message = answer.document()["errorMessage"].as_str().unwrap_or_default().to_owned();
    let (kind, message) = if let Some(why) = message.strip_prefix("Worker init failed: ") {
        let is_syntax = why.contains(", line ");
        let kind = if is_syntax { "Runtime.UserCodeSyntaxError" } else { "Runtime.ImportModuleError" };
        (kind.to_owned(), format!("Unable to import module 'app': {why}"))
    } else {
        let Some(kind) = exception(answer, &message) else { return };
        (kind, message)
    };
    answer.edit(|document| {
        document["errorType"] = json!(kind);
        document["errorMessage"] = json!(message);
    });
}

/// The type before the message in the function's log.
fn exception(answer: &Message, message: &str) -> Option<String> {
    let log = STANDARD.decode(answer.header("x-amz-log-result")?).ok()?;
    let log = String::from_utf8_lossy(&log).into_owned();
    let first = message.lines().next()?;
    log.lines().find_map(|line| line.strip_suffix(first)?.strip_suffix(": ").map(str::to_owned))
}
