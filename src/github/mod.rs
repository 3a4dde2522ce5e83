//! GitHub: the event that started this run, and its API.

mod api;
mod call;
mod client;
mod comment;
mod deployment;
mod event;
mod payload;
mod run;

pub use api::{GitHub, PullRequest};
pub use deployment::{Deployment, State, Task};
pub use event::{Decision, Gate, Trigger, Verb, decide};
pub use payload::{EventPullRequest, Payload};
pub use run::{Access, CiRun, StepFiles, Variables, repository};
pub(crate) use run::{commit, said};
