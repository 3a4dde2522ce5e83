//! Encodes the stream of one file with lazy matching, and decides where blocks end.

use super::bit_writer::BitWriter;
use super::block::{Block, end};
use super::match_finder::{MIN_MATCH, Match, MatchFinder, NO_MATCH};
use super::token::{MAX_LENGTH, Token};
use super::window::{Position, WINDOW_BYTES, Window};

/// After a match of this length, no better one is searched.
const LAZY_LENGTH: usize = 16;
/// While more input may follow, the matcher stops this many bytes before the end.
const LOOK_AHEAD: usize = MIN_MATCH + MAX_LENGTH;

/// Encodes one raw DEFLATE stream after another, in memory that does not depend on a file's size.
#[derive(Debug)]
pub(in super::super) struct LazyEncoder {
    window: Window,
    finder: MatchFinder,
    block: Block,
    bits: BitWriter,
    /// The next byte to encode.
    position: Position,
    /// Where the block begins; `None` if that has left the buffer.
    block_begin: Option<Position>,
    /// The match that begins one byte before `position`.
    previous: Match,
    /// Whether the byte before `position` has no token yet.
    literal_pending: bool,
    has_slid: bool,
}

impl LazyEncoder {
    pub(in super::super) fn new() -> Self {
        Self {
            window: Window::new(),
            finder: MatchFinder::new(),
            block: Block::new(),
            bits: BitWriter::default(),
            position: 0,
            block_begin: Some(0),
            previous: NO_MATCH,
            literal_pending: false,
            has_slid: false,
        }
    }

    /// Compresses more of the file and appends complete bytes to `out`.
    pub(in super::super) fn write(&mut self, mut data: &[u8], out: &mut Vec<u8>) {
        loop {
            data = self.window.fill(data);
            if data.is_empty() {
                return;
            }
            self.advance((self.window.end() + 1).saturating_sub(LOOK_AHEAD), out);
            self.slide();
        }
    }

    /// Ends the stream. The next write begins another one.
    pub(in super::super) fn finish(&mut self, out: &mut Vec<u8>) {
        self.advance(self.window.end(), out);
        if self.literal_pending {
            self.add_pending_literal(out);
        }
        if !self.block.is_empty() {
            self.end_block(self.position, out);
        }
        end(&mut self.bits, out);
        self.clear();
    }

    fn clear(&mut self) {
        // Clearing all of a table of 131,072 hashes would take longer than compressing a small file.
        if self.has_slid || self.window.end() >= WINDOW_BYTES {
            self.finder.clear();
        } else {
            self.finder.clear_short(&self.window);
        }
        self.window.clear();
        (self.position, self.block_begin, self.has_slid) = (0, Some(0), false);
        (self.previous, self.literal_pending) = (NO_MATCH, false);
    }

    fn slide(&mut self) {
        self.window.slide();
        self.finder.slide();
        self.position -= WINDOW_BYTES;
        self.block_begin = self.block_begin.and_then(|begin| begin.checked_sub(WINDOW_BYTES));
        self.has_slid = true;
    }

    /// Encodes everything that begins before `until`.
    fn advance(&mut self, until: Position, out: &mut Vec<u8>) {
        while self.position < until {
            let found = self.search();
            if self.previous.length >= MIN_MATCH && found.length <= self.previous.length {
                self.take_previous(out);
            } else {
                if self.literal_pending {
                    self.add_pending_literal(out);
                }
                self.literal_pending = true;
                self.previous = found;
                self.position += 1;
            }
        }
    }

    /// Adds the position to the hash chain and searches a match that is longer than the previous one.
    #[inline]
    fn search(&mut self) -> Match {
        let ahead = self.window.end() - self.position;
        if ahead < MIN_MATCH {
            return NO_MATCH;
        }
        let first = self.finder.insert(&self.window, self.position);
        if self.previous.length >= LAZY_LENGTH || ahead <= self.previous.length {
            return NO_MATCH;
        }
        self.finder.longest(&self.window, self.position, first, self.previous.length, ahead)
    }

    /// Emits the previous match, which is at least as long as the one at `position`.
    fn take_previous(&mut self, out: &mut Vec<u8>) {
        let Match { length, distance } = std::mem::replace(&mut self.previous, NO_MATCH);
        let next = self.position - 1 + length;
        let last = next.min((self.window.end() + 1).saturating_sub(MIN_MATCH));
        for position in self.position + 1..last {
            self.finder.insert(&self.window, position);
        }
        self.position = next;
        self.literal_pending = false;
        self.add(Token::repeat(length, distance), next, out);
    }

    fn add_pending_literal(&mut self, out: &mut Vec<u8>) {
        self.add(Token::literal(self.window.byte(self.position - 1)), self.position, out);
    }

    /// Adds a token that ends at `end`.
    #[inline]
    fn add(&mut self, token: Token, end: Position, out: &mut Vec<u8>) {
        self.block.add(token);
        if self.block.is_full() {
            self.end_block(end, out);
        }
    }

    #[cold]
    fn end_block(&mut self, end: Position, out: &mut Vec<u8>) {
        let bytes = self.block_begin.map(|begin| self.window.bytes(begin, end));
        self.block.write(bytes, &mut self.bits, out);
        self.block_begin = Some(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deflate(data: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = LazyEncoder::new();
        encoder.write(data, &mut out);
        encoder.finish(&mut out);
        out
    }

    /// Returns words that repeat, near and far, with noise between them.
    fn text(bytes: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16
        };
        let mut text = Vec::new();
        while text.len() < bytes {
            let far = (next() as usize * 3 % 40_000).min(text.len());
            let begin = text.len() - far;
            text.extend_from_within(begin..begin + far.min(next() as usize % 70));
            text.extend((0..next() % 9).map(|place| next().to_le_bytes()[0] & (0x7f >> (place / 2))));
        }
        text.truncate(bytes);
        text
    }

    #[test]
    fn the_size_of_the_pieces_does_not_change_the_stream() {
        let data = text(200_000);
        let at_once = deflate(&data);
        for piece in [1, 1000, 32_768, 65_536, 70_000] {
            let (mut encoder, mut out) = (LazyEncoder::new(), Vec::new());
            data.chunks(piece).for_each(|piece| encoder.write(piece, &mut out));
            encoder.finish(&mut out);
            assert!(out == at_once, "pieces of {piece} bytes");
        }
    }

    #[test]
    fn earlier_files_do_not_change_the_stream() {
        let mut encoder = LazyEncoder::new();
        for bytes in [50, 0, 40_000, 7, 200_000, 50, 32_768, 60] {
            let (data, mut out) = (text(bytes), Vec::new());
            encoder.write(&data, &mut out);
            encoder.finish(&mut out);
            assert!(out == deflate(&data), "{bytes} bytes");
        }
    }
}
