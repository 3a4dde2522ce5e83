use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::Value;

use super::busy::configuration_of;
use super::{Exchange, Message, Rule};

/// A new version is `Pending` at first, and may end `Failed`.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>
#[derive(Default)]
pub(crate) struct NewVersion(Mutex<Ends>);

#[derive(Default)]
struct Ends {
    /// Of the next version of a function.
    next: BTreeMap<String, End>,
    /// Of a function's version.
    known: BTreeMap<(String, String), End>,
}

#[derive(Clone)]
enum End {
    Failed(String),
    Pending,
}

impl NewVersion {
    /// The next version of the function ends `Failed`, for this reason.
    pub(crate) fn fails(&self, function: &str, reason: &str) {
        self.0.lock().unwrap().next.insert(function.to_owned(), End::Failed(reason.to_owned()));
    }

    /// The next version of the function stays `Pending`.
    pub(crate) fn stays_pending(&self, function: &str) {
        self.0.lock().unwrap().next.insert(function.to_owned(), End::Pending);
    }
}

impl Rule for NewVersion {
    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        let (function, mut ends) = (exchange.call.function().to_owned(), self.0.lock().unwrap());
        if !answer.is_success() || exchange.call.service != "lambda" {
            return;
        }
        if exchange.is_lambda(&["PublishVersion", "UpdateFunctionCode"]) {
            let version = answer.document()["Version"].as_str().unwrap_or("$LATEST").to_owned();
            if version != "$LATEST" {
                let end = ends.next.remove(&function);
                ends.known.extend(end.map(|end| ((function, version), end)));
            }
        } else if exchange.is_lambda(&["GetFunction", "GetFunctionConfiguration"]) {
            answer.edit(|document| {
                let configuration = configuration_of(document);
                let version = configuration["Version"].as_str().unwrap_or_default().to_owned();
                if let Some(end) = ends.known.get(&(function, version)) {
                    show(configuration, end);
                }
            });
        }
    }
}

fn show(configuration: &mut Value, end: &End) {
    let (state, reason, code) = match end {
        End::Failed(reason) => ("Failed", reason.as_str(), "InternalError"),
        End::Pending => ("Pending", "The function is being created.", "Creating"),
    };
    configuration["State"] = state.into();
    configuration["StateReason"] = reason.into();
    configuration["StateReasonCode"] = code.into();
}
