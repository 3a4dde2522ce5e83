//! Cuts the selected files into jobs and compresses them; what a thread of the pipeline does.

use std::ops::Range;

use crc32fast::Hasher;
use libdeflater::{CompressionLvl, Compressor, Decompressor};

use super::deflate_blocks::open_end;
use super::zip_format::Method;
use crate::error::{Failure, Kind, Problem};
use crate::package::cache::{self, Cache, Compressed, Key};
use crate::package::source_file::SourceFile;

/// Files above this size are cut into chunks of it. Part of the revision `compact-1`.
pub(super) const CHUNK_BYTES: usize = 1024 * 1024;
/// libdeflate's level. Part of the revision `compact-1`.
const LEVEL: i32 = 6;
/// An empty stored block that is the last: what a stream that goes on may end with.
const END_OF_STREAM: [u8; 5] = [1, 0, 0, 0xFF, 0xFF];
/// Names these bytes in the cache.
pub(in crate::package) const REVISION: &str = "compact-1-level-6";
/// A batch of small files is closed at this size or count; it has no influence on the bytes.
const BATCH_BYTES: u64 = 256 * 1024;
const BATCH_FILES: usize = 64;

/// What a thread does in one go. Files are known by their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Job {
    /// Files of one chunk or less.
    Small(Range<usize>),
    /// A part of a larger file.
    Chunk { file: usize, offset: u64, bytes: usize, is_last: bool },
}

/// What a job makes.
pub(super) enum Packed {
    /// For each file, in order.
    Small(Vec<Result<Piece, Failure>>),
    /// Joins with the chunks before and behind it.
    Chunk { file: usize, is_last: bool, piece: Result<Piece, Failure> },
}

/// Compressed data.
pub(super) struct Piece {
    pub(super) method: Method,
    pub(super) data: Vec<u8>,
    /// Of the data before it was compressed; knows its length too.
    pub(super) crc: Hasher,
    /// Before it was compressed.
    pub(super) bytes: u64,
}

/// All jobs, in the order of the archive.
pub(super) fn jobs(files: &[SourceFile]) -> Vec<Job> {
    let (mut jobs, mut batch, mut batch_bytes) = (Vec::new(), 0..0, 0);
    for (place, file) in files.iter().enumerate() {
        let bytes = file.stamp.bytes;
        if bytes > CHUNK_BYTES as u64 {
            close(&mut jobs, &batch);
            jobs.extend(chunks(place, bytes));
            (batch, batch_bytes) = (place + 1..place + 1, 0);
            continue;
        }
        batch.end = place + 1;
        batch_bytes += bytes;
        if batch_bytes >= BATCH_BYTES || batch.len() >= BATCH_FILES {
            close(&mut jobs, &batch);
            (batch, batch_bytes) = (place + 1..place + 1, 0);
        }
    }
    close(&mut jobs, &batch);
    jobs
}

fn close(jobs: &mut Vec<Job>, batch: &Range<usize>) {
    if !batch.is_empty() {
        jobs.push(Job::Small(batch.clone()));
    }
}

fn chunks(file: usize, bytes: u64) -> impl Iterator<Item = Job> {
    (0..bytes).step_by(CHUNK_BYTES).map(move |offset| {
        let left = usize::try_from(bytes - offset).unwrap_or(usize::MAX);
        Job::Chunk { file, offset, bytes: left.min(CHUNK_BYTES), is_last: left <= CHUNK_BYTES }
    })
}

/// What is made of data; part of its key in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Making {
    /// A whole stream, or nothing where that is no smaller.
    Whole = 0,
    /// A stream that goes on.
    Open = 1,
    /// A whole stream, however large.
    Last = 2,
}

