//! What all that packs one function shares.

use std::io;
use std::path::Path;

use super::cache::Cache;
use crate::error::{Failure, Kind, Location, Problem};
use crate::model::{Event, FunctionKey, Listener};

/// One function's packing.
pub(super) struct Run<'a> {
    pub(super) function: &'a FunctionKey,
    /// Where the archive will lie.
    pub(super) path: &'a Path,
    /// At least 1.
    pub(super) threads: usize,
    /// Whether every entry is inflated after packing.
    pub(super) verify: bool,
    /// Remembers compressed data; `None`: nothing is remembered.
    pub(super) cache: Option<&'a Cache>,
    pub(super) cancelled: &'a (dyn Fn() -> bool + Sync),
    pub(super) listener: &'a dyn Listener,
    /// The setting that names the source.
    pub(super) source_at: Option<Location>,
}

impl Run<'_> {
    pub(super) fn check_cancelled(&self) -> Result<(), Failure> {
        if (self.cancelled)() {
            return Err(Problem::new("cancelled while packing").into_failure(Kind::Failed));
        }
        Ok(())
    }

    pub(super) fn started(&self, bytes: u64) {
        self.listener.hear(Event::PackStarted { what: self.function.to_string(), bytes });
    }

    pub(super) fn packed(&self, bytes: u64) {
        self.listener.hear(Event::Packed { what: self.function.to_string(), bytes });
    }

    pub(super) fn finished(&self, bytes: u64) {
        self.listener.hear(Event::PackFinished { what: self.function.to_string(), bytes });
    }

    pub(super) fn not_written(&self, error: &io::Error) -> Failure {
        Problem::new(format!("failed to write `{}`", self.path.display()))
            .why(error.to_string())
            .fix("choose another folder by `--out-dir`, or mend this one")
            .into_failure(Kind::Usage)
    }

    /// A failure of the source.
    pub(super) fn unusable(&self, problem: Problem) -> Failure {
        self.at_source(problem).into_failure(Kind::Usage)
    }

    /// Points at the setting that names the source.
    pub(super) fn at_source(&self, problem: Problem) -> Problem {
        problem.at(self.source_at.clone())
    }
}
