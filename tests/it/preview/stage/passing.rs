//! The pull request's code in `$LATEST`: runs that take turns, and runs that were killed there.

use std::process::Command;
use std::thread;
use std::time::Duration;

use super::scene::{Everything, everything, only_preview_is_new, scene, source};
use crate::preview::scene::{call, down, up};
use crate::support::strict::When;
use crate::support::{Run, Stack};

/// Waits until somebody has looked this often whether code passes through `$LATEST`.
fn wait_for_looks(stack: &Stack, looks: usize) {
    let passage = |calls: crate::support::strict::Log| {
        calls.calls("GetAlias").iter().filter(|call| call.name(1) == "sls-release-passage").count()
    };
    while passage(stack.proxy.calls()) < looks {
        thread::sleep(Duration::from_millis(20));
    }
}

/// Kills a run for pull request 42 while its code is in `$LATEST`; what there was before.
fn killed(stack: &Stack) -> Everything {
    let before = everything(stack);
    let held = stack.proxy.hold(When::Next("PublishVersion"));
    let repository = stack.repository();
    let arguments = ["preview", "up", "--pr", "42", "--stage", "dev", "--repository", &repository];
    let mut child = stack.command(&arguments).spawn().unwrap();
    held.wait_until_reached();
    child.kill().unwrap();
    child.wait().unwrap();
    held.let_go();
    assert_ne!(everything(stack).latest, before.latest, "it was killed in the middle");
    before
}

#[test]
fn pull_requests_take_turns() {
    let stack = scene();
    let before = everything(&stack);
    let held = stack.proxy.hold(When::Next("PublishVersion"));
    let repository = stack.repository();
    let command = |number: &str| {
        let arguments = ["preview", "up", "--pr", number, "--stage", "dev", "--repository", &repository];
        stack.command(&[&arguments[..], &["--output", "json"]].concat()).spawn().unwrap()
    };
    let first = command("42");
    held.wait_until_reached();
    stack.write("lambda/app.py", source("another one"));
    let second = command("43");
    wait_for_looks(&stack, 3);
    held.let_go();
    for (child, text) in [(first, "pull request"), (second, "another one")] {
        let run: Run = child.wait_with_output().unwrap().into();
        assert_eq!(call(&run.exits(0)), (200, text.to_owned()));
    }
    only_preview_is_new(&before, &everything(&stack));
}

#[test]
fn what_a_killed_run_left_is_put_back_by_the_next_one_of_another_pull_request() {
    let stack = scene();
    let before = killed(&stack);
    stack.write("lambda/app.py", source("another one"));
    let run = stack.preview("up", &["--pr", "43", "--stage", "dev", "--wait-timeout", "2s"]).exits(0);
    assert_eq!(call(&run), (200, "another one".to_owned()));
    only_preview_is_new(&before, &everything(&stack));
}

/// The killed run has published its version, so that the next one needs no code in `$LATEST`.
#[test]
fn what_a_killed_run_left_is_put_back_by_a_next_one_that_publishes_nothing() {
    let stack = scene();
    let before = killed(&stack);
    let run = stack.preview("up", &["--pr", "42", "--stage", "dev", "--wait-timeout", "2s"]).exits(0);
    assert_eq!(call(&run), (200, "pull request".to_owned()));
    assert!(run.stderr.contains("holds its code again"), "{run:?}");
    let after = everything(&stack);
    assert_eq!(after.latest, before.latest);
    only_preview_is_new(&before, &after);
    assert_eq!(up(&stack).exits(0).outcome(), "unchanged");
}

