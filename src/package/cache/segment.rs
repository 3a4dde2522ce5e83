//! A segment of the cache: pieces of compressed data, then an index, then the offset of the index.
//!
//! All numbers are little-endian.
//!
//! | index, for each piece | bytes |
//! |---|---|
//! | XXH3 of the data before it was compressed | 16 |
//! | length of that data | 8 |
//! | XXH3 of the piece | 16 |
//! | offset of the piece | 8 |
//! | length of the piece; all ones if the data is not compressed | 8 |
//! | kind | 1 |
//!
//! | end | bytes |
//! |---|---|
//! | offset of the index | 8 |
//! | XXH3 of the index | 16 |
//! | `sls-seg3` | 8 |

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use bytes::{Buf, BufMut};
use xxhash_rust::xxh3::xxh3_128;

const MAGIC: &[u8; 8] = b"sls-seg3";
const END_BYTES: usize = 8 + 16 + 8;
const RECORD_BYTES: usize = 16 + 8 + 16 + 8 + 8 + 1;
/// The length that marks data that is not compressed.
const NOT_COMPRESSED: u64 = u64::MAX;

/// Identifies data before compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::package) struct Key {
    /// XXH3 of the data, 128 bits.
    pub(super) hash: u128,
    /// How many bytes the data has.
    pub(super) bytes: u64,
    /// How it was compressed, for a format that compresses the same data in several ways.
    pub(super) kind: u8,
}

impl Key {
    pub(in crate::package) fn of(data: &[u8], kind: u8) -> Self {
        Self { hash: xxh3_128(data), bytes: data.len() as u64, kind }
    }
}

/// Compressed data, or `None` if compressing does not make it smaller.
pub(in crate::package) type Compressed = Option<Vec<u8>>;

/// An entry of a segment's index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) key: Key,
    hash: u128,
    offset: u64,
    length: u64,
}

/// A segment that is open for reading.
#[derive(Debug)]
pub(super) struct Segment {
    file: File,
    pub(super) records: Vec<Record>,
    used: AtomicBool,
}

impl Segment {
    /// Reads the index.
    pub(super) fn open(file: File) -> io::Result<Self> {
        let bytes = file.metadata()?.len();
        let end_at = bytes.checked_sub(END_BYTES as u64).ok_or_else(damaged)?;
        let mut end = [0; END_BYTES];
        read_at(&file, end_at, &mut end)?;
        let mut end = &end[..];
        let (index_at, hash) = (end.get_u64_le(), end.get_u128_le());
        let index_bytes = end_at.checked_sub(index_at).ok_or_else(damaged)?;
        if end != MAGIC || index_bytes % RECORD_BYTES as u64 != 0 {
            return Err(damaged());
        }
        let mut index = vec![0; usize::try_from(index_bytes).map_err(|_| damaged())?];
        read_at(&file, index_at, &mut index)?;
        let records: Vec<Record> = index.chunks_exact(RECORD_BYTES).map(Record::from_bytes).collect();
        if xxh3_128(&index) != hash || !records.iter().all(|record| record.lies_before(index_at)) {
            return Err(damaged());
        }
        Ok(Self { file, records, used: AtomicBool::new(false) })
    }

    /// Reads a piece and compares its hash.
    pub(super) fn read(&self, place: usize) -> io::Result<Compressed> {
        let record = &self.records[place];
        let is_compressed = record.length != NOT_COMPRESSED;
        let length = if is_compressed { record.length } else { 0 };
        let mut data = vec![0; usize::try_from(length).map_err(|_| damaged())?];
        read_at(&self.file, record.offset, &mut data)?;
        if xxh3_128(&data) != record.hash {
            return Err(damaged());
        }
        self.used.store(true, Ordering::Relaxed);
        Ok(is_compressed.then_some(data))
    }

    /// Returns whether anything was read from this segment.
    pub(super) fn was_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    /// Marks the segment as just used.
    pub(super) fn touch(&self) -> io::Result<()> {
        self.file.set_modified(SystemTime::now())
    }
}

/// Writes a segment.
#[derive(Debug)]
pub(super) struct SegmentWriter<W: Write> {
    out: BufWriter<W>,
    offset: u64,
    index: Vec<u8>,
}

impl<W: Write> SegmentWriter<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out: BufWriter::with_capacity(256 * 1024, out), offset: 0, index: Vec::new() }
    }

    pub(super) fn add(&mut self, key: Key, compressed: &Compressed) -> io::Result<()> {
        let data = compressed.as_deref();
        let (written, length) = data.map_or((&[][..], NOT_COMPRESSED), |data| (data, data.len() as u64));
        self.out.write_all(written)?;
        Record { key, hash: xxh3_128(written), offset: self.offset, length }.append_to(&mut self.index);
        self.offset += written.len() as u64;
        Ok(())
    }

    /// Writes index and end, and returns the hash of the index and the file.
    pub(super) fn finish(mut self) -> io::Result<(u128, W)> {
        let hash = xxh3_128(&self.index);
        self.out.write_all(&self.index)?;
        self.out.write_all(&self.offset.to_le_bytes())?;
        self.out.write_all(&hash.to_le_bytes())?;
        self.out.write_all(MAGIC)?;
        Ok((hash, self.out.into_inner().map_err(io::IntoInnerError::into_error)?))
    }
}

impl Record {
    fn append_to(&self, index: &mut Vec<u8>) {
        index.put_u128_le(self.key.hash);
        index.put_u64_le(self.key.bytes);
        index.put_u128_le(self.hash);
        index.put_u64_le(self.offset);
        index.put_u64_le(self.length);
        index.put_u8(self.key.kind);
    }

    fn lies_before(&self, index_at: u64) -> bool {
        let end = self.offset.checked_add(self.length).is_some_and(|end| end <= index_at);
        end || self.length == NOT_COMPRESSED
    }

    /// Parses exactly [`RECORD_BYTES`] bytes.
    fn from_bytes(mut index: &[u8]) -> Self {
        let mut key = Key { hash: index.get_u128_le(), bytes: index.get_u64_le(), kind: 0 };
        let (hash, offset, length) = (index.get_u128_le(), index.get_u64_le(), index.get_u64_le());
        key.kind = index.get_u8();
        Self { key, hash, offset, length }
    }
}

/// Reads at an offset without moving the file's position, since several threads read at once.
#[cfg(unix)]
fn read_at(file: &File, offset: u64, data: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, data, offset)
}

#[cfg(windows)]
fn read_at(file: &File, mut offset: u64, mut data: &mut [u8]) -> io::Result<()> {
    while !data.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_read(file, data, offset)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        offset += count as u64;
        data = &mut data[count..];
    }
    Ok(())
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is damaged")
}
