//! Comparing the packed archive with the live code.

use crate::strict::change_code;
use crate::support::{ALIAS, LATEST, Run, Stack, answering, released, unreleased};

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
    let output = run.stdout + &run.stderr;
    assert!(!output.contains("http"), "the download link is never printed: {output}");
    stack.proxy.take_calls().writes_nothing();
}

#[test]
fn with_an_alias_its_version_is_compared() {
    let stack = released(&["--alias", "live"], ALIAS);
    change_code(&stack.function("dev"), &answering(200, "by hand"));
    let document = diff(&stack, &["--output", "json"]).exits(0).document();
    assert_eq!(document["comparisons"]["hello"]["verdict"], "same_bytes");
}

#[test]
fn without_an_alias_latest_is_compared() {
    let stack = released(&[], LATEST);
    change_code(&stack.function("dev"), &answering(200, "one"));
    let run = diff(&stack, &[]).exits(0);
    assert!(run.stdout.contains("compared with $LATEST of ") && run.stdout.contains("the same files"), "{run:?}");
}

#[test]
fn a_function_that_does_not_exist_and_a_missing_stage_are_refused() {
    let stack = unreleased(&[], &LATEST.replace("name = \"$NAME-{stage}\"", "name = \"$NAME-other\""));
    let run = diff(&stack, &[]).exits(3);
    assert!(run.stderr.contains("does not exist") && run.stderr.contains("sls-release.toml:"), "{run:?}");
    let run = stack.run(&["package", "--diff"]).exits(2);
    assert!(run.stderr.contains("--stage"), "{run:?}");
}
