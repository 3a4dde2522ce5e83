//! A folder that a walk is in, and the limits of a walk.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::refusals::{too_deep, too_many, too_often};
use crate::error::Problem;

/// The deepest folder of a walk. Links can nest folders without end.
const MAX_DEPTH: usize = 200;
/// The most names of a walk. Links can multiply a few files without end.
const MAX_NAMES: usize = 1_000_000;
/// How often a walk enters the same folder. Links to links multiply folders long before they multiply many names.
const MAX_VISITS: usize = 5_000;

/// A folder that a walk is in, with its parents.
pub(super) struct Folder<'a, L = ()> {
    /// Relative to the source, with `/`; empty for the source itself.
    pub(super) path: &'a str,
    /// Its real path, with links resolved.
    pub(super) real: &'a Path,
    /// The rules that keep it out of the archive.
    pub(super) blocked_by: L,
    pub(super) parent: Option<&'a Folder<'a, L>>,
}

impl<L> Folder<'_, L> {
    /// Returns the path of a name in this folder.
    pub(super) fn join(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}/{name}", self.path) }
    }

    /// Returns whether `real` is this folder or one of its parents.
    pub(super) fn is_within(&self, real: &Path) -> bool {
        self.ancestors().any(|folder| folder.real == real)
    }

    fn ancestors(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |folder| folder.parent)
    }
}

/// Counts the names of a walk, and how often it enters each folder.
#[derive(Default)]
pub(super) struct Walked {
    names: usize,
    visits: BTreeMap<PathBuf, usize>,
    is_over: bool,
}

impl Walked {
    /// Counts a folder and its names. If a limit of the whole walk is exceeded, returns an error for this folder and all
    /// later ones, with a problem the first time.
    pub(super) fn enter<L>(&mut self, folder: &Folder<'_, L>, names: usize) -> Result<(), Option<Problem>> {
        if self.is_over {
            return Err(None);
        }
        self.names += names;
        let visits = self.visits.entry(folder.real.to_owned()).or_default();
        *visits += 1;
        if *visits > MAX_VISITS || self.names > MAX_NAMES {
            self.is_over = true;
            let is_often = *visits > MAX_VISITS;
            return Err(Some(if is_often { too_often(folder.real) } else { too_many(folder.path) }));
        }
        if folder.ancestors().count() > MAX_DEPTH { Err(Some(too_deep(folder.path))) } else { Ok(()) }
    }
}

/// A file that is being written for longer than this is abandoned.
pub(super) const ABANDONED: Duration = Duration::from_hours(24);

/// Deletes files of this prefix that killed runs left behind, as far as possible.
pub(super) fn delete_abandoned(folder: &Path, prefix: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        let age = entry.metadata().and_then(|metadata| metadata.modified()).ok().and_then(|at| at.elapsed().ok());
        if entry.file_name().to_string_lossy().starts_with(prefix) && age.is_some_and(|age| age > ABANDONED) {
            fs::remove_file(entry.path()).ok(); // the next run tries again
        }
    }
}
