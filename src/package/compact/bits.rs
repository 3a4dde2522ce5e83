//! Reads a DEFLATE stream bit by bit, from the lowest bit of each byte.

/// Why a stream is not DEFLATE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

const ENDED: Malformed = Malformed("the stream ends inside a block");

/// A position in a stream of bits.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The index of the byte that is loaded next.
    next: usize,
    /// Loaded bits. Bits above `held` may be loaded already but do not count yet.
    buffer: u64,
    held: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, next: 0, buffer: 0, held: 0 }
    }

    /// Returns how many bits were taken so far.
    pub(super) fn position(&self) -> usize {
        self.next * 8 - self.held as usize
    }

    /// Loads at least 56 bits, or all remaining ones.
    #[inline]
    pub(super) fn fill(&mut self) {
        if let Some(word) = self.bytes.get(self.next..).and_then(<[u8]>::first_chunk::<8>) {
            self.buffer |= u64::from_le_bytes(*word) << self.held;
            self.next += ((63 - self.held) >> 3) as usize;
            self.held |= 0b11_1000;
        } else {
            self.fill_slowly();
        }
    }

    #[cold]
    fn fill_slowly(&mut self) {
        while let Some(&byte) = self.bytes.get(self.next).filter(|_| self.held < 56) {
            self.buffer |= u64::from(byte) << self.held;
            self.next += 1;
            self.held += 8;
        }
    }

    /// Returns the next `count` bits, at most 16, without taking them; zeros after the end.
    #[inline]
    pub(super) fn low(&self, count: usize) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "the mask keeps at most 16 bits")]
        let low = (self.buffer & ((1 << count) - 1)) as usize;
        low
    }

    /// Drops `count` loaded bits.
    #[inline]
    pub(super) fn drop(&mut self, count: u32) -> Result<(), Malformed> {
        self.held = self.held.checked_sub(count).ok_or(ENDED)?;
        self.buffer >>= count;
        Ok(())
    }

    /// Takes `count` loaded bits, at most 16.
    #[inline]
    pub(super) fn take(&mut self, count: u32) -> Result<usize, Malformed> {
        let value = self.low(count as usize);
        self.drop(count)?;
        Ok(value)
    }

    /// Loads and takes `count` bits, at most 16.
    pub(super) fn read(&mut self, count: u32) -> Result<usize, Malformed> {
        self.fill();
        self.take(count)
    }

    /// Goes to the next whole byte.
    pub(super) fn align(&mut self) -> Result<(), Malformed> {
        self.drop(self.held & 7)
    }

    /// Skips `count` whole bytes; call [`Bits::align`] first.
    pub(super) fn skip_bytes(&mut self, count: usize) -> Result<(), Malformed> {
        let next = self.position() / 8 + count;
        if next > self.bytes.len() {
            return Err(ENDED);
        }
        *self = Self { next, ..Self::new(self.bytes) };
        Ok(())
    }
}
