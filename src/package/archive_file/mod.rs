//! The archive that Terraform's `archive_file` makes of the same files, to the byte.
//! <https://registry.terraform.io/providers/hashicorp/archive/latest/docs/data-sources/file>
//!
//! Its hash is then the one that Terraform computes, so that a plan stays clean after a release.

mod compress;
mod container;
mod deflate;
mod doublestar;
mod excludes;
mod given;
mod source;
mod walk;

use std::fs::File;
use std::io::BufWriter;

use self::compress::{Compressed, Worker, jobs};
use self::container::{ArchiveWriter, Record};
pub use self::given::{GivenContents, GivenFile, pack_given};
pub(super) use self::source::{Selected, folder, inline, one};
use super::pipeline::in_order;
use super::run::Run;
use super::source_file::SourceFile;
use crate::error::{Failure, Kind, Problem};
use crate::model::{Entry, Flavour};

/// What is written to the archive in one go.
const WRITE_BYTES: usize = 256 * 1024;
/// What crate `zip` reads of a mode: neither setuid, nor setgid, nor sticky.
const PERMISSIONS: u32 = 0o777;
/// What a reader takes for the mode of an entry that has none.
const DEFAULT_MODE: u32 = 0o644;

/// An entry to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ArchivedFile {
    /// Its name in the archive.
    pub(super) name: String,
    pub(super) contents: Contents,
    pub(super) attributes: Attributes,
}

impl ArchivedFile {
    /// Its size.
    pub(super) fn bytes(&self) -> u64 {
        match &self.contents {
            Contents::File(file) => file.stamp.bytes,
            Contents::Inline(content) => content.len() as u64,
        }
    }
}

/// Where the bytes of an entry come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    /// A file; only its path and its stamp matter here.
    File(SourceFile),
    /// These bytes: a `source` block, or `source_content`.
    Inline(Vec<u8>),
}

/// What an entry says beside its name and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attributes {
    /// A file: its `st_mode`, or the value of `output_file_mode`. The date is always the same.
    Unix(u32),
    /// A `source` block or `source_content`: neither a mode nor a date.
    None,
}

/// Packs `files` in their order into the empty `archive`. All files that cannot be read are reported.
pub(super) fn pack(
    files: &[ArchivedFile],
    flavour: Flavour,
    archive: &File,
    run: &Run<'_>,
) -> Result<Vec<Entry>, Failure> {
    let writer = ArchiveWriter::new(BufWriter::with_capacity(WRITE_BYTES, archive));
    let mut packing = Packing { writer, problems: Vec::new(), run };
    let work = |worker: &mut Worker<'_>, places: &_| worker.run(&files[Clone::clone(places)]);
    in_order(
        &jobs(files),
        run.threads,
        || Worker::new(flavour, run),
        work,
        |packed: Vec<_>| packed.into_iter().try_for_each(|compressed| packing.take(compressed)),
    )?;
    packing.finish()
}

/// The writing end of the pipeline.
struct Packing<'a> {
    writer: ArchiveWriter<BufWriter<&'a File>>,
    problems: Vec<Problem>,
    run: &'a Run<'a>,
}

impl Packing<'_> {
    /// Writes the next file. Notes a source file's problems and goes on, so that all of them are reported; after the
    /// first, nothing more is written.
    fn take(&mut self, compressed: Result<Compressed, Failure>) -> Result<(), Failure> {
        self.run.check_cancelled()?;
        match compressed {
            Ok(_) if !self.problems.is_empty() => Ok(()),
            Ok(Compressed { record, mut data }) => {
                self.writer.add(record, &mut data).map_err(|error| self.run.not_written(&error))
            }
            Err(failure) if failure.kind == Kind::Usage => {
                self.problems.extend(failure.problems);
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    fn finish(self) -> Result<Vec<Entry>, Failure> {
        if !self.problems.is_empty() {
            return Err(Failure { kind: Kind::Usage, problems: self.problems });
        }
        let records = self.writer.finish().map_err(|error| self.run.not_written(&error))?;
        Ok(records.into_iter().map(entry).collect())
    }
}

fn entry(record: Record) -> Entry {
    let mode = match record.attributes {
        Attributes::Unix(mode) => mode & PERMISSIONS,
        Attributes::None => DEFAULT_MODE,
    };
    let Record { name, crc32, compressed_bytes, bytes, .. } = record;
    Entry { name, bytes, compressed_bytes, mode, crc32 }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::model::{FunctionKey, Silent};
    use crate::package::read_back::prove;

    fn with_run<T>(threads: usize, test: impl FnOnce(&Run<'_>) -> T) -> T {
        let (function, path) = (FunctionKey::new("hello"), Path::new("hello.zip"));
        let (cancelled, listener, source_at) = (&|| false, &Silent, None);
        test(&Run { function: &function, path, threads, verify: true, cache: None, cancelled, listener, source_at })
    }

    fn file(name: &str, bytes: &[u8], attributes: Attributes) -> ArchivedFile {
        ArchivedFile { name: name.to_owned(), contents: Contents::Inline(bytes.to_owned()), attributes }
    }

    #[test]
    fn entries_keep_their_order_and_read_back() {
        let mut files: Vec<_> = (0..300_usize)
            .map(|place| file(&format!("{}", 999 - place), &vec![7; place * 500], Attributes::Unix(0o100_755)))
            .collect();
        files.push(file("setuid ~", b"", Attributes::Unix(0o104_500)));
        files.push(file("content", b"x", Attributes::None));
        let archive = tempfile::tempfile().unwrap();
        let entries = with_run(3, |run| {
            let entries = pack(&files, Flavour::Go1_21, &archive, run).unwrap();
            assert_eq!(prove(&archive, &entries, run), Ok(()));
            entries
        });
        let names: Vec<_> = entries.iter().map(|entry| &entry.name).collect();
        assert_eq!(names, files.iter().map(|file| &file.name).collect::<Vec<_>>());
        assert_eq!(entries[300].mode, 0o500);
    }

    #[test]
    fn all_files_that_cannot_be_read_are_reported() {
        let folder = tempfile::tempdir().unwrap();
        let missing = |name: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, name).unwrap();
            let source = SourceFile::new(name.to_owned(), path.clone(), &path.metadata().unwrap());
            std::fs::remove_file(path).unwrap();
            ArchivedFile { contents: Contents::File(source), ..file(name, b"", Attributes::Unix(0o644)) }
        };
        let files = [missing("a"), file("b", b"b", Attributes::None), missing("c")];
        let archive = tempfile::tempfile().unwrap();
        let failure = with_run(2, |run| pack(&files, Flavour::Go1_21, &archive, run)).unwrap_err();
        assert_eq!((failure.kind, failure.problems.len()), (Kind::Usage, 2));
    }
}
