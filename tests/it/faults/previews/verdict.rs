//! Checks how a run of `preview up` or `preview down` ended: in AWS, and in its report.

use serde_json::{Value, json};

use super::parts::{Parts, differences, of_preview, parts};
use super::scene::{Round, Scene, Start, Verb};
use crate::preview::scene::greeting;
use crate::support::Run;

/// The days for which a preview's logs are kept where the settings do not say.
const RETENTION: u64 = 14;

/// The actions that create a part of a preview, and the word that a report begins its name with.
const CREATIONS: [(&str, &str); 3] =
    [("CreateLogGroup", "log group "), ("CreateFunction", "function "), ("CreateRestApi", "API ")];

impl Scene {
    /// Checks that the run completed its work, or changed nothing, or named each remaining difference with a command.
    pub(super) fn judge(&self, verb: Verb, run: &Run, round: &Round) -> Result<(), String> {
        let after = parts(&self.stack);
        let right = self.is_right(verb, run, round, &after);
        right.map_err(|problem| {
            let before = &round.before;
            format!("{problem}\nbefore: {before:#?}\nafter: {after:#?}\n{}\n{}", run.stdout, run.stderr)
        })
    }

    fn is_right(&self, verb: Verb, run: &Run, round: &Round, after: &Parts) -> Result<(), String> {
        let different = differences(&round.before, after);
        let of_source: Vec<_> = different.iter().filter(|name| !name.contains("-pr-")).collect();
        if !of_source.is_empty() {
            return Err(format!("{of_source:?} of the stage changed"));
        }
        let document = run.document();
        let problems = document["failure"]["problems"].as_array().map_or(0, Vec::len);
        match (verb, run.code) {
            (_, Some(0)) if problems > 0 => Err("it failed, and says that it did not".to_owned()),
            (Verb::Up, Some(0)) if document["outcome"] != "released" => Err("it released nothing".to_owned()),
            (Verb::Up, Some(0)) => self.is_complete(&document, round, &of_preview(after)),
            (Verb::Down, Some(0)) => self.is_deleted(&document, round, &of_preview(after)),
            (_, Some(3..=5)) if problems == 0 => Err("it does not say why".to_owned()),
            (_, Some(3)) if !self.stack.proxy.calls().writes().is_empty() => {
                Err("it wrote, and says it did not".to_owned())
            }
            (_, Some(3 | 4)) if !different.is_empty() => Err(format!("{different:?} are not as before")),
            (_, Some(3 | 4)) => self.names_what_was_put_back(&document),
            (_, Some(5)) => names_what_remains(&document, &different, verb, after)
                .and_then(|()| self.is_recovered(&document, round)),
            _ => Err("it ended in another way".to_owned()),
        }
    }

    /// Checks that the preview has one of each part, all of them up to date.
    fn is_complete(&self, document: &Value, round: &Round, preview: &Parts) -> Result<(), String> {
        let (function, api) = (self.stack.function("dev-pr-42"), format!("API {}", self.stack.function("api-pr-42")));
        let group = format!("log group /aws/lambda/{function}");
        let names = [api.clone(), format!("function {function}"), group.clone()];
        let before = of_preview(&round.before);
        let (is, was) = (|name: &str| preview.get(name).unwrap_or(&Value::Null), before.get(&api));
        let (api, code, logs) = (&is(&api)[0], is(&names[1]), is(&group));
        let id = api["id"].as_str().unwrap_or_default();
        let url = format!("{}/restapis/{id}/pr-42/_user_request_", self.stack.proxy.endpoint);
        // The number of statements for this API, and for any other API.
        let allows = |function: &Value| {
            let statements = function["policy"].as_array().into_iter().flatten();
            let (own, foreign): (Vec<_>, Vec<_>) = statements.partition(|statement| statement.to_string().contains(id));
            (own.len(), foreign.len())
        };
        let deployments = |api: &Value| api["deployments"].as_array().map_or(0, Vec::len);
        let warnings = document["warnings"].to_string();
        let checks = [
            (
                "parts",
                preview.keys().all(|name| names.contains(name)) && is(&names[0]).as_array().map_or(0, Vec::len) == 1,
            ),
            ("endpoint", document["endpoints"]["public"] == url),
            ("/hello", code["answers"] == json!([[200, greeting(&round.text, "table-42")]])),
            ("/probe", api["/probe"]["pr-42"][0] == round.probe),
            ("the same API", was.is_none_or(|was| was[0]["id"] == id)),
            ("deployments", deployments(api) == was.map_or(0, |was| deployments(&was[0])) + 1),
            ("tags", [code, api].iter().all(|part| part["tags"]["sls-release:repository"] == self.stack.repository())),
            ("environment", code["environment"]["TABLE_NAME"] == "table-42"),
            ("policy", allows(code) == (1, allows(before.get(&names[1]).unwrap_or(&Value::Null)).1)),
            ("logs", logs["days"] == RETENTION || warnings.contains(&group)),
        ];
        let failed: Vec<_> = checks.into_iter().filter(|(_, right)| !right).map(|(name, _)| name).collect();
        if failed.is_empty() { Ok(()) } else { Err(format!("incomplete: {failed:?}")) }
    }

