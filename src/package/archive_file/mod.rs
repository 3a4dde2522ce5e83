//! The bytes that Terraform's `archive_file` makes.

mod doublestar;
mod excludes;
mod source;
mod walk;

use std::fs::File;

pub(super) use source::{Selected, folder, inline, one};

use super::run::Run;
use super::source_file::SourceFile;
use crate::error::{Failure, Kind, Problem};
use crate::model::{Entry, Flavour};

/// A file of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ArchivedFile {
    /// Its path in the archive, with `/`.
    pub(super) name: String,
    pub(super) contents: Contents,
    pub(super) attributes: Attributes,
}

/// Where a file's bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    /// On disk.
    File(SourceFile),
    /// In the settings.
    Inline(Vec<u8>),
}

/// What the archive says of a file beside its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attributes {
    /// A file from disk: its `st_mode`.
    Unix(u32),
    /// A file from the settings.
    None,
}

impl ArchivedFile {
    /// Its size.
    pub(super) fn bytes(&self) -> u64 {
        match &self.contents {
            Contents::File(file) => file.stamp.bytes,
            Contents::Inline(content) => content.len() as u64,
        }
    }
}

pub(super) fn pack(
    files: &[ArchivedFile],
    _flavour: Flavour,
    _archive: &File,
    _run: &Run<'_>,
) -> Result<Vec<Entry>, Failure> {
    Err(Problem::new(format!("{} files", files.len())).into_failure(Kind::Internal))
}
