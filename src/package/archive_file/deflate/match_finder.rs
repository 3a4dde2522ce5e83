//! Finds earlier occurrences of the next bytes with a hash chain.

use super::window::{Position, WINDOW_BYTES, Window, zeros};

/// Shorter matches are not searched.
pub(super) const MIN_MATCH: usize = 4;
/// The length of "no match": one less than the shortest match.
pub(super) const NO_LENGTH: usize = MIN_MATCH - 1;
/// A match of only [`MIN_MATCH`] bytes is not worth a longer distance than this.
const MAX_DISTANCE_OF_SHORTEST: usize = 4096;
/// A match of this length is good enough to end the search.
const NICE_LENGTH: usize = 32;
/// The most candidates of one search.
const MAX_CHAIN: u32 = 32;
const HASH_BITS: u32 = 17;
const HASHES: usize = 1 << HASH_BITS;
const HASH_FACTOR: u32 = 0x1e35_a7bd;

/// A position of the buffer plus 1, or 0 for none.
type Link = u16;
/// A window, in the unit of links.
const WINDOW_LINK: Link = 1 << 15;

/// A match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// In bytes; [`NO_LENGTH`] if there is no match.
    pub(super) length: usize,
    /// How many bytes back.
    pub(super) distance: usize,
}

/// No match.
pub(super) const NO_MATCH: Match = Match { length: NO_LENGTH, distance: 0 };

/// The positions of a window by the hash of their bytes.
#[derive(Debug)]
pub(super) struct MatchFinder {
    /// For each hash of four bytes, the last position with that hash.
    head: Box<[Link; HASHES]>,
    /// For each position modulo the window, the previous position with the same hash.
    chain: Box<[Link; WINDOW_BYTES]>,
}

impl MatchFinder {
    pub(super) fn new() -> Self {
        Self { head: zeros(), chain: zeros() }
    }

    /// Forgets all positions.
    pub(super) fn clear(&mut self) {
        self.head.fill(0);
    }

    /// Forgets all positions of a window that has not slid. This is faster than [`MatchFinder::clear`] for a short one.
    pub(super) fn clear_short(&mut self, window: &Window) {
        for position in 0..window.end().saturating_sub(MIN_MATCH - 1) {
            self.head[hash(window.four(position))] = 0;
        }
    }

    /// Moves all positions after the window has slid.
    pub(super) fn slide(&mut self) {
        slide(&mut self.head[..]);
        slide(&mut self.chain[..]);
    }

    /// Inserts a position that four bytes follow, and returns the previous one with the same hash.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "four bytes follow the position: it is below 65,535")]
    pub(super) fn insert(&mut self, window: &Window, position: Position) -> Link {
        let head = &mut self.head[hash(window.four(position))];
        let before = *head;
        self.chain[position % WINDOW_BYTES] = before;
        *head = (position + 1) as Link;
        before
    }

    /// Returns the longest match that is longer than `longer`, and the nearest of several. `first` is what
    /// [`MatchFinder::insert`] returned for the position; `ahead` is the number of known bytes from there on.
    #[inline]
    pub(super) fn longest(
        &self,
        window: &Window,
        position: Position,
        first: Link,
        longer: usize,
        ahead: usize,
    ) -> Match {
        let oldest = position.saturating_sub(WINDOW_BYTES);
        let nice = NICE_LENGTH.min(ahead);
        let mut best = Match { length: longer, distance: 0 };
        let mut link = first;
        let mut tail = window.four(position + best.length % NICE_LENGTH - NO_LENGTH);
        for _ in 0..MAX_CHAIN {
            // A position before the buffer's start has become 0.
            if usize::from(link) <= oldest {
                break;
            }
            let candidate = usize::from(link) - 1;
            if window.four(candidate + best.length % NICE_LENGTH - NO_LENGTH) == tail {
                let length = window.common(candidate, position).min(ahead);
                let distance = position - candidate;
                if length > best.length && (length > MIN_MATCH || distance <= MAX_DISTANCE_OF_SHORTEST) {
                    best = Match { length, distance };
                    if length >= nice {
                        break;
                    }
                    tail = window.four(position + best.length % NICE_LENGTH - NO_LENGTH);
                }
            }
            // The oldest candidate shares its slot with the current position.
            if candidate == oldest {
                break;
            }
            link = self.chain[candidate % WINDOW_BYTES];
        }
        best
    }
}

