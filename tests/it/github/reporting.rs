//! What the real binary tells GitHub of a preview, from its opening to its closing, and when GitHub refuses to listen.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::{HEAD, body_of};
use crate::preview::scene::{apis, functions, scene, source};
use crate::support::github::{BASE, Fault, GitHubDouble, TOKEN, WORKFLOW, payload};
use crate::support::{Ends, Run, Stack};

/// The second commit of the pull request.
pub(crate) const NEXT: &str = "c0ffee09b5b57875f334f61aebed695e2e4193db";

/// A stack whose settings are on the base branch, and its pull request 42.
pub(crate) fn opened() -> (Stack, GitHubDouble) {
    let stack = scene();
    stack.write(".git/HEAD", "");
    let double = github_of(&stack);
    (stack, double)
}

/// No other test has its repository.
fn github_of(stack: &Stack) -> GitHubDouble {
    let double = GitHubDouble::of(&stack.repository());
    double.pull_request(42, true, HEAD);
    let settings = fs::read_to_string(stack.folder().join("sls-release.toml")).unwrap();
    double.file("sls-release.toml", BASE, &settings);
    double
}

fn log_url(stack: &Stack) -> String {
    format!("https://github.com/{}/actions/runs/7", stack.repository())
}

/// What the action runs for this event.
fn event(stack: &Stack, double: &GitHubDouble, action: &str, head: &str, more: &[(&str, &str)]) -> Run {
    command(stack, double, action, head).envs(more.iter().copied()).ended()
}

pub(crate) fn command(stack: &Stack, double: &GitHubDouble, action: &str, head: &str) -> Command {
    of_event(stack, double, "pull_request", &format!("{action}-{}", &head[..7]), &payload(action, head))
}

pub(super) fn of_event(stack: &Stack, double: &GitHubDouble, event: &str, name: &str, payload: &Value) -> Command {
    let file = format!("{name}.json");
    stack.write(&file, payload.to_string());
    let mut command = stack.command(&["--stage", "dev", "--output", "github", "ci"]);
    command.envs(double.environment()).env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_NAME", event);
    command.env("GITHUB_EVENT_PATH", stack.folder().join(&file));
    command
}

/// What the action runs for an event that is about no pull request.
fn other_event(stack: &Stack, double: &GitHubDouble, event: &str) -> Command {
    of_event(stack, double, event, event, &json!({ "repository": { "id": 1 } }))
}

/// AWS holds nothing of it, GitHub no deployment, and the comment says so.
#[track_caller]
fn is_gone(stack: &Stack, double: &GitHubDouble) {
    assert!(functions(stack).is_empty() && apis(stack).is_empty());
    assert!(double.deployments().is_empty(), "{:?}", double.deployments());
    double.says_once(42, "is gone");
}

fn states(double: &GitHubDouble) -> Vec<Vec<String>> {
    let state = |status: &serde_json::Value| status["state"].as_str().unwrap().to_owned();
    double.deployments().iter().map(|it| it.statuses.iter().map(state).collect()).collect()
}

#[test]
fn github_shows_a_preview_from_its_opening_to_its_closing() {
    let (stack, double) = opened();
    event(&stack, &double, "opened", HEAD, &[]).exits(0);
    assert_eq!(states(&double), [["in_progress", "success"]]);
    let first = double.deployments().remove(0);
    assert_eq!((&first.asked["ref"], &first.asked["environment"]), (&json!(HEAD), &json!("preview")));
    let url = first.statuses[1]["environment_url"].as_str().unwrap().to_owned();
    assert!(double.comments(42)[0].body.contains(&url), "{:?}", double.comments(42));
    assert_eq!(first.statuses[1]["log_url"], log_url(&stack));

    double.pull_request(42, true, NEXT);
    stack.write("lambda/app.py", source("next commit"));
    event(&stack, &double, "synchronize", NEXT, &[]).exits(0);
    assert_eq!(states(&double), [["in_progress", "success", "in_progress", "success"]], "all pushes share one");
    assert_eq!(double.comments(42).len(), 1);
    assert!(double.comments(42)[0].body.contains(&NEXT[..7]));

    double.pull_request(42, false, NEXT);
    let before = double.calls().len();
    event(&stack, &double, "closed", NEXT, &[]).exits(0);
    let calls = double.calls().split_off(before);
    assert!(calls.len() <= 12, "{calls:#?}");
    is_gone(&stack, &double);
    assert_eq!(double.hasty_writes(), 0);
}

