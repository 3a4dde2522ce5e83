//! Packs given entries in a given order, for tests that compare the bytes with those of other programs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::{ArchivedFile, Attributes, Contents, pack};
use crate::error::{Failure, Kind};
use crate::model::{Entry, Flavour, FunctionKey, Silent};
use crate::package::read_back;
use crate::package::run::Run;
use crate::package::source_file::{SourceFile, unreadable};

/// An entry to be.
#[derive(Clone, Debug)]
pub struct GivenFile {
    /// Its name in the archive.
    pub name: String,
    /// Its bytes.
    pub contents: GivenContents,
    /// Its `st_mode`; none for what Terraform calls a `source` block.
    pub mode: Option<u32>,
}

/// The bytes of an entry.
#[derive(Clone, Debug)]
pub enum GivenContents {
    /// Those of this file.
    Path(PathBuf),
    /// These.
    Bytes(Vec<u8>),
}

/// Writes the archive of `files` to `path`, and proves that it reads back. Nothing of a release packs this way: it takes
/// any order, mode and name.
///
/// # Errors
///
/// [`Kind::Usage`] where a file cannot be read, or the archive not be written; [`Kind::Internal`] where it does not read
/// back.
#[doc(hidden)]
pub fn pack_given(files: Vec<GivenFile>, path: &Path, threads: usize, verify: bool) -> Result<Vec<Entry>, Failure> {
    let function = FunctionKey::new("given");
    let (cancelled, listener, source_at) = (&|| false, &Silent, None);
    let run = Run { function: &function, path, threads, verify, cache: None, cancelled, listener, source_at };
    let files = files.into_iter().map(archived).collect::<Result<Vec<_>, _>>()?;
    let open = File::options().read(true).write(true).create(true).truncate(true).open(path);
    let archive = open.map_err(|error| run.not_written(&error))?;
    let entries = pack(&files, Flavour::Go1_21, &archive, &run)?;
    read_back::prove(&archive, &entries, &run)?;
    Ok(entries)
}

fn archived(file: GivenFile) -> Result<ArchivedFile, Failure> {
    let contents = match file.contents {
        GivenContents::Bytes(bytes) => Contents::Inline(bytes),
        GivenContents::Path(path) => {
            let metadata = fs::metadata(&path).map_err(|error| unreadable(&path, &error).into_failure(Kind::Usage))?;
            Contents::File(SourceFile::new(file.name.clone(), path, &metadata))
        }
    };
    let attributes = file.mode.map_or(Attributes::None, Attributes::Unix);
    Ok(ArchivedFile { name: file.name, contents, attributes })
}