/// As after the closing of a pull request, without settings and sources.
#[test]
fn what_a_killed_run_left_goes_with_the_preview() {
    let stack = scene();
    let before = killed(&stack);
    let settings = stack.folder().join("sls-release.toml");
    std::fs::rename(&settings, stack.folder().join("elsewhere.toml")).unwrap();
    let repository = stack.repository();
    let arguments = ["preview", "down", "--pr", "42", "--repository", &repository, "--wait-timeout", "2s"];
    let mut command = stack.command(&[&arguments[..], &["--output", "json"]].concat());
    let run: Run = command.env("AWS_REGION", "us-east-1").output().unwrap().into();
    let deleted = run.exits(0).document()["previews"][0]["deleted"].to_string();
    assert!(deleted.contains("holds its code again"), "{deleted}");
    assert_eq!(everything(&stack), before);
}

#[test]
fn a_preview_that_is_deleted_does_not_end_the_passage_of_another() {
    let stack = scene();
    stack.preview("up", &["--pr", "7", "--stage", "dev"]).exits(0);
    stack.write("lambda/app.py", source("another one"));
    let before = killed(&stack);
    stack.preview("down", &["--pr", "7"]).exits(0);
    let after = everything(&stack);
    assert_ne!(after.latest, before.latest);
    assert!(after.aliases.contains_key("sls-release-passage"), "{after:?}");
}

#[test]
fn a_release_waits_for_a_passage_to_end() {
    let stack = scene();
    let held = stack.proxy.hold(When::Next("PublishVersion"));
    let repository = stack.repository();
    let arguments = ["preview", "up", "--pr", "42", "--stage", "dev", "--repository", &repository, "--output", "json"];
    let preview = stack.command(&arguments).spawn().unwrap();
    held.wait_until_reached();
    stack.write("lambda/app.py", source("released"));
    let release = stack.command(&["--stage", "dev", "--output", "json"]).spawn().unwrap();
    wait_for_looks(&stack, 6);
    held.let_go();
    let (preview, release) = (preview.wait_with_output().unwrap(), release.wait_with_output().unwrap());
    let (preview, release): (Run, Run) = (preview.into(), release.into());
    assert_eq!(call(&preview.exits(0)), (200, "pull request".to_owned()));
    assert_eq!(release.exits(0).outcome(), "released");
    assert_eq!(stack.call("/hello").body, "released");
    let now = everything(&stack).state;
    let (latest, (_, live)) = (now.latest.values().next(), now.aliases.values().next().unwrap());
    assert_eq!(latest, Some(live), "$LATEST holds what was released");
}

#[test]
fn a_release_is_refused_where_a_killed_run_left_its_code() {
    let stack = scene();
    killed(&stack);
    let left = everything(&stack);
    stack.write("lambda/app.py", source("released"));
    let refused = stack.release(&["--wait-timeout", "1s"]).exits(3).stdout;
    assert!(refused.contains("the code of pull request 42 is in its $LATEST"), "{refused}");
    assert!(refused.contains("sls-release preview down --pr 42"), "{refused}");
    assert_eq!(everything(&stack), left);
    stack.preview("down", &["--pr", "42", "--wait-timeout", "1s"]).exits(0);
    assert_eq!(stack.release(&[]).exits(0).outcome(), "released");
    down(&stack).exits(0);
}

/// As after the merge of a pull request whose run was killed.
#[test]
fn a_release_of_the_very_code_that_was_left_is_refused_too() {
    let stack = scene();
    killed(&stack);
    let left = everything(&stack);
    let refused = stack.release(&["--wait-timeout", "1s"]).exits(3).stdout;
    assert!(refused.contains("the code of pull request 42 is in its $LATEST"), "{refused}");
    assert_eq!(everything(&stack), left);
}

#[test]
fn a_signal_ends_the_wait_for_a_run_that_was_killed() {
    let stack = scene();
    killed(&stack);
    let left = everything(&stack);
    let repository = stack.repository();
    let arguments = ["preview", "up", "--pr", "42", "--stage", "dev", "--repository", &repository];
    stack.proxy.take_calls();
    let child = stack.command(&arguments).spawn().unwrap();
    wait_for_looks(&stack, 4);
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let run: Run = child.wait_with_output().unwrap().into();
    run.exits(4);
    assert_eq!(everything(&stack), left);
}
