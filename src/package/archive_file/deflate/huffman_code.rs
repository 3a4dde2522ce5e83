//! Computes prefix codes of limited length. <https://www.rfc-editor.org/rfc/rfc1951#section-3.2.2>

use super::token::LITERAL_LENGTH_CODES;

/// The longest code of a literal, length or distance.
pub(super) const MAX_BITS: usize = 15;
/// The longest code of a code length.
pub(super) const MAX_BITS_OF_LENGTHS: usize = 7;
/// The size of the largest alphabet.
const MAX_SYMBOLS: usize = LITERAL_LENGTH_CODES;
/// The number of a list's items that decide the code of [`MAX_SYMBOLS`] symbols, plus two that can always be read.
const MAX_ITEMS: usize = 2 * MAX_SYMBOLS;
/// Heavier than every item.
const NONE: u32 = u32::MAX;

/// A code for each of `N` symbols.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HuffmanCode<const N: usize> {
    /// The length of each symbol's code in bits; 0 for a symbol without a code.
    pub(super) lengths: [u8; N],
    /// The codes as they are written: the first bit is the lowest.
    pub(super) codes: [u16; N],
}

impl<const N: usize> HuffmanCode<N> {
    /// Returns the shortest code for these frequencies with at most `limit` bits per symbol. Of several equally short
    /// codes, it is the one of a package-merge that prefers packages.
    pub(super) fn of(frequencies: &[u32; N], limit: usize) -> Self {
        let symbols = used_by_frequency(frequencies);
        let mut lengths = [0; N];
        if symbols.len() <= 2 {
            for symbol in symbols {
                lengths[symbol] = 1;
            }
            return Self::canonical(lengths);
        }
        let taken = leaves_taken(symbols.iter().map(|&symbol| frequencies[symbol]), limit);
        for (place, symbol) in symbols.into_iter().enumerate() {
            lengths[symbol] = taken.iter().map(|&taken| u8::from(place < usize::from(taken))).sum();
        }
        Self::canonical(lengths)
    }

    /// Returns the canonical code with these lengths.
    pub(super) fn canonical(lengths: [u8; N]) -> Self {
        let mut next = first_codes(&lengths);
        let codes = lengths.map(|length| {
            let code = next[usize::from(length)];
            next[usize::from(length)] += u16::from(length > 0);
            // A code is sent starting with its highest bit.
            code.reverse_bits().checked_shr(16 - u32::from(length)).unwrap_or(0)
        });
        Self { lengths, codes }
    }
}

/// Returns the size in bits of symbols with these code lengths and frequencies.
pub(super) fn cost<const N: usize>(lengths: &[u8; N], frequencies: &[u32; N]) -> u64 {
    lengths.iter().zip(frequencies).map(|(&length, &frequency)| u64::from(length) * u64::from(frequency)).sum()
}

/// Returns the used symbols, the rarest first; equally frequent ones in symbol order.
fn used_by_frequency(frequencies: &[u32]) -> Vec<usize> {
    let mut symbols: Vec<usize> = (0..frequencies.len()).filter(|&symbol| frequencies[symbol] > 0).collect();
    symbols.sort_by_key(|&symbol| frequencies[symbol]);
    symbols
}

/// The weights of a list of the package-merge: leaves, and packages of two items of the previous list; then [`NONE`].
type Weights = [u32; MAX_ITEMS];

/// Returns, for each bit of the longest code, how many of the lightest symbols have a code with that bit.
/// <https://en.wikipedia.org/wiki/Package-merge_algorithm>
fn leaves_taken(weights: impl ExactSizeIterator<Item = u32>, limit: usize) -> [u16; MAX_BITS] {
    let mut items = 2 * weights.len() - 2;
    let mut leaves = [NONE; MAX_ITEMS];
    leaves.iter_mut().zip(weights).for_each(|(leaf, weight)| *leaf = weight);
    // For each list and number of items, how many of the items are leaves.
    let mut leaves_among = vec![[0_u16; MAX_ITEMS]; limit];
    (0..).zip(&mut leaves_among[0]).for_each(|(items, leaves)| *leaves = items);
    let mut last = leaves;
    for leaves_among in &mut leaves_among[1..] {
        last = merge(&leaves, &last, &mut leaves_among[1..=items]);
    }
    let mut taken = [0; MAX_BITS];
    for (taken, leaves_among) in taken.iter_mut().zip(leaves_among.iter().rev()) {
        *taken = leaves_among[items];
        // Each package is two items of the previous list.
        items = 2 * (items - usize::from(*taken));
    }
    taken
}

