//! GitHub as the place that a run is in: what started it, what that calls for, and what its API knows and is told.

mod api;
mod call;
mod comment;
mod event;
mod payload;
mod place;
mod transport;
mod visible;

pub use api::{GitHub, PullRequest};
pub use comment::marker;
pub use event::{Call, Decision, Verb, Wish, decide};
pub use payload::{Payload, read};
