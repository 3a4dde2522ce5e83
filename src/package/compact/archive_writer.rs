//! Writes the zip archive: entries and, after them, the central directory.
//! <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use crate::model::Entry;
use crate::package::zip_records::{
    Bytes, CENTRAL_HEADER, DEFLATED, END, LINK, LOCAL_HEADER, REGULAR_FILE, UNIX, UTF8, VERSION, VERSION_ZIP64,
};

/// 1980-01-01, the earliest date of the format, at 00:00.
const DATE: u16 = 1 << 5 | 1;
const TIME: u16 = 0;
/// The method of an entry that is not compressed.
const STORED: u16 = 0;

/// Writes a zip archive.
pub(super) struct ArchiveWriter<'a> {
    out: BufWriter<&'a File>,
    position: u64,
    records: Vec<Record>,
}

/// The fields of an entry's headers.
struct Record {
    entry: Entry,
    /// Where its local header begins.
    offset: u64,
}

impl<'a> ArchiveWriter<'a> {
    /// Writes into the empty `file`.
    pub(super) fn new(file: &'a File) -> Self {
        Self { out: BufWriter::with_capacity(256 * 1024, file), position: 0, records: Vec::new() }
    }

    /// Writes an entry whose data is complete.
    pub(super) fn add(&mut self, entry: Entry, data: &[u8]) -> io::Result<()> {
        self.begin(entry)?;
        self.append(data)
    }

    /// Writes the local header. [`ArchiveWriter::end_entry`] corrects the fields that are not known yet.
    ///
    /// Offsets beyond 32 bits are refused: Lambda takes far less.
    pub(super) fn begin(&mut self, entry: Entry) -> io::Result<()> {
        if self.position >= u64::from(u32::MAX) {
            let why = "the archive grows beyond 4 GiB, but Lambda allows at most 250 MiB unzipped";
            return Err(io::Error::other(why));
        }
        let record = Record { entry, offset: self.position };
        self.append(&record.local_header())?;
        self.records.push(record);
        Ok(())
    }

    /// Writes more of the entry's data.
    pub(super) fn append(&mut self, data: &[u8]) -> io::Result<()> {
        self.out.write_all(data)?;
        self.position += data.len() as u64;
        Ok(())
    }

    /// Removes the entry's data from the archive.
    pub(super) fn discard_data(&mut self) -> io::Result<()> {
        let Some(record) = self.records.last() else { return Ok(()) };
        let data = record.offset + record.local_header().len() as u64;
        self.out.flush()?;
        self.out.get_ref().set_len(data)?;
        self.out.seek(SeekFrom::Start(data))?;
        self.position = data;
        Ok(())
    }

    /// Completes the local header when sizes and CRC are known.
    pub(super) fn end_entry(&mut self, entry: Entry) -> io::Result<()> {
        let Some(record) = self.records.last_mut() else { return Ok(()) };
        record.entry = entry;
        self.out.seek(SeekFrom::Start(record.offset))?;
        self.out.write_all(&record.local_header())?;
        self.out.seek(SeekFrom::Start(self.position))?;
        Ok(())
    }

    /// Writes the central directory and returns its entries.
    pub(super) fn finish(mut self) -> io::Result<Vec<Entry>> {
        let directory = self.position;
        let records = std::mem::take(&mut self.records);
        for record in &records {
            self.append(&record.central_header())?;
        }
        let end = end(records.len() as u64, directory, self.position - directory);
        self.append(&end)?;
        self.out.flush()?;
        Ok(records.into_iter().map(|record| record.entry).collect())
    }
}

impl Record {
    /// Returns the header before the entry's data, including its name.
    fn local_header(&self) -> Vec<u8> {
        let mut bytes = Bytes::default();
        bytes.u32(LOCAL_HEADER);
        self.shared(&mut bytes);
        bytes.0.extend(self.entry.name.as_bytes());
        bytes.0
    }

    /// Returns the entry's header in the central directory.
    fn central_header(&self) -> Vec<u8> {
        let mut bytes = Bytes::default();
        bytes.u32(CENTRAL_HEADER).u16(UNIX | VERSION);
        self.shared(&mut bytes);
        // No comment, first disk, no internal attributes.
        bytes.u16(0).u16(0).u16(0);
        let file_type = if self.entry.is_link { LINK } else { REGULAR_FILE };
        bytes.u32((file_type | self.entry.mode) << 16).small(self.offset);
        bytes.0.extend(self.entry.name.as_bytes());
        bytes.0
    }

    fn shared(&self, bytes: &mut Bytes) {
        let entry = &self.entry;
        let flags = if entry.name.is_ascii() { 0 } else { UTF8 };
        // Data is compressed only if that makes it smaller.
        let method = if entry.compressed_bytes < entry.bytes { DEFLATED } else { STORED };
        bytes.u16(VERSION).u16(flags).u16(method).u16(TIME).u16(DATE);
        // Larger files and longer names were refused at selection. There are no extra fields.
        bytes.u32(entry.crc32).small(entry.compressed_bytes).small(entry.bytes);
        bytes.u16(u16::try_from(entry.name.len()).unwrap_or(u16::MAX)).u16(0);
    }
}

