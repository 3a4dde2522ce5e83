//! The outputs that a report is written to.

use std::env;
use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::page::Screen;

/// `--color`: which outputs get colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Colour {
    /// Terminals, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Files and pipes too
    Always,
    /// None
    Never,
}

/// The outputs that a report is written to.
pub struct Sinks {
    /// The result.
    pub stdout: Box<dyn Write + Send>,
    /// Progress and errors.
    pub stderr: Box<dyn Write + Send>,
    /// Whether standard output is a terminal, which can show colours.
    pub stdout_is_terminal: bool,
    /// Whether standard error is a terminal, which can show colours and progress bars.
    pub stderr_is_terminal: bool,
    /// Which outputs get colours.
    pub colour: Colour,
    /// The width of the terminal, if there is one.
    pub columns: Option<usize>,
    /// The file of the step's outputs.
    pub github_output: Option<PathBuf>,
    /// The file of the job's summary.
    pub github_summary: Option<PathBuf>,
}

impl Sinks {
    /// Returns the outputs of this process, by `NO_COLOR` (<https://no-color.org>), and `TERM`. `--color` wins over `NO_COLOR`.
    pub fn of_process(colour: Colour) -> Self {
        let has_no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let smart = env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self {
            stdout_is_terminal: smart && io::stdout().is_terminal(),
            stderr_is_terminal: smart && io::stderr().is_terminal(),
            stdout: Box::new(io::stdout()),
            stderr: Box::new(io::stderr()),
            colour: if colour == Colour::Auto && has_no_color { Colour::Never } else { colour },
            columns: terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)),
            github_output: None,
            github_summary: None,
        }
    }
}

/// Writes to the sinks, and keeps the first error.
pub(super) struct Writers {
    sinks: Sinks,
    /// Standard output holds something else than the result.
    is_stdout_taken: bool,
    pub(super) error: Option<io::Error>,
}

impl Writers {
    pub(super) fn new(sinks: Sinks) -> Self {
        Self { sinks, is_stdout_taken: false, error: None }
    }

    pub(super) fn stdout_screen(&self, whole_digests: bool) -> Screen {
        if self.is_stdout_taken {
            return self.stderr_screen(whole_digests);
        }
        self.screen(self.sinks.stdout_is_terminal, whole_digests)
    }

    pub(super) fn stderr_screen(&self, whole_digests: bool) -> Screen {
        self.screen(self.sinks.stderr_is_terminal, whole_digests)
    }

    fn screen(&self, is_terminal: bool, whole_digests: bool) -> Screen {
        let colour = match self.sinks.colour {
            Colour::Auto => is_terminal,
            Colour::Always => true,
            Colour::Never => false,
        };
        Screen { colour, columns: self.sinks.columns.filter(|_| is_terminal), whole_digests }
    }

    pub(super) fn stdout(&mut self, text: &str) {
        if self.is_stdout_taken {
            self.stderr(text);
        } else {
            self.stdout_or_error(Ok(text.to_owned()));
        }
    }

    /// From now on, the result goes to standard error.
    pub(super) fn result_to_stderr(&mut self) {
        self.is_stdout_taken = true;
    }

    pub(super) fn stderr(&mut self, text: &str) {
        let written = write(&mut self.sinks.stderr, text);
        self.remember("standard error", written);
    }

    /// Writes to standard output; returns whether that succeeded.
    pub(super) fn stdout_or_error(&mut self, text: io::Result<String>) -> bool {
        let written = text.and_then(|text| write(&mut self.sinks.stdout, &text));
        let is_written = written.is_ok();
        self.remember("standard output", written);
        is_written
    }

    pub(super) fn github_output(&mut self, text: io::Result<String>) {
        self.append(self.sinks.github_output.clone(), text);
    }

    pub(super) fn github_summary(&mut self, text: String) {
        self.append(self.sinks.github_summary.clone(), Ok(text));
    }

    fn append(&mut self, path: Option<PathBuf>, text: io::Result<String>) {
        if let Some(path) = path {
            let written = text.and_then(|text| append(&path, &text));
            self.remember(&path.display().to_string(), written);
        }
    }

    /// Keeps the first error. A closed pipe (`| head`) is not an error.
    fn remember(&mut self, sink: &str, written: io::Result<()>) {
        let error = written.err().filter(|error| error.kind() != io::ErrorKind::BrokenPipe);
        let named = error.map(|error| io::Error::new(error.kind(), format!("{sink}: {error}")));
        self.error = self.error.take().or(named);
    }
}

fn write(sink: &mut dyn Write, text: &str) -> io::Result<()> {
    sink.write_all(text.as_bytes())?;
    sink.flush()
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().create(true).append(true).open(path)?.write_all(text.as_bytes())
}
