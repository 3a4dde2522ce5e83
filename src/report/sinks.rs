//! Where a report goes.

use std::env;
use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Where a report goes.
pub struct Sinks {
    /// The result.
    pub stdout: Box<dyn Write + Send>,
    /// Progress and errors.
    pub stderr: Box<dyn Write + Send>,
    /// Standard output is a terminal: it may have colours.
    pub stdout_is_terminal: bool,
    /// Standard error is a terminal: it may have colours, and bars that move.
    pub stderr_is_terminal: bool,
    /// Colours are welcome where there is a terminal: <https://no-color.org>.
    pub colour: bool,
    /// The file of the step's outputs.
    pub github_output: Option<PathBuf>,
    /// The file of the job's summary.
    pub github_summary: Option<PathBuf>,
}

impl Sinks {
    /// This process's own, by `NO_COLOR`, `TERM`, `GITHUB_OUTPUT` and `GITHUB_STEP_SUMMARY`.
    pub fn of_process() -> Self {
        let smart = env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self {
            stdout_is_terminal: smart && io::stdout().is_terminal(),
            stderr_is_terminal: smart && io::stderr().is_terminal(),
            stdout: Box::new(io::stdout()),
            stderr: Box::new(io::stderr()),
            colour: variable("NO_COLOR").is_none(),
            github_output: variable("GITHUB_OUTPUT"),
            github_summary: variable("GITHUB_STEP_SUMMARY"),
        }
    }
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Writes to the sinks, and remembers the first error.
pub(super) struct Writers {
    sinks: Sinks,
    pub(super) error: Option<io::Error>,
}

impl Writers {
    pub(super) fn new(sinks: Sinks) -> Self {
        Self { sinks, error: None }
    }

    pub(super) fn stdout_colour(&self) -> bool {
        self.sinks.colour && self.sinks.stdout_is_terminal
    }

    pub(super) fn stderr_colour(&self) -> bool {
        self.sinks.colour && self.sinks.stderr_is_terminal
    }

    pub(super) fn stdout(&mut self, text: &str) {
        let written = write(&mut self.sinks.stdout, text);
        self.remember(written);
    }

    pub(super) fn stderr(&mut self, text: &str) {
        let written = write(&mut self.sinks.stderr, text);
        self.remember(written);
    }

    pub(super) fn stdout_or_error(&mut self, text: io::Result<String>) {
        let written = text.and_then(|text| write(&mut self.sinks.stdout, &text));
        self.remember(written);
    }

    pub(super) fn github_output(&mut self, text: io::Result<String>) {
        let written = text.and_then(|text| append(self.sinks.github_output.as_deref(), &text));
        self.remember(written);
    }

    pub(super) fn github_summary(&mut self, text: &str) {
        let written = append(self.sinks.github_summary.as_deref(), text);
        self.remember(written);
    }

    /// A reader that went away (`| head`) has read enough.
    fn remember(&mut self, written: io::Result<()>) {
        let error = written.err().filter(|error| error.kind() != io::ErrorKind::BrokenPipe);
        self.error = self.error.take().or(error);
    }
}

fn write(sink: &mut dyn Write, text: &str) -> io::Result<()> {
    sink.write_all(text.as_bytes())?;
    sink.flush()
}

fn append(path: Option<&Path>, text: &str) -> io::Result<()> {
    let Some(path) = path else { return Ok(()) };
    let in_words =
        |error: io::Error| io::Error::new(error.kind(), format!("failed to write {}: {error}", path.display()));
    let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(in_words)?;
    file.write_all(text.as_bytes()).map_err(in_words)
}
