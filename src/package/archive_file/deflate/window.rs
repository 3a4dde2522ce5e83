//! Buffers the part of a file that the matcher can search.

use super::token::MAX_LENGTH;

/// How far back a match may lie. <https://www.rfc-editor.org/rfc/rfc1951#section-2>
pub(super) const WINDOW_BYTES: usize = 32_768;
/// Two windows.
pub(super) const BUFFER_BYTES: usize = 2 * WINDOW_BYTES;
/// Bytes after the buffer's end that may be read but are not used.
const SLACK_BYTES: usize = 512;

/// An index into the buffer, at most its end.
pub(super) type Position = usize;

/// Two windows of a file. The second becomes the first when the buffer slides.
#[derive(Debug)]
pub(super) struct Window {
    bytes: Box<[u8; BUFFER_BYTES + SLACK_BYTES]>,
    filled: usize,
}

impl Window {
    pub(super) fn new() -> Self {
        Self { bytes: zeros(), filled: 0 }
    }

    /// Returns the end of the known bytes.
    pub(super) fn end(&self) -> Position {
        self.filled
    }

    pub(super) fn clear(&mut self) {
        self.filled = 0;
    }

    /// Takes as many bytes as fit and returns the rest.
    pub(super) fn fill<'a>(&mut self, data: &'a [u8]) -> &'a [u8] {
        let (taken, rest) = data.split_at(data.len().min(BUFFER_BYTES - self.filled));
        self.bytes[self.filled..self.filled + taken.len()].copy_from_slice(taken);
        self.filled += taken.len();
        rest
    }

    /// Forgets the first window.
    pub(super) fn slide(&mut self) {
        self.bytes.copy_within(WINDOW_BYTES..BUFFER_BYTES, 0);
        self.filled -= WINDOW_BYTES;
    }

    /// Returns the bytes of a range.
    pub(super) fn bytes(&self, from: Position, to: Position) -> &[u8] {
        &self.bytes[from..to]
    }

    /// Returns the byte at a position.
    #[inline]
    pub(super) fn byte(&self, position: Position) -> u8 {
        self.bytes[position]
    }

    /// Returns four bytes as a little-endian number. Bytes after the end are arbitrary.
    #[inline]
    pub(super) fn four(&self, position: Position) -> u32 {
        let four = &self.bytes[position..position + 4];
        u32::from_le_bytes([four[0], four[1], four[2], four[3]])
    }

    /// Returns how many bytes are the same at two positions, at most [`MAX_LENGTH`]. Bytes after the end count too.
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

/// Allocates a table on the heap without building it on the stack first.
#[expect(clippy::unnecessary_box_returns, reason = "it is too large for the stack")]
pub(super) fn zeros<T: Copy + Default, const N: usize>() -> Box<[T; N]> {
    match vec![T::default(); N].into_boxed_slice().try_into() {
        Ok(zeros) => zeros,
        Err(_) => unreachable!("the slice has {N} items"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_slides_by_half() {
        let mut window = Window::new();
        let data: Vec<u8> = (0..70_000_u32).map(|place| place.to_le_bytes()[1]).collect();
        let rest = window.fill(&data);
        assert_eq!((rest.len(), window.end()), (70_000 - BUFFER_BYTES, BUFFER_BYTES));
        window.slide();
        assert!(window.fill(rest).is_empty());
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
