//! Compresses files: what a thread of the pipeline does.

use std::io::{self, Seek, Write};
use std::ops::Range;
use std::path::Path;

use crc32fast::Hasher;
use tempfile::SpooledTempFile;

use super::container::Record;
use super::deflate::{Encoder, LazyEncoder};
use super::{ArchivedFile, Contents};
use crate::error::{Failure, Kind};
use crate::model::Flavour;
use crate::package::run::Run;
use crate::package::source_file::SourceFile;

/// How much of a file is read in one go. It has no influence on the bytes, nor have the other limits.
const PIECE_BYTES: usize = 1024 * 1024;
/// Compressed data of a file that grows beyond this waits for its turn in a temporary file.
const MAX_BYTES_IN_MEMORY: usize = 2 * 1024 * 1024;
/// A batch of files is closed at this size or count.
const BATCH_BYTES: u64 = 256 * 1024;
const BATCH_FILES: usize = 64;

/// Batches of files, known by their places.
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

/// A file that waits to be written.
pub(super) struct Compressed {
    /// Without its offset, which is not known yet.
    pub(super) record: Record,
    /// From its beginning.
    pub(super) data: SpooledTempFile,
}

/// The encoder of a flavour. None of them changes once archives were made by it: another one is another type.
fn encoder(flavour: Flavour) -> Box<dyn Encoder> {
    match flavour {
        Flavour::Go1_21 => Box::new(LazyEncoder::new()),
    }
}

/// The encoder and the buffers of one thread.
pub(super) struct Worker<'a> {
    flavour: Flavour,
    encoder: Box<dyn Encoder>,
    piece: Vec<u8>,
    compressed: Vec<u8>,
    run: &'a Run<'a>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(flavour: Flavour, run: &'a Run<'a>) -> Self {
        Self { flavour, encoder: encoder(flavour), piece: Vec::new(), compressed: Vec::new(), run }
    }

    pub(super) fn run(&mut self, files: &[ArchivedFile]) -> Vec<Result<Compressed, Failure>> {
        files.iter().map(|file| self.file(file)).collect()
    }

    fn file(&mut self, file: &ArchivedFile) -> Result<Compressed, Failure> {
        let mut stream = Stream::beside(self.run.path);
        let compressed = match &file.contents {
            Contents::Inline(bytes) => bytes.chunks(PIECE_BYTES).try_for_each(|piece| self.piece(piece, &mut stream)),
            Contents::File(source) => self.pieces(source, &mut stream),
        };
        if let Err(failure) = compressed {
            // The encoder is in the midst of a stream.
            self.encoder = encoder(self.flavour);
            return Err(failure);
        }
        self.encoder.finish(&mut self.compressed);
        self.drain(&mut stream)?;
        stream.finish(file).map_err(|error| self.run.not_written(&error))
    }

    fn pieces(&mut self, source: &SourceFile, stream: &mut Stream) -> Result<(), Failure> {
        let mut piece = std::mem::take(&mut self.piece);
        let result = (0..source.stamp.bytes).step_by(PIECE_BYTES).try_for_each(|offset| {
            let left = usize::try_from(source.stamp.bytes - offset).unwrap_or(PIECE_BYTES);
            piece.resize(left.min(PIECE_BYTES), 0);
            let unusable = |problem| self.run.at_source(problem).into_failure(Kind::Usage);
            source.read_at(offset, &mut piece).map_err(unusable)?;
            self.piece(&piece, stream)
        });
        self.piece = piece;
        result
    }

    fn piece(&mut self, piece: &[u8], stream: &mut Stream) -> Result<(), Failure> {
        self.run.check_cancelled()?;
        stream.crc.update(piece);
        stream.bytes += piece.len() as u64;
        self.encoder.write(piece, &mut self.compressed);
        self.run.packed(piece.len() as u64);
        self.drain(stream)
    }

    /// Moves what the encoder made into the stream.
    fn drain(&mut self, stream: &mut Stream) -> Result<(), Failure> {
        let written = stream.write(&self.compressed);
        self.compressed.clear();
        written.map_err(|error| self.run.not_written(&error))
    }
}

/// The compressed data of one file in the making.
struct Stream {
    data: SpooledTempFile,
    compressed_bytes: u64,
    crc: Hasher,
    bytes: u64,
}

impl Stream {
    /// Where it grows too large for the memory, it goes where the archive will lie: there is room.
    fn beside(archive: &Path) -> Self {
        let folder = archive.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let data = tempfile::spooled_tempfile_in(MAX_BYTES_IN_MEMORY, folder);
        Self { data, compressed_bytes: 0, crc: Hasher::new(), bytes: 0 }
    }

    fn write(&mut self, compressed: &[u8]) -> io::Result<()> {
        self.compressed_bytes += compressed.len() as u64;
        self.data.write_all(compressed)
    }

    fn finish(mut self, file: &ArchivedFile) -> io::Result<Compressed> {
        self.data.rewind()?;
        let (name, attributes) = (file.name.clone(), file.attributes);
        let (crc32, compressed_bytes, bytes) = (self.crc.finalize(), self.compressed_bytes, self.bytes);
        let record = Record { name, attributes, crc32, compressed_bytes, bytes, offset: 0 };
        Ok(Compressed { record, data: self.data })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::model::{FunctionKey, Silent};
    use crate::package::archive_file::Attributes;

    fn inline(bytes: Vec<u8>) -> ArchivedFile {
        ArchivedFile { name: "a".to_owned(), contents: Contents::Inline(bytes), attributes: Attributes::None }
    }

    fn with_worker<T>(cancelled: bool, test: impl FnOnce(&mut Worker<'_>) -> T) -> T {
        let folder = tempfile::tempdir().unwrap();
        let (function, path) = (FunctionKey::new("hello"), folder.path().join("hello.zip"));
        let cancelled = || cancelled;
        let (cancelled, listener, source_at) = (&cancelled, &Silent, None);
        let run = Run {
            function: &function,
            path: &path,
            threads: 1,
            verify: true,
            cache: None,
            cancelled,
            listener,
            source_at,
        };
        test(&mut Worker::new(Flavour::Go1_21, &run))
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
    fn it_can_be_cancelled_within_a_file() {
        let failure = with_worker(true, |worker| worker.file(&inline(vec![0; 5])).err().unwrap());
        assert_eq!(failure.kind, Kind::Failed);
    }
}
