//! The exit code of the process, and that of the JSON document: one number.

use std::io::ErrorKind;

use serde_json::Value;
use sls_release::model::{Event, Listener, Outcome};
use sls_release::report::{End, Format, Reporter, Verbosity};

use super::progress::Broken;
use super::{Shared, previews, reporter_to, samples, sinks};

/// Ends a run, and returns the exit code of the process and that of the document.
fn codes(tell: impl FnOnce(&Reporter)) -> (Option<u8>, Value) {
    let (reporter, stdout) = reporter_to(Format::Json, Verbosity::Quiet);
    let reporter = reporter.pending_exit_code(10);
    tell(&reporter);
    assert!(reporter.is_document_written());
    let document: Value = serde_json::from_str(&stdout.text()).unwrap();
    (reporter.exit_code(), document["exit_code"].clone())
}

/// An end of a run, and its exit code.
type Ending = (fn(&Reporter), u8);

fn untold(reporter: &Reporter) {
    reporter.be_strict();
    reporter.hear(Event::NotReported("failed to comment on pull request 42".into()));
}

#[test]
fn the_document_names_the_exit_code_of_the_process() {
    let endings: [Ending; 9] = [
        (|it| it.end(End::Outcome(&samples::planned())), 10),
        (|it| it.end(End::Outcome(&Outcome::Planned(samples::empty_plan()))), 0),
        (|it| it.end(End::Outcome(&samples::unchanged())), 0),
        (|it| it.end(End::Outcome(&samples::put_back())), 4),
        (|it| it.end(End::Outcome(&samples::not_put_back())), 5),
        (|it| it.end(End::Preview(&previews::up())), 0),
        (|it| it.end(End::Preview(&previews::not_put_back())), 5),
        (|it| it.failure(&samples::refused()), 3),
        (|it| it.end(End::NothingDone("the code is a fork's")), 0),
    ];
    for (end, code) in endings {
        assert_eq!(codes(end), (Some(code), code.into()));
    }
}

#[test]
fn what_github_was_not_told_fails_a_strict_run_in_the_document_as_well() {
    let strict = |outcome: Outcome| codes(|it| (untold(it), it.end(End::Outcome(&outcome))).1);
    assert_eq!(strict(samples::released_with_proof()), (Some(1), 1.into()));
    assert_eq!(strict(samples::not_put_back()), (Some(5), 5.into()), "a worse end stays what it is");
    let lenient = codes(|it| {
        it.hear(Event::NotReported("failed to comment on pull request 42".into()));
        it.end(End::Preview(&previews::up()));
    });
    assert_eq!(lenient, (Some(0), 0.into()));
}

/// GitHub is told between the two.
#[test]
fn the_document_waits_until_github_was_told_and_people_do_not() {
    let outcome = samples::released_with_proof();
    for (format, is_shown) in [(Format::Json, false), (Format::Human, true), (Format::Github, true)] {
        let (reporter, stdout) = reporter_to(format, Verbosity::Normal);
        reporter.show(End::Outcome(&outcome));
        let shown = stdout.text();
        assert_eq!((shown.is_empty(), reporter.exit_code()), (!is_shown, None), "{format:?}");
        untold(&reporter);
        reporter.end(End::Outcome(&outcome));
        assert_eq!(reporter.exit_code(), Some(1));
        let released = shown.lines().find(|line| line.contains("execute-api")).unwrap_or("\"exit_code\": 1");
        assert_eq!(stdout.text().matches(released).count(), shown.matches(released).count().max(1), "{format:?}");
    }
}

#[test]
fn progress_that_could_not_be_written_is_in_the_document() {
    let stdout = Shared::default();
    let broken = Broken(ErrorKind::StorageFull);
    let reporter = Reporter::new(Format::Json, Verbosity::Normal, sinks(stdout.clone(), broken));
    reporter.hear(Event::Warning("the disk is full".into()));
    reporter.end(End::Outcome(&samples::unchanged()));
    let document: Value = serde_json::from_str(&stdout.text()).unwrap();
    assert_eq!((reporter.exit_code(), &document["exit_code"]), (Some(1), &1.into()));
}

#[test]
fn a_defect_after_the_end_was_shown_is_shown_as_well() {
    let stderr = Shared::default();
    let reporter = Reporter::new(Format::Human, Verbosity::Normal, sinks(std::io::sink(), stderr.clone()));
    reporter.show(End::Outcome(&samples::unchanged()));
    reporter.failure(&samples::refused());
    assert!(stderr.text().contains("error: "), "{}", stderr.text());
    assert_eq!(reporter.exit_code(), Some(3));
}
