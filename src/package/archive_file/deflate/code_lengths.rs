//! Writes the code lengths of a dynamic block. <https://www.rfc-editor.org/rfc/rfc1951#section-3.2.7>

use std::iter::repeat_n;

use super::bit_writer::BitWriter;
use super::huffman_code::{HuffmanCode, MAX_BITS_OF_LENGTHS, cost};

/// Lengths 0 to 15, and three kinds of runs.
const CODES: usize = 19;
/// The order in which the lengths of these codes are sent: often unused ones come last.
const ORDER: [usize; CODES] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// A code for a run: its symbol, the shortest and the longest run, and the number of extra bits.
type Run = (u8, usize, usize, u32);
/// Repeats the previous length.
const REPEAT: Run = (16, 3, 6, 2);
const ZEROS: Run = (17, 3, 10, 3);
const MANY_ZEROS: Run = (18, 11, 138, 7);

/// A length or a run, the value of its extra bits, and their number.
type Item = (u8, u8, u32);

/// The lengths of both codes of a block, as written to its header.
#[derive(Debug)]
pub(super) struct CodeLengths {
    literal_lengths: usize,
    distances: usize,
    items: Vec<Item>,
    code: HuffmanCode<CODES>,
    /// How many lengths of `code` are sent, in [`ORDER`].
    sent: usize,
    /// The size in bits.
    pub(super) bits: u64,
}

impl CodeLengths {
    /// Encodes the lengths of both codes up to the last used symbol, and at least 257 and 1 of them.
    pub(super) fn new(literal_lengths: &[u8], distances: &[u8]) -> Self {
        let literal_lengths = &literal_lengths[..used(literal_lengths, 257)];
        let distances = &distances[..used(distances, 1)];
        let items = items(&[literal_lengths, distances].concat());
        let mut frequencies = [0; CODES];
        for &(item, ..) in &items {
            frequencies[usize::from(item)] += 1;
        }
        let code = HuffmanCode::of(&frequencies, MAX_BITS_OF_LENGTHS);
        let sent = used(&ORDER.map(|symbol| code.lengths[symbol]), 4);
        let extra_bits: u64 = items.iter().map(|&(.., bits)| u64::from(bits)).sum();
        let bits = 5 + 5 + 4 + 3 * sent as u64 + cost(&code.lengths, &frequencies) + extra_bits;
        Self { literal_lengths: literal_lengths.len(), distances: distances.len(), items, code, sent, bits }
    }

    /// Writes the lengths.
    pub(super) fn write(&self, bits: &mut BitWriter, out: &mut Vec<u8>) {
        bits.put((self.literal_lengths - 257) as u64, 5, out);
        bits.put((self.distances - 1) as u64, 5, out);
        bits.put((self.sent - 4) as u64, 4, out);
        for &symbol in &ORDER[..self.sent] {
            bits.put(self.code.lengths[symbol].into(), 3, out);
        }
        for &(item, extra, extra_bits) in &self.items {
            let symbol = usize::from(item);
            bits.put(self.code.codes[symbol].into(), self.code.lengths[symbol].into(), out);
            bits.put(extra.into(), extra_bits, out);
        }
    }
}

/// Returns the number of lengths up to the last nonzero one, and at least `least`.
fn used(lengths: &[u8], least: usize) -> usize {
    lengths.iter().rposition(|&length| length > 0).map_or(0, |last| last + 1).max(least)
}

/// Returns lengths and runs. A run may begin in one code and end in the other.
fn items(lengths: &[u8]) -> Vec<Item> {
    let mut items = Vec::with_capacity(lengths.len());
    for equal in lengths.chunk_by(PartialEq::eq) {
        let item = (equal[0], 0, 0);
        let (before_runs, runs): (_, &[Run]) = if equal[0] == 0 { (0, &[MANY_ZEROS, ZEROS]) } else { (1, &[REPEAT]) };
        items.extend(repeat_n(item, before_runs));
        let mut remaining = equal.len() - before_runs;
        for &(symbol, shortest, longest, extra_bits) in runs {
            while remaining >= shortest {
                let run = remaining.min(longest);
                items.push((symbol, extra(run - shortest), extra_bits));
                remaining -= run;
            }
        }
        items.extend(repeat_n(item, remaining));
    }
    items
}

#[expect(clippy::cast_possible_truncation, reason = "runs end at 138")]
fn extra(run: usize) -> u8 {
    run as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_come_in_the_longest_runs_and_a_length_comes_once_before_its_repeats() {
        for (length, times, expected) in [
            (0, 2, vec![(0, 0, 0); 2]),
            (0, 3, vec![(17, 0, 3)]),
            (0, 10, vec![(17, 7, 3)]),
            (0, 11, vec![(18, 0, 7)]),
            (0, 138 + 12, vec![(18, 127, 7), (18, 1, 7)]),
            (0, 138 + 4, vec![(18, 127, 7), (17, 1, 3)]),
            (0, 138 + 1, vec![(18, 127, 7), (0, 0, 0)]),
            (8, 3, vec![(8, 0, 0); 3]),
            (8, 4, vec![(8, 0, 0), (16, 0, 2)]),
            (8, 9, vec![(8, 0, 0), (16, 3, 2), (8, 0, 0), (8, 0, 0)]),
            (8, 10, vec![(8, 0, 0), (16, 3, 2), (16, 0, 2)]),
        ] {
            assert_eq!(items(&vec![length; times]), expected, "{times} times {length}");
        }
    }

    #[test]
    fn runs_cross_from_one_code_to_the_other() {
        let literal_lengths = [vec![0; 250], vec![4; 7]].concat();
        let lengths = CodeLengths::new(&literal_lengths, &[4, 4, 0, 0]);
        assert_eq!(lengths.items[2..], [(4, 0, 0), (16, 3, 2), (4, 0, 0), (4, 0, 0)]);
        assert_eq!((lengths.literal_lengths, lengths.distances), (257, 2));
    }

    #[test]
    fn the_written_length_equals_bits() {
        let literal_lengths: Vec<u8> = (0..286).map(|symbol| u8::try_from(symbol % 13).unwrap()).collect();
        let lengths = CodeLengths::new(&literal_lengths, &[1, 1]);
        let (mut bits, mut out) = (BitWriter::default(), Vec::new());
        lengths.write(&mut bits, &mut out);
        bits.align(&mut out);
        assert_eq!(out.len() as u64, lengths.bits.div_ceil(8));
    }
}
