//! Decodes the Huffman codes of DEFLATE with lookup tables.
//! <https://www.rfc-editor.org/rfc/rfc1951#section-3.2.2>

use super::bits::{Bits, Malformed};

/// Codes up to this length are decoded with one lookup; longer codes, which are rare, bit by bit.
const TABLE_BITS: usize = 11;
/// The longest code.
const MAX_BITS: usize = 15;
/// The size of the largest alphabet: literals and lengths of the fixed code.
const MAX_SYMBOLS: usize = 288;

/// A prefix code over up to 288 symbols.
pub(super) struct Code {
    /// Indexed by the next 11 bits: `symbol << 4 | length`, or 0 for a longer or invalid code.
    table: [u16; 1 << TABLE_BITS],
    /// The number of codes of each length.
    counts: [u16; MAX_BITS + 1],
    /// The symbols in the order of their codes.
    symbols: [u16; MAX_SYMBOLS],
}

impl Code {
    /// Returns the canonical code in which symbol `i` has `lengths[i]` bits, or no code if that is 0.
    pub(super) fn new(lengths: &[u8]) -> Result<Self, Malformed> {
        let mut counts = [0; MAX_BITS + 1];
        for &length in lengths.iter().filter(|&&length| length > 0) {
            *counts.get_mut(usize::from(length)).ok_or(Malformed("a code is longer than 15 bits"))? += 1;
        }
        refuse_too_many(&counts)?;
        let mut code = Self { table: [0; 1 << TABLE_BITS], counts, symbols: [0; MAX_SYMBOLS] };
        code.sort_symbols(lengths)?;
        code.fill_table();
        Ok(code)
    }

    fn sort_symbols(&mut self, lengths: &[u8]) -> Result<(), Malformed> {
        let mut next = [0_usize; MAX_BITS + 2];
        for (length, &count) in self.counts.iter().enumerate() {
            next[length + 1] = next[length] + usize::from(count);
        }
        for (symbol, &length) in (0_u16..).zip(lengths).filter(|&(_, &length)| length > 0) {
            let place = &mut next[usize::from(length)];
            *self.symbols.get_mut(*place).ok_or(Malformed("a code has too many symbols"))? = symbol;
            *place += 1;
        }
        Ok(())
    }

    fn fill_table(&mut self) {
        let mut symbols = self.symbols.iter();
        let mut code = 0_u16;
        for (length, &count) in (0_u16..).zip(&self.counts).take(TABLE_BITS + 1).skip(1) {
            code <<= 1;
            for &symbol in symbols.by_ref().take(usize::from(count)) {
                // A code starts with its highest bit, but the table's index starts with the lowest.
                let first = usize::from(code.reverse_bits() >> (16 - length));
                for entry in self.table.iter_mut().skip(first).step_by(1 << length) {
                    *entry = symbol << 4 | length;
                }
                code += 1;
            }
        }
    }

    /// Takes a symbol from `bits`, which must hold 15 bits unless the stream ends before.
    #[inline]
    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> Result<u16, Malformed> {
        let entry = self.table[bits.low(TABLE_BITS)];
        if entry == 0 {
            return self.long_symbol(bits);
        }
        bits.drop(u32::from(entry & 15))?;
        Ok(entry >> 4)
    }

    #[cold]
    fn long_symbol(&self, bits: &mut Bits<'_>) -> Result<u16, Malformed> {
        let (mut code, mut first, mut index) = (0_usize, 0_usize, 0_usize);
        for &count in &self.counts[1..] {
            code |= bits.take(1)?;
            let count = usize::from(count);
            if code < first + count {
                return Ok(self.symbols[index + code - first]);
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        Err(Malformed("bits that are not a code"))
    }
}

/// Refuses more codes than the code space has.
fn refuse_too_many(counts: &[u16; MAX_BITS + 1]) -> Result<(), Malformed> {
    let mut free = 1_u32;
    for &count in &counts[1..] {
        free = (free << 1).checked_sub(u32::from(count)).ok_or(Malformed("a code has too many symbols"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Symbol `i` is `i` ones and a zero; the last one is fifteen ones.
    const LENGTHS: [u8; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15];

    #[test]
    fn codes_of_all_lengths_are_decoded() {
        let code = Code::new(&LENGTHS).unwrap();
        for symbol in 0..16_u16 {
            let ones = (1_u16 << symbol.min(15)) - 1;
            let stream = ones.to_le_bytes();
            let mut bits = Bits::new(&stream);
            bits.fill();
            assert_eq!(code.symbol(&mut bits), Ok(symbol));
            assert_eq!(bits.position(), usize::from(LENGTHS[usize::from(symbol)]), "symbol {symbol}");
        }
    }

    #[test]
    fn bits_that_are_not_a_code_are_refused() {
        let code = Code::new(&[2, 2, 2]).unwrap();
        let mut bits = Bits::new(&[0xff, 0xff]);
        bits.fill();
        assert_eq!(code.symbol(&mut bits), Err(Malformed("bits that are not a code")));
    }

    #[test]
    fn ambiguous_codes_are_refused() {
        assert!(Code::new(&[1, 1, 1]).is_err());
        assert!(Code::new(&[1, 2, 2, 15]).is_err());
        assert!(Code::new(&[16]).is_err());
    }
}