    /// Checks that the preview does not exist any more. A log group may remain, if a warning names it and the next run deletes
    /// it; or be gone without the run's having seen that, if a warning says so.
    fn is_deleted(&self, document: &Value, round: &Round, preview: &Parts) -> Result<(), String> {
        let (warnings, deleted) = (document["warnings"].to_string(), document["previews"][0]["deleted"].as_array());
        let named = |name: &str| {
            let deleted = deleted.into_iter().flatten().filter_map(Value::as_str);
            deleted.filter(|deleted| deleted.starts_with(&format!("{name} "))).count()
        };
        let before = of_preview(&round.before);
        let is_unseen = |name: &str| {
            let words = format!("{name} may be left: AWS took the change");
            name.starts_with("log group") && warnings.contains(&words) && named(name) == 0
        };
        let is_right = |name: &str| preview.contains_key(name) || named(name) == 1 || is_unseen(name);
        let not_once: Vec<_> = before.keys().filter(|name| !is_right(name)).collect();
        if !not_once.is_empty() {
            return Err(format!("deleted, but not named once: {not_once:?}"));
        }
        let unnamed: Vec<_> =
            preview.keys().filter(|name| !name.starts_with("log group") || !warnings.contains(*name)).collect();
        if !unnamed.is_empty() || document["outcome"] != "deleted" {
            return Err(format!("not named: {unnamed:?}"));
        }
        if preview.is_empty() { Ok(()) } else { self.is_deleted_by_the_next_run() }
    }

    fn is_deleted_by_the_next_run(&self) -> Result<(), String> {
        self.stack.proxy.clear_orders();
        let again = self.run(Verb::Down);
        let remaining = of_preview(&parts(&self.stack));
        if again.code == Some(0) && remaining.is_empty() {
            return Ok(());
        }
        Err(format!("after the next run {:?} remain: {again:?}", remaining.keys()))
    }

    /// Checks that the report names what the run created and deleted again.
    fn names_what_was_put_back(&self, document: &Value) -> Result<(), String> {
        let (calls, put_back) = (self.stack.proxy.calls(), document["put_back"].to_string());
        let was_created = |action: &str| calls.calls(action).iter().any(|call| (200..300).contains(&call.status));
        let unnamed: Vec<_> =
            CREATIONS.iter().filter(|(action, what)| was_created(action) && !put_back.contains(what)).collect();
        let remaining = [&document["not_put_back"], &document["left_alone"]];
        if unnamed.is_empty() && remaining.iter().all(|list| list.is_null()) {
            return Ok(());
        }
        Err(format!("put back, but not named: {unnamed:?}; named as remaining: {remaining:?}"))
    }

    /// Runs the commands of the report. After `preview down` nothing remains, after `preview up` the preview is complete.
    fn is_recovered(&self, document: &Value, round: &Round) -> Result<(), String> {
        self.stack.proxy.clear_orders();
        let commands =
            document["not_put_back"].as_array().unwrap().iter().map(|entry| entry["command"].as_str().unwrap());
        if commands.clone().any(|command| command.starts_with("sls-release preview down")) {
            return self.is_deleted_by_the_next_run();
        }
        let up = format!(
            "sls-release preview up --pr 42 --stage dev --repository {} --service hello",
            self.stack.repository()
        );
        let (up, by_hand): (Vec<_>, Vec<_>) = commands.partition(|command| *command == up);
        if self.start == Start::New || up.is_empty() {
            return Err("the commands do not recover it".to_owned());
        }
        for command in by_hand {
            self.removes_a_statement(command)?;
        }
        let again = self.run(Verb::Up);
        let recovered = match again.code {
            Some(0) => self.is_complete(&again.document(), round, &of_preview(&parts(&self.stack))),
            _ => Err(format!("{again:?}")),
        };
        recovered.map_err(|problem| format!("the named command: {problem}"))
    }

    /// Does what this command of the AWS CLI does.
    fn removes_a_statement(&self, command: &str) -> Result<(), String> {
        let words: Vec<_> = command.split(' ').collect();
        let ["aws", "lambda", "remove-permission", "--function-name", function, "--statement-id", id, ..] = words[..]
        else {
            return Err(format!("this is not the command: {command}"));
        };
        let aws = self.stack.aws;
        let call = aws.lambda.remove_permission().function_name(function).statement_id(id);
        aws.block_on(call.send()).map(|_| ()).map_err(|error| format!("{error:?}"))
    }
}

/// Checks that the report names each remaining part with a command: after `up` what changed, after `down` what exists.
fn names_what_remains(document: &Value, different: &[String], verb: Verb, after: &Parts) -> Result<(), String> {
    let entries = document["not_put_back"].as_array().map(Vec::as_slice).unwrap_or_default();
    let existing = of_preview(after);
    let parts: Vec<_> = match verb {
        Verb::Up => different.iter().collect(),
        Verb::Down => existing.keys().collect(),
    };
    let is_named = |name: &str| {
        let mut naming = entries.iter().filter(|entry| is_about(entry["what"].as_str().unwrap(), name));
        naming.any(|entry| entry["command"].as_str().unwrap().starts_with("sls-release preview "))
    };
    let warnings = document["warnings"].to_string();
    let unnamed: Vec<_> = parts.into_iter().filter(|name| !is_named(name) && !warnings.contains(*name)).collect();
    if unnamed.is_empty() && !entries.is_empty() { Ok(()) } else { Err(format!("not named: {unnamed:?}")) }
}

/// Returns whether a text of the report is about this part. An API's name may be followed by its id.
fn is_about(what: &str, name: &str) -> bool {
    what.ends_with(name) || what.contains(&format!("{name} ("))
}
