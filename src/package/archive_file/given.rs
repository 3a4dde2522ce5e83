//! Packs given entries in a given order, for tests that compare the bytes with those of other programs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::pack;
use super::source::{ArchivedFile, Contents};
use crate::error::{Failure, Kind};
use crate::model::{Entry, Flavour, FunctionKey};
use crate::package::context::PackContext;
use crate::package::read_back;
use crate::package::source_file::{SourceFile, unreadable};

/// More than one, so that the order of the entries is not left to chance.
const THREADS: usize = 2;

/// An entry to pack.
#[derive(Clone, Debug)]
pub struct GivenFile {
    /// Its name in the archive.
    pub name: String,
    /// Its bytes.
    pub contents: GivenContents,
    /// Its `st_mode`; `None` for what Terraform calls a `source` block.
    pub mode: Option<u32>,
}

/// The bytes of an entry.
#[derive(Clone, Debug)]
pub enum GivenContents {
    /// The bytes of this file.
    Path(PathBuf),
    /// The given bytes.
    Bytes(Vec<u8>),
}

/// Writes the archive of `files` to `path`, and checks that it reads back.
///
/// Only tests use this: it takes any order, mode and name.
///
/// # Errors
///
/// [`Kind::Usage`] if a file cannot be read or the archive cannot be written; [`Kind::Internal`] if the archive does not
/// read back.
#[doc(hidden)]
pub fn pack_given(files: Vec<GivenFile>, path: &Path) -> Result<Vec<Entry>, Failure> {
    let function = FunctionKey::new("given");
    let context = PackContext { threads: THREADS, ..PackContext::silent(&function, path) };
    let files = files.into_iter().map(archived).collect::<Result<Vec<_>, _>>()?;
    let open = File::options().read(true).write(true).create(true).truncate(true).open(path);
    let archive = open.map_err(|error| context.not_written(&error))?;
    let entries = pack(&files, Flavour::Go1_21, &archive, &context)?;
    read_back::check(&archive, &entries, &context)?;
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
    Ok(ArchivedFile { name: file.name, contents, mode: file.mode })
}