/// Merges the leaves with the packages of the previous list, and records for each number of items how many are leaves.
fn merge(leaves: &Weights, previous: &Weights, leaves_among: &mut [u16]) -> Weights {
    let mut merged = [NONE; MAX_ITEMS];
    let (mut leaf, mut package) = (0, 0);
    for (weight, leaves_among) in merged.iter_mut().zip(leaves_among) {
        let weights = (leaves[leaf], previous[2 * package].saturating_add(previous[2 * package + 1]));
        // A leaf only if it is lighter: with equal weights the package comes first.
        let is_leaf = weights.0 < weights.1;
        *weight = weights.0.min(weights.1);
        leaf += usize::from(is_leaf);
        package += usize::from(!is_leaf);
        *leaves_among = u16::try_from(leaf).unwrap_or(u16::MAX);
    }
    merged
}

/// Returns the first code of each length.
fn first_codes<const N: usize>(lengths: &[u8; N]) -> [u16; MAX_BITS + 1] {
    let mut counts = [0; MAX_BITS + 1];
    lengths.iter().filter(|&&length| length > 0).for_each(|&length| counts[usize::from(length)] += 1);
    let (mut first, mut code) = ([0; MAX_BITS + 1], 0_u16);
    for length in 1..=MAX_BITS {
        code = (code + counts[length - 1]) << 1;
        first[length] = code;
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns whether codes of these lengths use up the code space.
    fn complete(lengths: &[u8]) -> bool {
        lengths.iter().filter(|&&length| length > 0).map(|&length| 1_u32 << (15 - length)).sum::<u32>() == 1 << 15
    }

    #[test]
    fn the_code_of_the_specification_is_canonical() {
        let code = HuffmanCode::canonical([3, 3, 3, 3, 3, 2, 4, 4]);
        let written = [0b010, 0b011, 0b100, 0b101, 0b110, 0b00, 0b1110, 0b1111_u16];
        let reversed: Vec<u16> =
            written.iter().zip(code.lengths).map(|(code, length)| code.reverse_bits() >> (16 - length)).collect();
        assert_eq!(code.codes[..], reversed);
    }

    #[test]
    fn two_symbols_have_one_bit_each() {
        assert_eq!(HuffmanCode::of(&[0, 900, 0, 1], 15).lengths, [0, 1, 0, 1]);
        assert_eq!(HuffmanCode::of(&[0, 900, 0, 1], 15).codes, [0, 0, 0, 1]);
        assert_eq!(HuffmanCode::of(&[0, 0, 7, 0], 15).lengths, [0, 0, 1, 0]);
        assert_eq!(HuffmanCode::of(&[0; 4], 15).lengths, [0; 4]);
    }

    #[test]
    fn frequent_symbols_have_short_codes() {
        assert_eq!(HuffmanCode::of(&[1, 1, 2, 4, 8], 15).lengths, [4, 4, 3, 2, 1]);
        assert_eq!(HuffmanCode::of(&[5, 5, 5, 5], 15).lengths, [2; 4]);
        // Of equally frequent symbols, the first ones have the longest codes.
        assert_eq!(HuffmanCode::of(&[5, 5, 5], 15).lengths, [2, 2, 1]);
    }

    #[test]
    fn equal_weights_go_to_the_package() {
        // 1 + 1 weighs as much as 2: four codes of two bits would be as short.
        let lengths = HuffmanCode::of(&[1, 1, 2, 2], 15).lengths;
        assert_eq!(lengths, [3, 3, 2, 1]);
        assert_eq!(cost(&lengths, &[1, 1, 2, 2]), cost(&[2, 2, 2, 2], &[1, 1, 2, 2]));
    }

    #[test]
    fn no_code_is_longer_than_the_limit() {
        let mut fibonacci = [1; 30];
        (2..30).for_each(|place| fibonacci[place] = fibonacci[place - 1] + fibonacci[place - 2]);
        for limit in [5, 7, 15] {
            let lengths = HuffmanCode::of(&fibonacci, limit).lengths;
            assert_eq!(usize::from(lengths[0]), limit);
            assert!(complete(&lengths), "{lengths:?}");
        }
    }

    #[test]
    fn the_largest_alphabet_has_a_code() {
        let frequencies: [u32; 286] = std::array::from_fn(|symbol| u32::try_from(symbol * symbol + 1).unwrap());
        let code = HuffmanCode::of(&frequencies, 15);
        assert!(complete(&code.lengths));
        assert_eq!(cost(&HuffmanCode::of(&[1_u32; 286], 15).lengths, &[1; 286]), 2 * (286 - 256) * 9 + (512 - 286) * 8);
    }
}
