//! The matcher's output: literal bytes, and repetitions of earlier bytes.

/// The shortest match of the format. <https://www.rfc-editor.org/rfc/rfc1951#section-3.2.5>
pub(super) const MIN_LENGTH: usize = 3;
/// The longest match of the format.
pub(super) const MAX_LENGTH: usize = 258;
/// The literal/length code that ends a block.
pub(super) const END_OF_BLOCK: usize = 256;
/// Codes for literals, the end of a block, and lengths.
pub(super) const LITERAL_LENGTH_CODES: usize = 286;
/// Codes for distances.
pub(super) const DISTANCE_CODES: usize = 30;
/// Extra bits of the length codes, from code 257 on.
pub(super) const LENGTH_EXTRA_BITS: [u8; 29] =
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
/// Extra bits of the distance codes.
pub(super) const DISTANCE_EXTRA_BITS: [u8; DISTANCE_CODES] =
    [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
/// For each length minus [`MIN_LENGTH`], its code minus 257.
pub(super) const LENGTH_SLOTS: [u8; 256] = length_slots();

/// A literal or a match. A match has bit 31, its length minus 3 in bits 16 to 23, and its distance minus 1 below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token(u32);

const MATCH: u32 = 1 << 31;

impl Token {
    pub(super) fn literal(byte: u8) -> Self {
        Self(byte.into())
    }

    /// Returns a match of 3 to 258 bytes, 1 to 32,768 bytes back.
    #[expect(clippy::cast_possible_truncation, reason = "both fit into 16 bits")]
    pub(super) fn repeat(length: usize, distance: usize) -> Self {
        debug_assert!((MIN_LENGTH..=MAX_LENGTH).contains(&length) && (1..=32_768).contains(&distance));
        Self(MATCH | ((length - MIN_LENGTH) << 16 | (distance - 1)) as u32)
    }

    pub(super) fn is_match(self) -> bool {
        self.0 & MATCH != 0
    }

    /// Returns the byte of a literal.
    pub(super) fn byte(self) -> u8 {
        self.0.to_le_bytes()[0]
    }

    /// Returns the length of a match, minus 3.
    pub(super) fn length_index(self) -> u8 {
        self.0.to_le_bytes()[2]
    }

    /// Returns the distance of a match, minus 1.
    pub(super) fn distance_index(self) -> u32 {
        self.0 & 0xffff
    }
}

/// Returns the code of a distance, given minus 1.
pub(super) fn distance_slot(index: u32) -> usize {
    if index < 2 {
        return index as usize;
    }
    // Two codes for each power of two: the second for its upper half.
    let power = index.ilog2();
    (2 * power + (index >> (power - 1) & 1)) as usize
}

const fn length_slots() -> [u8; 256] {
    let mut slots = [0; 256];
    let (mut slot, mut next) = (0_u8, 0_usize);
    while slot < 28 {
        let end = next + (1 << LENGTH_EXTRA_BITS[slot as usize]);
        while next < end && next < 256 {
            slots[next] = slot;
            next += 1;
        }
        slot += 1;
    }
    // Length 258 has its own code, although the previous code could express it.
    slots[255] = 28;
    slots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_keeps_its_length_and_distance() {
        for (length, distance) in [(3, 1), (258, 32_768), (4, 4096)] {
            let token = Token::repeat(length, distance);
            assert!(token.is_match());
            assert_eq!(usize::from(token.length_index()) + 3, length);
            assert_eq!(token.distance_index() as usize + 1, distance);
        }
        assert!(!Token::literal(255).is_match());
        assert_eq!(Token::literal(255).byte(), 255);
    }

    /// The tables of RFC 1951, section 3.2.5.
    #[test]
    fn lengths_and_distances_have_the_codes_of_the_format() {
        let code = |length: usize| 257 + usize::from(LENGTH_SLOTS[length - 3]);
        let lengths = [3, 10, 11, 12, 13, 18, 19, 34, 35, 66, 67, 130, 131, 162, 163, 226, 227, 257, 258];
        let codes = [257, 264, 265, 265, 266, 268, 269, 272, 273, 276, 277, 280, 281, 281, 282, 283, 284, 284, 285];
        assert_eq!(lengths.map(code), codes);
        let slot = |distance: u32| distance_slot(distance - 1);
        let distances = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 192, 193, 24_576, 24_577, 32_768];
        assert_eq!(distances.map(slot), [0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 7, 14, 15, 28, 29, 29]);
    }
}
