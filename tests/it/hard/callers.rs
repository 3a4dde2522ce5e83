//! Callers that use no alias, and aliases that the settings do not mention.

use std::collections::BTreeSet;

use serde_json::json;

use super::statuses;
use crate::support::{ALIAS, LATEST, Run, answering, released, unreleased};

/// The reads that tell who calls a function; only a release that changes code makes them.
const READS: [&str; 2] = ["ListAliases", "ListEventSourceMappings"];

/// Settings that name neither an API nor, but for this line, an alias.
fn without_an_api(line: &str) -> String {
    format!("{}{line}", LATEST.split("[apis.public]").next().unwrap())
}

/// The actions that the plan's warnings name as denied.
fn denied(run: &Run) -> BTreeSet<String> {
    let warnings = run.document()["plan"]["warnings"].as_array().unwrap().clone();
    warnings.iter().filter_map(|warning| warning["action"].as_str()).map(str::to_owned).collect()
}

#[test]
fn aliases_that_the_settings_do_not_mention_are_refused() {
    let stack = unreleased(&["--alias", "live"], &without_an_api(""));
    let run = stack.run(&["--stage", "dev"]).exits(3);
    stack.proxy.take_calls().writes_nothing();
    assert!(run.stderr.contains("set `alias = \"live\"`, or `alias = false`"), "{run:?}");

    stack.settings(&without_an_api("alias = \"live\"\n"));
    assert_eq!(stack.release(&[]).exits(0).outcome(), "released");
    assert_eq!(stack.aws.alias(&stack.function("dev"), "live"), "2");

    stack.settings(&without_an_api("[stages.dev.functions.hello]\nalias = false\n"));
    stack.write("lambda/app.py", answering(200, "two"));
    let log = stack.logged("released");
    assert_eq!(stack.aws.alias(&stack.function("dev"), "live"), "2");
    assert_eq!(log.calls("ListAliases").len(), 0, "on purpose, so that nobody has to know: {log:?}");
}

#[test]
fn a_function_without_aliases_needs_no_word_of_them() {
    let stack = unreleased(&[], &without_an_api(""));
    let log = stack.logged("released");
    assert_eq!(statuses(&log, "ListAliases"), [200]);
    let log = stack.logged("unchanged");
    assert!(READS.iter().all(|read| log.calls(read).is_empty()) && log.calls("GetPolicy").is_empty(), "{log:?}");
}

#[test]
fn who_calls_without_an_alias_is_named() {
    let stack = released(&["--alias", "live"], ALIAS);
    let (lambda, function) = (&stack.aws.lambda, stack.function("dev"));
    let permit = lambda.add_permission().function_name(&function).statement_id("bucket").principal("s3.amazonaws.com");
    stack.aws.block_on(permit.action("lambda:InvokeFunction").send()).unwrap();
    let queue = format!("arn:aws:sqs:us-east-1:000000000000:{}", stack.name);
    let map = |name: &str, is_enabled: bool| {
        let call = lambda.create_event_source_mapping().function_name(name).event_source_arn(&queue);
        stack.aws.block_on(call.enabled(is_enabled).send()).unwrap().uuid.unwrap()
    };
    let mapping = map(&function, true);
    let others = [map(&format!("{function}:live"), true), map(&function, false)];

    stack.write("lambda/app.py", answering(200, "two"));
    let run = stack.run(&["plan", "--stage", "dev", "--output", "json"]).exits(0);
    let warning = &run.document()["plan"]["warnings"][0];
    assert_eq!(warning["warning"], "called_without_alias", "{run:?}");
    let callers = warning["callers"].to_string();
    for text in ["s3.amazonaws.com", "bucket", &mapping, &queue] {
        assert!(callers.contains(text), "{text}: {callers}");
    }
    assert_eq!(
        warning["callers"].as_array().unwrap().len(),
        2,
        "none of the alias, and none that is disabled: {callers}"
    );
    let of_alias = &run.document()["plan"]["callers"][0];
    assert_eq!((&of_alias["alias"], &of_alias["callers"][0]["id"]), (&json!("live"), &json!(others[0])), "{run:?}");
    let run = stack.run(&["plan", "--stage", "dev"]).exits(0);
    let text = format!("{}{}", run.stdout, run.stderr);
    assert!(text.contains("s3.amazonaws.com may call it (statement bucket)"), "{text}");
    for id in others.iter().chain([&mapping]) {
        stack.aws.block_on(lambda.delete_event_source_mapping().uuid(id).send()).unwrap();
    }
}

#[test]
fn who_may_not_read_callers_is_warned() {
    let stack = unreleased(&["--alias", "live"], &without_an_api(""));
    let actions = ["lambda:GetPolicy", "lambda:ListAliases", "lambda:ListEventSourceMappings"];
    for action in actions {
        stack.proxy.deny(action);
    }
    let run = stack.release(&[]).exits(0);
    assert_eq!(denied(&run), actions.map(str::to_owned).into());
}
