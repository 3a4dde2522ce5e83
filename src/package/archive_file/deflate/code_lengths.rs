//! How a dynamic block says the lengths of its codes. <https://www.rfc-editor.org/rfc/rfc1951#section-3.2.7>

use super::bit_writer::BitWriter;
use super::huffman_code::{HuffmanCode, MAX_BITS_OF_LENGTHS};

/// Lengths 0 to 15, and three kinds of runs.
const CODES: usize = 19;
/// The order in which the lengths of these codes are sent: those that are often unused come last.
const ORDER: [usize; CODES] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// The length before, 3 to 6 times more.
const REPEAT: u8 = 16;
/// 3 to 10 zeros.
const ZEROS: u8 = 17;
/// 11 to 138 zeros.
const MANY_ZEROS: u8 = 18;
/// The least of them.
const MIN_MANY: usize = 11;
const MIN_RUN: usize = 3;

/// A length, or a run; what its extra bits say, and how many these are.
type Item = (u8, u8, u32);

/// The lengths of both codes of a block, as its header has them.
#[derive(Debug)]
pub(super) struct CodeLengths {
    literal_lengths: usize,
    distances: usize,
    items: Vec<Item>,
    code: HuffmanCode<CODES>,
    /// Lengths of the code that are sent, in [`ORDER`].
    sent: usize,
    bits: u64,
}

impl CodeLengths {
    /// The lengths of both codes, up to the last that is used. At least 257 and 1 are sent.
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
        let bits = 5 + 5 + 4 + 3 * sent as u64 + code.cost(&frequencies) + extra_bits;
        Self { literal_lengths: literal_lengths.len(), distances: distances.len(), items, code, sent, bits }
    }

    /// What it takes to send them.
    pub(super) fn bits(&self) -> u64 {
        self.bits
    }

    /// Sends them.
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

/// How many there are up to the last that is not zero; `least` at least.
fn used(lengths: &[u8], least: usize) -> usize {
    lengths.iter().rposition(|&length| length > 0).map_or(0, |last| last + 1).max(least)
}

/// Runs may begin in one code and end in the other.
fn items(lengths: &[u8]) -> Vec<Item> {
    let mut items = Vec::with_capacity(lengths.len());
    for run in lengths.chunk_by(PartialEq::eq) {
        match run[0] {
            0 => zeros(run.len(), &mut items),
            length => repeats(length, run.len(), &mut items),
        }
    }
    items
}

fn zeros(mut left: usize, items: &mut Vec<Item>) {
    while left >= MIN_MANY {
        let run = left.min(138);
        items.push((MANY_ZEROS, extra(run - MIN_MANY), 7));
        left -= run;
    }
    if left >= MIN_RUN {
        items.push((ZEROS, extra(left - MIN_RUN), 3));
        left = 0;
    }
    items.extend(std::iter::repeat_n((0, 0, 0), left));
}

fn repeats(length: u8, run: usize, items: &mut Vec<Item>) {
    items.push((length, 0, 0));
    let mut left = run - 1;
    while left >= MIN_RUN {
        let run = left.min(6);
        items.push((REPEAT, extra(run - MIN_RUN), 2));
        left -= run;
    }
    items.extend(std::iter::repeat_n((length, 0, 0), left));
}

#[expect(clippy::cast_possible_truncation, reason = "runs end at 138")]
fn extra(run: usize) -> u8 {
    run as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_come_in_the_longest_runs() {
        assert_eq!(items(&[0; 2]), [(0, 0, 0); 2]);
        assert_eq!(items(&[0; 3]), [(17, 0, 3)]);
        assert_eq!(items(&[0; 10]), [(17, 7, 3)]);
        assert_eq!(items(&[0; 11]), [(18, 0, 7)]);
        assert_eq!(items(&[0; 138 + 12]), [(18, 127, 7), (18, 1, 7)]);
        assert_eq!(items(&[0; 138 + 4]), [(18, 127, 7), (17, 1, 3)]);
        assert_eq!(items(&[0; 138 + 1]), [(18, 127, 7), (0, 0, 0)]);
    }

    #[test]
    fn a_length_comes_once_before_its_repeats() {
        assert_eq!(items(&[8; 3]), [(8, 0, 0); 3]);
        assert_eq!(items(&[8; 4]), [(8, 0, 0), (16, 0, 2)]);
        assert_eq!(items(&[8; 9]), [(8, 0, 0), (16, 3, 2), (8, 0, 0), (8, 0, 0)]);
        assert_eq!(items(&[8; 10]), [(8, 0, 0), (16, 3, 2), (16, 0, 2)]);
    }

    #[test]
    fn runs_cross_from_one_code_to_the_other() {
        let literal_lengths = [vec![0; 250], vec![4; 7]].concat();
        let lengths = CodeLengths::new(&literal_lengths, &[4, 4, 0, 0]);
        assert_eq!(lengths.items[2..], [(4, 0, 0), (16, 3, 2), (4, 0, 0), (4, 0, 0)]);
        assert_eq!((lengths.literal_lengths, lengths.distances), (257, 2));
    }

    #[test]
    fn it_is_as_long_as_it_says() {
        let literal_lengths: Vec<u8> = (0..286).map(|symbol| u8::try_from(symbol % 13).unwrap()).collect();
        let lengths = CodeLengths::new(&literal_lengths, &[1, 1]);
        let (mut bits, mut out) = (BitWriter::default(), Vec::new());
        lengths.write(&mut bits, &mut out);
        bits.align(&mut out);
        assert_eq!(out.len() as u64, lengths.bits().div_ceil(8));
    }
}
