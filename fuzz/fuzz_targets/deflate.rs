//! What archive-file's encoder makes inflates to the data, and the pieces in which the data comes do not matter.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sls_release_fuzz::archive_file::deflate;
use sls_release_fuzz::data::{MAX_BYTES, grown};
use sls_release_fuzz::inflate::inflate;

fuzz_target!(|input: &[u8]| {
    let Some((&piece, instructions)) = input.split_first() else { return };
    let data = grown(instructions);
    let stream = deflate(&data, MAX_BYTES + input.len());
    assert!(inflate(&stream, data.len()).as_ref() == Some(&data), "{} bytes inflate to others", data.len());
    let piece_bytes = 1 + 300 * usize::from(piece);
    assert!(deflate(&data, piece_bytes) == stream, "pieces of {piece_bytes} bytes change the stream");
});
