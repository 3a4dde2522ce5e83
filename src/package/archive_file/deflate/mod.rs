//! DEFLATE, to the bit as a release of Go writes it. <https://www.rfc-editor.org/rfc/rfc1951>
//!
//! A stream depends on nothing but the file and the [`Flavour`]: not on the pieces in which the file is read, and not on
//! what the encoder compressed before.

mod bit_writer;
mod block;
mod code_lengths;
mod encoder;
mod huffman_code;
mod match_finder;
mod token;
mod window;

use self::encoder::LazyEncoder;

/// Whose bytes they are. Each flavour is an encoder of its own: none changes once archives were made by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavour {
    /// Go 1.21 to 1.26, of which the provider `hashicorp/archive` 2.5.0 to 2.8.0 is built.
    Go1_21,
}

impl Flavour {
    /// An encoder for many files, one after another.
    pub(super) fn encoder(self) -> Box<dyn Encoder> {
        match self {
            Flavour::Go1_21 => Box::new(LazyEncoder::new()),
        }
    }
}

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
