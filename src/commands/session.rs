//! What a command works with besides its request.

use crate::github::{Access, CiRun};
use crate::report::Reporter;
use crate::world::Cancellation;

/// The surroundings of a command: GitHub, the workflow, cancellation and the report.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    /// How GitHub is reached.
    pub access: &'a Access,
    /// The run of the workflow, whose commands are reported to GitHub as well; `None` outside of `ci`.
    pub ci: Option<&'a CiRun>,
    /// Whether the run was cancelled.
    pub cancel: &'a Cancellation,
    /// Receives what happens, and how the run ended.
    pub out: &'a Reporter,
}
