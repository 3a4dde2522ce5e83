//! A folder on the way down a source, and how far a walk may go.

use std::path::Path;

use super::refusals::{too_deep, too_many};
use crate::error::Problem;

/// Links can nest folders deeper than any path is long.
const MAX_DEPTH: usize = 200;
/// Links to links can make endlessly many names of a few files.
const MAX_NAMES: usize = 1_000_000;

/// A folder on the way down.
pub(super) struct Folder<'a, L = ()> {
    /// Relative to the source, with `/`; empty for the source itself.
    pub(super) path: &'a str,
    /// Where it lies, links followed.
    pub(super) real: &'a Path,
    /// What keeps it out.
    pub(super) locks: L,
    pub(super) parent: Option<&'a Folder<'a, L>>,
}

impl<L> Folder<'_, L> {
    /// The path of a name in it.
    pub(super) fn join(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}/{name}", self.path) }
    }

    /// Whether the walk came through `real`.
    pub(super) fn came_through(&self, real: &Path) -> bool {
        self.ancestors().any(|folder| folder.real == real)
    }

    fn ancestors(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |folder| folder.parent)
    }
}

/// What was walked so far.
#[derive(Default)]
pub(super) struct Walked {
    names: usize,
}

impl Walked {
    /// Counts the names of a folder; the reason to go no further, where there is one.
    pub(super) fn enter<L>(&mut self, folder: &Folder<'_, L>, names: usize) -> Result<(), Option<Problem>> {
        if self.names > MAX_NAMES {
            return Err(None);
        }
        self.names += names;
        if self.names > MAX_NAMES {
            return Err(Some(too_many(folder.path)));
        }
        if folder.ancestors().count() > MAX_DEPTH { Err(Some(too_deep(folder.path))) } else { Ok(()) }
    }
}
