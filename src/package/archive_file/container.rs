//! The zip archive around the streams. <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>
//!
//! Sizes and CRC follow the data of an entry; the header before it does not have them.

use std::io::{self, Read, Write};

use super::Attributes;

/// A field of 32 bits that has this value stands for one of 64 bits.
const LARGE: u64 = 0xffff_ffff;
/// The same for 16 bits.
const MANY: u64 = 0xffff;
/// Version 2.0 of the specification: DEFLATE.
const VERSION: u16 = 20;
/// Version 4.5: zip64.
const VERSION_ZIP64: u16 = 45;
/// Unix, which says how external attributes are meant.
const UNIX: u16 = 3 << 8;
const DEFLATED: u16 = 8;
/// Bit 3: sizes and CRC come behind the data.
const DESCRIPTOR_FOLLOWS: u16 = 1 << 3;
/// Bit 11: the name is UTF-8.
const UTF8: u16 = 1 << 11;
/// 2049-01-01, at 00:00.
const DATE: u16 = (2049 - 1980) << 9 | 1 << 5 | 1;
const TIME: u16 = 0;
/// `S_IFREG`, and the permission bits beside it.
const REGULAR_FILE: u32 = 0o100_000;
const MODE_BITS: u32 = 0o7777;
const OWNER_WRITES: u32 = 0o200;
/// The bit for a file that cannot be written, as MS-DOS has it.
const READ_ONLY: u32 = 1;

const LOCAL_HEADER: u32 = 0x0403_4b50;
const DATA_DESCRIPTOR: u32 = 0x0807_4b50;
const CENTRAL_HEADER: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_ZIP64: u32 = 0x0606_4b50;
const LOCATOR_ZIP64: u32 = 0x0706_4b50;
const EXTRA_ZIP64: u16 = 1;

/// What the headers say of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) attributes: Attributes,
    pub(super) crc32: u32,
    pub(super) compressed_bytes: u64,
    pub(super) bytes: u64,
    /// Where its local header begins.
    pub(super) offset: u64,
}

/// A zip archive in the making.
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

    /// Writes an entry. Its offset is filled in here.
    pub(super) fn add(&mut self, mut record: Record, data: &mut impl Read) -> io::Result<()> {
        record.offset = self.position;
        self.append(&record.local_header()?)?;
        self.position += io::copy(data, &mut self.out)?;
        self.append(&record.data_descriptor())?;
        self.records.push(record);
        Ok(())
    }

    /// Writes the directory; what the archive holds.
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

    /// What both headers have in common.
    fn shared(&self, bytes: &mut Bytes) {
        let (time, date) = match self.attributes {
            Attributes::Unix(_) => (TIME, DATE),
            Attributes::None => (0, 0),
        };
        bytes.u16(self.flags()).u16(DEFLATED).u16(time).u16(date);
    }

    /// Plain ASCII is the same in every encoding; a backslash and a tilde are not, in some old ones.
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

    /// What stands in the archive's directory.
    fn central_header(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Bytes::default();
        let needed = if self.is_large() { VERSION_ZIP64 } else { VERSION };
        bytes.u32(CENTRAL_HEADER).u16(self.made_by()).u16(needed);
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

    fn made_by(&self) -> u16 {
        match self.attributes {
            Attributes::Unix(_) => UNIX | VERSION,
            Attributes::None => VERSION,
        }
    }

    fn external_attributes(&self) -> u32 {
        match self.attributes {
            Attributes::Unix(mode) => {
                let read_only = if mode & OWNER_WRITES == 0 { READ_ONLY } else { 0 };
                (REGULAR_FILE | mode & MODE_BITS) << 16 | read_only
            }
            Attributes::None => 0,
        }
    }

    fn zip64_extra(&self) -> Vec<u8> {
        let mut bytes = Bytes::default();
        if self.is_large() || self.offset >= LARGE {
            bytes.u16(EXTRA_ZIP64).u16(24).u64(self.bytes).u64(self.compressed_bytes).u64(self.offset);
        }
        bytes.0
    }
}

/// What ends an archive: the zip64 records only where a field of the old one is too small.
fn end(entries: u64, directory_offset: u64, directory_bytes: u64) -> Vec<u8> {
    let mut bytes = Bytes::default();
    let (mut count, mut offset, mut size) = (entries, directory_offset, directory_bytes);
    if entries >= MANY || directory_offset >= LARGE || directory_bytes >= LARGE {
        end_zip64(&mut bytes, entries, directory_offset, directory_bytes);
        (count, offset, size) = (MANY, LARGE, LARGE);
    }
    let count = u16::try_from(count).unwrap_or(u16::MAX);
    bytes.u32(END).u16(0).u16(0).u16(count).u16(count).small(size).small(offset).u16(0);
    bytes.0
}

fn end_zip64(bytes: &mut Bytes, entries: u64, directory_offset: u64, directory_bytes: u64) {
    // The size of the record does not count its first 12 bytes.
    bytes.u32(END_ZIP64).u64(44).u16(VERSION_ZIP64).u16(VERSION_ZIP64).u32(0).u32(0);
    bytes.u64(entries).u64(entries).u64(directory_bytes).u64(directory_offset);
    bytes.u32(LOCATOR_ZIP64).u32(0).u64(directory_offset + directory_bytes).u32(1);
}