/// The compressor and buffers of one thread.
pub(super) struct Worker<'a> {
    compressor: Compressor,
    decompressor: Decompressor,
    cache: Option<&'a Cache>,
    input: Vec<u8>,
    output: Vec<u8>,
    inflated: Vec<u8>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(cache: Option<&'a Cache>) -> Self {
        let mut compressor = Compressor::new(CompressionLvl::new(LEVEL).unwrap_or_default());
        let output = vec![0; compressor.deflate_compress_bound(CHUNK_BYTES)];
        let (input, inflated) = (Vec::new(), Vec::new());
        Self { compressor, decompressor: Decompressor::new(), cache, input, output, inflated }
    }

    pub(super) fn run(&mut self, job: &Job, files: &[SourceFile]) -> Packed {
        match job {
            Job::Small(range) => Packed::Small(files[range.clone()].iter().map(|file| self.whole(file)).collect()),
            &Job::Chunk { file, offset, bytes, is_last } => {
                Packed::Chunk { file, is_last, piece: self.chunk(&files[file], offset, bytes, is_last) }
            }
        }
    }

    fn whole(&mut self, file: &SourceFile) -> Result<Piece, Failure> {
        self.read(file, 0, usize::try_from(file.stamp.bytes).unwrap_or(usize::MAX))?;
        self.piece(file, Making::Whole)
    }

    fn chunk(&mut self, file: &SourceFile, offset: u64, bytes: usize, is_last: bool) -> Result<Piece, Failure> {
        self.read(file, offset, bytes)?;
        self.piece(file, if is_last { Making::Last } else { Making::Open })
    }

    fn read(&mut self, file: &SourceFile, offset: u64, bytes: usize) -> Result<(), Failure> {
        self.input.resize(bytes, 0);
        file.read_at(offset, &mut self.input).map_err(|problem| problem.into_failure(Kind::Usage))
    }

    /// Compresses what was read, unless that was done before.
    fn piece(&mut self, file: &SourceFile, making: Making) -> Result<Piece, Failure> {
        let data = match self.cache.filter(|_| cache::is_worthwhile(&self.input)) {
            Some(cache) => self.remembered(cache, file, making)?,
            None => self.compressed(file, making)?,
        };
        let bytes = self.input.len() as u64;
        let (method, data) = match data {
            Some(data) => (Method::Deflated, data),
            None => (Method::Stored, self.input.clone()),
        };
        let mut crc = Hasher::new();
        crc.update(&self.input);
        Ok(Piece { method, data, crc, bytes })
    }

    fn remembered(&mut self, cache: &Cache, file: &SourceFile, making: Making) -> Result<Compressed, Failure> {
        let key = Key::of(&self.input, making as u8);
        if let Some(mut found) = cache.get(&key)
            && self.is_made_of_input(&mut found, making)
        {
            return Ok(found);
        }
        let compressed = self.compressed(file, making)?;
        cache.put(key, &compressed);
        Ok(compressed)
    }

    /// Inflates what was remembered: the cache lies where others may write.
    fn is_made_of_input(&mut self, found: &mut Compressed, making: Making) -> bool {
        let Some(data) = found else { return making == Making::Whole };
        let bytes = data.len();
        if making == Making::Open {
            data.extend(END_OF_STREAM);
        }
        self.inflated.resize(self.input.len(), 0);
        let inflated = self.decompressor.deflate_decompress(data, &mut self.inflated);
        data.truncate(bytes);
        inflated == Ok(self.input.len()) && self.inflated == self.input
    }

    fn compressed(&mut self, file: &SourceFile, making: Making) -> Result<Compressed, Failure> {
        let deflated = self.compressor.deflate_compress(&self.input, &mut self.output);
        let deflated = deflated.map_err(|error| not_compressed(file, &error.to_string()))?;
        let is_smaller = deflated < self.input.len();
        let mut data = (is_smaller || making != Making::Whole).then(|| self.output[..deflated].to_vec());
        if let (Some(data), Making::Open) = (&mut data, making) {
            open_end(data, self.input.len() as u64).map_err(|malformed| not_compressed(file, malformed.0))?;
        }
        Ok(data)
    }
}

fn not_compressed(file: &SourceFile, why: &str) -> Failure {
    Problem::new(format!("failed to compress `{}`", file.path.display())).why(why).into_failure(Kind::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(sizes: &[usize]) -> (tempfile::TempDir, Vec<SourceFile>) {
        let folder = tempfile::tempdir().unwrap();
        let make = |(place, &size): (usize, &usize)| {
            let path = folder.path().join(place.to_string());
            std::fs::write(&path, vec![b'a'; size]).unwrap();
            let metadata = path.metadata().unwrap();
            SourceFile::new(place.to_string(), path, &metadata)
        };
        let files = sizes.iter().enumerate().map(make).collect();
        (folder, files)
    }

    #[test]
    fn a_file_is_cut_only_above_one_chunk() {
        let (_folder, files) = files(&[5, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 0]);
        let chunk = |file, offset, bytes, is_last| Job::Chunk { file, offset, bytes, is_last };
        let one = CHUNK_BYTES as u64;
        assert_eq!(
            jobs(&files),
            [
                Job::Small(0..2),
                chunk(2, 0, CHUNK_BYTES, false),
                chunk(2, one, 1, true),
                chunk(3, 0, CHUNK_BYTES, false),
                chunk(3, one, CHUNK_BYTES, true),
                Job::Small(4..5),
            ]
        );
    }

    #[test]
    fn small_files_come_in_batches() {
        let (_folder, files) = files(&[1; 150]);
        assert_eq!(jobs(&files), [Job::Small(0..64), Job::Small(64..128), Job::Small(128..150)]);
    }
}
