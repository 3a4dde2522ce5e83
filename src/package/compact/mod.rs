//! Packs archives in the format `compact-2`, which docs/decisions/0001-compact-1.md and 0014-compact-2.md explain.

mod archive_writer;
mod bits;
mod compress;
mod deflate_blocks;
mod huffman;

use std::fs::File;
use std::io;

use crc32fast::Hasher;

use self::archive_writer::ArchiveWriter;
pub(super) use self::compress::REVISION;
use self::compress::{CHUNK_BYTES, Form, Part, Piece, Worker, jobs};
use super::context::PackContext;
use super::pipeline::in_order;
use super::source_file::{SourceFile, changed};
use crate::error::{Failure, Kind, Problem};
use crate::model::Entry;

/// Packs `files`, which are sorted, into the empty `archive`. Reports every file that cannot be read.
pub(super) fn pack(files: &[SourceFile], archive: &File, context: &PackContext<'_>) -> Result<Vec<Entry>, Failure> {
    let mut packing = Packing { writer: ArchiveWriter::new(archive), large: None, problems: Vec::new(), context };
    let work = |worker: &mut Worker<'_>, job: &Vec<Part>| -> Vec<_> {
        job.iter().map(|&part| (part, worker.piece(&files[part.file], part))).collect()
    };
    let take = |pieces: Vec<(Part, _)>| {
        context.check_cancelled()?;
        pieces.into_iter().try_for_each(|(part, piece)| packing.take(&files[part.file], part.form, piece))
    };
    in_order(&jobs(files), context.threads, || Worker::new(context.cache), work, take)?;
    if packing.problems.is_empty() {
        packing.writer.finish().map_err(|error| context.not_written(&error))
    } else {
        Err(Failure { kind: Kind::Usage, problems: packing.problems })
    }
}

/// The writing end of the pipeline.
struct Packing<'a> {
    writer: ArchiveWriter<'a>,
    /// The file whose chunks are being written, with the sizes and the CRC of the chunks so far.
    large: Option<(Entry, Hasher)>,
    problems: Vec<Problem>,
    context: &'a PackContext<'a>,
}

impl<'a> Packing<'a> {
    fn take(&mut self, file: &SourceFile, form: Form, piece: Result<Piece, Failure>) -> Result<(), Failure> {
        let Some(piece) = self.usable(piece)? else { return Ok(()) };
        self.context.packed(piece.bytes);
        if form != Form::File {
            return self.chunk(file, form, &piece);
        }
        let (bytes, compressed_bytes) = (piece.bytes, piece.data.len() as u64);
        let entry = Entry { bytes, compressed_bytes, crc32: piece.crc.finalize(), ..unfinished(file) };
        self.written(|writer| writer.add(entry, &piece.data))
    }

    fn chunk(&mut self, file: &SourceFile, form: Form, piece: &Piece) -> Result<(), Failure> {
        if self.large.is_none() {
            self.written(|writer| writer.begin(unfinished(file)))?;
        }
        let (mut entry, mut crc) = self.large.take().unwrap_or_else(|| (unfinished(file), Hasher::new()));
        crc.combine(&piece.crc);
        entry.compressed_bytes += piece.data.len() as u64;
        entry.bytes += piece.bytes;
        self.written(|writer| writer.append(&piece.data))?;
        if form == Form::Last {
            return self.end_large(file, Entry { crc32: crc.finalize(), ..entry });
        }
        self.large = Some((entry, crc));
        Ok(())
    }

    /// Ends a large file, which is stored if DEFLATE does not make it smaller.
    fn end_large(&mut self, file: &SourceFile, mut entry: Entry) -> Result<(), Failure> {
        if entry.compressed_bytes >= entry.bytes {
            self.written(ArchiveWriter::discard_data)?;
            if self.store(file, entry.crc32)?.is_none() {
                return Ok(());
            }
            entry.compressed_bytes = entry.bytes;
        }
        self.written(|writer| writer.end_entry(entry))
    }

    /// Writes a file without compressing it. Returns `None` if it cannot be read, or if its CRC is not `crc32` now.
    fn store(&mut self, file: &SourceFile, crc32: u32) -> Result<Option<()>, Failure> {
        let mut crc = Hasher::new();
        let mut buffer = vec![0; CHUNK_BYTES];
        for (offset, bytes) in file.pieces(CHUNK_BYTES) {
            self.context.check_cancelled()?;
            let buffer = &mut buffer[..bytes];
            let read = file.read_at(offset, buffer).map_err(|problem| problem.into_failure(Kind::Usage));
            if self.usable(read)?.is_none() {
                return Ok(None);
            }
            crc.update(buffer);
            self.written(|writer| writer.append(buffer))?;
        }
        let same = crc.finalize() == crc32;
        self.usable(if same { Ok(()) } else { Err(changed(&file.path).into_failure(Kind::Usage)) })
    }

    /// Returns a result's value to write. A problem of a source file is collected and the next file
    /// follows, so that all problems are reported. After the first problem, nothing more is written.
    fn usable<T>(&mut self, result: Result<T, Failure>) -> Result<Option<T>, Failure> {
        match result {
            Ok(value) => Ok(Some(value).filter(|_| self.problems.is_empty())),
            Err(failure) if failure.kind != Kind::Usage => Err(failure),
            Err(failure) => {
                for problem in failure.problems.into_iter().map(|problem| self.context.at_source(problem)) {
                    if !self.problems.contains(&problem) {
                        self.problems.push(problem);
                    }
                }
                Ok(None)
            }
        }
    }

    fn written(&mut self, write: impl FnOnce(&mut ArchiveWriter<'a>) -> io::Result<()>) -> Result<(), Failure> {
        write(&mut self.writer).map_err(|error| self.context.not_written(&error))
    }
}

/// Returns the entry of a file before its sizes and CRC are known.
fn unfinished(file: &SourceFile) -> Entry {
    Entry {
        name: file.name.clone(),
        bytes: 0,
        compressed_bytes: 0,
        mode: file.mode(),
        is_link: file.link.is_some(),
        crc32: 0,
    }
}
