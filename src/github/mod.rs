//! GitHub as the place that a run is in: what started it, and what that calls for.

mod event;
mod payload;

pub use event::{Call, Decision, PreviewVerb, Verb, Wish, decide};
pub use payload::{EventPullRequest, Payload, read};
