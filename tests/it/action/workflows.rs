//! Whole workflows: what a user copies from the README, run against the local AWS.

use serde_json::{Value, json};

use super::runner::{CHECKOUT, CREDENTIALS, Job, OURS, Told};
use crate::support::{ALIAS, LATEST, Stack, TOKEN, answering, unreleased};

fn push() -> Value {
    json!({"ref": "refs/heads/main", "repository": {"id": 1, "full_name": "acme/hello", "default_branch": "main"}})
}

fn pull_request(head: &Value) -> Value {
    json!({
        "action": "opened", "number": 42,
        "repository": {"id": 1, "full_name": "acme/hello", "default_branch": "main"},
        "pull_request": {"number": 42, "user": {"login": "somebody"}, "head": {"ref": "b", "repo": head}, "base": {"ref": "main"}},
    })
}

fn own() -> Value {
    json!({"id": 1, "full_name": "acme/hello"})
}

fn asked_nothing(stack: &Stack, told: &Told, why: &str) {
    assert_eq!(stack.proxy.take_calls().0, [], "no call to AWS");
    assert_eq!(told.outputs().get("changed").map(String::as_str), Some("false"));
    let notice = &told.annotations()[0];
    assert_eq!(notice.level, "notice");
    assert!(notice.message.contains(why), "{notice:?}");
    assert!(told.summary().starts_with("### sls-release: nothing done\n"), "{}", told.summary());
    assert!(told.summary().contains(why), "{}", told.summary());
}

