//! Writes bits, least significant first. <https://www.rfc-editor.org/rfc/rfc1951#section-3.1.1>

/// Writes bits as bytes, and keeps the bits of an incomplete byte.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bits: u64,
    /// The number of pending bits; less than 8 between two calls.
    count: u32,
}

/// The most bits that one call takes.
pub(super) const MAX_PUT: u32 = 56;

impl BitWriter {
    /// Writes `count` bits, at most [`MAX_PUT`].
    pub(super) fn put(&mut self, bits: u64, count: u32, out: &mut Vec<u8>) {
        let begin = out.len();
        out.resize(begin + 8, 0);
        let end = self.put_at(bits, count, out, begin);
        out.truncate(end);
    }

    /// Writes `count` bits to `buffer` at `at`, where at least 8 bytes follow; returns where the next bits go.
    #[inline]
    pub(super) fn put_at(&mut self, bits: u64, count: u32, buffer: &mut [u8], at: usize) -> usize {
        debug_assert!(count <= MAX_PUT && bits >> count == 0, "{count} bits: {bits:#x}");
        self.bits |= bits << self.count;
        self.count += count;
        let bytes_complete = (self.count / 8) as usize;
        buffer[at..at + 8].copy_from_slice(&self.bits.to_le_bytes());
        // Never all 64 bits: less than 8 were pending before the last 56.
        self.bits >>= bytes_complete * 8;
        self.count &= 7;
        at + bytes_complete
    }

    /// Fills the last byte with zeros.
    pub(super) fn align(&mut self, out: &mut Vec<u8>) {
        self.put(0, self.count.wrapping_neg() & 7, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_fill_bytes_from_below() {
        let (mut bits, mut out) = (BitWriter::default(), Vec::new());
        bits.put(1, 1, &mut out);
        bits.put(0b10, 2, &mut out);
        bits.put(0x1_ff00, 17, &mut out);
        assert_eq!(out, [0b101, 0b1111_1000]);
        bits.align(&mut out);
        assert_eq!(out, [0b101, 0b1111_1000, 0b1111]);
        bits.align(&mut out);
        assert_eq!(out.len(), 3);
    }

    #[test]
    fn the_most_bits_fit_with_any_number_of_pending_bits() {
        for waiting in 0..8 {
            let (mut bits, mut out) = (BitWriter::default(), Vec::new());
            bits.put((1 << waiting) - 1, waiting, &mut out);
            bits.put((1 << MAX_PUT) - 1, MAX_PUT, &mut out);
            bits.align(&mut out);
            assert_eq!(out.iter().map(|byte| byte.count_ones()).sum::<u32>(), waiting + MAX_PUT);
        }
    }
}
