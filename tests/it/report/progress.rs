//! Lines while a run goes on, and sinks that refuse them.

use std::io::{self, ErrorKind, Write};
use std::time::Duration;

use sls_release::model::{Amount, Event, Listener, Work};
use sls_release::report::{End, Format, Reporter, Sinks, Verbosity};

use super::{samples, sinks, told};

fn events() -> Vec<Event> {
    let version = || "version 4 of hello-dev".to_owned();
    let waiting = |seconds, tries| {
        let seen = if tries > 1 { "its state is Pending".to_owned() } else { String::new() };
        Event::Waiting { what: version(), waited: Duration::from_secs(seconds), tries, seen }
    };
    vec![
        Event::Started(Amount { work: Work::Pack, what: "hello".into(), bytes: 10 }),
        Event::Advanced(Amount { work: Work::Pack, what: "hello".into(), bytes: 10 }),
        Event::Finished(Amount { work: Work::Pack, what: "hello".into(), bytes: 2_048 }),
        Event::Started(Amount { work: Work::Upload, what: "hello/code.zip".into(), bytes: 5 }),
        Event::Advanced(Amount { work: Work::Upload, what: "hello/code.zip".into(), bytes: 5 }),
        Event::Finished(Amount { work: Work::Upload, what: "hello/code.zip".into(), bytes: 5 }),
        waiting(2, 1),
        waiting(6, 1),
        waiting(9, 2),
        waiting(67, 9),
        Event::WaitFinished { what: version() },
        Event::Done("moved alias live of hello-dev to version 4".into()),
        Event::PuttingBack("alias live of hello-dev".into()),
        Event::Warning("the cache is not flushed".into()),
    ]
}

fn hear_all(reporter: &Reporter) {
    for event in events() {
        reporter.hear(event);
    }
}

#[test]
fn without_a_terminal_each_step_is_a_line_and_each_long_wait_one() {
    let expected = "\
        packed: hello (2.0 KiB)\n\
        done: uploaded hello/code.zip (5 B)\n\
        waiting: for version 4 of hello-dev (6.0 s)\n\
        waiting: for version 4 of hello-dev (1 min 7 s, 9 tries): its state is Pending\n\
        done: moved alias live of hello-dev to version 4\n\
        putting back: alias live of hello-dev\n\
        warning: the cache is not flushed\n";
    for format in [Format::Human, Format::Json] {
        let told = told(format, Verbosity::Normal, hear_all);
        assert_eq!((told.stdout.as_str(), told.stderr.as_str()), ("", expected));
    }
}

#[test]
fn github_gets_warnings_as_annotations() {
    let told = told(Format::Github, Verbosity::Normal, hear_all);
    assert_eq!(told.stdout, "::warning title=sls-release::the cache is not flushed\n");
    assert!(!told.stderr.contains("warning"));
}

#[test]
fn quiet_says_nothing() {
    let told = told(Format::Human, Verbosity::Quiet, hear_all);
    assert_eq!(told.stdout + &told.stderr, "");
}

/// A sink that fails.
pub(super) struct Broken(pub(super) ErrorKind);

impl Write for Broken {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(self.0.into())
    }
}

fn error_of(kind: ErrorKind) -> Option<io::Error> {
    let reporter = Reporter::new(Format::Human, Verbosity::Normal, sinks(Broken(kind), Broken(kind)));
    reporter.end(End::Outcome(&samples::released_with_proof()));
    reporter.write_error()
}

#[test]
fn a_reader_that_went_away_is_no_error_and_a_full_disk_is_one() {
    assert!(error_of(ErrorKind::BrokenPipe).is_none());
    let error = error_of(ErrorKind::StorageFull).unwrap();
    assert_eq!(error.kind(), ErrorKind::StorageFull);
    assert_eq!(error.to_string(), "standard output: no storage space");
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing/file");
    let named = |change: &dyn Fn(Sinks) -> Sinks| {
        let reporter = Reporter::new(Format::Github, Verbosity::Normal, change(sinks(io::sink(), io::sink())));
        reporter.end(End::Outcome(&samples::unchanged()));
        reporter.write_error().unwrap().to_string()
    };
    let expected = format!("{}: No such file or directory (os error 2)", missing.display());
    assert_eq!(named(&|sinks| Sinks { github_output: Some(missing.clone()), ..sinks }), expected);
    assert_eq!(named(&|sinks| Sinks { github_summary: Some(missing.clone()), ..sinks }), expected);
}
