//! Writes a block of a DEFLATE stream in the smallest of its three forms.
//! <https://www.rfc-editor.org/rfc/rfc1951#section-3.2.3>

use super::bit_writer::BitWriter;
use super::code_lengths::CodeLengths;
use super::huffman_code::{HuffmanCode, MAX_BITS, cost};
use super::token::{
    DISTANCE_CODES, DISTANCE_EXTRA_BITS, END_OF_BLOCK, LENGTH_EXTRA_BITS, LENGTH_SLOTS, LITERAL_LENGTH_CODES, Token,
    distance_slot,
};

/// The most tokens of a block.
const MAX_TOKENS: usize = 16_384;
/// The most bytes of a stored block, which has a length of 16 bits.
const MAX_STORED_BYTES: usize = 65_535;
/// A block's first bits: whether it is the last one, and its form.
const HEADER_BITS: u32 = 3;
const STORED: u64 = 0;
const FIXED: u64 = 1;
const DYNAMIC: u64 = 2;
/// Bits of a distance code in a fixed block.
const FIXED_DISTANCE_BITS: u8 = 5;
/// The first length code.
const FIRST_LENGTH: usize = END_OF_BLOCK + 1;

type LiteralLengthCode = HuffmanCode<LITERAL_LENGTH_CODES>;
type DistanceCode = HuffmanCode<DISTANCE_CODES>;

/// The tokens of a block, and the frequency of each code.
#[derive(Debug)]
pub(super) struct Block {
    tokens: Vec<Token>,
    literal_lengths: [u32; LITERAL_LENGTH_CODES],
    distances: [u32; DISTANCE_CODES],
}

impl Block {
    pub(super) fn new() -> Self {
        let tokens = Vec::with_capacity(MAX_TOKENS);
        Self { tokens, literal_lengths: [0; LITERAL_LENGTH_CODES], distances: [0; DISTANCE_CODES] }
    }

    #[inline]
    pub(super) fn add(&mut self, token: Token) {
        self.tokens.push(token);
    }

