//! Runs the waves of a plan, and puts back what they changed. It knows no resource: what a step or an undo does is
//! handed to it.

mod memory;
mod restore;
mod run;
mod write;

pub use restore::{Found, Words, restore};
pub use run::{OnError, Run, StepError, Undone, back, ended, failure_of, forward};
pub use write::{Write, send};
