//! `src/package/archive_file`: the encoder and the container.

#[path = "../../src/package/archive_file/container.rs"]
mod container;
#[path = "../../src/package/archive_file/deflate/mod.rs"]
mod deflate;

use std::io;

use self::container::{ArchiveWriter, Record};
use self::deflate::LazyEncoder;

/// Compresses `data`, which comes in pieces of this size.
pub fn deflate(data: &[u8], piece_bytes: usize) -> Vec<u8> {
    let (mut encoder, mut stream) = (LazyEncoder::new(), Vec::new());
    data.chunks(piece_bytes).for_each(|piece| encoder.write(piece, &mut stream));
    encoder.finish(&mut stream);
    stream
}

/// A file to pack.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name in the archive.
    pub name: String,
    /// Its mode, or none.
    pub mode: Option<u32>,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// The archive of `files`.
pub fn archive(files: &[File]) -> io::Result<Vec<u8>> {
    let mut archive = Vec::new();
    let mut writer = ArchiveWriter::new(&mut archive);
    for file in files {
        let stream = deflate(&file.data, file.data.len().max(1));
        let record = Record {
            name: file.name.clone(),
            mode: file.mode,
            crc32: crc32fast::hash(&file.data),
            compressed_bytes: stream.len() as u64,
            bytes: file.data.len() as u64,
            offset: 0,
        };
        writer.add(record, &mut stream.as_slice())?;
    }
    writer.finish()?;
    Ok(archive)
}
