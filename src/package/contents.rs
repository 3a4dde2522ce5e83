//! Reads the files of any zip archive.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zip::result::{ZipError, ZipResult};

use super::digests::each_piece;
use super::pipeline::{in_order, threads as number_of_threads};
use super::read_back::{Archive, invalid, is_folder, open, words};
use crate::error::Problem;
use crate::model::{ArchiveContents, FileFacts, Sha256, UNZIPPED_LIMIT};

/// Below this size, starting threads costs more than they save.
const WORTH_THREADS: u64 = 8 * 1024 * 1024;
/// Above this number of files one thread is used, because each thread parses the whole directory.
const MANY_FILES: usize = 50_000;
/// The mode bits by which others can list and enter a folder.
const OPEN_FOLDER: u32 = 0o005;

/// Reads the files of the zip at `path` and the digest of each, on up to `threads` threads; 0 means one per core.
///
/// It inflates no more than the archive declares, and at most 250 MiB, Lambda's limit.
///
/// # Errors
///
/// A problem if the file is not a zip, a file in it is damaged, encrypted or not of the declared size, two files have
/// the same name, or it declares more than 250 MiB.
pub fn contents(path: &Path, threads: usize) -> Result<ArchiveContents, Problem> {
    read(path, threads).map_err(|error| {
        Problem::new(format!("failed to read the archive `{}`", path.display()))
            .why(words(&error))
            .fix("create it again, or choose another archive")
    })
}

fn read(path: &Path, threads: usize) -> ZipResult<ArchiveContents> {
    let archive = open(File::open(path)?)?;
    let (places, declared_bytes) = files_of(&archive)?;
    let few = declared_bytes < WORTH_THREADS || places.len() > MANY_FILES;
    let threads = if few { 1 } else { number_of_threads(threads) };
    let mut contents = ArchiveContents::default();
    let work = |archive: &mut ZipResult<Archive<File>>, place: &usize| match archive {
        Ok(archive) => facts(archive, *place),
        Err(error) => Err(invalid(words(error))),
    };
    let take = |file: ZipResult<(String, FileFacts)>| {
        let (name, facts) = file?;
        contents.order.push(name.clone());
        contents.files.insert(name, facts);
        Ok::<(), ZipError>(())
    };
    in_order(&places, threads, || open(File::open(path)?), work, take)?;
    Ok(contents)
}

/// Returns the indices of all entries except ordinary folders, and the unzipped size that the archive declares for
/// them. A folder that others cannot enter counts, because it makes its files unreadable in Lambda.
fn files_of(archive: &Archive<File>) -> ZipResult<(Vec<usize>, u64)> {
    let (mut places, mut bytes) = (Vec::new(), 0_u64);
    for place in 0..archive.len() {
        let entry = archive.by_index_data(place)?;
        if entry.encrypted() {
            return Err(invalid(format!("`{}` is encrypted", entry.name()?)));
        }
        let is_open = entry.unix_mode().is_none_or(|mode| mode & OPEN_FOLDER == OPEN_FOLDER);
        if !is_folder(&entry.name()?) || !is_open {
            places.push(place);
            bytes = bytes.saturating_add(entry.size());
        }
    }
    if bytes > UNZIPPED_LIMIT {
        let why = format!("it declares {bytes} bytes unzipped, but Lambda allows at most {UNZIPPED_LIMIT}");
        return Err(invalid(why));
    }
    Ok((places, bytes))
}

fn facts(archive: &mut Archive<File>, place: usize) -> ZipResult<(String, FileFacts)> {
    let mut entry = archive.by_index(place)?;
    let (name, declared) = (entry.name()?.into_owned(), entry.size());
    let mut sha256 = Sha256::stream();
    let bytes = each_piece(&mut (&mut entry).take(declared + 1), |piece| sha256.update(piece))
        .map_err(|error| io::Error::new(error.kind(), format!("`{name}`: {error}")))?;
    if bytes != declared {
        return Err(invalid(format!("`{name}` does not inflate to the {declared} bytes that it declares")));
    }
    let facts = FileFacts {
        sha256: sha256.finish(),
        bytes,
        compressed_bytes: entry.compressed_size(),
        mode: entry.unix_mode().unwrap_or(0o644) & 0o7777,
        is_link: entry.is_symlink(),
    };
    Ok((name, facts))
}
