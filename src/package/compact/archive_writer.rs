//! Writes entries one behind the other, and the directory behind them.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use super::zip_format::{Method, Record, end};

/// A zip archive in the making.
pub(super) struct ArchiveWriter<'a> {
    out: BufWriter<&'a File>,
    position: u64,
    records: Vec<Record>,
}

impl<'a> ArchiveWriter<'a> {
    /// Writes into the empty `file`.
    pub(super) fn new(file: &'a File) -> Self {
        Self { out: BufWriter::with_capacity(256 * 1024, file), position: 0, records: Vec::new() }
    }

    /// Writes an entry whose data is complete. Its offset is filled in here.
    pub(super) fn add(&mut self, record: Record, data: &[u8]) -> io::Result<()> {
        self.begin(record)?;
        self.append(data)
    }

    /// Writes the local header; [`ArchiveWriter::end_entry`] corrects it where it is not known yet.
    pub(super) fn begin(&mut self, mut record: Record) -> io::Result<()> {
        record.offset = self.offset()?;
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

    /// Takes the entry's data back.
    pub(super) fn discard_data(&mut self) -> io::Result<()> {
        let Some(record) = self.records.last() else { return Ok(()) };
        let data = u64::from(record.offset) + record.local_header().len() as u64;
        self.out.flush()?;
        self.out.get_ref().set_len(data)?;
        self.out.seek(SeekFrom::Start(data))?;
        self.position = data;
        Ok(())
    }

    /// Says what the entry's data is, once it is known.
    pub(super) fn end_entry(&mut self, method: Method, crc32: u32, compressed: u32, bytes: u32) -> io::Result<()> {
        let Some(record) = self.records.last_mut() else { return Ok(()) };
        record.method = method;
        record.crc32 = crc32;
        record.compressed_bytes = compressed;
        record.bytes = bytes;
        self.out.seek(SeekFrom::Start(u64::from(record.offset)))?;
        self.out.write_all(&record.local_header())?;
        self.out.seek(SeekFrom::Start(self.position))?;
        Ok(())
    }

    /// Writes the directory; what the archive holds.
    pub(super) fn finish(mut self) -> io::Result<Vec<Record>> {
        let directory = self.position;
        let records = std::mem::take(&mut self.records);
        for record in &records {
            self.append(&record.central_header())?;
        }
        let end = end(records.len() as u64, directory, self.position - directory);
        self.append(&end)?;
        self.out.flush()?;
        Ok(records)
    }

    /// Offsets of entries beyond 32 bits would need extra fields; Lambda takes far less.
    fn offset(&self) -> io::Result<u32> {
        u32::try_from(self.position).ok().filter(|&offset| offset < u32::MAX).ok_or_else(|| {
            io::Error::other("the archive grows beyond 4 GiB, and Lambda takes 250 MiB of unzipped files")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::read_back::ReadBack;

    fn record(name: String) -> Record {
        Record { name, method: Method::Stored, crc32: 0, compressed_bytes: 0, bytes: 0, mode: 0o644, offset: 0 }
    }

    #[test]
    fn another_implementation_reads_more_entries_than_the_old_record_can_count() {
        for count in [65_534, 65_535, 65_536] {
            let file = tempfile::tempfile().unwrap();
            let mut writer = ArchiveWriter::new(&file);
            (0..count).for_each(|place| writer.add(record(format!("{place:05}")), b"").unwrap());
            assert_eq!(writer.finish().unwrap().len(), count);
            let read = ReadBack::open(&file).unwrap().entries().unwrap();
            assert_eq!(read.len(), count);
            assert_eq!(read[count - 1].name, format!("{:05}", count - 1));
        }
    }

    #[test]
    fn data_is_taken_back_and_its_header_corrected() {
        let file = tempfile::tempfile().unwrap();
        let mut writer = ArchiveWriter::new(&file);
        writer.add(record("a".to_owned()), b"").unwrap();
        writer.begin(record("b".to_owned())).unwrap();
        writer.append(&vec![7; 400_000]).unwrap();
        writer.discard_data().unwrap();
        writer.append(b"hello").unwrap();
        writer.end_entry(Method::Stored, crc32fast::hash(b"hello"), 5, 5).unwrap();
        writer.add(record("c".to_owned()), b"").unwrap();
        let records = writer.finish().unwrap();
        assert_eq!(records.iter().map(|record| record.offset).collect::<Vec<_>>(), [0, 31, 67]);
        assert_eq!(file.metadata().unwrap().len(), 3 * 31 + 5 + 3 * 47 + 22);
        let mut archive = ReadBack::open(&file).unwrap();
        archive.headers_agree().unwrap();
        assert_eq!(archive.entries().unwrap()[1].bytes, 5);
    }
}
