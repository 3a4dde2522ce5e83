use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::json;

use super::{Exchange, Message, Rule, lambda_error};

/// `UpdateAlias` of an alias with provisioned concurrency answers at once. Then a weight of 1.0 sends all calls to the
/// version from before, until the new one has its provisioned concurrency: `IN_PROGRESS`, then `READY`; for good where it
/// is `FAILED`. Meanwhile the version from before is refused, unless the call sends empty weights.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html>,
/// <https://github.com/hashicorp/terraform-provider-aws/pull/48116>
///
/// Ministack knows which aliases have provisioned concurrency, and takes it for ready at once.
pub(crate) struct ProvisionedConcurrency(Mutex<State>);

/// A function and an alias.
type Name = (String, String);

struct State {
    /// How many looks at the alias a move lasts; the status lasts one more.
    looks: usize,
    /// AWS's reason why the next moves fail.
    fails: Option<String>,
    /// Autoscaling keeps changing it.
    scales: bool,
    /// The version of each alias before an update that is under way.
    before: BTreeMap<Name, String>,
    moves: BTreeMap<Name, Move>,
}

/// A move that has not ended.
struct Move {
    from: String,
    looks_at_alias: usize,
    looks_at_status: usize,
    failed: Option<String>,
}

impl Default for ProvisionedConcurrency {
    fn default() -> Self {
        let (fails, scales, before, moves) = (None, false, BTreeMap::new(), BTreeMap::new());
        Self(Mutex::new(State { looks: 2, fails, scales, before, moves }))
    }
}

impl ProvisionedConcurrency {
    /// The next moves last for so many looks at the alias.
    pub(crate) fn moves_last(&self, looks: usize) {
        self.0.lock().unwrap().looks = looks;
    }

    /// The next moves fail for this reason.
    pub(crate) fn fails(&self, reason: &str) {
        self.0.lock().unwrap().fails = Some(reason.to_owned());
    }

    /// From now on, the status is `IN_PROGRESS` whether an alias moves or not.
    pub(crate) fn scales(&self) {
        self.0.lock().unwrap().scales = true;
    }
}

impl State {
    fn begin(&mut self, name: Name, exchange: &Exchange<'_>) -> Option<Message> {
        let (function, alias) = &name;
        let concurrency = format!("/2019-09-30/functions/{function}/provisioned-concurrency?Qualifier={alias}");
        exchange.upstream.read("lambda", &concurrency)?;
        let wanted = exchange.document();
        let is_taken = |one: &Move| one.looks_at_alias > 0 && wanted["FunctionVersion"] == one.from.as_str();
        if wanted["RoutingConfig"].is_null() && self.moves.get(&name).is_some_and(is_taken) {
            let message =
                format!("Function version {} is already included in routing configuration", self.moves[&name].from);
            return Some(lambda_error(400, "InvalidParameterValueException", &message));
        }
        let now = exchange.upstream.read("lambda", &format!("/2015-03-31/functions/{function}/aliases/{alias}"))?;
        self.before.insert(name, now["FunctionVersion"].as_str()?.to_owned());
        None
    }

    fn end(&mut self, name: Name, exchange: &Exchange<'_>, answer: &Message) {
        let Some(from) = self.before.remove(&name).filter(|_| answer.is_success()) else { return };
        let to = answer.document()["FunctionVersion"].clone();
        // It has its concurrency still.
        let is_back = self.moves.get(&name).is_some_and(|one| one.looks_at_alias > 0 && to == one.from.as_str());
        if is_back {
            self.moves.remove(&name);
        } else if to != from.as_str() {
            let (looks, failed) = (self.looks, self.fails.clone());
            let one = Move { from, looks_at_alias: looks, looks_at_status: looks + 1, failed };
            self.moves.insert(name, one);
        } else if !exchange.document()["RoutingConfig"].is_null() {
            self.moves.remove(&name);
        }
    }

    fn show_weight(&mut self, name: &Name, answer: &mut Message) {
        let Some(one) = self.moves.get_mut(name).filter(|one| one.looks_at_alias > 0) else { return };
        answer.edit(|alias| alias["RoutingConfig"] = json!({ "AdditionalVersionWeights": { &one.from: 1.0 } }));
        one.looks_at_alias -= usize::from(one.failed.is_none());
    }

    fn show_status(&mut self, name: &Name, answer: &mut Message) {
        let (one, scales) = (self.moves.get_mut(name), self.scales);
        let in_progress = one.as_ref().is_some_and(|one| one.looks_at_status > 0);
        let failed = one.as_ref().and_then(|one| one.failed.clone());
        if let Some(one) = one {
            one.looks_at_status = one.looks_at_status.saturating_sub(1);
        }
        answer.edit(|config| match failed {
            _ if in_progress || scales => config["Status"] = "IN_PROGRESS".into(),
            Some(reason) => {
                config["Status"] = "FAILED".into();
                config["StatusReason"] = reason.into();
            }
            None => {}
        });
    }

    /// Calls through an alias that moves reach the version from before.
    fn lead_back(&self, uri: &mut String) {
        for ((function, alias), one) in self.moves.iter().filter(|(_, one)| one.looks_at_alias > 0) {
            let ends = |qualifier: &str| format!(":function:{function}:{qualifier}/invocations");
            if let Some(start) = uri.strip_suffix(&ends(alias)) {
                *uri = format!("{start}{}", ends(&one.from));
            }
        }
    }
}

/// The alias that a call is about.
fn name(exchange: &Exchange<'_>) -> Name {
    let alias = exchange.call.query("Qualifier").unwrap_or_else(|| exchange.call.name(1).to_owned());
    (exchange.call.function().to_owned(), alias)
}

impl Rule for ProvisionedConcurrency {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let mut state = self.0.lock().unwrap();
        if let Some(route) = &mut exchange.route {
            state.lead_back(&mut route.uri);
        }
        if exchange.is_lambda(&["UpdateAlias"]) { state.begin(name(exchange), exchange) } else { None }
    }

    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        let (mut state, name) = (self.0.lock().unwrap(), name(exchange));
        match exchange.call.action {
            "UpdateAlias" => state.end(name, exchange, answer),
            "GetAlias" if answer.is_success() => state.show_weight(&name, answer),
            "GetProvisionedConcurrencyConfig" if answer.is_success() => state.show_status(&name, answer),
            _ => {}
        }
    }
}
