//! GitHub as the place that a run is in: what started it, what that calls for, and what its API knows and is told.

mod api;
mod call;
mod comment;
mod deployment;
mod event;
mod payload;
mod place;
mod transport;
mod visible;

pub use api::{GitHub, PullRequest};
pub use deployment::{Environment, State};
pub use event::{Call, Decision, PreviewVerb, Verb, Wish, decide};
pub use payload::{EventPullRequest, Payload, read};
