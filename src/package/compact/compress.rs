//! Splits the selected files into parts and compresses them: what a thread of the pipeline does.

use crc32fast::Hasher;
use libdeflater::{CompressionLvl, Compressor, Decompressor};

use super::deflate_blocks::open_end;
use crate::error::{Failure, Kind, Problem};
use crate::package::cache::{self, Cache, Compressed, Key};
use crate::package::source_file::SourceFile;

/// Larger files are split into chunks of this size. Part of the revision `compact-1`.
pub(super) const CHUNK_BYTES: usize = 1024 * 1024;
/// libdeflate's level. Part of the revision `compact-1`.
const LEVEL: i32 = 6;
/// An empty stored block that is the last one: it ends an open stream.
const END_OF_STREAM: [u8; 5] = [1, 0, 0, 0xFF, 0xFF];
/// The cache's folder for data that is compressed this way.
pub(in crate::package) const REVISION: &str = "compact-1-level-6";
/// A job is closed at this size or count. Neither limit changes the archive's bytes.
const JOB_BYTES: usize = 256 * 1024;
const JOB_PARTS: usize = 64;

/// A file of one chunk or less, or a chunk of a larger file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The index of the file.
    pub(super) file: usize,
    offset: u64,
    bytes: usize,
    pub(super) form: Form,
}

/// How a part is compressed; its number is in the part's key in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A file of one chunk or less: a complete stream, or the data itself if the stream is not smaller.
    File = 0,
    /// A chunk that another one follows: a stream that the next one continues.
    Open = 1,
    /// The last chunk: a complete stream, even if it is larger than the data.
    Last = 2,
}

/// A compressed part.
pub(super) struct Piece {
    pub(super) data: Vec<u8>,
    /// The CRC-32 of the data before compression.
    pub(super) crc: Hasher,
    /// The size before compression.
    pub(super) bytes: u64,
}

/// Returns all parts in the order of the archive, grouped into jobs for the threads.
pub(super) fn jobs(files: &[SourceFile]) -> Vec<Vec<Part>> {
    let (mut jobs, mut job, mut job_bytes) = (Vec::new(), Vec::new(), 0);
    for part in files.iter().enumerate().flat_map(|(place, file)| parts(place, file)) {
        job_bytes += part.bytes;
        job.push(part);
        if job_bytes >= JOB_BYTES || job.len() >= JOB_PARTS {
            jobs.push(std::mem::take(&mut job));
            job_bytes = 0;
        }
    }
    jobs.push(job);
    jobs
}

fn parts(place: usize, file: &SourceFile) -> impl Iterator<Item = Part> {
    let file_bytes = file.bytes();
    let part = move |(offset, bytes)| {
        let form = match offset + bytes as u64 == file_bytes {
            true if offset == 0 => Form::File,
            true => Form::Last,
            false => Form::Open,
        };
        Part { file: place, offset, bytes, form }
    };
    // An empty file is a part too.
    let empty = (file_bytes == 0).then_some((0, 0));
    file.pieces(CHUNK_BYTES).chain(empty).map(part)
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

    /// Compresses a part of `file`, or takes it from the cache.
    pub(super) fn piece(&mut self, file: &SourceFile, part: Part) -> Result<Piece, Failure> {
        if let Some(text) = file.link_text().map_err(|problem| problem.into_failure(Kind::Usage))? {
            return Ok(stored(text.as_bytes()));
        }
        self.input.resize(part.bytes, 0);
        file.read_at(part.offset, &mut self.input).map_err(|problem| problem.into_failure(Kind::Usage))?;
        let data = match self.cache.filter(|_| cache::is_worthwhile(&self.input)) {
            Some(cache) => self.cached(cache, file, part.form)?,
            None => self.compressed(file, part.form)?,
        };
        let mut crc = Hasher::new();
        crc.update(&self.input);
        Ok(Piece { data: data.unwrap_or_else(|| self.input.clone()), crc, bytes: self.input.len() as u64 })
    }

    fn cached(&mut self, cache: &Cache, file: &SourceFile, form: Form) -> Result<Compressed, Failure> {
        let key = Key::of(&self.input, form as u8);
        if let Some(mut found) = cache.get(&key)
            && self.inflates_to_input(&mut found, form)
        {
            return Ok(found);
        }
        let compressed = self.compressed(file, form)?;
        cache.put(key, &compressed);
        Ok(compressed)
    }

    /// Returns whether cached data inflates to the input. Others may be able to write to the cache's folder.
    fn inflates_to_input(&mut self, found: &mut Compressed, form: Form) -> bool {
        let Some(data) = found else { return form == Form::File };
        let bytes = data.len();
        if form == Form::Open {
            data.extend(END_OF_STREAM);
        }
        self.inflated.resize(self.input.len(), 0);
        let inflated = self.decompressor.deflate_decompress(data, &mut self.inflated);
        data.truncate(bytes);
        inflated == Ok(self.input.len()) && self.inflated == self.input
    }

    fn compressed(&mut self, file: &SourceFile, form: Form) -> Result<Compressed, Failure> {
        let deflated = self.compressor.deflate_compress(&self.input, &mut self.output);
        let deflated = deflated.map_err(|error| not_compressed(file, &error.to_string()))?;
        let is_smaller = deflated < self.input.len();
        let mut data = (is_smaller || form != Form::File).then(|| self.output[..deflated].to_vec());
        if let (Some(data), Form::Open) = (&mut data, form) {
            open_end(data, self.input.len() as u64).map_err(|malformed| not_compressed(file, malformed.0))?;
        }
        Ok(data)
    }
}

/// Returns the piece of a link's text, which is not compressed.
fn stored(text: &[u8]) -> Piece {
    let mut crc = Hasher::new();
    crc.update(text);
    Piece { data: text.to_vec(), crc, bytes: text.len() as u64 }
}

fn not_compressed(file: &SourceFile, why: &str) -> Failure {
    Problem::defect(format!("failed to compress `{}`", file.path.display())).why(why).into_failure(Kind::Internal)
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
    fn only_files_above_one_chunk_are_split() {
        let (_folder, files) = files(&[5, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 0]);
        let part = |file, offset, bytes, form| Part { file, offset, bytes, form };
        let one = CHUNK_BYTES as u64;
        assert_eq!(
            jobs(&files).concat(),
            [
                part(0, 0, 5, Form::File),
                part(1, 0, CHUNK_BYTES, Form::File),
                part(2, 0, CHUNK_BYTES, Form::Open),
                part(2, one, 1, Form::Last),
                part(3, 0, CHUNK_BYTES, Form::Open),
                part(3, one, CHUNK_BYTES, Form::Last),
                part(4, 0, 0, Form::File),
            ]
        );
    }

    #[test]
    fn jobs_are_closed_by_count_and_by_size() {
        let lengths = |sizes: &[usize]| jobs(&files(sizes).1).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(lengths(&[1; 150]), [64, 64, 22]);
        assert_eq!(lengths(&[5, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 0]), [2, 1, 2, 1, 1]);
    }
}
