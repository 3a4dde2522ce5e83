//! Releases that fail: everything is as it was before.

use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::scene::{ALIAS, LATEST, answering, released};
use crate::support::{Aws, Call, Run, Stack};

#[test]
fn a_failed_smoke_test_puts_latest_and_the_deployment_back() {
    let stack = released(&[], LATEST);
    failure_puts_back(&stack, &LATEST.replace("20s", "3s"), None);
}

#[test]
fn a_failed_smoke_test_puts_the_alias_back() {
    let stack = released(&["--alias", "live"], ALIAS);
    failure_puts_back(&stack, &ALIAS.replace("20s", "3s"), Some("live"));
}

#[test]
fn a_failed_first_release_puts_the_placeholder_back() {
    let stack = Stack::build(&[]);
    failure_puts_back(&stack, &LATEST.replace("20s", "3s"), None);
}

#[test]
fn sigterm_puts_everything_back() {
    let stack = released(&["--alias", "live"], ALIAS);
    let before = stack.state(Some("live"));
    // Answers well, but never says what the smoke test waits for: it goes on until the signal.
    stack.settings(&ALIAS.replace("timeout = \"20s\"", "timeout = \"120s\"\ncontains = \"never said\""));
    stack.write("lambda/app.py", answering(200, "two"));
    stack.proxy.take_calls();

    let child = stack.command(&["--stage", "dev", "--output", "json"]).spawn().unwrap();
    wait_for_call(&stack, Call::is_to_endpoint);
    assert_ne!(stack.state(Some("live")).aliases, before.aliases, "the new version is live by now");
    let run = terminate(child).exits(4);
    assert_eq!(run.outcome(), "failed");
    assert_eq!(stack.state(Some("live")), before);
}

/// Releases changed code that answers 500 behind a changed API, and looks whether all is as before.
fn failure_puts_back(stack: &Stack, settings: &str, alias: Option<&str>) {
    stack.settings(settings);
    stack.write("lambda/app.py", answering(500, "broken"));
    Aws::shared().add_mock(&stack.api, stack.root(), "health");
    let before = stack.state(alias);
    stack.proxy.take_calls();

    let run = stack.release(&[]).exits(4);
    assert_eq!(run.outcome(), "failed");
    let calls = stack.proxy.take_calls();
    assert!(calls.iter().any(|call| call.is_to_endpoint() && call.status == 500), "the broken code was live");
    assert!(
        calls.iter().any(|call| call.is_write() && call.target.ends_with("/deployments")),
        "there was a deployment"
    );
    assert_eq!(stack.state(alias), before);
    assert_eq!(stack.call("/health").status, 403, "the stage serves what it served before");
}

fn wait_for_call(stack: &Stack, is_it: impl Fn(&Call) -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !stack.proxy.calls().iter().any(&is_it) {
        assert!(Instant::now() < deadline, "the call never came: {:?}", stack.proxy.calls());
        thread::sleep(Duration::from_millis(20));
    }
}

fn terminate(child: Child) -> Run {
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    child.wait_with_output().unwrap().into()
}