    pub(super) fn is_full(&self) -> bool {
        self.tokens.len() >= MAX_TOKENS
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Writes the block in its smallest form and begins the next one. `bytes` is the block's input, or `None` if part of
    /// it has left the buffer.
    pub(super) fn write(&mut self, bytes: Option<&[u8]>, bits: &mut BitWriter, out: &mut Vec<u8>) {
        self.count();
        let dynamic = Dynamic::new(self);
        let extra_bits = self.extra_bits();
        let fixed_bits = self.fixed_bits() + extra_bits;
        let dynamic_bits = dynamic.bits + extra_bits;
        let coded_bits = fixed_bits.min(dynamic_bits);
        match bytes.filter(|bytes| bytes.len() <= MAX_STORED_BYTES && stored_bits(bytes) < coded_bits) {
            Some(bytes) => stored(bytes, false, bits, out),
            None if dynamic_bits < fixed_bits => {
                bits.put(DYNAMIC << 1, HEADER_BITS, out);
                dynamic.lengths.write(bits, out);
                self.tokens(&dynamic.literal_length, &dynamic.distance, dynamic_bits, bits, out);
            }
            None => {
                bits.put(FIXED << 1, HEADER_BITS, out);
                let (literal_length, distance) = fixed_codes();
                self.tokens(&literal_length, &distance, fixed_bits, bits, out);
            }
        }
        self.tokens.clear();
    }

    fn count(&mut self) {
        self.literal_lengths.fill(0);
        self.distances.fill(0);
        self.literal_lengths[END_OF_BLOCK] = 1;
        for token in &self.tokens {
            if token.is_match() {
                self.literal_lengths[FIRST_LENGTH + usize::from(LENGTH_SLOTS[usize::from(token.length_index())])] += 1;
                self.distances[distance_slot(token.distance_index())] += 1;
            } else {
                self.literal_lengths[usize::from(token.byte())] += 1;
            }
        }
        if self.distances.iter().all(|&count| count == 0) {
            // One distance code is sent even if there is no distance; both forms count it.
            self.distances[0] = 1;
        }
    }

    /// Returns the size of the extra bits of lengths and distances, in bits.
    fn extra_bits(&self) -> u64 {
        let lengths = LENGTH_EXTRA_BITS.iter().zip(&self.literal_lengths[FIRST_LENGTH..]);
        let distances = DISTANCE_EXTRA_BITS.iter().zip(&self.distances);
        lengths.chain(distances).map(|(&bits, &count)| u64::from(bits) * u64::from(count)).sum()
    }

    fn fixed_bits(&self) -> u64 {
        let distances = cost(&[FIXED_DISTANCE_BITS; DISTANCE_CODES], &self.distances);
        u64::from(HEADER_BITS) + cost(&fixed_lengths(), &self.literal_lengths) + distances
    }

    /// Writes all tokens, which take less than `max_bits`, and the end of the block.
    fn tokens(
        &self,
        literal_length: &LiteralLengthCode,
        distance: &DistanceCode,
        max_bits: u64,
        bits: &mut BitWriter,
        out: &mut Vec<u8>,
    ) {
        let writer = TokenWriter::new(literal_length, distance);
        let begin = out.len();
        let max_bytes = usize::try_from(max_bits / 8).unwrap_or(usize::MAX);
        out.resize(begin + max_bytes + 16, 0);
        let buffer = &mut out[begin..];
        let mut at = 0;
        for &token in &self.tokens {
            let (code, count) = writer.code(token);
            at = bits.put_at(code, count, buffer, at);
        }
        let (code, count) = writer.literals[END_OF_BLOCK];
        at = bits.put_at(code.into(), count.into(), buffer, at);
        out.truncate(begin + at);
    }
}

/// The codes of a dynamic block.
#[derive(Debug)]
struct Dynamic {
    literal_length: LiteralLengthCode,
    distance: DistanceCode,
    lengths: CodeLengths,
    /// The block's size without the extra bits of lengths and distances.
    bits: u64,
}

impl Dynamic {
    fn new(block: &Block) -> Self {
        let literal_length = HuffmanCode::of(&block.literal_lengths, MAX_BITS);
        let distance = HuffmanCode::of(&block.distances, MAX_BITS);
        let lengths = CodeLengths::new(&literal_length.lengths, &distance.lengths);
        let tokens = cost(&literal_length.lengths, &block.literal_lengths) + cost(&distance.lengths, &block.distances);
        let bits = u64::from(HEADER_BITS) + lengths.bits + tokens;
        Self { literal_length, distance, lengths, bits }
    }
}

/// The bits of each token; those of a length include its extra bits.
struct TokenWriter {
    /// For each literal, and for the end of the block.
    literals: [(u16, u8); END_OF_BLOCK + 1],
    /// For each length minus 3.
    lengths: [(u32, u8); 256],
    distances: [(u16, u8); 32],
}

impl TokenWriter {
    fn new(literal_length: &LiteralLengthCode, distance: &DistanceCode) -> Self {
        let literals = std::array::from_fn(|byte| (literal_length.codes[byte], literal_length.lengths[byte]));
        let mut distances = [(0, 0); 32];
        (0..DISTANCE_CODES).for_each(|slot| distances[slot] = (distance.codes[slot], distance.lengths[slot]));
        Self { literals, lengths: lengths(literal_length), distances }
    }

