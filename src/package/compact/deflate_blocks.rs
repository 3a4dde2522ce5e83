//! Finds the last block of a raw DEFLATE stream, RFC 1951, without producing its output, and joins
//! streams there.
//!
//! A block's first bit marks the last block. Where a block begins is only known after decoding
//! everything before it. libdeflate has no flush that ends a stream without a last block.
//! <https://www.rfc-editor.org/rfc/rfc1951#section-3.2.3>

use super::bits::{Bits, Malformed};
use super::huffman::Code;

/// The position of a stream's last block. Bits count from the lowest bit of the first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LastBlock {
    /// The bit that marks the block as the last one.
    pub(super) header_bit: usize,
    /// The first bit after the block.
    pub(super) end_bit: usize,
    /// How many bytes the stream inflates to.
    pub(super) inflated: u64,
}

/// Opens the end of `stream`, which inflates to `length` bytes, so that another stream can follow.
///
/// The last block is no longer marked as last, and an empty stored block fills up the last byte.
pub(super) fn open_end(stream: &mut Vec<u8>, length: u64) -> Result<(), Malformed> {
    let last = last_block(stream)?;
    if last.inflated != length {
        return Err(Malformed("the stream inflates to another length"));
    }
    if last.end_bit.div_ceil(8) != stream.len() {
        return Err(Malformed("bytes follow the last block"));
    }
    stream[last.header_bit / 8] &= !(1 << (last.header_bit % 8));
    if let Some(byte) = stream.last_mut().filter(|_| last.end_bit % 8 > 0) {
        *byte &= (1 << (last.end_bit % 8)) - 1;
    }
    // Three zero bits mean "not the last block, stored"; then the rest of the byte, LEN 0 and NLEN.
    stream.resize((last.end_bit + 3).div_ceil(8), 0);
    stream.extend_from_slice(&[0, 0, 0xff, 0xff]);
    Ok(())
}

/// Walks `stream` up to the end of its last block.
pub(super) fn last_block(stream: &[u8]) -> Result<LastBlock, Malformed> {
    let mut bits = Bits::new(stream);
    let mut inflated = 0;
    loop {
        let header_bit = bits.position();
        let is_last = bits.read(1)? == 1;
        inflated += match bits.take(2)? {
            0 => stored(&mut bits)?,
            1 => fixed(&mut bits)?,
            2 => dynamic(&mut bits)?,
            _ => return Err(Malformed("a block of unknown type")),
        };
        if is_last {
            return Ok(LastBlock { header_bit, end_bit: bits.position(), inflated });
        }
    }
}

fn stored(bits: &mut Bits<'_>) -> Result<u64, Malformed> {
    bits.align()?;
    let length = bits.read(16)?;
    if bits.read(16)? != length ^ 0xffff {
        return Err(Malformed("a stored block's length does not match its complement"));
    }
    bits.skip_bytes(length)?;
    Ok(length as u64)
}

fn fixed(bits: &mut Bits<'_>) -> Result<u64, Malformed> {
    let mut lengths = [8; 288];
    lengths[144..256].fill(9);
    lengths[256..280].fill(7);
    compressed(bits, &Code::new(&lengths)?, &Code::new(&[5; 30])?)
}

/// The order in which the lengths of the code length codes are written.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

fn dynamic(bits: &mut Bits<'_>) -> Result<u64, Malformed> {
    let literals = bits.read(5)? + 257;
    let distances = bits.read(5)? + 1;
    let used = bits.read(4)? + 4;
    let mut lengths = [0; 19];
    for &place in ORDER.iter().take(used) {
        lengths[place] = u8::try_from(bits.read(3)?).unwrap_or(u8::MAX);
    }
    let lengths = code_lengths(bits, &Code::new(&lengths)?, literals + distances)?;
    let (literals, distances) = lengths.split_at(literals);
    compressed(bits, &Code::new(literals)?, &Code::new(distances)?)
}

fn code_lengths(bits: &mut Bits<'_>, code: &Code, count: usize) -> Result<Vec<u8>, Malformed> {
    let mut lengths: Vec<u8> = Vec::with_capacity(count);
    while lengths.len() < count {
        bits.fill();
        let (value, times) = match code.symbol(bits)? {
            16 => (*lengths.last().ok_or(Malformed("a repeat of no length"))?, 3 + bits.take(2)?),
            17 => (0, 3 + bits.take(3)?),
            18 => (0, 11 + bits.take(7)?),
            length => (u8::try_from(length).unwrap_or(u8::MAX), 1),
        };
        lengths.resize(lengths.len() + times, value);
    }
    if lengths.len() > count {
        return Err(Malformed("a repeat goes past the last length"));
    }
    Ok(lengths)
}

/// Returns the base and the extra bits of a length symbol, which counts from the first one, 257.
/// <https://www.rfc-editor.org/rfc/rfc1951#section-3.2.5>
#[inline]
fn length(symbol: u16) -> Result<(u16, u16), Malformed> {
    match symbol {
        0..8 => Ok((3 + symbol, 0)),
        8..28 => {
            let extra = symbol / 4 - 1;
            Ok((3 + ((4 + symbol % 4) << extra), extra))
        }
        28 => Ok((258, 0)),
        _ => Err(Malformed("an unknown length")),
    }
}

/// Distance symbols end here; 30 and 31 never occur.
const DISTANCES: u16 = 30;

