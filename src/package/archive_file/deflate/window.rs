//! The part of a file that the matcher sees.

use super::token::MAX_LENGTH;
use super::zeros;

/// How far back a match may lie. <https://www.rfc-editor.org/rfc/rfc1951#section-2>
pub(super) const WINDOW_BYTES: usize = 32_768;
/// Two windows.
pub(super) const BUFFER_BYTES: usize = 2 * WINDOW_BYTES;
/// What may be read, and is not used, behind the buffer's end.
const BEHIND: usize = 512;

/// Where a byte lies in the buffer; behind its last one at most.
pub(super) type Position = usize;

/// Two windows of a file. The second one becomes the first when it slides.
#[derive(Debug)]
pub(super) struct Window {
    bytes: Box<[u8; BUFFER_BYTES + BEHIND]>,
    filled: usize,
}

impl Window {
    pub(super) fn new() -> Self {
        Self { bytes: zeros(), filled: 0 }
    }

    /// Where the bytes end that are known.
    pub(super) fn end(&self) -> Position {
        self.filled
    }

    pub(super) fn clear(&mut self) {
        self.filled = 0;
    }

    /// Takes as many bytes as there is room for; what is left.
    pub(super) fn fill<'a>(&mut self, data: &'a [u8]) -> &'a [u8] {
        let (taken, left) = data.split_at(data.len().min(BUFFER_BYTES - self.filled));
        self.bytes[self.filled..self.filled + taken.len()].copy_from_slice(taken);
        self.filled += taken.len();
        left
    }

    /// Forgets the first window.
    pub(super) fn slide(&mut self) {
        self.bytes.copy_within(WINDOW_BYTES..BUFFER_BYTES, 0);
        self.filled -= WINDOW_BYTES;
    }

    /// These bytes.
    pub(super) fn bytes(&self, from: Position, to: Position) -> &[u8] {
        &self.bytes[from..to]
    }

    /// The byte at a position.
    #[inline]
    pub(super) fn byte(&self, position: Position) -> u8 {
        self.bytes[position]
    }

    /// The four bytes from a position on, the first one lowest; those behind the end are of no meaning.
    #[inline]
    pub(super) fn four(&self, position: Position) -> u32 {
        let four = &self.bytes[position..position + 4];
        u32::from_le_bytes([four[0], four[1], four[2], four[3]])
    }

    /// How many bytes are the same at two positions, [`MAX_LENGTH`] at most. Those behind the end are compared too.
    #[inline]
    pub(super) fn common(&self, one: Position, other: Position) -> usize {
        const ROUNDED: usize = MAX_LENGTH.next_multiple_of(8);
        let (one, other) = (&self.bytes[one..one + ROUNDED], &self.bytes[other..other + ROUNDED]);
        let (one, other) = (one.as_chunks::<8>().0, other.as_chunks::<8>().0);
        for (eights, (one, other)) in one.iter().zip(other).enumerate() {
            let difference = u64::from_le_bytes(*one) ^ u64::from_le_bytes(*other);
            if difference != 0 {
                return (eights * 8 + difference.trailing_zeros() as usize / 8).min(MAX_LENGTH);
            }
        }
        MAX_LENGTH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_slides_by_half() {
        let mut window = Window::new();
        let data: Vec<u8> = (0..70_000_u32).map(|place| place.to_le_bytes()[1]).collect();
        let left = window.fill(&data);
        assert_eq!((left.len(), window.end()), (70_000 - BUFFER_BYTES, BUFFER_BYTES));
        window.slide();
        assert!(window.fill(left).is_empty());
        assert_eq!(window.bytes(0, window.end()), &data[WINDOW_BYTES..]);
    }

    #[test]
    fn common_bytes_are_counted_up_to_the_longest_match() {
        for length in [0, 1, 7, 8, 9, 63, 256, 257, 258, 259, 300] {
            let mut window = Window::new();
            window.fill(&[vec![7; length], vec![1; 1000 - length], vec![7; length], vec![2]].concat());
            assert_eq!(window.common(0, 1000), length.min(258));
        }
    }

    #[test]
    fn the_last_position_can_be_read() {
        let mut window = Window::new();
        window.fill(&vec![1; BUFFER_BYTES]);
        assert_eq!(window.four(BUFFER_BYTES - 1) & 0xff, 1);
        assert_eq!(window.common(BUFFER_BYTES - 1, 5), 1);
    }
}
