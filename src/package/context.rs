//! The context in which one function is packed.

use std::io;
use std::path::Path;

use super::cache::Cache;
use crate::error::{Failure, Kind, Location, Problem, without_path};
use crate::model::{Amount, Event, FunctionKey, Listener, Silent, Work};

/// What all code that packs one function needs.
pub(super) struct PackContext<'a> {
    pub(super) function: &'a FunctionKey,
    /// Where the archive is written.
    pub(super) path: &'a Path,
    /// At least 1.
    pub(super) threads: usize,
    /// Whether every entry is inflated after packing.
    pub(super) verify: bool,
    /// The cache of compressed data, if there is one.
    pub(super) cache: Option<&'a Cache>,
    pub(super) cancelled: &'a (dyn Fn() -> bool + Sync),
    pub(super) listener: &'a dyn Listener,
    /// The setting that names the source.
    pub(super) source_at: Option<Location>,
}

impl<'a> PackContext<'a> {
    /// Returns a context of one thread that reports nothing and cannot be cancelled.
    pub(super) fn silent(function: &'a FunctionKey, path: &'a Path) -> Self {
        let (cancelled, listener) = (&|| false, &Silent);
        Self { function, path, threads: 1, verify: true, cache: None, cancelled, listener, source_at: None }
    }

    pub(super) fn check_cancelled(&self) -> Result<(), Failure> {
        if (self.cancelled)() {
            return Err(Problem::new("cancelled while packing")
                .fix("run it again when you want it done")
                .into_failure(Kind::Failed));
        }
        Ok(())
    }

    pub(super) fn started(&self, bytes: u64) {
        self.listener.hear(Event::Started(Amount { work: Work::Pack, what: self.function.to_string(), bytes }));
    }

    pub(super) fn packed(&self, bytes: u64) {
        self.listener.hear(Event::Advanced(Amount { work: Work::Pack, what: self.function.to_string(), bytes }));
    }

    pub(super) fn finished(&self, bytes: u64) {
        self.listener.hear(Event::Finished(Amount { work: Work::Pack, what: self.function.to_string(), bytes }));
    }

    pub(super) fn not_written(&self, error: &io::Error) -> Failure {
        Problem::new(format!("failed to write `{}`", self.path.display()))
            .why(without_path(error))
            .fix("choose another folder with `--out-dir`, or make this one writable")
            .into_failure(Kind::Usage)
    }

    /// Returns a failure that the source causes.
    pub(super) fn unusable(&self, problem: Problem) -> Failure {
        self.at_source(problem).into_failure(Kind::Usage)
    }

    /// Adds the location of the setting that names the source.
    pub(super) fn at_source(&self, problem: Problem) -> Problem {
        problem.at(self.source_at.clone())
    }
}
