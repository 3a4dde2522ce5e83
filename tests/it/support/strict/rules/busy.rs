use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Exchange, Message, Rule, function_arn, lambda_error};

/// While a function is updated, Lambda says `LastUpdateStatus: InProgress` and refuses further updates and new
/// versions with 409.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>
pub(crate) struct Busy {
    settles_in: Duration,
    until: Mutex<BTreeMap<String, Until>>,
}

/// How long a function is updated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// The answer to the update is still under way.
    Answered,
    Time(Instant),
}

const UPDATES: [&str; 2] = ["UpdateFunctionCode", "UpdateFunctionConfiguration"];

impl Default for Busy {
    fn default() -> Self {
        Self::settling_in(Duration::from_millis(300))
    }
}

impl Busy {
    /// Every update takes so long after its answer.
    pub(crate) fn settling_in(settles_in: Duration) -> Self {
        Self { settles_in, until: Mutex::default() }
    }

    /// Somebody else updates a function for so long from now.
    pub(crate) fn make_busy(&self, function: &str, time: Duration) {
        self.until.lock().unwrap().insert(function.to_owned(), Until::Time(Instant::now() + time));
    }

    fn is_busy(&self, function: &str) -> bool {
        is_busy(&self.until.lock().unwrap(), function)
    }

    /// From its arrival on, so that of two updates at once only one is done; `false` where it comes too late.
    fn begin(&self, function: &str) -> bool {
        let mut until = self.until.lock().unwrap();
        let begins = !is_busy(&until, function);
        if begins {
            until.insert(function.to_owned(), Until::Answered);
        }
        begins
    }
}

fn is_busy(until: &BTreeMap<String, Until>, function: &str) -> bool {
    match until.get(function) {
        Some(Until::Answered) => true,
        Some(Until::Time(time)) => Instant::now() < *time,
        None => false,
    }
}

impl Rule for Busy {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let function = exchange.call.function();
        let changes = exchange.is_lambda(&UPDATES) && exchange.document()["DryRun"] != true;
        let refused = if changes {
            !self.begin(function)
        } else {
            exchange.is_lambda(&["PublishVersion"]) && self.is_busy(function)
        };
        refused.then(|| {
            let arn = function_arn(function);
            let message = "The operation cannot be performed at this time. An update is in progress for resource:";
            lambda_error(409, "ResourceConflictException", &format!("{message} {arn}"))
        })
    }

    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        let function = exchange.call.function();
        if exchange.is_lambda(&UPDATES) {
            let mut until = self.until.lock().unwrap();
            if answer.is_success() && until.get(function) == Some(&Until::Answered) {
                until.insert(function.to_owned(), Until::Time(Instant::now() + self.settles_in));
            } else if answer.status() != 409 && until.get(function) == Some(&Until::Answered) {
                until.remove(function);
            }
        }
        if exchange.is_lambda(&["GetFunction", "GetFunctionConfiguration", "UpdateFunctionCode"]) {
            let busy = self.is_busy(function);
            answer.edit(|document| show(configuration_of(document), busy));
        }
    }
}

/// `GetFunction` has the configuration as a part, the others as the whole.
pub(super) fn configuration_of(document: &mut Value) -> &mut Value {
    if document.get("Configuration").is_some() { &mut document["Configuration"] } else { document }
}

/// An update is of `$LATEST`, which stays `Active` meanwhile; ministack makes it `Pending`, and takes a time of its own.
fn show(configuration: &mut Value, busy: bool) {
    if configuration["Version"] != "$LATEST" || configuration["LastUpdateStatus"] == "Failed" {
        return;
    }
    configuration["LastUpdateStatus"] = if busy { "InProgress" } else { "Successful" }.into();
    if configuration["StateReasonCode"] == "Updating" {
        configuration["State"] = "Active".into();
        configuration["StateReason"] = Value::Null;
        configuration["StateReasonCode"] = Value::Null;
    }
}
