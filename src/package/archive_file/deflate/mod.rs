//! DEFLATE, to the bit as a release of Go writes it. <https://www.rfc-editor.org/rfc/rfc1951>
//!
//! A stream depends on nothing but the file and the encoder, each of which is a flavour: not on the pieces in which the file is read, and not on
//! what the encoder compressed before.

mod bit_writer;
mod block;
mod code_lengths;
mod encoder;
mod huffman_code;
mod match_finder;
mod token;
mod window;

pub(super) use self::encoder::LazyEncoder;

/// Makes one raw DEFLATE stream after another.
pub(super) trait Encoder {
    /// Compresses more of the file; what is ready is appended to `out`.
    fn write(&mut self, data: &[u8], out: &mut Vec<u8>);

    /// Ends the stream. What is written next begins another one.
    fn finish(&mut self, out: &mut Vec<u8>);
}

/// A table on the heap, which is too large to be moved there from the stack.
#[expect(clippy::unnecessary_box_returns, reason = "it is too large for the stack")]
fn zeros<T: Copy + Default, const N: usize>() -> Box<[T; N]> {
    match vec![T::default(); N].into_boxed_slice().try_into() {
        Ok(zeros) => zeros,
        Err(_) => unreachable!("it was made with {N} items"),
    }
}
