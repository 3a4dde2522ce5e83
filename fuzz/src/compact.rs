//! `src/package/compact`, as far as it joins streams.

#[path = "../../src/package/compact/bits.rs"]
mod bits;
#[path = "../../src/package/compact/deflate_blocks.rs"]
mod deflate_blocks;
#[path = "../../src/package/compact/huffman.rs"]
mod huffman;

/// Lets another stream follow `stream`, which inflates to `bytes` bytes; the reason where it cannot.
pub fn open_end(stream: &mut Vec<u8>, bytes: u64) -> Result<(), &'static str> {
    deflate_blocks::open_end(stream, bytes).map_err(|malformed| malformed.0)
}
