//! Reads the first bytes of files in an archive.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;

use crate::model::Entry;

/// An archive, which is opened on first use.
pub(super) struct Heads<'a> {
    path: &'a Path,
    archive: Option<ZipArchive<BufReader<File>>>,
}

impl<'a> Heads<'a> {
    /// Reads from the archive at `path`.
    pub(super) fn new(path: &'a Path) -> Self {
        Self { path, archive: None }
    }

    /// Returns at most the first `bytes` bytes of a file, or `None` if it cannot be read.
    pub(super) fn of(&mut self, entry: &Entry, bytes: u64) -> Option<Vec<u8>> {
        if self.archive.is_none() {
            self.archive = ZipArchive::new(BufReader::new(File::open(self.path).ok()?)).ok();
        }
        let mut head = Vec::new();
        let file = self.archive.as_mut()?.by_name(&entry.name).ok()?;
        file.take(bytes).read_to_end(&mut head).ok()?;
        Some(head)
    }
}
