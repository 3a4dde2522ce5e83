//! A segment of the cache: compressed data, one piece behind the other, then an index, then where the index begins.
//!
//! All numbers are little-endian.
//!
//! | index, for each piece | bytes |
//! |---|---|
//! | XXH3 of the data before it was compressed | 16 |
//! | length of that data | 8 |
//! | XXH3 of the piece | 16 |
//! | where it begins | 8 |
//! | its length; all ones where the data is not compressed | 8 |
//! | kind | 1 |
//!
//! | end | bytes |
//! |---|---|
//! | where the index begins | 8 |
//! | XXH3 of the index | 16 |
//! | `sls-seg3` | 8 |

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use xxhash_rust::xxh3::xxh3_128;

use super::{Compressed, Key};

const MAGIC: &[u8; 8] = b"sls-seg3";
const END_BYTES: usize = 8 + 16 + 8;
const RECORD_BYTES: usize = 16 + 8 + 16 + 8 + 8 + 1;
/// The length of data that is not compressed.
const NOT_COMPRESSED: u64 = u64::MAX;

/// What a segment's index says of a piece.
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
        let (index_at, hash) = (u64::from_le_bytes(array(&end, 0)), u128::from_le_bytes(array(&end, 8)));
        let index_bytes = end_at.checked_sub(index_at).ok_or_else(damaged)?;
        if end[24..] != *MAGIC || index_bytes % RECORD_BYTES as u64 != 0 {
            return Err(damaged());
        }
        let mut index = vec![0; usize::try_from(index_bytes).map_err(|_| damaged())?];
        read_at(&file, index_at, &mut index)?;
        if xxh3_128(&index) != hash {
            return Err(damaged());
        }
        let records: Vec<Record> = index.chunks_exact(RECORD_BYTES).map(Record::from_bytes).collect();
        if !records.iter().all(|record| record.lies_before(index_at)) {
            return Err(damaged());
        }
        Ok(Self { file, records, used: AtomicBool::new(false) })
    }

    /// Reads a piece and compares its hash.
    pub(super) fn read(&self, place: usize) -> io::Result<Compressed> {
        let record = &self.records[place];
        if record.length == NOT_COMPRESSED {
            self.used.store(true, Ordering::Relaxed);
            return Ok(None);
        }
        let mut data = vec![0; usize::try_from(record.length).map_err(|_| damaged())?];
        read_at(&self.file, record.offset, &mut data)?;
        if xxh3_128(&data) != record.hash {
            return Err(damaged());
        }
        self.used.store(true, Ordering::Relaxed);
        Ok(Some(data))
    }

    /// Whether anything was read from it.
    pub(super) fn was_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    /// Marks it as used now.
    pub(super) fn touch(&self) -> io::Result<()> {
        self.file.set_modified(SystemTime::now())
    }
}

/// A segment in the making.
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
        let hash = xxh3_128(written);
        let record = Record { key, hash, offset: self.offset, length };
        self.index.extend(record.to_bytes());
        self.offset += written.len() as u64;
        Ok(())
    }

    /// Writes index and end; the hash of the index, and the file.
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
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(RECORD_BYTES);
        bytes.extend(self.key.hash.to_le_bytes());
        bytes.extend(self.key.bytes.to_le_bytes());
        bytes.extend(self.hash.to_le_bytes());
        bytes.extend(self.offset.to_le_bytes());
        bytes.extend(self.length.to_le_bytes());
        bytes.push(self.key.kind);
        bytes
    }

    fn lies_before(&self, index_at: u64) -> bool {
        let end = self.offset.checked_add(self.length).is_some_and(|end| end <= index_at);
        end || self.length == NOT_COMPRESSED
    }

    /// Of exactly as many bytes as a record has.
    fn from_bytes(bytes: &[u8]) -> Self {
        Self {
            key: Key {
                hash: u128::from_le_bytes(array(bytes, 0)),
                bytes: u64::from_le_bytes(array(bytes, 16)),
                kind: bytes[56],
            },
            hash: u128::from_le_bytes(array(bytes, 24)),
            offset: u64::from_le_bytes(array(bytes, 40)),
            length: u64::from_le_bytes(array(bytes, 48)),
        }
    }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    std::array::from_fn(|place| bytes[at + place])
}

/// Threads read at once, each at its own place.
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
