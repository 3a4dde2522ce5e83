use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::json;

use super::{Exchange, Message, Rule, lambda_error};

/// Functions that keep tenants apart take no call without the id of one. Ministack does not know `TenancyConfig`.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation-invoke-function.html>
#[derive(Default)]
pub(crate) struct Tenants(Mutex<BTreeSet<String>>);

impl Tenants {
    /// The function keeps tenants apart from now on.
    pub(crate) fn isolate(&self, function: &str) {
        self.0.lock().unwrap().insert(function.to_owned());
    }

    fn isolates(&self, exchange: &Exchange<'_>, actions: &[&str]) -> bool {
        exchange.is_lambda(actions) && self.0.lock().unwrap().contains(exchange.call.function())
    }
}

impl Rule for Tenants {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let names_none = exchange.request.header("x-amz-tenant-id").is_none_or(str::is_empty);
        let message = "The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request \
                       and try again.";
        let is_refused = names_none && self.isolates(exchange, &["Invoke"]);
        is_refused.then(|| lambda_error(400, "InvalidParameterValueException", message))
    }

    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        if answer.status() == 200 && self.isolates(exchange, &["GetFunction"]) {
            answer.edit(|function| {
                function["Configuration"]["TenancyConfig"] = json!({ "TenantIsolationMode": "PER_TENANT" });
            });
        }
    }
}
