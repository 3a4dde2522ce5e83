//! Decides what a run does: pure functions of settings, desired and observed state.

mod apis;
mod callers;
mod checks;
pub mod desired;
mod first_event;
mod function_urls;
mod functions;
mod invocation;
mod permissions;
mod platform;
pub mod preview;
mod release;
mod routes;
mod second_event;
mod smoke;
mod stack;

pub use desired::Desired;
pub use release::release;
pub use stack::log_of;
