//! Reads an archive by another implementation of the format: crate `zip`.

use std::fs::File;
use std::io::{self, BufReader, Seek};

use zip::ZipArchive;
use zip::read::ZipFileEntry;
use zip::result::{ZipError, ZipResult};

use super::run::Run;
use crate::error::{Failure, Kind, Problem};
use crate::model::Entry;

/// An archive that is open for reading.
pub(super) struct ReadBack<'a> {
    archive: ZipArchive<BufReader<&'a File>>,
}

impl<'a> ReadBack<'a> {
    /// Reads the directory of the archive in `file`.
    pub(super) fn open(mut file: &'a File) -> ZipResult<Self> {
        file.rewind()?;
        let archive = ZipArchive::new(BufReader::new(file))?;
        if archive.has_duplicate_names() {
            return Err(ZipError::InvalidArchive("two entries have the same name".into()));
        }
        Ok(Self { archive })
    }

    /// The files of the archive, in its order, without folders.
    pub(super) fn entries(&self) -> ZipResult<Vec<Entry>> {
        let entries = (0..self.archive.len()).map(|place| entry(&self.archive.by_index_data(place)?));
        entries.filter_map(Result::transpose).collect()
    }

    /// Compares the header before each entry with the one in the directory.
    pub(super) fn headers_agree(&mut self) -> ZipResult<()> {
        self.archive.validate_header_consistency()
    }

    /// Inflates every entry; crate `zip` compares the CRC-32.
    pub(super) fn inflate_all(&mut self, run: &Run<'_>) -> Result<ZipResult<()>, Failure> {
        for place in 0..self.archive.len() {
            run.check_cancelled()?;
            if let Err(error) = self.inflate(place) {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    fn inflate(&mut self, place: usize) -> ZipResult<()> {
        let mut entry = self.archive.by_index(place)?;
        let (name, expected) = (entry.name()?.into_owned(), entry.size());
        let bytes = io::copy(&mut entry, &mut io::sink())
            .map_err(|error| io::Error::new(error.kind(), format!("`{name}`: {error}")))?;
        if bytes == expected {
            return Ok(());
        }
        Err(ZipError::InvalidArchive(format!("`{name}` inflates to {bytes} bytes, not {expected}").into()))
    }
}

fn entry(entry: &ZipFileEntry<'_>) -> ZipResult<Option<Entry>> {
    let name = entry.name()?.into_owned();
    if is_folder(&name) {
        return Ok(None);
    }
    if entry.encrypted() {
        return Err(ZipError::InvalidArchive(format!("`{name}` is encrypted").into()));
    }
    Ok(Some(Entry {
        name,
        bytes: entry.size(),
        compressed_bytes: entry.compressed_size(),
        mode: entry.unix_mode().unwrap_or(0o644) & 0o7777,
        crc32: entry.crc32(),
    }))
}

/// A slash at the end makes a folder; crate `zip` takes a backslash for one too, which is a character of a name.
pub(super) fn is_folder(name: &str) -> bool {
    name.ends_with('/')
}

/// Proves that another implementation reads the archive in `file` as what was packed.
pub(super) fn prove(file: &File, packed: &[Entry], run: &Run<'_>) -> Result<(), Failure> {
    let mut archive = ReadBack::open(file).map_err(|error| not_ours(run, error.to_string()))?;
    let read = archive.entries().map_err(|error| not_ours(run, error.to_string()))?;
    if read != packed {
        return Err(not_ours(run, difference(&read, packed)));
    }
    if run.verify {
        archive.headers_agree().map_err(|error| not_ours(run, error.to_string()))?;
        archive.inflate_all(run)?.map_err(|error| not_ours(run, error.to_string()))?;
    }
    Ok(())
}

fn difference(read: &[Entry], packed: &[Entry]) -> String {
    match read.iter().zip(packed).find(|(read, packed)| read != packed) {
        Some((read, packed)) => format!("read {read:?}, but packed {packed:?}"),
        None => format!("read {} entries, but packed {}", read.len(), packed.len()),
    }
}

fn not_ours(run: &Run<'_>, why: String) -> Failure {
    Problem::new(format!("the archive of {} does not read back as it was packed", run.function))
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
    use crate::model::{FunctionKey, Silent};

    fn with_run<T>(verify: bool, test: impl FnOnce(&Run<'_>) -> T) -> T {
        let function = FunctionKey::new("hello");
        let path = Path::new("hello.zip");
        let (cancelled, listener, source_at) = (&|| false, &Silent, None);
        test(&Run { function: &function, path, threads: 1, verify, cache: None, cancelled, listener, source_at })
    }

    fn packed() -> (File, Vec<Entry>) {
        let file = tempfile::tempfile().unwrap();
        let mut writer = ZipWriter::new(&file);
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        writer.start_file("a", options).unwrap();
        writer.write_all(b"hello").unwrap();
        writer.finish().unwrap();
        let entries = ReadBack::open(&file).unwrap().entries().unwrap();
        (file, entries)
    }

    #[test]
    fn what_was_packed_is_proven() {
        let (file, entries) = packed();
        assert_eq!(entries.len(), 1);
        assert_eq!(with_run(true, |run| prove(&file, &entries, run)), Ok(()));
    }

    #[test]
    fn another_size_is_seen_without_inflating() {
        let (file, mut entries) = packed();
        entries[0].bytes = 6;
        let failure = with_run(false, |run| prove(&file, &entries, run)).unwrap_err();
        assert_eq!(failure.kind, Kind::Internal);
        assert!(failure.to_string().contains("packed"), "{failure}");
    }

    #[test]
    fn another_byte_is_seen_by_inflating() {
        let (mut file, entries) = packed();
        file.seek(io::SeekFrom::Start(31)).unwrap();
        file.write_all(b"j").unwrap();
        assert_eq!(with_run(false, |run| prove(&file, &entries, run)), Ok(()));
        let failure = with_run(true, |run| prove(&file, &entries, run)).unwrap_err();
        assert_eq!(failure.kind, Kind::Internal);
    }
}
