//! Foreign names in a workflow: they end up in commands, outputs and the summary, and break out of none.

use serde_json::json;

use super::runner::{Job, Told};
use crate::support::{LATEST, Stack, TOKEN, unreleased};

/// As far as a name in the settings, a file's name or a branch may hold it.
const HOSTILE: &str = "a\n::set-output name=endpoint::https://evil.example\r\n::add-mask::o\n##[error]no\u{202e}txt \
                       `code` <script>alert(1)</script> @everyone [x](https://evil.example) $(touch owned) %0A";

fn is_harmless(told: &Told) {
    let summary = told.summary();
    for out in ["<script>", "@everyone", "](https://evil", "\n::", "\u{202e}"] {
        assert!(!summary.contains(out), "{out:?} in {summary}");
    }
    assert!(!told.text().contains("\u{202e}"));
    let harmless = ["group", "endgroup", "notice", "warning", "error", "add-mask"];
    assert!(told.commands().iter().all(|command| harmless.contains(&command.as_str())), "{:?}", told.commands());
    assert!(told.masks().iter().all(|mask| mask == "test" || mask == TOKEN), "{:?}", told.masks());
    assert!(!told.outputs().values().any(|value| value == "https://evil.example"), "{:?}", told.outputs());
}

/// The hostile text is shown, so that something was there to break out of.
fn is_shown_and_harmless(told: &Told) {
    is_harmless(told);
    let annotated: String = told.annotations().into_iter().map(|it| it.message).collect();
    let everywhere = told.text() + &annotated + &told.summary();
    assert!(everywhere.contains("script"), "{everywhere}");
}

fn quoted(text: &str) -> String {
    json!(text).to_string().replace("\u{202e}", "\\u202e")
}

#[test]
fn a_hostile_file_name_is_a_line_of_the_log() {
    let stack = unreleased(&[], LATEST);
    stack.write(&format!("lambda/{}", HOSTILE.replace('/', "_")), "");
    let change = ("stage: dev", "command: package\n          verbose: \"true\"");
    is_shown_and_harmless(&Job::changed(&stack, "release.yml", change, "push", json!({})).run());
}

#[test]
fn a_hostile_setting_is_a_line_of_the_error() {
    let stack = Stack::build(&[]);
    for settings in [
        LATEST.replace("[functions.hello]", &format!("[functions.{}]", quoted(HOSTILE))),
        LATEST.replace("name = \"$NAME-{stage}\"", &format!("name = {}", quoted(HOSTILE))),
        LATEST.replace("source = \"lambda\"", &format!("source = {}", quoted(HOSTILE))),
    ] {
        stack.settings(&settings);
        let told = Job::new(&stack, "release.yml", "push", json!({})).run().ends(false).begins("failed");
        is_shown_and_harmless(&told);
    }
}

#[test]
fn hostile_inputs_are_values_and_nothing_more() {
    let stack = unreleased(&[], LATEST);
    for input in ["stage", "command", "config", "function", "region", "bucket", "wait-timeout", "expect-sha256"] {
        let first = if input == "stage" { "" } else { "stage: dev\n          " };
        let given = format!("{first}{input}: {}", quoted(HOSTILE));
        let job = Job::changed(&stack, "release.yml", ("stage: dev", &given), "push", json!({}));
        is_shown_and_harmless(&job.run().ends(false));
    }
    assert!(!stack.folder().join("owned").exists());
}

#[test]
fn a_hostile_branch_and_commit_message_reach_nothing() {
    let stack = unreleased(&[], LATEST);
    let payload = json!({
        "ref": format!("refs/heads/{HOSTILE}"), "repository": {"id": 1, "full_name": "acme/hello"},
        "head_commit": {"message": HOSTILE, "author": {"name": HOSTILE}}, "sender": {"login": HOSTILE},
    });
    let told = Job::new(&stack, "release.yml", "push", payload).run().ends(true);
    is_harmless(&told);
    assert_eq!(stack.call("/hello").body, "one");
    let fork = json!({
        "repository": {"id": 1}, "action": HOSTILE,
        "pull_request": {"title": HOSTILE, "body": HOSTILE, "head": {"ref": HOSTILE, "repo": {"id": 2, "full_name": HOSTILE}}},
    });
    let told = Job::new(&stack, "preview.yml", "pull_request", fork).run().ends(true);
    is_harmless(&told);
    assert!(told.summary().contains("a fork's"), "{}", told.summary());
}
