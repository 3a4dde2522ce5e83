//! Reads an archive back with an independent implementation of the format: crate `zip`.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};

use zip::read::ZipFileEntry;
use zip::result::{ZipError, ZipResult};
use zip::{CompressionMethod, ZipArchive};

use super::context::PackContext;
use super::zip_records::{FILE_TYPE, LINK};
use crate::error::{Failure, Kind, Problem, without_path};
use crate::model::Entry;

/// What crate `zip` says of a file that does not end as an archive does.
const NO_END: &str = "Could not find EOCD";

/// An archive that is open for reading.
pub(super) type Archive<F> = ZipArchive<BufReader<F>>;

/// Reads the central directory of the archive in `file`, wherever the file's position is. Names must be unique.
pub(super) fn open<F: Read + Seek>(file: F) -> ZipResult<Archive<F>> {
    let archive = ZipArchive::new(BufReader::new(file))?;
    let is_ambiguous = archive.has_duplicate_names();
    if is_ambiguous { Err(invalid("two entries have the same name")) } else { Ok(archive) }
}

/// Returns the files of an archive, in its order, without folders.
pub(super) fn entries<F: Read + Seek>(archive: &Archive<F>) -> ZipResult<Vec<Entry>> {
    let entries = (0..archive.len()).map(|place| entry(&archive.by_index_data(place)?));
    entries.filter_map(Result::transpose).collect()
}

/// Reads every byte of an archive: each entry's local header says what the central directory says, its method is one that
/// Lambda reads, and its data inflate to the size and the CRC-32 that it names.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-zip.html>
pub(super) fn whole(archive: &mut Archive<&File>, context: &PackContext<'_>) -> Result<ZipResult<()>, Failure> {
    if let Err(error) = archive.validate_header_consistency() {
        return Ok(Err(error));
    }
    for place in 0..archive.len() {
        context.check_cancelled()?;
        if let Err(error) = inflate(archive, place) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

fn inflate(archive: &mut Archive<&File>, place: usize) -> ZipResult<()> {
    let mut entry = archive.by_index(place)?;
    let (name, expected) = (entry.name()?.into_owned(), entry.size());
    if ![CompressionMethod::Stored, CompressionMethod::Deflated].contains(&entry.compression()) {
        return Err(invalid(format!("`{name}` is compressed by {}, which Lambda does not read", entry.compression())));
    }
    // One byte more shows that there is more, however much that is.
    let bytes = io::copy(&mut entry.by_ref().take(expected.saturating_add(1)), &mut io::sink())
        .map_err(|error| invalid(format!("`{name}` does not inflate: {error}")))?;
    if bytes == expected {
        return Ok(());
    }
    let more = if bytes > expected { "more than " } else { "" };
    Err(invalid(format!("`{name}` inflates to {more}{} bytes, not {expected}", bytes.min(expected))))
}

/// Describes why an archive cannot be read, without the terms of the format.
pub(super) fn words(error: &ZipError) -> String {
    match error {
        ZipError::Io(error) => without_path(error),
        ZipError::InvalidArchive(Cow::Owned(why)) => why.clone(), // by `invalid`
        ZipError::InvalidArchive(Cow::Borrowed(NO_END)) => "it is no zip archive, or its end is missing".to_owned(),
        ZipError::InvalidArchive(why) => format!("it is no zip archive, or it is cut off or damaged ({why})"),
        ZipError::UnsupportedArchive(why) => format!("it uses a feature of zip that is not supported ({why})"),
        other => other.to_string(),
    }
}

pub(super) fn invalid(why: impl Into<String>) -> ZipError {
    ZipError::InvalidArchive(why.into().into())
}

fn entry(entry: &ZipFileEntry<'_>) -> ZipResult<Option<Entry>> {
    let name = entry.name()?.into_owned();
    if is_folder(&name) {
        return Ok(None);
    }
    if entry.encrypted() {
        return Err(invalid(format!("`{name}` is encrypted")));
    }
    Ok(Some(Entry {
        name,
        bytes: entry.size(),
        compressed_bytes: entry.compressed_size(),
        mode: entry.unix_mode().unwrap_or(0o644) & 0o7777,
        is_link: entry.unix_mode().is_some_and(|mode| mode & FILE_TYPE == LINK),
        crc32: entry.crc32(),
    }))
}

/// Returns whether a name ends with a slash. Crate `zip` also accepts a backslash, but that is part of a file's name.
pub(super) fn is_folder(name: &str) -> bool {
    name.ends_with('/')
}

/// Checks that an independent implementation reads the archive in `file` as it was packed.
pub(super) fn check(file: &File, packed: &[Entry], context: &PackContext<'_>) -> Result<(), Failure> {
    let unread = |error: ZipError| wrong_archive(context, words(&error));
    let mut archive = open(file).map_err(unread)?;
    let read = entries(&archive).map_err(unread)?;
    if read != packed {
        return Err(wrong_archive(context, difference(&read, packed)));
    }
    if context.verify {
        whole(&mut archive, context)?.map_err(unread)?;
    }
    Ok(())
}

fn difference(read: &[Entry], packed: &[Entry]) -> String {
    match read.iter().zip(packed).find(|(read, packed)| read != packed) {
        Some((read, packed)) => format!("read {read:?}, but packed {packed:?}"),
        None => format!("read {} entries, but packed {}", read.len(), packed.len()),
    }
}

fn wrong_archive(context: &PackContext<'_>, why: String) -> Failure {
    Problem::new(format!("the archive of {} does not read back as it was packed", context.function))
        .why(why)
        .fix("please report this with the files")
        .into_failure(Kind::Internal)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::path::Path;

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;
    use crate::model::FunctionKey;

    fn with_context<T>(verify: bool, test: impl FnOnce(&PackContext<'_>) -> T) -> T {
        let function = FunctionKey::new("hello");
        test(&PackContext { verify, ..PackContext::silent(&function, Path::new("hello.zip")) })
    }

    fn packed() -> (File, Vec<Entry>) {
        let file = tempfile::tempfile().unwrap();
        let mut writer = ZipWriter::new(&file);
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        writer.start_file("a", options).unwrap();
        writer.write_all(b"hello").unwrap();
        writer.finish().unwrap();
        let entries = entries(&open(&file).unwrap()).unwrap();
        (file, entries)
    }

    #[test]
    fn a_good_archive_reads_back() {
        let (file, entries) = packed();
        assert_eq!(entries.len(), 1);
        assert_eq!(with_context(true, |context| check(&file, &entries, context)), Ok(()));
    }

    #[test]
    fn a_wrong_size_is_found_without_inflating() {
        let (file, mut entries) = packed();
        entries[0].bytes = 6;
        let failure = with_context(false, |context| check(&file, &entries, context)).unwrap_err();
        assert_eq!(failure.kind, Kind::Internal);
        assert!(failure.to_string().contains("packed"), "{failure}");
    }

    #[test]
    fn a_wrong_byte_is_found_by_inflating() {
        let (mut file, entries) = packed();
        file.seek(io::SeekFrom::Start(31)).unwrap();
        file.write_all(b"j").unwrap();
        assert_eq!(with_context(false, |context| check(&file, &entries, context)), Ok(()));
        let failure = with_context(true, |context| check(&file, &entries, context)).unwrap_err();
        assert_eq!(failure.kind, Kind::Internal);
    }
}
