//! Writes DEFLATE streams that equal those of a release of Go. <https://www.rfc-editor.org/rfc/rfc1951>
//!
//! A stream depends only on the file and the flavour of the encoder: not on the pieces in which the file is read, and
//! not on the files that the encoder compressed before.

mod bit_writer;
mod block;
mod code_lengths;
mod encoder;
mod huffman_code;
mod match_finder;
mod token;
mod window;

pub(super) use self::encoder::LazyEncoder;
