//! Crate `zip` reads an archive-file archive as what was packed.
//!
//! The input is cut into files at each `0xff`: one byte for the mode, the name up to the next zero, the data.

#![no_main]

use std::io::{Cursor, Read};

use libfuzzer_sys::fuzz_target;
use sls_release_fuzz::archive_file::{File, archive};
use zip::ZipArchive;

fuzz_target!(|input: &[u8]| {
    let files: Vec<File> = input.split(|&byte| byte == 0xff).zip(0..).filter_map(file).collect();
    let bytes = archive(&files).expect("the names are short, and writing to memory never fails");
    let mut read = ZipArchive::new(Cursor::new(bytes)).expect("the archive is readable");
    read.validate_header_consistency().expect("both headers say the same");
    assert_eq!(read.len(), files.len());
    for (place, file) in files.iter().enumerate() {
        reads_back(&mut read, place, file);
    }
});

/// The dash and the number at its end make each name another one, and none a folder's.
fn file((part, number): (&[u8], usize)) -> Option<File> {
    let (&mode, rest) = part.split_first()?;
    // All permission bits, twice; 0 is no mode.
    let mode = (mode > 0).then(|| 0o100_000 | u32::from(mode) << 1 | u32::from(mode & 1));
    let (name, data) = rest.split_at(rest.iter().position(|&byte| byte == 0).unwrap_or(rest.len()));
    let name = format!("{}-{number}", String::from_utf8_lossy(name));
    Some(File { name, mode, data: data.to_owned() })
}

fn reads_back(archive: &mut ZipArchive<Cursor<Vec<u8>>>, place: usize, file: &File) {
    let mut entry = archive.by_index(place).expect("the entry is there");
    let mut data = Vec::new();
    // Crate `zip` compares the CRC-32.
    entry.read_to_end(&mut data).expect("the entry inflates");
    assert!(data == file.data, "{} holds other bytes", file.name);
    assert_eq!(entry.name().expect("the name is text"), file.name);
    assert_eq!(entry.size(), file.data.len() as u64);
    assert_eq!(entry.unix_mode().map(|read| read & 0o777), file.mode.map(|mode| mode & 0o777));
}