/// Bytes of a little-endian record.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn u16(&mut self, value: u16) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn u32(&mut self, value: u32) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn u64(&mut self, value: u64) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    /// A value in 32 bits, [`LARGE`] at most.
    fn small(&mut self, value: u64) -> &mut Self {
        self.u32(u32::try_from(value).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str) -> Record {
        let attributes = Attributes::Unix(0o100_644);
        Record { name: name.to_owned(), attributes, crc32: 0x0102_0304, compressed_bytes: 7, bytes: 9, offset: 77 }
    }

    fn number(bytes: &[u8]) -> u64 {
        bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
    }

    #[test]
    fn a_file_has_a_date_and_a_mode() {
        let local = record("a.js").local_header().unwrap();
        assert_eq!(local, b"PK\x03\x04\x14\0\x08\0\x08\0\0\0\x21\x8a\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0a.js");
        assert_eq!(record("a.js").data_descriptor(), b"PK\x07\x08\x04\x03\x02\x01\x07\0\0\0\x09\0\0\0");
        let central = record("a.js").central_header().unwrap();
        assert_eq!(central[..6], *b"PK\x01\x02\x14\x03");
        assert_eq!(central[6..16], local[4..14]);
        assert_eq!(central[16..28], *b"\x04\x03\x02\x01\x07\0\0\0\x09\0\0\0");
        assert_eq!(central[28..], *b"\x04\0\0\0\0\0\0\0\0\0\0\0\xa4\x81\x4d\0\0\0a.js");
    }

    #[test]
    fn content_has_neither() {
        let record = Record { attributes: Attributes::None, ..record("a.js") };
        assert_eq!(record.local_header().unwrap()[10..14], [0; 4]);
        let central = record.central_header().unwrap();
        assert_eq!(central[4..8], [20, 0, 20, 0]);
        assert_eq!(central[12..16], [0; 4]);
        assert_eq!(central[38..42], [0; 4]);
    }

    #[test]
    fn a_file_that_its_owner_may_not_write_is_read_only() {
        let attributes = |mode| Record { attributes: Attributes::Unix(mode), ..record("a") }.external_attributes();
        assert_eq!(attributes(0o100_644), 0o100_644 << 16);
        assert_eq!(attributes(0o755), 0o100_755 << 16);
        assert_eq!(attributes(0o100_577), 0o100_577 << 16 | 1);
        assert_eq!(attributes(0o104_755), 0o104_755 << 16);
    }

    #[test]
    fn names_that_are_not_the_same_in_every_encoding_are_flagged() {
        let flagged = |name: &str| record(name).flags() & UTF8 != 0;
        for name in ["a.js", "a b", "{}", "!\"#$%&'()*+,-./:;<=>?@[]^_`|"] {
            assert!(!flagged(name), "{name}");
        }
        for name in ["~", "a\\b", "ä", "日", "\u{1f}", "\u{7f}"] {
            assert!(flagged(name), "{name}");
        }
    }

    #[test]
    fn a_large_file_has_64_bits_behind_its_data_and_in_the_directory() {
        for (compressed_bytes, bytes) in [(7, LARGE), (1 << 39, 1 << 40), (LARGE, 9)] {
            let record = Record { compressed_bytes, bytes, ..record("a.js") };
            let descriptor = record.data_descriptor();
            assert_eq!(descriptor.len(), 24);
            assert_eq!((number(&descriptor[8..16]), number(&descriptor[16..])), (compressed_bytes, bytes));
            assert_eq!(number(&record.local_header().unwrap()[4..6]), 20);
            let central = record.central_header().unwrap();
            assert_eq!((number(&central[6..8]), number(&central[20..28])), (45, u64::MAX));
            assert_eq!((number(&central[30..32]), number(&central[42..46])), (28, 77));
            let extra = &central[50..];
            assert_eq!(extra[..4], [1, 0, 24, 0]);
            let fields: Vec<u64> = extra[4..].chunks(8).map(number).collect();
            assert_eq!(fields, [bytes, compressed_bytes, 77]);
        }
        assert_eq!(Record { bytes: LARGE - 1, ..record("a") }.central_header().unwrap().len(), 47);
    }

    #[test]
    fn a_large_offset_is_no_large_file() {
        let record = Record { offset: LARGE, ..record("a.js") };
        assert_eq!(record.data_descriptor().len(), 16);
        let central = record.central_header().unwrap();
        assert_eq!((number(&central[6..8]), number(&central[20..28])), (20, u64::MAX));
        assert_eq!((number(&central[42..46]), central.len()), (LARGE, 46 + 4 + 28));
        let fields: Vec<u64> = central[54..].chunks(8).map(number).collect();
        assert_eq!(fields, [9, 7, LARGE]);
    }

    #[test]
    fn an_archive_beyond_the_old_limits_has_two_ends() {
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