    #[inline]
    fn code(&self, token: Token) -> (u64, u32) {
        if !token.is_match() {
            let (code, bits) = self.literals[usize::from(token.byte())];
            return (code.into(), bits.into());
        }
        let (length, length_bits) = self.lengths[usize::from(token.length_index())];
        let index = token.distance_index();
        let slot = distance_slot(index);
        let (distance, distance_bits) = self.distances[slot % 32];
        let extra_bits = u32::from(DISTANCE_EXTRA_BITS[slot]);
        let extra = u64::from(index & ((1 << extra_bits) - 1));
        let distance = u64::from(distance) | extra << distance_bits;
        (u64::from(length) | distance << length_bits, u32::from(length_bits) + u32::from(distance_bits) + extra_bits)
    }
}

fn lengths(code: &LiteralLengthCode) -> [(u32, u8); 256] {
    let mut lengths = [(0, 0); 256];
    for (index, (length, &slot)) in (0..).zip(lengths.iter_mut().zip(&LENGTH_SLOTS)) {
        let (slot, symbol) = (usize::from(slot), FIRST_LENGTH + usize::from(slot));
        let (bits, extra_bits) = (code.lengths[symbol], LENGTH_EXTRA_BITS[slot]);
        let extra = index & ((1 << extra_bits) - 1);
        *length = (u32::from(code.codes[symbol]) | extra << bits, bits + extra_bits);
    }
    lengths
}

fn fixed_codes() -> (LiteralLengthCode, DistanceCode) {
    // The last two symbols are never sent, but they take part in the canonical code.
    let all = HuffmanCode::canonical(fixed_lengths::<{ LITERAL_LENGTH_CODES + 2 }>());
    let codes = std::array::from_fn(|symbol| all.codes[symbol]);
    let literal_length = HuffmanCode { lengths: fixed_lengths(), codes };
    (literal_length, HuffmanCode::canonical([FIXED_DISTANCE_BITS; DISTANCE_CODES]))
}

/// <https://www.rfc-editor.org/rfc/rfc1951#section-3.2.6>
fn fixed_lengths<const N: usize>() -> [u8; N] {
    std::array::from_fn(|symbol| match symbol {
        144..256 => 9,
        256..280 => 7,
        _ => 8,
    })
}

/// Returns the size of a stored block, without the bits before its length.
fn stored_bits(bytes: &[u8]) -> u64 {
    (bytes.len() as u64 + 5) * 8
}

/// Writes a stored block of at most [`MAX_STORED_BYTES`].
fn stored(bytes: &[u8], is_last: bool, bits: &mut BitWriter, out: &mut Vec<u8>) {
    debug_assert!(bytes.len() <= MAX_STORED_BYTES);
    bits.put(STORED << 1 | u64::from(is_last), HEADER_BITS, out);
    bits.align(out);
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    out.extend(length.to_le_bytes());
    out.extend((!length).to_le_bytes());
    out.extend(bytes);
}

/// Ends the stream with an empty stored block.
pub(super) fn end(bits: &mut BitWriter, out: &mut Vec<u8>) {
    stored(&[], true, bits, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(tokens: &[Token]) -> Block {
        let mut block = Block::new();
        block.tokens.extend(tokens);
        block
    }

    /// Returns the stream of a block with these tokens, padded to a whole byte.
    fn write(tokens: &[Token], bytes: Option<&[u8]>) -> Vec<u8> {
        let (mut block, mut bits, mut out) = (block(tokens), BitWriter::default(), Vec::new());
        block.write(bytes, &mut bits, &mut out);
        assert!(block.is_empty());
        bits.align(&mut out);
        out
    }

    /// Returns the block's form: bits 1 and 2.
    fn form(stream: &[u8]) -> u64 {
        u64::from(stream[0] >> 1 & 3)
    }

    #[test]
    fn the_smallest_form_is_taken_and_none_is_stored_if_its_input_has_left_the_buffer() {
        let noise: Vec<u8> = (0..=255).collect();
        // 3 bits, 9 for each of these literals, 7 for the end and 5 for no distance are 8 for each byte and 40 at 25.
        let cases: [(&[u8], u64, u64); 5] = [
            (b"abc", FIXED, FIXED),
            (&noise, STORED, FIXED),
            (&b"ab".repeat(500), DYNAMIC, DYNAMIC),
            (&noise[144..144 + 25], FIXED, FIXED),
            (&noise[144..144 + 26], STORED, FIXED),
        ];
        for (bytes, with_input, without_input) in cases {
            let literals: Vec<Token> = bytes.iter().map(|&byte| Token::literal(byte)).collect();
            let forms = (form(&write(&literals, Some(bytes))), form(&write(&literals, None)));
            assert_eq!(forms, (with_input, without_input), "{bytes:?}");
        }
    }

    #[test]
    fn matches_have_their_extra_bits() {
        // Length 258 has no extra bits, length 257 has five, distance 32,768 thirteen.
        let stream = write(&[Token::literal(b'a'), Token::repeat(258, 1), Token::repeat(257, 32_768)], None);
        let expected = (3 + 8 + (8 + 5) + (8 + 5 + 5 + 13) + 7_usize).div_ceil(8);
        assert_eq!((form(&stream), stream.len()), (FIXED, expected));
        let mut block = block(&[Token::repeat(257, 32_768)]);
        block.count();
        assert_eq!(block.extra_bits(), 5 + 13);
    }

    #[test]
    fn a_block_has_the_computed_length() {
        let tokens: Vec<Token> = (0..16_384_usize)
            .map(|place| match place % 3 {
                0 => Token::repeat(3 + place % 256, 1 + place * 2),
                _ => Token::literal(place.to_le_bytes()[0] & 0x1f),
            })
            .collect();
        let mut block = block(&tokens);
        assert!(block.is_full());
        block.count();
        let bits = Dynamic::new(&block).bits + block.extra_bits();
        assert_eq!(write(&tokens, None).len() as u64, bits.div_ceil(8));
    }
}
