//! What the real binary tells GitHub of a preview, from its opening to its closing, and when GitHub refuses to listen.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::{HEAD, body_of};
use crate::preview::scene::{apis, functions, scene, source};
use crate::support::github::{BASE, Fault, GitHubDouble, TOKEN, WORKFLOW, payload};
use crate::support::{Ends, Run, Stack};

/// The second commit of the pull request.
pub(super) const NEXT: &str = "c0ffee09b5b57875f334f61aebed695e2e4193db";

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
    assert_eq!((&first.asked["ref"], &first.asked["environment"]), (&json!(HEAD), &json!("preview/hello/pr-42")));
    let url = first.statuses[1]["environment_url"].as_str().unwrap().to_owned();
    assert!(double.comments(42)[0].body.contains(&url), "{:?}", double.comments(42));
    assert_eq!(first.statuses[1]["log_url"], log_url(&stack));

    double.pull_request(42, true, NEXT);
    stack.write("lambda/app.py", source("next commit"));
    event(&stack, &double, "synchronize", NEXT, &[]).exits(0);
    assert_eq!(states(&double), [vec!["in_progress", "success", "inactive"], vec!["in_progress", "success"]]);
    assert_eq!(double.comments(42).len(), 1);
    assert!(double.comments(42)[0].body.contains(&NEXT[..7]));

    double.pull_request(42, false, NEXT);
    event(&stack, &double, "closed", NEXT, &[]).exits(0);
    assert!(double.deleted_environments().is_empty());
    is_gone(&stack, &double);
    assert_eq!(double.hasty_writes(), 0);
}

#[test]
fn a_failure_is_told_with_its_log_and_leaves_the_deployment_before_it() {
    let (stack, double) = opened();
    event(&stack, &double, "opened", HEAD, &[]).exits(0);
    double.pull_request(42, true, NEXT);
    stack.write("lambda/app.py", "def handler(event, context):\n    raise Exception(\"broken\")\n");
    let failed = event(&stack, &double, "synchronize", NEXT, &[]);
    assert!(matches!(failed.code, Some(4 | 5)), "{failed:?}");
    assert_eq!(states(&double), [["in_progress", "success"], ["in_progress", "failure"]]);
    assert_eq!(double.deployments()[1].statuses[1]["log_url"], log_url(&stack));
    double.says_once(42, "failed");
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

#[test]
fn an_environment_goes_with_its_preview_where_that_is_wished_for() {
    let (stack, double) = opened();
    double.pull_request(42, false, HEAD);
    let wish = [("SLS_RELEASE_DELETE_ENVIRONMENT", "true")];
    event(&stack, &double, "closed", HEAD, &wish).exits(0);
    assert_eq!(double.deleted_environments(), ["preview/pr-42"], "where nobody named a service");
    assert!(double.comments(42).is_empty(), "there never was a preview");
    double.always("DELETE /repos/", Fault::Status(403));
    let denied = event(&stack, &double, "closed", HEAD, &wish).exits(0);
    assert!(denied.stdout.contains("administrator"), "{denied:?}");
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
fn who_prunes_deletes_environments_and_is_red_where_that_is_wished_for() {
    let (stack, double) = opened();
    event(&stack, &double, "opened", HEAD, &[]).exits(0);
    double.pull_request(42, false, HEAD);
    double.always("DELETE /repos/", Fault::Status(403));
    let mut strict = other_event(&stack, &double, "schedule");
    let red = strict.env("SLS_RELEASE_STRICT_REPORT", "true").ended().exits(1);
    let said = "failed to report to GitHub that the preview of pull request 42 was deleted";
    assert!(red.stdout.contains(said), "{red:?}");
    assert!(functions(&stack).is_empty() && apis(&stack).is_empty());

    let other = github_of(&stack);
    event(&stack, &other, "opened", HEAD, &[]).exits(0);
    other.pull_request(42, false, HEAD);
    other_event(&stack, &other, "schedule").env("SLS_RELEASE_DELETE_ENVIRONMENT", "true").ended().exits(0);
    assert_eq!(other.deleted_environments(), ["preview/hello/pr-42"]);
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
    let wish = [("SLS_RELEASE_DELETE_ENVIRONMENT", "true")];
    event(&stack, &double, "closed", HEAD, &wish).exits(0);
    assert_eq!(double.deleted_environments(), ["preview/pr-42", "preview/worker/pr-42"]);
    double.says_once(42, "is gone");
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