#[test]
fn a_push_releases() {
    let stack = unreleased(&[], LATEST);
    let told = Job::new(&stack, "release.yml", "push", push()).run().ends(true);
    assert_eq!(stack.call("/hello").body, "one");

    let outputs = told.outputs();
    let endpoint = format!("/restapis/{}/dev/_user_request_", stack.api);
    assert!(outputs["endpoint"].ends_with(&endpoint), "{outputs:?}");
    assert_eq!(outputs["changed"], "true");
    assert!(outputs["release"].len() == 12 && outputs["release"].bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(serde_json::from_str::<Value>(&outputs["versions"]).unwrap(), json!({"hello": "1"}));
    assert_eq!(serde_json::from_str::<Value>(&outputs["plan"]).unwrap()["stage"], "dev");

    assert!(told.summary().starts_with("### sls-release: released, stage dev"), "{}", told.summary());
    let notice = told.first("notice");
    assert_eq!((notice.properties["title"].as_str(), &notice.message), ("released to stage dev", &outputs["endpoint"]));
    assert_eq!(told.masks(), ["test", TOKEN], "the secret key of the credentials, and the token for GitHub");
}

/// With the same actions by their commits, as the runner of these tests has them.
#[test]
fn the_short_workflow_of_the_readme_releases() {
    let stack = unreleased(&[], LATEST);
    let (_, rest) = include_str!("../../../README.md").split_once("```yaml\n").unwrap();
    let (workflow, _) = rest.split_once("```\n").unwrap();
    assert!(workflow.lines().count() < 13, "{workflow}");
    let pinned = [("actions/checkout@v6", CHECKOUT), ("aws-actions/configure-aws-credentials@v6", CREDENTIALS)];
    let pinned = pinned.into_iter().chain([("org/sls-release@v1", OURS)]);
    let workflow = pinned.fold(workflow.to_owned(), |text, (tag, commit)| {
        assert!(text.contains(tag), "{text}");
        text.replace(tag, commit)
    });
    Job::of_text(&stack, &workflow, "push", push()).run().ends(true);
    assert_eq!(stack.call("/hello").body, "one");
}

#[test]
fn the_same_code_once_more_changes_nothing() {
    let stack = unreleased(&["--alias", "live"], ALIAS);
    let first = Job::new(&stack, "release.yml", "push", push()).run().ends(true).outputs();
    let second = Job::new(&stack, "release.yml", "workflow_dispatch", push()).run().ends(true);
    let outputs = second.outputs();
    assert_eq!(outputs["changed"], "false");
    for name in ["release", "endpoint", "versions"] {
        assert_eq!(outputs[name], first[name], "{name}");
    }
    assert!(second.summary().starts_with("### sls-release: nothing to do, stage dev"));
}

#[test]
fn a_failed_release_is_put_back_and_says_so() {
    let stack = unreleased(&[], LATEST);
    stack.write("lambda/app.py", answering(500, "broken"));
    stack.settings(&LATEST.replace("20s", "1s"));
    let told = Job::new(&stack, "release.yml", "push", push()).run().ends(false);
    assert_eq!(stack.call("/hello").body, "placeholder");
    assert!(told.summary().starts_with("### sls-release: failed, stage dev"), "{}", told.summary());
    assert_eq!(told.outputs()["changed"], "false");
    assert!(told.annotations().iter().any(|it| it.level == "error"), "{:?}", told.annotations());
    let commands = told.commands();
    let count = |name: &str| commands.iter().filter(|command| *command == name).count();
    assert_eq!(count("group"), count("endgroup"));
}

#[test]
fn bad_settings_are_annotated_where_they_stand() {
    let stack = unreleased(&[], LATEST);
    stack.settings(&LATEST.replace("bucket =", "bukcet ="));
    let told = Job::new(&stack, "release.yml", "push", push()).run().ends(false);
    let annotations = told.annotations();
    let error = annotations.first().unwrap_or_else(|| panic!("no annotation: {}", told.text()));
    let place: Vec<&str> = ["file", "line", "col"].into_iter().map(|name| error.properties[name].as_str()).collect();
    assert_eq!((error.level.as_str(), place), ("error", vec!["sls-release.toml", "4", "1"]));
    assert!(error.message.contains("did you mean `bucket`?"), "{error:?}");
    assert!(told.summary().contains("did you mean"), "{}", told.summary());
    assert_eq!(stack.proxy.take_calls().0, []);
}

#[test]
fn an_annotation_starts_from_the_workspace_also_for_settings_in_a_folder() {
    let stack = unreleased(&[], LATEST);
    stack.write("api/sls-release.toml", "[functions.hello]\nsuorce = \"../lambda\"\n");
    let change = ("stage: dev", "stage: dev\n          config: api/sls-release.toml");
    let told = Job::changed(&stack, "release.yml", change, "push", push()).run().ends(false);
    assert_eq!(told.annotations()[0].properties["file"], "api/sls-release.toml");
}

#[test]
fn a_fork_may_package() {
    let stack = unreleased(&[], LATEST);
    let (change, payload) = (("command: plan", "command: package"), pull_request(&json!({"id": 2})));
    Job::changed(&stack, "plan.yml", change, "pull_request", payload).run().ends(true).begins("packaged\n");
    assert_eq!(stack.proxy.take_calls().0, []);
}

#[test]
fn a_plan_on_a_pull_request_writes_nothing() {
    let stack = unreleased(&[], LATEST);
    let before = stack.state(None);
    let told = Job::new(&stack, "plan.yml", "pull_request", pull_request(&own())).run().ends(true);
    assert_eq!(stack.state(None), before);
    assert_eq!(told.outputs()["changed"], "true");
    assert!(told.summary().starts_with("### sls-release: planned, stage dev"), "{}", told.summary());
}

#[test]
fn code_of_others_meets_no_aws() {
    let stack = unreleased(&[], LATEST);
    for (head, why) in [(json!({"id": 2}), "a fork's"), (Value::Null, "was deleted")] {
        for workflow in ["plan.yml", "preview.yml"] {
            let told = Job::new(&stack, workflow, "pull_request", pull_request(&head)).run().ends(true);
            asked_nothing(&stack, &told, why);
            assert_eq!(told.masks(), [TOKEN], "there are no credentials");
        }
    }
}

#[test]
fn dependabot_meets_no_aws() {
    let stack = unreleased(&[], LATEST);
    let job = Job::new(&stack, "plan.yml", "pull_request", pull_request(&own())).with(&["--actor", "dependabot[bot]"]);
    asked_nothing(&stack, &job.run().ends(true), "Dependabot's");
    let job = Job::new(&stack, "release.yml", "push", push()).with(&["--actor", "dependabot[bot]"]);
    asked_nothing(&stack, &job.run().ends(true), "Dependabot's");
}

#[test]
fn a_privileged_event_is_refused() {
    let stack = unreleased(&[], LATEST);
    let (change, event) = (("  pull_request:", "  pull_request_target:"), "pull_request_target");
    let told = Job::changed(&stack, "plan.yml", change, event, pull_request(&own())).run().ends(false);
    assert_eq!(stack.proxy.take_calls().0, []);
    assert!(told.annotations()[0].message.starts_with("the event `pull_request_target` is not served"));
    assert!(told.summary().contains("allow-privileged-events"), "{}", told.summary());
}
