//! Packs the same files with our encoder and with Go, and compares the bytes.

use std::fs;
use std::path::Path;

use sls_release::model::Entry;
use sls_release::package::{GivenContents, GivenFile, pack_given};
use tempfile::TempDir;

use super::explain::explain;
use super::oracle;

/// Returns a regular file with mode 0644.
pub(crate) fn file(name: impl Into<String>, bytes: Vec<u8>) -> GivenFile {
    GivenFile { name: name.into(), contents: GivenContents::Bytes(bytes), mode: Some(0o100_644) }
}

/// An archive that equals the oracle's.
pub(crate) struct Same {
    pub(crate) folder: TempDir,
    pub(crate) entries: Vec<Entry>,
}

impl Same {
    /// Returns the path of the archive.
    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("ours.zip")
    }
}

/// Packs `files` with our encoder and with the oracle, and fails the test if the bytes differ. Crate `zip` also inflates
/// our archive.
pub(crate) fn assert_same(what: &str, files: Vec<GivenFile>) -> Same {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("ours.zip"), folder.path().join("theirs.zip"));
    let writing = oracle::start(&files, &theirs);
    let entries = pack_given(files, &ours).unwrap();
    writing.finish();
    assert_equal_files(what, &ours, &theirs);
    Same { folder, entries }
}

fn assert_equal_files(what: &str, ours: &Path, theirs: &Path) {
    let (ours, theirs) = (fs::read(ours).unwrap(), fs::read(theirs).unwrap());
    // Not `assert_eq`, which would print both.
    assert!(ours == theirs, "{what}: {}", explain(&ours, &theirs));
}
