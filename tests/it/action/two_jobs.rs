//! Archives that one job makes without credentials, and another one releases by their digests.

use std::fs;

use serde_json::json;
use sls_release::model::Sha256;

use super::pull_request::repository;
use super::runner::Job;
use crate::preview::scene::{functions, greeting};
use crate::support::{LATEST, Run, Stack, TOKEN, answering, get, unreleased};

#[test]
fn the_second_job_releases_what_the_first_one_made() {
    let stack = unreleased(&[], LATEST);
    let told = Job::new(&stack, "two-jobs.yml", "push", json!({})).run().ends(true);
    assert_eq!(stack.call("/hello").body, "one");
    let masks: Vec<_> = told.masks().into_iter().filter(|mask| mask != TOKEN).collect();
    assert_eq!(masks, ["test"], "the second job alone has credentials");
}

#[test]
fn another_archive_than_the_first_job_made_is_refused() {
    let stack = unreleased(&[], LATEST);
    let job = Job::new(&stack, "two-jobs.yml", "push", json!({})).with(&["--env", "TAMPER=true"]);
    let told = job.run().ends(false);
    assert!(told.error().starts_with("the archive of `hello` is not the expected one"), "{}", told.error());
    stack.proxy.take_calls().writes_nothing();
}

/// As where the output of the first job is misspelt.
#[test]
fn archives_without_their_digests_are_refused() {
    let stack = unreleased(&[], LATEST);
    let change = ("package.outputs.sha256 }}\n    steps", "package.outputs.sha }}\n    steps");
    let told = Job::changed(&stack, "two-jobs.yml", change, "push", json!({})).run().ends(false);
    assert!(told.error().starts_with("the input artifacts needs expect-sha256"), "{}", told.error());
    stack.proxy.take_calls().writes_nothing();
}

/// The job that has credentials gets the archives, and runs nothing of the pull request.
#[test]
fn a_preview_is_made_of_the_archives_of_the_first_job() {
    let mut repository = repository();
    repository.workflow = include_str!("../../../fixtures/workflows/preview-two-jobs.yml").replace(
        "      # A build that runs the code of the pull request belongs here.\n",
        "      - run: sed -i 's/pull request/built/' lambda/app.py\n",
    );
    let opened = repository.event("opened").ends(true);
    let endpoint = opened.annotations().into_iter().find(|it| it.level == "notice" && it.message.starts_with("http"));
    let endpoint = endpoint.expect("where it answers").message;
    assert_eq!(get(&format!("{endpoint}/hello")).unwrap().body, greeting("built", "table-42"));
    repository.event("closed").ends(true);
    assert_eq!(functions(&repository.stack), Vec::<String>::new());
}

/// Packages into `archives`, and then changes the source, so that only the archive can answer `one`.
fn packaged(stack: &Stack) -> Sha256 {
    stack.run(&["package", "--out-dir", "archives"]).exits(0);
    stack.write("lambda/app.py", answering(200, "two"));
    Sha256::of(&fs::read(stack.folder().join("archives/hello.zip")).unwrap())
}

fn release(stack: &Stack, expected: &[&str]) -> Run {
    let flags: Vec<&str> = expected.iter().flat_map(|text| ["--expect-sha256", text]).collect();
    stack.release(&[&["--artifacts", "archives"], &flags[..]].concat())
}

#[test]
fn a_ready_archive_is_released_by_either_spelling_of_its_digest() {
    let stack = unreleased(&[], LATEST);
    let digest = packaged(&stack);
    let [hex, base64] = [digest.hex(), digest.base64()].map(|digest| format!("hello={digest}"));
    assert_eq!(release(&stack, &[&hex, &base64]).exits(0).outcome(), "released");
    assert_eq!(stack.call("/hello").body, "one");
    assert_eq!(release(&stack, &[]).exits(0).outcome(), "unchanged");
}

#[test]
fn what_is_expected_must_be_there_and_nothing_else() {
    let stack = unreleased(&[], LATEST);
    let good = format!("hello={}", packaged(&stack).hex());
    let other = Sha256::of(b"other").hex();
    let cases: [(&[&str], i32, &str); 6] = [
        (&[&format!("hello={other}")], 3, "the archive of `hello` is not the expected one"),
        (&[&good, &format!("world={other}")], 3, "an archive of `world` is expected, and there is none"),
        (&[&format!("world={other}")], 3, "no `--expect-sha256` names the archive of `hello`"),
        (&[&good, &format!("hello={other}")], 2, "`--expect-sha256` names two digests for `hello`"),
        (&["hello"], 2, "invalid `--expect-sha256` `hello`"),
        (&["hello=c0ffee"], 2, "invalid `--expect-sha256` `hello=c0ffee`"),
    ];
    for (expected, code, what) in cases {
        let run = release(&stack, expected).exits(code);
        assert!(run.stdout.contains(what), "{run:?}");
    }
    stack.proxy.take_calls().writes_nothing();
}

#[test]
fn a_missing_archive_is_named() {
    let stack = unreleased(&[], LATEST);
    let run = release(&stack, &[]).exits(2);
    assert!(run.stdout.contains("the archive `archives/hello.zip` of hello does not exist"), "{run:?}");
}
