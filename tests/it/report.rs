//! What each format says about each way a run can end.

mod archives;
pub(crate) mod comment;
mod escape;
mod exit_code;
mod formats;
pub(crate) mod previews;
mod progress;
mod recorded;
pub(crate) mod rendered;
mod samples;
mod schema;

use std::fs;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use sls_release::report::{Colour, Format, Reporter, Sinks, Verbosity};

/// What a run left in each sink.
struct Told {
    stdout: String,
    stderr: String,
    outputs: String,
    summary: String,
}

impl Told {
    fn sinks(&self) -> [(&'static str, &str); 4] {
        let Self { stdout, stderr, outputs, summary } = self;
        [("stdout", stdout), ("stderr", stderr), ("outputs", outputs), ("summary", summary)]
    }
}

/// A sink that can be read while the reporter still has it.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

pub(crate) fn sinks(stdout: impl Write + Send + 'static, stderr: impl Write + Send + 'static) -> Sinks {
    Sinks {
        stdout: Box::new(stdout),
        stderr: Box::new(stderr),
        stdout_is_terminal: false,
        stderr_is_terminal: false,
        colour: Colour::Auto,
        columns: None,
        github_output: None,
        github_summary: None,
    }
}

/// A reporter whose standard output can be read.
fn reporter_to(format: Format, verbosity: Verbosity) -> (Reporter, Shared) {
    let stdout = Shared::default();
    (Reporter::new(format, verbosity, sinks(stdout.clone(), io::sink())), stdout)
}

/// A reporter of whose comments alone something is heard.
fn quiet_reporter() -> Reporter {
    reporter_to(Format::Json, Verbosity::Quiet).0
}

/// Lets `tell` report into sinks that are no terminal.
fn told(format: Format, verbosity: Verbosity, tell: impl FnOnce(&Reporter)) -> Told {
    told_to(format, verbosity, tell, |sinks| sinks)
}

fn told_to(
    format: Format,
    verbosity: Verbosity,
    tell: impl FnOnce(&Reporter),
    change: impl FnOnce(Sinks) -> Sinks,
) -> Told {
    let folder = tempfile::tempdir().unwrap();
    let (outputs, summary) = (folder.path().join("outputs"), folder.path().join("summary"));
    let (stdout, stderr) = (Shared::default(), Shared::default());
    let sinks = Sinks {
        github_output: Some(outputs.clone()),
        github_summary: Some(summary.clone()),
        ..sinks(stdout.clone(), stderr.clone())
    };
    let reporter = Reporter::new(format, verbosity, change(sinks));
    tell(&reporter);
    assert!(reporter.write_error().is_none());
    Told {
        stdout: stdout.text(),
        stderr: stderr.text(),
        outputs: fs::read_to_string(outputs).unwrap_or_default(),
        summary: fs::read_to_string(summary).unwrap_or_default(),
    }
}
