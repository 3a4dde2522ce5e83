//! Previews that stand: how long nobody touched them, and how many there may be.

use super::{Moment, PreviewId};

impl PreviewId {
    /// The tag of the last run that wrote to the API, in RFC 3339; APIs only, since Lambda tells of functions itself
    /// when they changed.
    pub const UPDATED: &'static str = "sls-release:updated";
}

/// A preview of which AWS has anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingPreview {
    /// Which.
    pub id: PreviewId,
    /// When anything of it changed last; `None` where AWS tells it of nothing.
    pub active: Option<Moment>,
}

/// What is known of a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullRequestState {
    /// It is open.
    Open,
    /// It is closed, merged, or there is none of its number.
    Closed,
    /// In words, why nobody knows.
    Unknown(String),
}

/// The limits of `[preview]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewLimits {
    /// `max_previews`: of one repository and service; `None`: as many as AWS takes.
    pub max_previews: Option<usize>,
    /// `when_full`.
    pub when_full: WhenFull,
    /// `log_retention_days`.
    pub log_retention_days: i32,
}

/// What a new preview does where there are as many as there may be, and all of their pull requests are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// It is not made.
    Refuse,
    /// The one that nobody touched for the longest time makes room.
    ReplaceOldest,
}
