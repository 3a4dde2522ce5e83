//! The packed archive beside the code that is live.

use crate::strict::change_code;
use crate::support::scene::{ALIAS, LATEST, answering, released};
use crate::support::{Run, Stack};

fn diff(stack: &Stack, arguments: &[&str]) -> Run {
    stack.run(&[&["package", "--diff", "--stage", "dev"], arguments].concat())
}

#[test]
fn what_callers_run_is_compared() {
    let stack = released(&["--alias", "live"], ALIAS);
    stack.proxy.take_calls();
    let run = diff(&stack, &[]).exits(0);
    assert!(run.stdout.contains("compared with version 2 of "), "{run:?}");
    assert!(run.stdout.contains("the same bytes"), "{run:?}");
    let calls = stack.proxy.take_calls();
    assert_eq!((calls.len(), calls.writes().len()), (1, 0), "equal digests need no download: {calls:?}");

    stack.write("lambda/new.py", "new = True\n");
    let run = diff(&stack, &["--exit-code"]).exits(10);
    assert!(run.stdout.contains("1 file added") && run.stdout.contains("new.py"), "{run:?}");
    let said = run.stdout + &run.stderr;
    assert!(!said.contains("http"), "the link is never shown: {said}");
    assert!(stack.proxy.take_calls().writes().is_empty());
}

#[test]
fn callers_of_an_alias_do_not_see_latest() {
    let stack = released(&["--alias", "live"], ALIAS);
    change_code(&stack.function("dev"), &answering(200, "by hand"));
    let document = diff(&stack, &["--output", "json"]).exits(0).document();
    assert_eq!(document["comparisons"]["hello"]["verdict"], "same_bytes");
}

#[test]
fn without_an_alias_it_is_latest() {
    let stack = released(&[], LATEST);
    change_code(&stack.function("dev"), &answering(200, "one"));
    let run = diff(&stack, &[]).exits(0);
    assert!(run.stdout.contains("compared with $LATEST of ") && run.stdout.contains("the same files"), "{run:?}");
}

#[test]
fn a_function_that_does_not_exist_and_a_missing_stage_are_refused() {
    let stack = Stack::build(&[]);
    stack.settings(&LATEST.replace("name = \"$NAME-{stage}\"", "name = \"$NAME-other\""));
    stack.write("lambda/app.py", answering(200, "one"));
    let run = diff(&stack, &[]).exits(3);
    assert!(run.stderr.contains("does not exist") && run.stderr.contains("sls-release.toml:"), "{run:?}");
    let run = stack.run(&["package", "--diff"]).exits(2);
    assert!(run.stderr.contains("--stage"), "{run:?}");
}
