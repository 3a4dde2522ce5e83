//! Releases that fail: everything is as it was before.

use crate::support::{Aws, BY_ENDPOINT, Ends, LATEST, Stack, When, answering, released, signal};

tests! {
    a_failed_smoke_test_puts_latest_and_the_deployment_back => failure_puts_back(&released(&[], LATEST), LATEST, None);
    a_failed_smoke_test_puts_the_alias_back =>
        failure_puts_back(&released(&["--alias", "live"], BY_ENDPOINT), BY_ENDPOINT, Some("live"));
    a_failed_first_release_puts_the_placeholder_back => failure_puts_back(&Stack::build(&[]), LATEST, None);
}

#[test]
fn sigterm_puts_everything_back() {
    let stack = released(&["--alias", "live"], BY_ENDPOINT);
    let before = stack.state(Some("live"));
    // Answers well, but never says what the smoke test waits for: it goes on until the signal.
    stack.settings(&BY_ENDPOINT.replace("timeout = \"20s\"", "timeout = \"120s\"\ncontains = \"never said\""));
    stack.write("lambda/app.py", answering(200, "two"));
    stack.proxy.take_calls();

    let asked = stack.proxy.hold(When::NextAfterWrite("InvokeApi"));
    let child = stack.command(&["--stage", "dev", "--output", "json"]).spawn().unwrap();
    asked.wait_until_reached();
    asked.let_go();
    assert_ne!(stack.state(Some("live")).aliases, before.aliases, "the new version is live by now");
    signal(&child, "-TERM");
    let run = child.ended().exits(4);
    assert_eq!(run.outcome(), "failed");
    assert!(run.stdout.contains("(this run published version 3, and calls of it may be under way)"), "{run:?}");
    assert!(!(run.stdout.clone() + &run.stderr).contains("version 3 failed"), "nothing failed: {run:?}");
    assert_eq!(stack.state(Some("live")), before);
}

/// An endpoint that answers with what it was asked.
#[test]
fn what_the_smoke_test_sends_is_not_shown_where_the_endpoint_repeats_it() {
    let stack = released(&["--alias", "live"], BY_ENDPOINT);
    let headers = "[smoke.headers]\nx-api-key = \"0123456789abcdef\"\n";
    stack.settings(&format!("{}{headers}", BY_ENDPOINT.replace("20s", "1500ms")));
    let echo = "def handler(event, context):\n    return {\"statusCode\": 500, \"body\": str(event[\"headers\"])}\n";
    stack.write("lambda/app.py", echo);
    let run = stack.release(&[]).exits(4);
    assert!(run.stdout.contains("x-api-key") && run.stdout.contains("***"), "{run:?}");
    assert!(!run.stdout.contains("0123456789abcdef") && !run.stderr.contains("0123456789abcdef"), "{run:?}");
}

/// Whatever the endpoint answered last, the report says it.
#[test]
fn a_failed_smoke_test_says_what_the_endpoint_answered() {
    let stack = released(&["--alias", "live"], BY_ENDPOINT);
    let settings = BY_ENDPOINT.replace("20s", "1500ms");
    let wanting = |text: &str| settings.replace("[smoke]", &format!("[smoke]\ncontains = \"{text}\""));
    let slow = "import time\nasked = 0\ndef handler(event, context):\n    global asked\n    asked += 1\n    \
                time.sleep(0 if asked < 3 else 10)\n    return {\"statusCode\": 503, \"body\": \"starting\"}\n";
    let raising = "def handler(event, context):\n    raise ValueError(\"no table\")\n";
    let cases = [
        (answering(403, "forbidden"), settings.clone(), "it answered 403 instead of 200; its body: forbidden"),
        (answering(404, ""), settings.clone(), "it answered 404 instead of 200; its body is empty"),
        (answering(200, "old text"), wanting("new text"), "(200) does not contain `new text`; its body: old text"),
        (raising.to_owned(), settings.clone(), "it answered 502 instead of 200; its body: "),
        (slow.to_owned(), settings.clone(), "it answered 503 instead of 200; its body: starting; at last it did not"),
    ];
    for (source, settings, expected) in cases {
        stack.settings(&settings);
        stack.write("lambda/app.py", source);
        let run = stack.release(&[]).exits(4);
        let why = run.document()["failure"]["problems"][0]["why"].as_str().unwrap().to_owned();
        assert!(why.contains(expected) && why.contains(" tries in 1.5 s; "), "{expected}: {run:?}");
    }
}

/// What a run saw is in every format, with what became of it.
#[test]
fn every_format_tells_what_a_failed_run_saw() {
    let stack = released(&["--alias", "live"], BY_ENDPOINT);
    stack.settings(&BY_ENDPOINT.replace("20s", "1s"));
    stack.write("lambda/app.py", "def handler(event, context):\n    raise ValueError(\"no table\")\n");
    let summary = stack.folder().join("summary.md");
    for format in ["human", "json", "github"] {
        let mut command = stack.command(&["--stage", "dev", "--output", format]);
        let run = command.env("GITHUB_STEP_SUMMARY", &summary).ended().exits(4);
        let told = format!("{}{}", run.stdout, run.stderr);
        for expected in ["it answered 502 instead of 200", "points at version 2 again"] {
            assert!(told.contains(expected), "{format}: {run:?}");
        }
    }
    let summary = std::fs::read_to_string(summary).unwrap();
    assert!(summary.contains("it answered 502 instead of 200"), "{summary}");
    assert!(!summary.contains("no table"), "a job summary may be public: {summary}");
}

/// Releases changed code that answers 500 behind a changed API, and looks whether all is as before.
fn failure_puts_back(stack: &Stack, settings: &str, alias: Option<&str>) {
    stack.settings(&settings.replace("20s", "3s"));
    stack.write("lambda/app.py", answering(500, "broken"));
    Aws::shared().add_mock(&stack.api, stack.root(), "health");
    let before = stack.state(alias);
    stack.proxy.take_calls();

    let run = stack.release(&[]).exits(4);
    assert_eq!(run.outcome(), "failed");
    let calls = stack.proxy.take_calls();
    assert!(calls.iter().any(|call| call.is_to_endpoint() && call.status == 500), "the broken code was live");
    assert!(!calls.calls("CreateDeployment").is_empty(), "there was a deployment");
    assert_eq!(stack.state(alias), before);
    assert_eq!(stack.call("/health").status, 403, "the stage serves what it served before");
}
