use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use serde_json::{Value, json};

use super::{Exchange, Message, Rule, lambda_error};

/// A version is published only of the code and the revision that the caller names, and only where code or
/// configuration was updated since the last version, even by the same bytes; else Lambda answers with that one.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html>
#[derive(Default)]
pub(crate) struct Publish {
    /// The functions that were updated since their last version.
    updated: Mutex<BTreeSet<String>>,
}

/// What is not of the code and not of the configuration.
const OF_THE_MOMENT: [&str; 14] = [
    "Description",
    "FunctionArn",
    "LastModified",
    "LastUpdateStatus",
    "LastUpdateStatusReason",
    "LastUpdateStatusReasonCode",
    "MasterArn",
    "ResponseMetadata",
    "RevisionId",
    "RuntimeVersionConfig",
    "State",
    "StateReason",
    "StateReasonCode",
    "Version",
];

impl Rule for Publish {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let function = exchange.call.function();
        if exchange.is_lambda(&["PublishVersion"]) {
            let is_updated = self.updated.lock().unwrap().contains(function);
            return publish(exchange, function, is_updated);
        }
        let publishes = exchange.is_lambda(&["UpdateFunctionCode"]) && exchange.document()["Publish"] == true;
        publishes.then(|| update_and_publish(exchange, function))
    }

    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        let (function, is_success) = (exchange.call.function(), answer.is_success());
        let is_published = exchange.is_lambda(&["PublishVersion"]) || exchange.document()["Publish"] == true;
        if is_success && is_published {
            self.updated.lock().unwrap().remove(function);
        } else if is_success && exchange.is_lambda(&["UpdateFunctionCode", "UpdateFunctionConfiguration"]) {
            self.updated.lock().unwrap().insert(function.to_owned());
        }
    }
}

fn publish(exchange: &Exchange<'_>, function: &str, is_updated: bool) -> Option<Message> {
    let (latest, wanted) = (exchange.upstream.configuration(function, "$LATEST")?, exchange.document());
    let differs = |name: &str| wanted[name].as_str().is_some_and(|value| latest[name] != value);
    if differs("CodeSha256") {
        let (theirs, ours) = (wanted["CodeSha256"].as_str()?, latest["CodeSha256"].as_str()?);
        let message = format!(
            "CodeSHA256 ({theirs}) is different from current CodeSHA256 in $LATEST ({ours}). Please try again with \
             the CodeSHA256 in $LATEST."
        );
        return Some(lambda_error(400, "InvalidParameterValueException", &message));
    }
    if differs("RevisionId") {
        let message = "The Revision Id provided does not match the latest Revision Id. Call the \
                       GetFunction/GetAlias API to retrieve the latest Revision Id";
        return Some(lambda_error(412, "PreconditionFailedException", message));
    }
    if is_updated { None } else { published_before(exchange, function, &latest) }
}

fn update_and_publish(exchange: &Exchange<'_>, function: &str) -> Message {
    let mut update = exchange.request.clone();
    update.edit(|body| body["Publish"] = false.into());
    let updated = exchange.upstream.pass(&update);
    if !updated.is_success() {
        return updated;
    }
    let body = json!({}).to_string().into_bytes();
    let versions = format!("/2015-03-31/functions/{function}/versions");
    let mut published = exchange.upstream.call("lambda", "POST", &versions, body);
    if published.is_success() {
        published.first_line = updated.first_line;
    }
    published
}

/// The last version, where `$LATEST` is no different.
fn published_before(exchange: &Exchange<'_>, function: &str, latest: &Value) -> Option<Message> {
    let versions =
        exchange.upstream.read("lambda", &format!("/2015-03-31/functions/{function}/versions?MaxItems=10000"))?;
    let number = |version: &Value| version["Version"].as_str().and_then(|number| number.parse::<u64>().ok());
    let last = versions["Versions"].as_array()?.iter().max_by_key(|version| number(version))?;
    number(last)?;
    (lasting(last) == lasting(latest)).then(|| Message::json(201, last))
}

fn lasting(configuration: &Value) -> BTreeMap<&String, &Value> {
    let parts = configuration.as_object().into_iter().flatten();
    parts.filter(|(name, _)| !OF_THE_MOMENT.contains(&name.as_str())).collect()
}
