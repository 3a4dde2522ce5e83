//! Packs the same files twice, and tells where the bytes differ.

use std::fs;
use std::path::Path;

use sls_release::model::Entry;
use sls_release::package::{GivenContents, GivenFile, pack_given};
use tempfile::TempDir;

use super::explain::explain;
use super::oracle;

const THREADS: usize = 2;

/// A regular file that everybody may read.
pub(crate) fn file(name: impl Into<String>, bytes: Vec<u8>) -> GivenFile {
    GivenFile { name: name.into(), contents: GivenContents::Bytes(bytes), mode: Some(0o100_644) }
}

/// An archive that is the same as the oracle's.
pub(crate) struct Same {
    pub(crate) folder: TempDir,
    pub(crate) entries: Vec<Entry>,
}

impl Same {
    /// The archive.
    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("ours.zip")
    }
}

/// Packs `files` by the encoder and by the oracle; ends the test where one byte differs. Crate `zip` has inflated the
/// archive then.
pub(crate) fn assert_same(what: &str, files: Vec<GivenFile>) -> Same {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("ours.zip"), folder.path().join("theirs.zip"));
    let writing = oracle::start(&files, &theirs);
    let entries = pack_given(files, &ours, THREADS, true).unwrap();
    writing.finish();
    assert_equal_files(what, &ours, &theirs);
    Same { folder, entries }
}

fn assert_equal_files(what: &str, ours: &Path, theirs: &Path) {
    let (ours, theirs) = (fs::read(ours).unwrap(), fs::read(theirs).unwrap());
    // Not `assert_eq`, which would print both.
    assert!(ours == theirs, "{what}: {}", explain(&ours, &theirs));
}