/// Moves links back by a window; those before the new start become 0.
fn slide(links: &mut [Link]) {
    for link in links {
        *link = link.saturating_sub(WINDOW_LINK);
    }
}

/// <https://en.wikipedia.org/wiki/Hash_function#Multiplicative_hashing>
#[inline]
fn hash(four: u32) -> usize {
    (four.swap_bytes().wrapping_mul(HASH_FACTOR) >> (u32::BITS - HASH_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the longest match for `next`, which follows `before`.
    fn search(before: &[u8], next: &[u8]) -> Match {
        let (mut window, mut finder) = (Window::new(), MatchFinder::new());
        assert!(window.fill(&[before, next].concat()).is_empty());
        for position in 0..before.len() {
            finder.insert(&window, position);
        }
        let first = finder.insert(&window, before.len());
        finder.longest(&window, before.len(), first, NO_LENGTH, next.len())
    }

    #[test]
    fn the_nearest_of_the_longest_is_found_a_window_back_and_the_shortest_only_from_near() {
        let far = |word: &[u8], bytes| [word, &vec![b' '; bytes]].concat();
        let cases: [(Vec<u8>, &[u8], Match); 7] = [
            (b"abcdef-abcdeg-abcdef-abcd-".to_vec(), b"abcdef", Match { length: 6, distance: 12 }),
            (b"abcd".to_vec(), b"abcdabcd!", Match { length: 8, distance: 4 }),
            (b"abc-".to_vec(), b"abc!", NO_MATCH),
            (far(b"abcd", 4092), b"abcd!", Match { length: 4, distance: 4096 }),
            (far(b"abcd", 4093), b"abcd!", NO_MATCH),
            (far(b"abcdef", WINDOW_BYTES - 6), b"abcdef!", Match { length: 6, distance: WINDOW_BYTES }),
            (far(b"abcdef", WINDOW_BYTES - 5), b"abcdef!", NO_MATCH),
        ];
        for (before, next, expected) in cases {
            assert_eq!(search(&before, next), expected);
        }
    }

    #[test]
    fn the_search_ends_after_the_most_candidates() {
        let nearer = |candidates| search(&[b"abcdef".to_vec(), b"abcd-".repeat(candidates)].concat(), b"abcdef").length;
        assert_eq!(nearer(MAX_CHAIN as usize - 1), 6);
        assert_eq!(nearer(MAX_CHAIN as usize), 4);
    }

    #[test]
    fn positions_follow_the_window() {
        let (mut window, mut finder) = (Window::new(), MatchFinder::new());
        window.fill(&[vec![b' '; WINDOW_BYTES], b"abcdef-abcdef".to_vec(), vec![b'.'; WINDOW_BYTES]].concat());
        finder.insert(&window, 5);
        finder.insert(&window, WINDOW_BYTES);
        window.slide();
        finder.slide();
        let first = finder.insert(&window, 7);
        assert_eq!(finder.longest(&window, 7, first, NO_LENGTH, 100), Match { length: 6, distance: 7 });
        assert_eq!(finder.insert(&window, 20), 0);
    }

    #[test]
    fn clearing_forgets_the_previous_file() {
        for short in [false, true] {
            let (mut window, mut finder) = (Window::new(), MatchFinder::new());
            window.fill(b"abcdabcd");
            for position in 0..5 {
                finder.insert(&window, position);
            }
            if short {
                finder.clear_short(&window);
            } else {
                finder.clear();
            }
            assert!(finder.head.iter().all(|&link| link == 0));
        }
    }
}
