//! The zip archive around the streams. <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>
//!
//! Sizes and CRC follow the data of an entry; the header before it does not have them.

use std::io::{self, Read, Write};

// By a path that the fuzzers have as well.
use super::super::zip_records::{
    Bytes, CENTRAL_HEADER, DATA_DESCRIPTOR, DEFLATED, END, LOCAL_HEADER, REGULAR_FILE, UNIX, UTF8, VERSION,
    VERSION_ZIP64,
};

/// A 32-bit field with this value refers to a 64-bit zip64 field.
const LARGE: u64 = 0xffff_ffff;
/// A 16-bit field with this value refers to a zip64 field.
const MANY: u64 = 0xffff;
/// Bit 3: sizes and CRC follow the data.
const DESCRIPTOR_FOLLOWS: u16 = 1 << 3;
/// 2049-01-01.
const DATE: u16 = (2049 - 1980) << 9 | 1 << 5 | 1;
/// The permission bits of a mode.
const MODE_BITS: u32 = 0o7777;
const OWNER_WRITES: u32 = 0o200;
/// The MS-DOS attribute of a file that cannot be written.
const READ_ONLY: u32 = 1;

const EXTRA_ZIP64: u16 = 1;

/// The fields of an entry's headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) name: String,
    /// The `st_mode` of a file, or the value of `output_file_mode`; `None` for a `source` block or `source_content`, which
    /// has neither a mode nor a date.
    pub(super) mode: Option<u32>,
    pub(super) crc32: u32,
    pub(super) compressed_bytes: u64,
    pub(super) bytes: u64,
    /// Where its local header begins.
    pub(super) offset: u64,
}

/// Writes a zip archive.
pub(super) struct ArchiveWriter<W> {
    out: W,
    position: u64,
    records: Vec<Record>,
}

impl<W: Write> ArchiveWriter<W> {
    /// Writes into `out`, which is empty.
    pub(super) fn new(out: W) -> Self {
        Self { out, position: 0, records: Vec::new() }
    }

    /// Writes an entry and fills in its offset.
    pub(super) fn add(&mut self, mut record: Record, data: &mut impl Read) -> io::Result<()> {
        record.offset = self.position;
        self.append(&record.local_header()?)?;
        self.position += io::copy(data, &mut self.out)?;
        self.append(&record.data_descriptor())?;
        self.records.push(record);
        Ok(())
    }

    /// Writes the central directory and returns its records.
    pub(super) fn finish(mut self) -> io::Result<Vec<Record>> {
        let (directory, records) = (self.position, std::mem::take(&mut self.records));
        for record in &records {
            self.append(&record.central_header()?)?;
        }
        self.append(&end(records.len() as u64, directory, self.position - directory))?;
        self.out.flush()?;
        Ok(records)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.position += bytes.len() as u64;
        Ok(())
    }
}

impl Record {
    fn local_header(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Bytes::default();
        bytes.u32(LOCAL_HEADER).u16(VERSION);
        self.shared(&mut bytes);
        bytes.u32(0).u32(0).u32(0).u16(self.name_bytes()?).u16(0);
        bytes.0.extend(self.name.as_bytes());
        Ok(bytes.0)
    }

    /// Appends the fields that both headers have in common.
    fn shared(&self, bytes: &mut Bytes) {
        let date = if self.mode.is_some() { DATE } else { 0 };
        // The time is 00:00.
        bytes.u16(self.flags()).u16(DEFLATED).u16(0).u16(date);
    }

    /// Marks names as UTF-8 unless every encoding agrees on them. Some old encodings change backslash and tilde.
    fn flags(&self) -> u16 {
        let plain = self.name.chars().all(|c| matches!(c, ' '..='}') && c != '\\');
        if plain { DESCRIPTOR_FOLLOWS } else { DESCRIPTOR_FOLLOWS | UTF8 }
    }

    fn name_bytes(&self) -> io::Result<u16> {
        let long = |_| io::Error::other(format!("the name `{}` is longer than 65,535 bytes", self.name));
        u16::try_from(self.name.len()).map_err(long)
    }

    fn data_descriptor(&self) -> Vec<u8> {
        let mut bytes = Bytes::default();
        bytes.u32(DATA_DESCRIPTOR).u32(self.crc32);
        if self.is_large() {
            bytes.u64(self.compressed_bytes).u64(self.bytes);
        } else {
            bytes.small(self.compressed_bytes).small(self.bytes);
        }
        bytes.0
    }

    fn is_large(&self) -> bool {
        self.compressed_bytes >= LARGE || self.bytes >= LARGE
    }

