//! GitHub as the place that a run is in: what started it, and what that calls for.

mod event;
mod payload;

pub use event::{Call, Decision, Verb, Wish, decide};
pub use payload::{Payload, read};
