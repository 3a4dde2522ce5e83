use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::{Exchange, Message, Rule, function_arn, lambda_error};

/// For some time after its creation, an alias is unknown to `AddPermission`, and then busy.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html> (`ResourceNotFoundException`,
/// `ResourceConflictException`); Lambda's control plane is eventually consistent.
pub(crate) struct NewAlias {
    settles_in: Duration,
    created: Mutex<BTreeMap<(String, String), Instant>>,
}

impl Default for NewAlias {
    fn default() -> Self {
        Self { settles_in: Duration::from_millis(400), created: Mutex::default() }
    }
}

impl Rule for NewAlias {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let alias = exchange.call.query("Qualifier").filter(|_| exchange.is_lambda(&["AddPermission"]))?;
        let arn = format!("{}:{alias}", function_arn(exchange.call.function()));
        let created = *self.created.lock().unwrap().get(&(exchange.call.function().to_owned(), alias))?;
        let age = created.elapsed();
        if age < self.settles_in / 2 {
            let message = format!("Cannot find alias arn: {arn}");
            return Some(lambda_error(404, "ResourceNotFoundException", &message));
        }
        let message = "The operation cannot be performed at this time. An update is in progress for resource:";
        let is_busy = age < self.settles_in;
        is_busy.then(|| lambda_error(409, "ResourceConflictException", &format!("{message} {arn}")))
    }

    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        if exchange.is_lambda(&["CreateAlias"]) && answer.is_success() {
            let name = answer.document()["Name"].as_str().unwrap_or_default().to_owned();
            self.created.lock().unwrap().insert((exchange.call.function().to_owned(), name), Instant::now());
        }
    }
}
