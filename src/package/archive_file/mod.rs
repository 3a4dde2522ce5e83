//! Makes the same archive as Terraform's `archive_file`, byte for byte.
//! <https://registry.terraform.io/providers/hashicorp/archive/latest/docs/data-sources/file>
//!
//! Terraform computes the same hash, so `terraform plan` stays clean after a release.

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
pub(super) use self::source::{ArchivedFile, folder, inline, single_file};
use super::context::PackContext;
use super::pipeline::in_order;
use crate::error::{Failure, Kind, Problem};
use crate::model::{Entry, Flavour};

/// The size of the write buffer.
const WRITE_BYTES: usize = 256 * 1024;
/// The bits of a mode that crate `zip` reads: no setuid, setgid or sticky bit.
const PERMISSIONS: u32 = 0o777;
/// The mode that a reader assumes for an entry without one.
const DEFAULT_MODE: u32 = 0o644;

/// Packs `files`, in the given order, into the empty `archive`. Reports every file that cannot be read.
pub(super) fn pack(
    files: &[ArchivedFile],
    flavour: Flavour,
    archive: &File,
    context: &PackContext<'_>,
) -> Result<Vec<Entry>, Failure> {
    let writer = ArchiveWriter::new(BufWriter::with_capacity(WRITE_BYTES, archive));
    let mut packing = Packing { writer, problems: Vec::new(), context };
    let work = |worker: &mut Worker<'_>, places: &_| worker.run(&files[Clone::clone(places)]);
    in_order(
        &jobs(files),
        context.threads,
        || Worker::new(flavour, context),
        work,
        |packed: Vec<_>| packed.into_iter().try_for_each(|compressed| packing.take(compressed)),
    )?;
    packing.finish()
}

/// The writing end of the pipeline.
struct Packing<'a> {
    writer: ArchiveWriter<BufWriter<&'a File>>,
    problems: Vec<Problem>,
    context: &'a PackContext<'a>,
}

impl Packing<'_> {
    /// Writes the next file. A problem of a source file is collected and the next file follows, so that all problems
    /// are reported. After the first problem, nothing more is written.
    fn take(&mut self, compressed: Result<Compressed, Failure>) -> Result<(), Failure> {
        self.context.check_cancelled()?;
        match compressed {
            Ok(_) if !self.problems.is_empty() => Ok(()),
            Ok(Compressed { record, mut data }) => {
                self.writer.add(record, &mut data).map_err(|error| self.context.not_written(&error))
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
        let records = self.writer.finish().map_err(|error| self.context.not_written(&error))?;
        Ok(records.into_iter().map(entry).collect())
    }
}

fn entry(record: Record) -> Entry {
    let mode = record.mode.map_or(DEFAULT_MODE, |mode| mode & PERMISSIONS);
    let Record { name, crc32, compressed_bytes, bytes, .. } = record;
    Entry { name, bytes, compressed_bytes, mode, is_link: false, crc32 }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::source::Contents;
    use super::*;
    use crate::model::FunctionKey;
    use crate::package::source_file::SourceFile;

    fn file(name: &str, bytes: &[u8], mode: Option<u32>) -> ArchivedFile {
        ArchivedFile { name: name.to_owned(), contents: Contents::Inline(bytes.to_owned()), mode }
    }

    #[test]
    fn all_files_that_cannot_be_read_are_reported() {
        let folder = tempfile::tempdir().unwrap();
        let missing = |name: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, name).unwrap();
            let source = SourceFile::new(name.to_owned(), path.clone(), &path.metadata().unwrap());
            std::fs::remove_file(path).unwrap();
            ArchivedFile { contents: Contents::File(source), ..file(name, b"", Some(0o644)) }
        };
        let files = [missing("a"), file("b", b"b", None), missing("c")];
        let archive = tempfile::tempfile().unwrap();
        let function = FunctionKey::new("hello");
        let context = PackContext { threads: 2, ..PackContext::silent(&function, Path::new("hello.zip")) };
        let failure = pack(&files, Flavour::Go1_21, &archive, &context).unwrap_err();
        assert_eq!((failure.kind, failure.problems.len()), (Kind::Usage, 2));
    }
}
