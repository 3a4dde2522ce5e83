//! Two runs for one pull request at the same time: at the end there is one preview, and it works.

use std::process::Command;

use super::scene::{apis, call, down, functions, greeting, previewed, scene, source, up};
use crate::support::{Aws, Ends, Fault, Run, Stack, When, get};

const ROUNDS: usize = 3;

fn command(stack: &Stack) -> Command {
    stack.preview_command("up", &["--pr", "42", "--stage", "dev"])
}

/// Lets a run look before there is a preview, and go on after another one has made it.
fn late(stack: &Stack, meanwhile: impl FnOnce()) -> (Run, Run) {
    let held = stack.proxy.hold(When::Next("GetRestApis"));
    let late = command(stack).spawn().unwrap();
    held.wait_until_reached();
    let early = up(stack).exits(0);
    meanwhile();
    held.let_go();
    (early, late.ended())
}

/// One function and one API, which answer, and need nothing more.
#[track_caller]
fn is_complete(stack: &Stack, runs: &[Run]) {
    assert_eq!(functions(stack), [stack.function("dev-pr-42")], "{runs:?}");
    assert_eq!(apis(stack), [stack.function("api-pr-42")], "{runs:?}");
    let again = up(stack).exits(0);
    assert_eq!(again.outcome(), "unchanged", "{runs:?}\n{again:?}");
    assert_eq!(call(&again), (200, greeting("pull request", "table-42")));
    for run in runs.iter().filter(|run| run.code == Some(0)) {
        assert_eq!(run.document()["endpoints"], again.document()["endpoints"], "{runs:?}");
    }
}

fn delete_api(stack: &Stack) {
    Aws::shared().remove_all(&stack.function("api-pr-"));
}

#[test]
fn the_run_that_is_later_uses_the_preview_of_the_other_one() {
    let stack = scene();
    let (early, late) = late(&stack, || ());
    let late = late.exits(0);
    assert!(late.stderr.contains("another run makes this preview at the same time: its API"), "{late:?}");
    is_complete(&stack, &[early, late]);
    down(&stack).exits(0);
    assert_eq!((functions(&stack), apis(&stack)), (vec![], vec![]));
}

/// It made an API that is not needed, and says how to delete it.
#[test]
fn an_api_too_many_that_cannot_be_deleted_is_named() {
    let (stack, _) = previewed();
    delete_api(&stack);
    let (_, late) = late(&stack, || stack.proxy.fault(When::Action("DeleteRestApi"), Fault::Denied));
    let late = late.exits(5);
    let left = &late.document()["not_put_back"];
    assert!(left[0]["what"].as_str().unwrap().starts_with("API "), "{late:?}");
    assert!(left[0]["command"].as_str().unwrap().starts_with("sls-release preview down --pr 42"), "{late:?}");
    assert_eq!(apis(&stack).len(), 2);
    stack.proxy.clear_orders();
    up(&stack).exits(3);
    down(&stack).exits(0);
    assert_eq!((functions(&stack), apis(&stack)), (vec![], vec![]));
}

/// The other run's function has other code, so that this run leaves it alone.
#[test]
fn runs_of_two_commits_do_not_mix() {
    let stack = scene();
    let held = stack.proxy.hold(When::Next("GetRestApis"));
    let late = command(&stack).spawn().unwrap();
    held.wait_until_reached();
    stack.write("lambda/app.py", source("next commit"));
    let folder = ["--pr", "42", "--stage", "dev", "--out-dir", "target/early"];
    let early = stack.preview("up", &folder).exits(0);
    held.let_go();
    let late = late.ended().exits(4);
    assert!(late.stdout.contains("failed to create function"), "{late:?}");
    assert_eq!(call(&early), (200, greeting("next commit", "table-42")));
    assert_eq!((functions(&stack).len(), apis(&stack).len()), (1, 1));
}

#[test]
fn runs_that_begin_together_end_with_one_preview() {
    let stack = scene();
    for round in 0..ROUNDS {
        two_at_once(&stack);
        delete_api(&stack);
        two_at_once(&stack);
        down(&stack).exits(0);
        assert_eq!((functions(&stack), apis(&stack)), (vec![], vec![]), "round {round}");
    }
}

fn two_at_once(stack: &Stack) {
    let running = [command(stack).spawn().unwrap(), command(stack).spawn().unwrap()];
    let runs = running.map(Ends::ended);
    // One that sees two APIs before the other run has deleted its own is refused, and one that meets the other run's change
    // may fail. What counts is what is left.
    assert!(runs.iter().all(|run| matches!(run.code, Some(0 | 3 | 4))), "{runs:?}");
    assert!(runs.iter().any(|run| run.code == Some(0)), "{runs:?}");
    let url = runs.iter().find(|run| run.code == Some(0)).unwrap().document()["endpoints"]["public"].clone();
    let answer = get(&format!("{}/hello", url.as_str().unwrap())).unwrap();
    assert_eq!(answer.body, greeting("pull request", "table-42"), "{runs:?}");
    is_complete(stack, &runs);
}
