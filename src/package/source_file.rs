//! A file that goes into an archive, and how to notice that it changes meanwhile.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::Problem;

/// A selected file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SourceFile {
    /// Its name in the archive.
    pub(super) name: String,
    /// Where it lies, links followed.
    pub(super) path: PathBuf,
    /// How it looked when it was selected.
    pub(super) stamp: Stamp,
    /// As `stat` has it: the kind of file and its permissions.
    pub(super) st_mode: u32,
}

/// What tells that a file was written to, or given another mode, without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) bytes: u64,
    modified: Option<SystemTime>,
    inode: Inode,
}

/// Device, inode, mode, and when the inode changed: a time that nobody can set back.
type Inode = (u64, u64, u32, (i64, i64));

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self { bytes: metadata.len(), modified: metadata.modified().ok(), inode: inode(metadata) }
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> Inode {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino(), metadata.mode(), (metadata.ctime(), metadata.ctime_nsec()))
}

#[cfg(not(unix))]
fn inode(_metadata: &Metadata) -> Inode {
    (0, 0, 0, (0, 0))
}

#[cfg(unix)]
fn st_mode(metadata: &Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::mode(metadata)
}

/// A regular file that everybody may read and, unless it is read-only, write: what Go says of it.
#[cfg(not(unix))]
fn st_mode(metadata: &Metadata) -> u32 {
    if metadata.permissions().readonly() { 0o100_444 } else { 0o100_666 }
}

impl SourceFile {
    pub(super) fn new(name: String, path: PathBuf, metadata: &Metadata) -> Self {
        Self { name, path, stamp: Stamp::of(metadata), st_mode: st_mode(metadata) }
    }

    /// Permission bits in a compact archive.
    pub(super) fn mode(&self) -> u32 {
        if self.st_mode & 0o100 == 0 { 0o644 } else { 0o755 }
    }

    /// Fills `buffer` from `offset` on. Anything but the file that was selected is a problem.
    pub(super) fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), Problem> {
        let mut file = File::open(&self.path).map_err(|error| unreadable(&self.path, &error))?;
        self.check(&file)?;
        if offset > 0 {
            file.seek(SeekFrom::Start(offset)).map_err(|error| unreadable(&self.path, &error))?;
        }
        file.read_exact(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => changed(&self.path),
            _ => unreadable(&self.path, &error),
        })?;
        self.check(&file)
    }

    fn check(&self, file: &File) -> Result<(), Problem> {
        let metadata = file.metadata().map_err(|error| unreadable(&self.path, &error))?;
        if Stamp::of(&metadata) == self.stamp { Ok(()) } else { Err(changed(&self.path)) }
    }
}

/// A file that cannot be read.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem::new(format!("failed to read `{}`", path.display()))
        .why(error.to_string())
        .fix("make it readable, or leave it out by `exclude`")
}

/// A file that somebody writes to.
pub(super) fn changed(path: &Path) -> Problem {
    Problem::new(format!("`{}` changed while it was packed", path.display()))
        .why("its size, time, mode or inode is another than before")
        .fix("let the build finish, then package again")
}
