//! An inflater that shares no code with the sources under test: crate `miniz_oxide`.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// Inflates `stream`, all of it, to at most `limit` bytes; `None` where it is no DEFLATE stream, or bytes follow it.
pub fn inflate(stream: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut data = vec![0; limit];
    let mut inflater = DecompressorOxide::new();
    let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let (status, read, written) = decompress(&mut inflater, stream, &mut data, 0, flags);
    data.truncate(written);
    (status == TINFLStatus::Done && read == stream.len()).then_some(data)
}