fn compressed(bits: &mut Bits<'_>, literals: &Code, distances: &Code) -> Result<u64, Malformed> {
    let mut inflated = 0;
    loop {
        // A pair has at most 48 bits, so one fill is enough.
        bits.fill();
        match literals.symbol(bits)? {
            0..256 => inflated += 1,
            256 => return Ok(inflated),
            symbol => {
                let (base, extra) = length(symbol - 257)?;
                inflated += u64::from(base) + bits.take(extra.into())? as u64;
                skip_distance(bits, distances)?;
            }
        }
    }
}

#[inline]
fn skip_distance(bits: &mut Bits<'_>, distances: &Code) -> Result<(), Malformed> {
    match distances.symbol(bits)? {
        0..4 => Ok(()),
        symbol if symbol < DISTANCES => bits.drop(u32::from(symbol / 2 - 1)),
        _ => Err(Malformed("an unknown distance")),
    }
}

#[cfg(test)]
mod tests {
    use libdeflater::{CompressionLvl, Compressor, Decompressor};

    use super::*;

    /// Returns reproducible noise of a linear congruential generator.
    fn noise(count: usize, mut state: u64, spread: u64) -> Vec<u8> {
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            u8::try_from((state >> 33) % spread).unwrap()
        };
        (0..count).map(|_| next()).collect()
    }

    fn deflate(data: &[u8], level: i32) -> Vec<u8> {
        let mut compressor = Compressor::new(CompressionLvl::new(level).unwrap());
        let mut out = vec![0; compressor.deflate_compress_bound(data.len())];
        let length = compressor.deflate_compress(data, &mut out).unwrap();
        out.truncate(length);
        out
    }

    fn samples() -> Vec<(&'static str, Vec<u8>)> {
        let text = "fn walk(stream: &[u8]) -> Result<LastBlock, Malformed>;\n".repeat(3000).into_bytes();
        let mut mixed = text.clone();
        mixed.extend(noise(150_000, 3, 256));
        mixed.extend(noise(150_000, 4, 7));
        // Rare symbols get codes that are longer than the lookup table.
        let mut skewed = noise(400_000, 5, 30);
        for (symbol, place) in (100..220).cycle().zip((0..skewed.len()).step_by(1999)) {
            skewed[place] = symbol;
        }
        vec![
            ("empty", Vec::new()),
            ("one byte", vec![7]),
            ("a short word, fixed", b"release ".repeat(20)),
            ("stored", noise(200_000, 1, 256)),
            ("few symbols, several blocks", noise(500_000, 2, 20)),
            ("text", text),
            ("mixed", mixed),
            ("skewed", skewed),
            ("zeros", vec![0; 300_000]),
        ]
    }

    #[test]
    fn finds_the_last_block_of_libdeflates_streams() {
        for (name, data) in samples() {
            for level in [0, 1, 6, 9, 12] {
                let stream = deflate(&data, level);
                let last = last_block(&stream).unwrap();
                assert_eq!(last.inflated, data.len() as u64, "{name}, level {level}");
                assert_eq!(last.end_bit.div_ceil(8), stream.len(), "{name}, level {level}");
                let header = stream[last.header_bit / 8] >> (last.header_bit % 8);
                assert_eq!(header & 1, 1, "{name}, level {level}: the bit is not set");
            }
        }
    }

    #[test]
    fn samples_hold_each_type_of_block_and_several_blocks() {
        let mut types = std::collections::BTreeSet::new();
        let mut several = 0;
        for (_, data) in samples() {
            let stream = deflate(&data, 6);
            let last = last_block(&stream).unwrap();
            several += u32::from(last.header_bit > 0);
            types.insert(stream[0] >> 1 & 3);
        }
        assert_eq!(types.into_iter().collect::<Vec<_>>(), [0, 1, 2]);
        assert!(several >= 3, "{several}");
    }

    /// Returns whether the joined streams of two pieces of data inflate to both.
    fn is_joined(first: &[u8], second: &[u8]) -> bool {
        let mut stream = deflate(first, 6);
        open_end(&mut stream, first.len() as u64).unwrap();
        stream.extend(deflate(second, 6));
        let expected = [first, second].concat();
        let mut inflated = vec![0; expected.len()];
        Decompressor::new().deflate_decompress(&stream, &mut inflated) == Ok(expected.len()) && inflated == expected
    }

    #[test]
    fn joined_streams_inflate_to_the_joined_data() {
        let samples = samples();
        for (first, second) in samples.iter().zip(samples.iter().cycle().skip(4)) {
            assert!(is_joined(&first.1, &second.1), "{} + {}", first.0, second.0);
        }
    }

    #[test]
    fn a_stream_can_end_at_any_bit() {
        let mut tested = [false; 8];
        for count in 1..200 {
            let data = noise(count, count as u64, 9);
            tested[last_block(&deflate(&data, 6)).unwrap().end_bit % 8] = true;
            assert!(is_joined(&data, b"end"), "{count} bytes");
        }
        assert_eq!(tested, [true; 8], "some end bit was not tested");
    }

    #[test]
    fn malformed_streams_are_refused() {
        let stream = deflate(&noise(50_000, 9, 20), 6);
        for cut in [0, 1, 10, stream.len() / 2, stream.len() - 1] {
            assert!(last_block(&stream[..cut]).is_err(), "cut to {cut} bytes");
        }
        assert_eq!(last_block(&[0b111]), Err(Malformed("a block of unknown type")));
        assert!(last_block(&[1, 1, 0, 0, 0, 0]).is_err(), "a wrong complement");
        let mut longer = stream.clone();
        longer.push(0);
        assert!(open_end(&mut longer, 50_000).is_err(), "a byte too many");
        assert!(open_end(&mut stream.clone(), 49_999).is_err(), "another length");
    }
}
