//! What this binary does where it is a peer itself.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use sls_release::model::Sha256;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::corpora::files;

const THREADS: usize = 2;

/// Reads each file and computes its SHA-256, which no packing that notices changes can do without.
pub(crate) fn hash(folder: &Path) {
    let (files, next) = (files(folder), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    std::hint::black_box(Sha256::of(&fs::read(path).unwrap()));
                }
            });
        }
    });
}

/// Packs by crate `zip` with zlib-rs at its level 6.
pub(crate) fn zip(folder: &Path, archive: &Path) {
    let mut writer = ZipWriter::new(BufWriter::new(File::create(archive).unwrap()));
    let options = SimpleFileOptions::default().compression_level(Some(6));
    for path in files(folder) {
        let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
        writer.start_file(name, options).unwrap();
        io::copy(&mut File::open(&path).unwrap(), &mut writer).unwrap();
    }
    writer.finish().unwrap();
}