/// Returns the end of an archive. The zip64 records are included only if a field of the old record is too small.
fn end(entries: u64, directory_offset: u64, directory_bytes: u64) -> Vec<u8> {
    let mut bytes = Bytes::default();
    let count = u16::try_from(entries).unwrap_or(u16::MAX);
    if count == u16::MAX || directory_offset.max(directory_bytes) >= u64::from(u32::MAX) {
        bytes.end_zip64(UNIX | VERSION_ZIP64, entries, directory_offset, directory_bytes);
    }
    bytes.u32(END).u16(0).u16(0).u16(count).u16(count).small(directory_bytes).small(directory_offset).u16(0);
    bytes.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::read_back;

    fn empty(name: &str) -> Entry {
        Entry { name: name.to_owned(), bytes: 0, compressed_bytes: 0, mode: 0o644, is_link: false, crc32: 0 }
    }

    #[test]
    fn the_zip_crate_reads_more_entries_than_the_old_record_can_count() {
        for count in [65_534, 65_535, 65_536] {
            let file = tempfile::tempfile().unwrap();
            let mut writer = ArchiveWriter::new(&file);
            (0..count).for_each(|place| writer.add(empty(&format!("{place:05}")), b"").unwrap());
            assert_eq!(writer.finish().unwrap().len(), count);
            let read = read_back::entries(&read_back::open(&file).unwrap()).unwrap();
            assert_eq!(read.len(), count);
            assert_eq!(read[count - 1].name, format!("{:05}", count - 1));
        }
    }

    #[test]
    fn data_is_discarded_and_its_header_corrected() {
        let file = tempfile::tempfile().unwrap();
        let mut writer = ArchiveWriter::new(&file);
        writer.add(empty("a"), b"").unwrap();
        writer.begin(empty("b")).unwrap();
        writer.append(&vec![7; 400_000]).unwrap();
        writer.discard_data().unwrap();
        writer.append(b"hello").unwrap();
        writer
            .end_entry(Entry { bytes: 5, compressed_bytes: 5, crc32: crc32fast::hash(b"hello"), ..empty("b") })
            .unwrap();
        writer.add(empty("c"), b"").unwrap();
        assert_eq!(writer.records.iter().map(|record| record.offset).collect::<Vec<_>>(), [0, 31, 67]);
        writer.finish().unwrap();
        assert_eq!(file.metadata().unwrap().len(), 3 * 31 + 5 + 3 * 47 + 22);
        let mut archive = read_back::open(&file).unwrap();
        archive.validate_header_consistency().unwrap();
        assert_eq!(read_back::entries(&archive).unwrap()[1].bytes, 5);
    }

    fn record(name: &str) -> Record {
        let entry = Entry { bytes: 9, compressed_bytes: 7, mode: 0o755, crc32: 0x0102_0304, ..empty(name) };
        Record { entry, offset: 77 }
    }

    #[test]
    fn headers_follow_the_specification() {
        let local = record("a.js").local_header();
        let expected = b"PK\x03\x04\x14\0\0\0\x08\0\0\0\x21\0\x04\x03\x02\x01\x07\0\0\0\x09\0\0\0\x04\0\0\0a.js";
        assert_eq!(local, expected);
        let central = record("a.js").central_header();
        assert_eq!(central[..6], *b"PK\x01\x02\x14\x03");
        assert_eq!(central[6..32], local[4..30]);
        assert_eq!(central[32..], *b"\0\0\0\0\0\0\0\0\xed\x81\x4d\0\0\0a.js");
    }

    #[test]
    fn a_link_has_its_own_file_type() {
        let mut link = record("a.js");
        link.entry = Entry { mode: 0o777, is_link: true, ..link.entry };
        assert_eq!(link.central_header()[38..42], (0o120_777_u32 << 16).to_le_bytes());
    }

    #[test]
    fn only_names_beyond_ascii_are_flagged() {
        let flags = |name| record(name).local_header()[6..8].to_vec();
        assert_eq!(flags("a.js"), [0, 0]);
        assert_eq!(flags("ä.js"), [0, 8]);
    }

    #[test]
    fn zip64_records_are_written_only_if_needed() {
        assert_eq!(end(65_534, 10, 20).len(), 22);
        assert_eq!(end(65_535, 10, 20).len(), 56 + 20 + 22);
        assert_eq!(end(1, u64::from(u32::MAX), 20).len(), 56 + 20 + 22);
        let ends = end(70_000, 10, 20);
        assert_eq!(ends[24..32], 70_000_u64.to_le_bytes());
        assert_eq!(ends[64..72], 30_u64.to_le_bytes());
        assert_eq!(ends[84..96], [255, 255, 255, 255, 20, 0, 0, 0, 10, 0, 0, 0]);
    }
}
