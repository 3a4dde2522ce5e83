//! Decides what a run does: pure functions of settings, desired and observed state.

mod apis;
mod callers;
mod checks;
pub mod desired;
mod event;
mod functions;
mod invocation;
mod permissions;
mod platform;
pub mod preview;
mod release;
mod routes;
mod smoke;
mod stack;

pub use desired::Desired;
pub use release::release;
pub use stack::log_of;