#[test]
fn a_failure_is_told_with_its_log_and_its_endpoint_is_a_link() {
    let (stack, double) = opened();
    event(&stack, &double, "opened", HEAD, &[]).exits(0);
    double.pull_request(42, true, NEXT);
    stack.write("lambda/app.py", "def handler(event, context):\n    raise Exception(\"broken\")\n");
    let failed = event(&stack, &double, "synchronize", NEXT, &[]);
    assert!(matches!(failed.code, Some(4 | 5)), "{failed:?}");
    assert_eq!(states(&double), [["in_progress", "success", "in_progress", "failure"]]);
    assert_eq!(double.deployments()[0].statuses[3]["log_url"], log_url(&stack));
    double.says_once(42, "failed");
    let said = &double.comments(42)[0].body;
    let link = said.split_once(" a good answer from <http").unwrap().1.split_once("> in time").unwrap().0;
    assert!(link.ends_with("/pr-42/_user_request_/hello"), "{said}");
    assert!(!said.contains("broken"), "anyone may read it: {said}");

    // Only those who may read the code read it there. The log is deleted with the preview.
    let mut private = payload("synchronize", NEXT);
    private["repository"]["private"] = json!(true);
    of_event(&stack, &double, "pull_request", "private", &private).ended();
    double.says_once(42, "the function's error: ");
    double.says_once(42, "Exception: broken");
}

#[test]
fn settings_that_cannot_be_used_are_told_as_well() {
    let (stack, double) = opened();
    double.file("sls-release.toml", BASE, "regoin = \"us-east-1\"\n");
    event(&stack, &double, "opened", HEAD, &[]).exits(2);
    assert!(double.deployments().is_empty());
    double.says_once(42, "regoin");
}

#[test]
fn a_head_that_moved_on_is_told_by_its_own_run() {
    let (stack, double) = opened();
    double.pull_request(42, true, NEXT);
    event(&stack, &double, "opened", HEAD, &[]).exits(0);
    assert!(double.take_writes().is_empty());
}

#[test]
fn what_github_does_not_take_is_a_warning_and_red_only_where_that_is_wished_for() {
    let (stack, double) = opened();
    for (fault, told) in [
        (Fault::Status(403), "Resource not accessible by integration"),
        (Fault::Status(404), "Not Found"),
        (Fault::Status(422), "Validation Failed"),
        (Fault::TooMany(3_600), "takes no more calls for 3600 seconds"),
        (Fault::Reset, "check the network"),
    ] {
        let broken = github_of(&stack);
        broken.always("POST /repos/", fault);
        let run = event(&stack, &broken, "opened", HEAD, &[]).exits(0);
        let warnings: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with("::warning")).collect();
        assert!(warnings.len() >= 2 && warnings.iter().all(|it| it.contains(told)), "{fault:?}: {warnings:?}");
        let comments = broken.comments(42);
        assert!(comments.is_empty() && broken.deployments().is_empty());
    }
    double.always("POST /repos/", Fault::Status(403));
    let strict = [("SLS_RELEASE_STRICT_REPORT", "true")];
    let red = event(&stack, &double, "synchronize", HEAD, &strict).exits(1);
    let said = "::error title=sls-release::the run succeeded, but a report to GitHub failed";
    assert!(red.stdout.contains(said), "{red:?}");
    assert_eq!(functions(&stack).len(), 1, "the preview stands");
    let mut to_a_program = command(&stack, &double, "synchronize", HEAD);
    let red = to_a_program.envs(strict).args(["--output", "json"]).ended().exits(1);
    assert_eq!((&red.document()["exit_code"], red.outcome().as_str()), (&1.into(), "unchanged"));
    let warnings = red.document()["warnings"].to_string();
    assert!(warnings.contains("failed to comment on pull request 42"), "{warnings}");
}

/// Somebody wrote the number of another one into the workflow.
#[test]
fn another_number_than_that_of_the_event_is_refused() {
    let (stack, double) = opened();
    let closed = |number| command(&stack, &double, "closed", HEAD).args(["--pr", number]).ended();
    let refused = closed("7").exits(2);
    assert!(refused.stdout.contains("the input `pr` is 7, but the event is about pull request 42"), "{refused:?}");
    closed("42").exits(0);
}

/// Neither a preview nor its end is worth a comment there.
#[test]
fn a_workflow_may_do_without_comments() {
    let (stack, double) = opened();
    let quiet = [("SLS_RELEASE_COMMENT", "false")];
    event(&stack, &double, "opened", HEAD, &quiet).exits(0);
    assert_eq!(states(&double), [["in_progress", "success"]]);
    command(&stack, &double, "synchronize", HEAD).arg("plan").envs(quiet).ended().exits(0);
    assert_eq!(double.comments(42), []);
    double.pull_request(42, false, HEAD);
    event(&stack, &double, "closed", HEAD, &quiet).exits(0);
    assert!(double.comments(42).is_empty() && double.deployments().is_empty());
}