    /// Returns the entry's header in the central directory.
    fn central_header(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Bytes::default();
        let needed = if self.is_large() { VERSION_ZIP64 } else { VERSION };
        let host = if self.mode.is_some() { UNIX } else { 0 };
        bytes.u32(CENTRAL_HEADER).u16(host | VERSION).u16(needed);
        self.shared(&mut bytes);
        let extra = self.zip64_extra();
        // With the extra field, both sizes are there, even where only the offset is large.
        let size = |size| if extra.is_empty() { size } else { LARGE };
        bytes.u32(self.crc32).small(size(self.compressed_bytes)).small(size(self.bytes));
        bytes.u16(self.name_bytes()?).u16(if extra.is_empty() { 0 } else { 28 });
        // No comment, first disk, no internal attributes.
        bytes.u16(0).u16(0).u16(0);
        bytes.u32(self.external_attributes()).small(self.offset);
        bytes.0.extend(self.name.as_bytes());
        bytes.0.extend(extra);
        Ok(bytes.0)
    }

    fn external_attributes(&self) -> u32 {
        self.mode.map_or(0, |mode| {
            let read_only = if mode & OWNER_WRITES == 0 { READ_ONLY } else { 0 };
            (REGULAR_FILE | mode & MODE_BITS) << 16 | read_only
        })
    }

    fn zip64_extra(&self) -> Vec<u8> {
        let mut bytes = Bytes::default();
        if self.is_large() || self.offset >= LARGE {
            bytes.u16(EXTRA_ZIP64).u16(24).u64(self.bytes).u64(self.compressed_bytes).u64(self.offset);
        }
        bytes.0
    }
}

/// Returns the end of an archive. The zip64 records are included only if a field of the old record is too small.
fn end(entries: u64, directory_offset: u64, directory_bytes: u64) -> Vec<u8> {
    let mut bytes = Bytes::default();
    let (mut count, mut offset, mut size) = (entries, directory_offset, directory_bytes);
    if entries >= MANY || directory_offset >= LARGE || directory_bytes >= LARGE {
        bytes.end_zip64(VERSION_ZIP64, entries, directory_offset, directory_bytes);
        (count, offset, size) = (MANY, LARGE, LARGE);
    }
    let count = u16::try_from(count).unwrap_or(u16::MAX);
    bytes.u32(END).u16(0).u16(0).u16(count).u16(count).small(size).small(offset).u16(0);
    bytes.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str) -> Record {
        let (name, mode) = (name.to_owned(), Some(0o100_644));
        Record { name, mode, crc32: 0x0102_0304, compressed_bytes: 7, bytes: 9, offset: 77 }
    }

    fn number(bytes: &[u8]) -> u64 {
        bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
    }

    #[test]
    fn a_large_file_has_64_bit_sizes_after_its_data_and_in_the_directory_and_a_large_offset_only_there() {
        for (compressed_bytes, bytes, offset, size_bytes, needed) in
            [(7, LARGE, 77, 8, 45), (1 << 39, 1 << 40, 77, 8, 45), (LARGE, 9, 77, 8, 45), (7, 9, LARGE, 4, 20)]
        {
            let record = Record { compressed_bytes, bytes, offset, ..record("a.js") };
            let sizes: Vec<u64> = record.data_descriptor()[8..].chunks(size_bytes).map(number).collect();
            assert_eq!(sizes, [compressed_bytes, bytes]);
            assert_eq!(number(&record.local_header().unwrap()[4..6]), 20);
            let central = record.central_header().unwrap();
            assert_eq!((number(&central[6..8]), number(&central[20..28])), (needed, u64::MAX));
            assert_eq!((number(&central[30..32]), number(&central[42..46])), (28, offset));
            assert_eq!(central[50..54], [1, 0, 24, 0]);
            let fields: Vec<u64> = central[54..].chunks(8).map(number).collect();
            assert_eq!(fields, [bytes, compressed_bytes, offset]);
        }
        assert_eq!(Record { bytes: LARGE - 1, ..record("a") }.central_header().unwrap().len(), 47);
    }

    #[test]
    fn an_archive_beyond_the_old_limits_has_zip64_end_records() {
        assert_eq!(end(65_534, LARGE - 1, LARGE - 1).len(), 22);
        for (entries, offset, bytes) in [(65_535, 10, 20), (1, LARGE, 20), (1, 10, LARGE), (1 << 20, 1 << 33, 1 << 34)]
        {
            let ends = end(entries, offset, bytes);
            assert_eq!(ends.len(), 56 + 20 + 22);
            assert_eq!((number(&ends[4..12]), number(&ends[12..14]), number(&ends[14..16])), (44, 45, 45));
            let fields: Vec<u64> = ends[24..56].chunks(8).map(number).collect();
            assert_eq!(fields, [entries, entries, bytes, offset]);
            assert_eq!(number(&ends[64..72]), offset + bytes);
            assert_eq!(ends[76..], *b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0");
        }
    }

    #[test]
    fn a_name_that_no_header_can_hold_is_an_error() {
        let mut writer = ArchiveWriter::new(Vec::new());
        assert!(writer.add(record(&"a".repeat(65_536)), &mut io::empty()).is_err());
        assert!(writer.add(record(&"a".repeat(65_535)), &mut io::empty()).is_ok());
    }
}
