//! Compresses files: what a thread of the pipeline does.

use std::io::{self, Seek, Write};
use std::ops::Range;
use std::path::Path;

use crc32fast::Hasher;
use tempfile::SpooledTempFile;

use super::container::Record;
use super::deflate::LazyEncoder;
use super::source::{ArchivedFile, Contents};
use crate::error::Failure;
use crate::model::Flavour;
use crate::package::context::PackContext;
use crate::package::source_file::SourceFile;

/// How much of a file is read at once. Neither this limit nor the next ones change the archive's bytes.
const PIECE_BYTES: usize = 1024 * 1024;
/// Compressed data larger than this waits for its turn in a temporary file.
const MAX_BYTES_IN_MEMORY: usize = 2 * 1024 * 1024;
/// A batch of files is closed at this size or count.
const BATCH_BYTES: u64 = 256 * 1024;
const BATCH_FILES: usize = 64;

/// Groups files into batches, each a range of indices into `files`.
pub(super) fn jobs(files: &[ArchivedFile]) -> Vec<Range<usize>> {
    let (mut jobs, mut batch, mut batch_bytes) = (Vec::new(), 0..0, 0);
    for file in files {
        batch.end += 1;
        batch_bytes += file.bytes();
        if batch_bytes >= BATCH_BYTES || batch.len() >= BATCH_FILES {
            jobs.push(batch.clone());
            (batch, batch_bytes) = (batch.end..batch.end, 0);
        }
    }
    if !batch.is_empty() {
        jobs.push(batch);
    }
    jobs
}

/// A compressed file that waits to be written.
pub(super) struct Compressed {
    /// The record, without its offset, which is not known yet.
    pub(super) record: Record,
    /// The compressed data, rewound to its beginning.
    pub(super) data: SpooledTempFile,
}

/// Returns the encoder of a flavour. An encoder never changes after a release: new bytes are a new type.
fn encoder(flavour: Flavour) -> LazyEncoder {
    match flavour {
        Flavour::Go1_21 => LazyEncoder::new(),
    }
}

/// The encoder and the buffers of one thread.
pub(super) struct Worker<'a> {
    flavour: Flavour,
    encoder: LazyEncoder,
    compressed: Vec<u8>,
    context: &'a PackContext<'a>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(flavour: Flavour, context: &'a PackContext<'a>) -> Self {
        Self { flavour, encoder: encoder(flavour), compressed: Vec::new(), context }
    }

    pub(super) fn run(&mut self, files: &[ArchivedFile]) -> Vec<Result<Compressed, Failure>> {
        files.iter().map(|file| self.file(file)).collect()
    }

    fn file(&mut self, file: &ArchivedFile) -> Result<Compressed, Failure> {
        let mut stream = Stream::beside(self.context.path);
        let compressed = match &file.contents {
            Contents::Inline(bytes) => bytes.chunks(PIECE_BYTES).try_for_each(|piece| self.piece(piece, &mut stream)),
            Contents::File(source) => self.pieces(source, &mut stream),
        };
        if let Err(failure) = compressed {
            // The encoder is in the middle of a stream.
            self.encoder = encoder(self.flavour);
            return Err(failure);
        }
        self.encoder.finish(&mut self.compressed);
        self.drain(&mut stream)?;
        stream.finish(file).map_err(|error| self.context.not_written(&error))
    }

    fn pieces(&mut self, source: &SourceFile, stream: &mut Stream) -> Result<(), Failure> {
        let mut piece = Vec::new();
        (0..source.stamp.bytes).step_by(PIECE_BYTES).try_for_each(|offset| {
            let remaining = usize::try_from(source.stamp.bytes - offset).unwrap_or(PIECE_BYTES);
            piece.resize(remaining.min(PIECE_BYTES), 0);
            source.read_at(offset, &mut piece).map_err(|problem| self.context.unusable(problem))?;
            self.piece(&piece, stream)
        })
    }

    fn piece(&mut self, piece: &[u8], stream: &mut Stream) -> Result<(), Failure> {
        self.context.check_cancelled()?;
        stream.crc.update(piece);
        self.encoder.write(piece, &mut self.compressed);
        self.context.packed(piece.len() as u64);
        self.drain(stream)
    }

    /// Moves the encoder's output into the stream.
    fn drain(&mut self, stream: &mut Stream) -> Result<(), Failure> {
        let written = stream.data.write_all(&self.compressed);
        self.compressed.clear();
        written.map_err(|error| self.context.not_written(&error))
    }
}

