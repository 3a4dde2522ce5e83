//! The records of a zip archive as `compact-1` writes them.
//! <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>

/// How an entry's data is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// As it is.
    Stored,
    /// As a raw DEFLATE stream.
    Deflated,
}

/// What the headers say of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) method: Method,
    pub(super) crc32: u32,
    pub(super) compressed_bytes: u32,
    pub(super) bytes: u32,
    /// Permission bits.
    pub(super) mode: u32,
    /// Where its local header begins.
    pub(super) offset: u32,
}

/// Unix, and version 2.0 of the specification: folders and DEFLATE.
const MADE_BY: u16 = 3 << 8 | NEEDED;
const NEEDED: u16 = 20;
/// The version that brought the zip64 records.
const NEEDED_ZIP64: u16 = 45;
/// Bit 11: the name is UTF-8.
const UTF8: u16 = 1 << 11;
/// 1980-01-01, the first day there is; at 00:00.
const DATE: u16 = 1 << 5 | 1;
const TIME: u16 = 0;
/// `S_IFREG` in the mode that Unix keeps in the upper half of the external attributes.
const REGULAR_FILE: u32 = 0o100_000;

const LOCAL_HEADER: u32 = 0x0403_4b50;
const CENTRAL_HEADER: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_ZIP64: u32 = 0x0606_4b50;
const LOCATOR_ZIP64: u32 = 0x0706_4b50;

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
}

impl Record {
    /// What stands before the entry's data, its name included.
    pub(super) fn local_header(&self) -> Vec<u8> {
        let mut bytes = Bytes::default();
        bytes.u32(LOCAL_HEADER);
        self.shared(&mut bytes);
        bytes.0.extend(self.name.as_bytes());
        bytes.0
    }

    /// What stands in the archive's directory.
    pub(super) fn central_header(&self) -> Vec<u8> {
        let mut bytes = Bytes::default();
        bytes.u32(CENTRAL_HEADER).u16(MADE_BY);
        self.shared(&mut bytes);
        // No comment, first disk, no internal attributes.
        bytes.u16(0).u16(0).u16(0);
        bytes.u32((REGULAR_FILE | self.mode) << 16).u32(self.offset);
        bytes.0.extend(self.name.as_bytes());
        bytes.0
    }

    fn shared(&self, bytes: &mut Bytes) {
        let flags = if self.name.is_ascii() { 0 } else { UTF8 };
        let method = match self.method {
            Method::Stored => 0,
            Method::Deflated => 8,
        };
        bytes.u16(NEEDED).u16(flags).u16(method).u16(TIME).u16(DATE);
        bytes.u32(self.crc32).u32(self.compressed_bytes).u32(self.bytes);
        // Longer names are refused before; no extra fields.
        bytes.u16(u16::try_from(self.name.len()).unwrap_or(u16::MAX)).u16(0);
    }
}

/// What ends an archive: the zip64 records only where a field of the old one is too small.
pub(super) fn end(entries: u64, directory_offset: u64, directory_bytes: u64) -> Vec<u8> {
    let mut bytes = Bytes::default();
    let count = u16::try_from(entries).unwrap_or(u16::MAX);
    let offset = u32::try_from(directory_offset).unwrap_or(u32::MAX);
    let size = u32::try_from(directory_bytes).unwrap_or(u32::MAX);
    if count == u16::MAX || offset == u32::MAX || size == u32::MAX {
        end_zip64(&mut bytes, entries, directory_offset, directory_bytes);
    }
    bytes.u32(END).u16(0).u16(0).u16(count).u16(count).u32(size).u32(offset).u16(0);
    bytes.0
}

fn end_zip64(bytes: &mut Bytes, entries: u64, directory_offset: u64, directory_bytes: u64) {
    // The size of the record does not count its first 12 bytes.
    bytes.u32(END_ZIP64).u64(44).u16(3 << 8 | NEEDED_ZIP64).u16(NEEDED_ZIP64).u32(0).u32(0);
    bytes.u64(entries).u64(entries).u64(directory_bytes).u64(directory_offset);
    bytes.u32(LOCATOR_ZIP64).u32(0).u64(directory_offset + directory_bytes).u32(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str) -> Record {
        Record {
            name: name.to_owned(),
            method: Method::Deflated,
            crc32: 0x0102_0304,
            compressed_bytes: 7,
            bytes: 9,
            mode: 0o755,
            offset: 77,
        }
    }

    #[test]
    fn headers_hold_what_the_specification_says() {
        let local = record("a.js").local_header();
        let expected = b"PK\x03\x04\x14\0\0\0\x08\0\0\0\x21\0\x04\x03\x02\x01\x07\0\0\0\x09\0\0\0\x04\0\0\0a.js";
        assert_eq!(local, expected);
        let central = record("a.js").central_header();
        assert_eq!(central[..6], *b"PK\x01\x02\x14\x03");
        assert_eq!(central[6..32], local[4..30]);
        assert_eq!(central[32..], *b"\0\0\0\0\0\0\0\0\xed\x81\x4d\0\0\0a.js");
    }

    #[test]
    fn only_names_beyond_ascii_are_flagged() {
        let flags = |name| record(name).local_header()[6..8].to_vec();
        assert_eq!(flags("a.js"), [0, 0]);
        assert_eq!(flags("ä.js"), [0, 8]);
    }

    #[test]
    fn zip64_records_come_only_where_they_are_needed() {
        assert_eq!(end(65_534, 10, 20).len(), 22);
        assert_eq!(end(65_535, 10, 20).len(), 56 + 20 + 22);
        assert_eq!(end(1, u64::from(u32::MAX), 20).len(), 56 + 20 + 22);
        let ends = end(70_000, 10, 20);
        assert_eq!(ends[24..32], 70_000_u64.to_le_bytes());
        assert_eq!(ends[64..72], 30_u64.to_le_bytes());
        assert_eq!(ends[84..96], [255, 255, 255, 255, 20, 0, 0, 0, 10, 0, 0, 0]);
    }
}
