//! The archive format `compact-1`; docs/decisions/0001-compact-1.md says why its bytes are so.

mod archive_writer;
mod bits;
mod compress;
mod deflate_blocks;
mod huffman;
mod zip_format;

use std::fs::File;
use std::io;
use std::ops::ControlFlow;

use crc32fast::Hasher;

use self::archive_writer::ArchiveWriter;
pub(super) use self::compress::REVISION;
use self::compress::{CHUNK_BYTES, Packed, Piece, Worker, jobs};
use self::zip_format::{Method, Record};
use super::pipeline::in_order;
use super::run::Run;
use super::source_file::{SourceFile, changed};
use crate::error::{Failure, Kind, Problem};
use crate::model::Entry;

/// Packs `files`, which are sorted, into the empty `archive`. All files that cannot be read are reported.
pub(super) fn pack(files: &[SourceFile], archive: &File, run: &Run<'_>) -> Result<Vec<Entry>, Failure> {
    let writer = ArchiveWriter::new(archive);
    let mut packing = Packing { files, next: 0, writer, large: None, problems: Vec::new(), run };
    let work = |worker: &mut Worker<'_>, job: &_| worker.run(job, files);
    in_order(&jobs(files), run.threads, || Worker::new(run.cache), work, |packed| packing.take(packed))?;
    if packing.problems.is_empty() {
        let records = packing.writer.finish().map_err(|error| run.not_written(&error))?;
        Ok(records.into_iter().map(entry).collect())
    } else {
        Err(Failure { kind: Kind::Usage, problems: packing.problems })
    }
}

/// The writing end of the pipeline.
struct Packing<'a> {
    files: &'a [SourceFile],
    /// The next small file.
    next: usize,
    writer: ArchiveWriter<'a>,
    /// The file whose chunks are coming.
    large: Option<Large>,
    problems: Vec<Problem>,
    run: &'a Run<'a>,
}

/// What is known so far of a file that comes in chunks.
#[derive(Default)]
struct Large {
    crc: Hasher,
    compressed_bytes: u64,
    bytes: u64,
}

impl<'a> Packing<'a> {
    fn take(&mut self, packed: Packed) -> Result<(), Failure> {
        self.run.check_cancelled()?;
        match packed {
            Packed::Small(pieces) => pieces.into_iter().try_for_each(|piece| self.small(piece)),
            Packed::Chunk { file, is_last, piece } => self.chunk(file, is_last, piece),
        }
    }

    fn small(&mut self, piece: Result<Piece, Failure>) -> Result<(), Failure> {
        let files: &'a [SourceFile] = self.files;
        let file = &files[self.next];
        self.next += 1;
        let ControlFlow::Continue(piece) = self.usable(piece)? else { return Ok(()) };
        self.run.packed(piece.bytes);
        let record = Record {
            method: piece.method,
            crc32: piece.crc.finalize(),
            compressed_bytes: self.small_enough(piece.data.len() as u64)?,
            bytes: self.small_enough(piece.bytes)?,
            ..unfinished(file)
        };
        self.written(|writer| writer.add(record, &piece.data))
    }

    fn chunk(&mut self, place: usize, is_last: bool, piece: Result<Piece, Failure>) -> Result<(), Failure> {
        let files: &'a [SourceFile] = self.files;
        self.next = place + 1;
        let ControlFlow::Continue(piece) = self.usable(piece)? else { return Ok(()) };
        self.run.packed(piece.bytes);
        let mut large = match self.large.take() {
            Some(large) => large,
            None => self.written(|writer| writer.begin(unfinished(&files[place]))).map(|()| Large::default())?,
        };
        large.crc.combine(&piece.crc);
        large.compressed_bytes += piece.data.len() as u64;
        large.bytes += piece.bytes;
        self.written(|writer| writer.append(&piece.data))?;
        if is_last {
            return self.end_large(&files[place], large);
        }
        self.large = Some(large);
        Ok(())
    }

    fn end_large(&mut self, file: &SourceFile, large: Large) -> Result<(), Failure> {
        let (crc32, bytes) = (large.crc.finalize(), self.small_enough(large.bytes)?);
        if large.compressed_bytes < large.bytes {
            let compressed = self.small_enough(large.compressed_bytes)?;
            return self.written(|writer| writer.end_entry(Method::Deflated, crc32, compressed, bytes));
        }
        self.written(ArchiveWriter::discard_data)?;
        let ControlFlow::Continue(()) = self.store(file, crc32)? else { return Ok(()) };
        self.written(|writer| writer.end_entry(Method::Stored, crc32, bytes, bytes))
    }

    /// Copies a file that DEFLATE does not make smaller.
    fn store(&mut self, file: &SourceFile, crc32: u32) -> Result<ControlFlow<()>, Failure> {
        let mut crc = Hasher::new();
        let mut buffer = vec![0; CHUNK_BYTES];
        for offset in (0..file.stamp.bytes).step_by(CHUNK_BYTES) {
            self.run.check_cancelled()?;
            let left = usize::try_from(file.stamp.bytes - offset).unwrap_or(CHUNK_BYTES);
            let buffer = &mut buffer[..left.min(CHUNK_BYTES)];
            let read = file.read_at(offset, buffer).map_err(|problem| problem.into_failure(Kind::Usage));
            let ControlFlow::Continue(()) = self.usable(read)? else { return Ok(ControlFlow::Break(())) };
            crc.update(buffer);
            self.written(|writer| writer.append(buffer))?;
        }
        let same = crc.finalize() == crc32;
        self.usable(if same { Ok(()) } else { Err(changed(&file.path).into_failure(Kind::Usage)) })
    }

    /// Notes a source file's problems and goes on, so that all of them are reported; after the first,
    /// nothing more is written.
    fn usable<T>(&mut self, result: Result<T, Failure>) -> Result<ControlFlow<(), T>, Failure> {
        match result {
            Ok(_) if !self.problems.is_empty() => {}
            Ok(value) => return Ok(ControlFlow::Continue(value)),
            Err(failure) if failure.kind != Kind::Usage => return Err(failure),
            Err(failure) => {
                let problems = failure.problems.into_iter().map(|problem| self.run.at_source(problem));
                let new = problems.filter(|problem| !self.problems.contains(problem));
                self.problems.extend(new.collect::<Vec<_>>());
            }
        }
        Ok(ControlFlow::Break(()))
    }

    fn written(&mut self, write: impl FnOnce(&mut ArchiveWriter<'a>) -> io::Result<()>) -> Result<(), Failure> {
        write(&mut self.writer).map_err(|error| self.run.not_written(&error))
    }

    fn small_enough(&self, bytes: u64) -> Result<u32, Failure> {
        // Larger files are refused when they are selected.
        u32::try_from(bytes).map_err(|error| self.run.not_written(&io::Error::other(error)))
    }
}

/// The record of a file of which only the name is known so far.
fn unfinished(file: &SourceFile) -> Record {
    let (name, mode) = (file.name.clone(), file.mode());
    Record { name, method: Method::Stored, crc32: 0, compressed_bytes: 0, bytes: 0, mode, offset: 0 }
}

fn entry(record: Record) -> Entry {
    Entry {
        name: record.name,
        bytes: record.bytes.into(),
        compressed_bytes: record.compressed_bytes.into(),
        mode: record.mode,
        crc32: record.crc32,
    }
}
