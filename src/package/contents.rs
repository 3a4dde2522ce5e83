//! Reads what is in an archive, whoever made it.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::read::ZipFileEntry;
use zip::result::{ZipError, ZipResult};

use super::pipeline::in_order;
use super::read_back::is_folder;
use crate::error::Problem;
use crate::model::{ArchiveContents, FileFacts, Sha256, UNZIPPED_LIMIT};

/// Below this size, starting threads costs more than they save.
const WORTH_THREADS: u64 = 8 * 1024 * 1024;
/// Each thread reads the archive's directory anew: of a larger one, one is enough.
const MANY_FILES: usize = 50_000;
/// Others may read a folder and enter it.
const OPEN_FOLDER: u32 = 0o005;

/// Reads the files of the zip at `path`, and digests each content, on up to `threads` threads; 0 means one for each
/// core.
///
/// No more is inflated than the archive declares, and that is 250 MiB at most, Lambda's own limit.
///
/// # Errors
///
/// A problem where it is no zip, where a file in it is damaged or encrypted, or not of the declared size, where two
/// have one name, and where it declares more than 250 MiB.
pub fn contents(path: &Path, threads: usize) -> Result<ArchiveContents, Problem> {
    read(path, threads).map_err(|error| {
        Problem::new(format!("failed to read the archive `{}`", path.display()))
            .why(io::Error::from(error).to_string())
            .fix("make it again, or name another one")
    })
}

fn read(path: &Path, threads: usize) -> ZipResult<ArchiveContents> {
    let archive = open(path)?;
    let places = files_of(&archive)?;
    let few = declared_bytes(&archive, &places)? < WORTH_THREADS || places.len() > MANY_FILES;
    let threads = if few { 1 } else { super::threads(threads) };
    let mut contents = ArchiveContents::default();
    let work = |archive: &mut ZipResult<Archive>, place: &usize| match archive {
        Ok(archive) => facts(archive, *place),
        Err(error) => Err(invalid(error.to_string())),
    };
    let take = |file: ZipResult<(String, FileFacts)>| {
        let (name, facts) = file?;
        contents.order.push(name.clone());
        contents.files.insert(name, facts);
        Ok::<(), ZipError>(())
    };
    in_order(&places, threads, || open(path), work, take)?;
    Ok(contents)
}

type Archive = ZipArchive<BufReader<File>>;

fn open(path: &Path) -> ZipResult<Archive> {
    let archive = ZipArchive::new(BufReader::new(File::open(path)?))?;
    if archive.has_duplicate_names() {
        return Err(invalid("two entries have the same name"));
    }
    Ok(archive)
}

/// The places of all entries but the folders that everybody may enter: one that others may not makes its files
/// unreadable, and so other code.
fn files_of(archive: &Archive) -> ZipResult<Vec<usize>> {
    let mut places = Vec::new();
    for place in 0..archive.len() {
        let entry = archive.by_index_data(place)?;
        if entry.encrypted() {
            return Err(invalid(format!("`{}` is encrypted", entry.name()?)));
        }
        let is_open = entry.unix_mode().is_none_or(|mode| mode & OPEN_FOLDER == OPEN_FOLDER);
        if !is_folder(&entry.name()?) || !is_open {
            places.push(place);
        }
    }
    Ok(places)
}

/// What inflating will make, if the archive tells the truth.
fn declared_bytes(archive: &Archive, places: &[usize]) -> ZipResult<u64> {
    let mut bytes: u64 = 0;
    for &place in places {
        bytes = bytes.saturating_add(archive.by_index_data(place)?.size());
    }
    if bytes > UNZIPPED_LIMIT {
        let why = format!("it says that it unzips to {bytes} bytes, and Lambda takes {UNZIPPED_LIMIT} at most");
        return Err(invalid(why));
    }
    Ok(bytes)
}

fn facts(archive: &mut Archive, place: usize) -> ZipResult<(String, FileFacts)> {
    let (name, declared) = known(&archive.by_index_data(place)?)?;
    let mut entry = archive.by_index(place)?;
    let (sha256, bytes) = digest(&mut (&mut entry).take(declared.bytes + 1))
        .map_err(|error| io::Error::new(error.kind(), format!("`{name}`: {error}")))?;
    if bytes != declared.bytes {
        return Err(invalid(format!("`{name}` does not inflate to the {} bytes that it declares", declared.bytes)));
    }
    Ok((name, FileFacts { sha256, ..declared }))
}

/// What the archive's directory says of an entry.
fn known(entry: &ZipFileEntry<'_>) -> ZipResult<(String, FileFacts)> {
    let facts = FileFacts {
        sha256: Sha256::of(b""),
        bytes: entry.size(),
        compressed_bytes: entry.compressed_size(),
        mode: entry.unix_mode().unwrap_or(0o644) & 0o7777,
        is_link: entry.is_symlink(),
    };
    Ok((entry.name()?.into_owned(), facts))
}

fn digest(from: &mut impl Read) -> io::Result<(Sha256, u64)> {
    let (mut digest, mut bytes) = (Sha256::stream(), 0);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok((digest.finish(), bytes));
        }
        digest.update(&buffer[..count]);
        bytes += count as u64;
    }
}

fn invalid(why: impl Into<String>) -> ZipError {
    ZipError::InvalidArchive(why.into().into())
}