/// The compressed data of a file that is being compressed.
struct Stream {
    data: SpooledTempFile,
    /// The CRC-32 of the data before compression.
    crc: Hasher,
}

impl Stream {
    /// Creates a stream that spills to the archive's folder when it grows too large for memory.
    fn beside(archive: &Path) -> Self {
        let folder = archive.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self { data: tempfile::spooled_tempfile_in(MAX_BYTES_IN_MEMORY, folder), crc: Hasher::new() }
    }

    fn finish(mut self, file: &ArchivedFile) -> io::Result<Compressed> {
        let compressed_bytes = self.data.stream_position()?;
        self.data.rewind()?;
        let (name, crc32) = (file.name.clone(), self.crc.finalize());
        let record = Record { name, mode: file.mode, crc32, compressed_bytes, bytes: file.bytes(), offset: 0 };
        Ok(Compressed { record, data: self.data })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::error::Kind;
    use crate::model::FunctionKey;

    fn inline(bytes: Vec<u8>) -> ArchivedFile {
        ArchivedFile { name: "a".to_owned(), contents: Contents::Inline(bytes), mode: None }
    }

    fn with_worker<T>(cancelled: bool, test: impl FnOnce(&mut Worker<'_>) -> T) -> T {
        let folder = tempfile::tempdir().unwrap();
        let (function, path) = (FunctionKey::new("hello"), folder.path().join("hello.zip"));
        let cancelled = || cancelled;
        let context = PackContext { cancelled: &cancelled, ..PackContext::silent(&function, &path) };
        test(&mut Worker::new(Flavour::Go1_21, &context))
    }

    fn noise(bytes: usize) -> Vec<u8> {
        let next = |state: &mut u64| {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            Some(state.to_le_bytes()[7])
        };
        std::iter::repeat_n((), bytes).scan(1, |state, ()| next(state)).collect()
    }

    #[test]
    fn small_files_come_in_batches_and_large_ones_end_them() {
        let large = usize::try_from(BATCH_BYTES).unwrap();
        let files: Vec<_> = [1; 150].into_iter().chain([large, large, 1]).map(|bytes| inline(vec![0; bytes])).collect();
        assert_eq!(jobs(&files), [0..64, 64..128, 128..151, 151..152, 152..153]);
        assert!(jobs(&[]).is_empty());
    }

    #[test]
    fn a_large_file_waits_in_a_temporary_file() {
        with_worker(false, |worker| {
            for (bytes, in_memory) in [(MAX_BYTES_IN_MEMORY - 10_000, true), (MAX_BYTES_IN_MEMORY + 10_000, false)] {
                let data = noise(bytes);
                let mut compressed = worker.file(&inline(data.clone())).unwrap();
                assert_eq!(compressed.data.is_rolled(), !in_memory);
                let (mut stream, mut inflated) = (Vec::new(), vec![0; bytes]);
                compressed.data.read_to_end(&mut stream).unwrap();
                libdeflater::Decompressor::new().deflate_decompress(&stream, &mut inflated).unwrap();
                assert!(inflated == data);
                assert_eq!(compressed.record.compressed_bytes, stream.len() as u64);
                assert_eq!((compressed.record.bytes, compressed.record.crc32), (bytes as u64, crc32fast::hash(&data)));
            }
        });
    }

    #[test]
    fn a_file_that_fails_leaves_nothing_for_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, noise(PIECE_BYTES + 5)).unwrap();
        let source = SourceFile::new("a".to_owned(), path.clone(), &path.metadata().unwrap());
        std::fs::write(&path, b"shorter").unwrap();
        let file = ArchivedFile { contents: Contents::File(source), ..inline(Vec::new()) };
        with_worker(false, |worker| {
            let failure = worker.file(&file).err().unwrap();
            assert!(failure.to_string().contains("changed while it was packed"), "{failure}");
            assert_eq!(worker.file(&inline(Vec::new())).unwrap().record.compressed_bytes, 5);
        });
    }

    #[test]
    fn packing_can_be_cancelled_within_a_file() {
        let failure = with_worker(true, |worker| worker.file(&inline(vec![0; 5])).err().unwrap());
        assert_eq!(failure.kind, Kind::Failed);
    }
}
