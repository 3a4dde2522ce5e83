//! Decides what a run does: pure functions of settings, desired and observed state.

mod apis;
mod callers;
mod checks;
pub mod desired;
mod event;
mod function_urls;
mod functions;
mod invocation;
mod permissions;
mod platform;
pub mod preview;
mod release;
mod routes;
mod smoke;
mod stack;
mod url_event;

pub use desired::Desired;
pub use release::release;
pub use stack::log_of;