/// The pull request stays open. Its file cannot prevent the deletion.
#[test]
fn a_preview_ends_when_its_label_is_taken_away() {
    let (stack, double) = opened();
    let gate = |labels: serde_json::Value, action: &str| {
        let mut payload = payload(action, HEAD);
        payload["label"] = json!({ "name": "preview" });
        payload["pull_request"]["labels"] = labels;
        let mut command = of_event(&stack, &double, "pull_request", action, &payload);
        command.env("SLS_RELEASE_LABEL", "preview").ended().exits(0)
    };
    let run = gate(json!([]), "opened");
    assert!(run.stdout.contains("does not have the label `preview`"), "{run:?}");
    gate(json!([{ "name": "preview" }]), "labeled");
    assert_eq!(functions(&stack).len(), 1);
    stack.write("sls-release.toml", "regoin = 1\n");
    gate(json!([]), "unlabeled");
    is_gone(&stack, &double);
}

#[test]
fn what_is_pruned_is_no_deployment_any_more() {
    let (stack, double) = opened();
    event(&stack, &double, "opened", HEAD, &[]).exits(0);
    double.pull_request(42, false, HEAD);
    stack.command(&["preview", "prune", "--output", "github"]).envs(double.environment()).ended().exits(0);
    is_gone(&stack, &double);
}

/// As in a workflow by a schedule.
#[test]
fn who_prunes_is_red_where_that_is_wished_for() {
    let (stack, double) = opened();
    event(&stack, &double, "opened", HEAD, &[]).exits(0);
    double.pull_request(42, false, HEAD);
    double.always("DELETE /repos/", Fault::Status(403));
    let mut strict = other_event(&stack, &double, "schedule");
    let red = strict.env("SLS_RELEASE_STRICT_REPORT", "true").ended().exits(1);
    let said = "failed to report to GitHub that the preview of pull request 42 was deleted";
    assert!(red.stdout.contains(said), "{red:?}");
    assert!(functions(&stack).is_empty() && apis(&stack).is_empty());
}

/// By `workflow_dispatch`, say.
#[test]
fn the_preview_of_a_pull_request_that_is_only_named_follows_the_same_rules() {
    let (stack, double) = opened();
    let named_to = |double: &GitHubDouble, verb: &str| {
        other_event(&stack, double, "workflow_dispatch").args(["--pr", "42", verb]).ended()
    };
    let named = |verb: &str| named_to(&double, verb);
    stack.settings(&crate::preview::scene::SETTINGS.replace("table-{pr}", "users"));
    let run = named("preview-up").exits(0);
    assert!(run.stdout.contains("`TABLE_NAME` of [preview.environment] differs"), "{run:?}");
    assert_eq!(states(&double), [["in_progress", "success"]]);
    assert_eq!(double.deployments()[0].asked["ref"], HEAD);
    assert!(double.comments(42)[0].body.contains(&HEAD[..7]));

    double.is_fork(42);
    let refused = named("preview-up").exits(3);
    assert!(refused.stdout.contains("the code of pull request 42 is a fork's"), "{refused:?}");
    named("preview-down").exits(0);
    is_gone(&stack, &double);

    let closed = github_of(&stack);
    closed.pull_request(42, false, HEAD);
    named_to(&closed, "preview-up").exits(0);
    assert!(functions(&stack).is_empty() && closed.take_writes().is_empty());
}

/// The preview is gone; GitHub did not hear of it.
#[test]
fn what_github_did_not_hear_at_the_closing_the_next_run_tells() {
    let (stack, double) = opened();
    double.comment_of(42, WORKFLOW, &body_of("worker", "up"));
    double.pull_request(42, false, HEAD);
    event(&stack, &double, "closed", HEAD, &[]).exits(0);
    double.says_once(42, "The preview of worker is gone");
    let asked = |service: &str| format!("environment=preview&task=preview%2F{service}%2F42&");
    let calls = double.calls();
    assert!([asked("worker"), asked(&stack.name)].iter().all(|one| calls.iter().any(|it| it.contains(one.as_str()))));
}

#[test]
fn a_token_is_masked_and_printed_nowhere_else() {
    let (stack, double) = opened();
    double.pull_request(42, false, HEAD);
    double.always("GET ", Fault::Status(403));
    let run = event(&stack, &double, "closed", HEAD, &[("RUST_LOG", "trace")]).exits(0);
    let (masks, rest): (Vec<&str>, Vec<&str>) =
        run.stdout.lines().chain(run.stderr.lines()).partition(|line| line.starts_with("::add-mask::"));
    assert!(masks.contains(&format!("::add-mask::{TOKEN}").as_str()), "{masks:?}");
    assert!(!rest.iter().any(|line| line.contains(TOKEN)), "{rest:?}");
}
