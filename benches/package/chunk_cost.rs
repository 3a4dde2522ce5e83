//! What it costs that large files are cut into chunks: bytes of the archive.

use std::fs::{self, File};
use std::path::Path;

use libdeflater::{CompressionLvl, Compressor};
use zip::ZipArchive;

/// As `compact-1` says: docs/decisions/0001-compact-1.md.
const CHUNK_BYTES: u64 = 1024 * 1024;
const LEVEL: i32 = 6;

/// By how much `archive`, which compact made of `source`, is larger than without chunks: 0.01 is one percent.
pub(crate) fn chunk_cost(source: &Path, archive: &Path) -> f64 {
    let mut zip = ZipArchive::new(File::open(archive).unwrap()).unwrap();
    let (mut cut, mut whole) = (0, 0);
    for place in 0..zip.len() {
        let entry = zip.by_index_raw(place).unwrap();
        if entry.size() > CHUNK_BYTES {
            cut += entry.compressed_size();
            whole += whole_bytes(&source.join(&*entry.name().unwrap()));
        }
    }
    let archive_bytes = archive.metadata().unwrap().len();
    #[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
    let cost = archive_bytes as f64 / (archive_bytes + whole - cut) as f64 - 1.0;
    cost
}

fn whole_bytes(path: &Path) -> u64 {
    let data = fs::read(path).unwrap();
    let mut compressor = Compressor::new(CompressionLvl::new(LEVEL).unwrap());
    let mut out = vec![0; compressor.deflate_compress_bound(data.len())];
    let bytes = compressor.deflate_compress(&data, &mut out).unwrap();
    bytes.min(data.len()) as u64
}
