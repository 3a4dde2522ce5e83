//! What the calls of a run cost: how many, how many bytes, and how many after one another.

use std::ops::Deref;
use std::time::Instant;

use super::call::Call;

/// Calls in the order of their arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Log(pub(crate) Vec<Call>);

impl Deref for Log {
    type Target = [Call];

    fn deref(&self) -> &[Call] {
        &self.0
    }
}

impl Log {
    /// The calls of one action.
    pub(crate) fn calls(&self, action: &str) -> Vec<&Call> {
        self.iter().filter(|call| call.action == action).collect()
    }

    /// What changes anything in AWS.
    pub(crate) fn writes(&self) -> Vec<&Call> {
        self.iter().filter(|call| call.is_write()).collect()
    }

    /// Fails the test where anything was changed in AWS.
    #[track_caller]
    pub(crate) fn writes_nothing(&self) {
        assert_eq!(self.writes(), Vec::<&Call>::new());
    }

    /// Bytes of all bodies.
    pub(crate) fn sent_bytes(&self) -> usize {
        self.iter().map(|call| call.sent_bytes).sum()
    }

    /// How many connections the calls came on.
    pub(crate) fn connections(&self) -> usize {
        self.iter().map(|call| call.connection).collect::<std::collections::BTreeSet<_>>().len()
    }

    /// The longest chain of calls of which each began after the one before had ended: the round trips that no
    /// bandwidth and no parallelism takes away. The repeated reads of one wait, and the repeated hits of one smoke
    /// test, count once: how many there are depends on AWS, not on the program.
    ///
    /// Calls that are made at once overlap only where each takes a while: measure with
    /// [`super::Proxy::set_latency`], a few hundred milliseconds per call.
    pub(crate) fn depth(&self) -> usize {
        let mut spans = self.spans();
        // The classic greedy choice: of intervals that do not overlap, take the one that ends first, and go on.
        spans.sort_by_key(|(_, end)| *end);
        let mut last: Option<Instant> = None;
        let mut depth = 0;
        for (start, end) in spans {
            if last.is_none_or(|last| start >= last) {
                (last, depth) = (Some(end), depth + 1);
            }
        }
        depth
    }

    /// Start and end of each call, repeated reads as one.
    fn spans(&self) -> Vec<(Instant, Instant)> {
        let mut spans: Vec<(&Call, Instant)> = Vec::new();
        for call in &self.0 {
            let repeated = spans.iter_mut().rev().find(|(first, _)| is_same_read(first, call));
            match repeated {
                Some((_, end)) if !self.written_between(call, *end) => *end = call.end,
                _ => spans.push((call, call.end)),
            }
        }
        spans.into_iter().map(|(call, end)| (call.start, end)).collect()
    }

    /// A write to the same thing makes the next read another one; an endpoint depends on every write.
    fn written_between(&self, read: &Call, after: Instant) -> bool {
        let concerns =
            |write: &Call| read.is_to_endpoint() || (write.service == read.service && write.name(0) == read.name(0));
        self.writes().into_iter().any(|write| write.start >= after && write.end <= read.start && concerns(write))
    }
}

fn is_same_read(one: &Call, other: &Call) -> bool {
    !one.is_write() && one.method == other.method && one.target == other.target
}
