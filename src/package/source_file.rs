//! A file to pack, and how changes during packing are detected.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::Problem;

/// A file to pack, or a link that is packed as a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SourceFile {
    /// Its name in the archive.
    pub(super) name: String,
    /// Its real path, with links resolved; of a link, the path of the link itself.
    pub(super) path: PathBuf,
    /// The text of a link: the path of its target, relative to the link's folder.
    pub(super) link: Option<String>,
    /// Its state when it was selected.
    pub(super) stamp: Stamp,
    /// The mode from `stat`: file type and permissions.
    pub(super) st_mode: u32,
}

/// Metadata that changes if a file is written or its mode changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) bytes: u64,
    modified: Option<SystemTime>,
    inode: Inode,
}

/// Device, inode, mode and `ctime`, which cannot be set back.
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

/// Returns the mode that Go reports on systems without modes: 0666, or 0444 for a read-only file.
#[cfg(not(unix))]
fn st_mode(metadata: &Metadata) -> u32 {
    if metadata.permissions().readonly() { 0o100_444 } else { 0o100_666 }
}

impl SourceFile {
    pub(super) fn new(name: String, path: PathBuf, metadata: &Metadata) -> Self {
        Self { name, path, link: None, stamp: Stamp::of(metadata), st_mode: st_mode(metadata) }
    }

    /// Returns the link at `path` with this text; `metadata` is the link's own.
    pub(super) fn link(name: String, path: PathBuf, metadata: &Metadata, text: String) -> Self {
        Self { link: Some(text), ..Self::new(name, path, metadata) }
    }

    /// Returns the size before compression.
    pub(super) fn bytes(&self) -> u64 {
        self.link.as_ref().map_or(self.stamp.bytes, |text| text.len() as u64)
    }

    /// Returns the permission bits in a compact archive.
    pub(super) fn mode(&self) -> u32 {
        match self.link {
            Some(_) => 0o777,
            None if self.st_mode & 0o100 == 0 => 0o644,
            None => 0o755,
        }
    }

    /// Returns the offset and the size of each piece of the file, which are at most `piece_bytes` long.
    pub(super) fn pieces(&self, piece_bytes: usize) -> impl Iterator<Item = (u64, usize)> {
        let bytes = self.bytes();
        let size = move |offset| usize::try_from(bytes - offset).map_or(piece_bytes, |rest| rest.min(piece_bytes));
        (0..bytes).step_by(piece_bytes).map(move |offset| (offset, size(offset)))
    }

    /// Fills `buffer` from `offset` on. A file that changed since its selection is a problem.
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

    /// Returns the text of a link, if this is one. A link that changed since its selection is a problem.
    pub(super) fn link_text(&self) -> Result<Option<&str>, Problem> {
        let Some(text) = &self.link else { return Ok(None) };
        let metadata = fs::symlink_metadata(&self.path).map_err(|error| unreadable(&self.path, &error))?;
        if Stamp::of(&metadata) == self.stamp { Ok(Some(text)) } else { Err(changed(&self.path)) }
    }

    fn check(&self, file: &File) -> Result<(), Problem> {
        let metadata = file.metadata().map_err(|error| unreadable(&self.path, &error))?;
        if Stamp::of(&metadata) == self.stamp { Ok(()) } else { Err(changed(&self.path)) }
    }
}

/// Reports a file that cannot be read.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem::new(format!("failed to read `{}`", path.display()))
        .why(error.to_string())
        .fix("make it readable, or leave it out with `exclude`")
}

/// Reports a file that changed during packing.
pub(super) fn changed(path: &Path) -> Problem {
    Problem::new(format!("`{}` changed while it was packed", path.display()))
        .why("its size, modification time, mode or inode is different now")
        .fix("let the build finish, then package again")
}
