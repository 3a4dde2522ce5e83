//! Bits, least significant first. <https://www.rfc-editor.org/rfc/rfc1951#section-3.1.1>

/// Bits that may wait for the next ones to fill a byte, and how they get out.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bits: u64,
    /// How many wait; less than 8 between two calls.
    count: u32,
}

/// The most bits that go in at once.
pub(super) const MAX_PUT: u32 = 56;

impl BitWriter {
    /// Writes `count` bits, at most [`MAX_PUT`].
    pub(super) fn put(&mut self, bits: u64, count: u32, out: &mut Vec<u8>) {
        let whole = self.add(bits, count);
        let bytes = self.bits.to_le_bytes();
        out.extend(&bytes[..whole]);
        self.drop_bytes(whole);
    }

    /// The same into `room`, which has 8 bytes behind `at`; where the next ones go.
    #[inline]
    pub(super) fn put_at(&mut self, bits: u64, count: u32, room: &mut [u8], at: usize) -> usize {
        let whole = self.add(bits, count);
        room[at..at + 8].copy_from_slice(&self.bits.to_le_bytes());
        self.drop_bytes(whole);
        at + whole
    }

    /// Fills the last byte with zeros.
    pub(super) fn align(&mut self, out: &mut Vec<u8>) {
        self.put(0, self.count.wrapping_neg() & 7, out);
    }

    /// Adds bits; how many bytes are complete.
    #[inline]
    fn add(&mut self, bits: u64, count: u32) -> usize {
        debug_assert!(count <= MAX_PUT && bits >> count == 0, "{count} bits: {bits:#x}");
        self.bits |= bits << self.count;
        self.count += count;
        (self.count / 8) as usize
    }

    #[inline]
    fn drop_bytes(&mut self, whole: usize) {
        // Never all 64 bits: less than 8 waited before the last 56.
        self.bits >>= whole * 8;
        self.count &= 7;
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
    fn the_most_bits_fit_whatever_waits() {
        for waiting in 0..8 {
            let (mut bits, mut out) = (BitWriter::default(), Vec::new());
            bits.put((1 << waiting) - 1, waiting, &mut out);
            bits.put((1 << MAX_PUT) - 1, MAX_PUT, &mut out);
            bits.align(&mut out);
            assert_eq!(out.iter().map(|byte| byte.count_ones()).sum::<u32>(), waiting + MAX_PUT);
        }
    }

    #[test]
    fn both_ways_write_the_same() {
        let (mut one, mut other) = (BitWriter::default(), BitWriter::default());
        let (mut out, mut room, mut at) = (Vec::new(), [0; 200], 0);
        for count in 0..50 {
            let bits = (1 << count) - 1 - u64::from(count & 1);
            one.put(bits & ((1 << count) - 1), count, &mut out);
            at = other.put_at(bits & ((1 << count) - 1), count, &mut room, at);
        }
        assert_eq!(out, room[..at]);
    }
}
