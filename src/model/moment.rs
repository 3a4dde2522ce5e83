//! A point in time.

use std::time::Duration;

use serde::Deserialize;

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub struct Moment(i64);

impl Moment {
    /// Creates a moment from a Unix timestamp in seconds.
    pub const fn of_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Returns the Unix timestamp in seconds.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// Returns how long ago `earlier` was; zero if it is in the future, by another machine's clock.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or_default())
    }
}
