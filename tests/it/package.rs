//! Packaging: the same bytes everywhere, the right files, and a reason for every refusal.

mod bytes;
mod inflated;
mod processes;
mod ready;
mod refusals;
mod selection;
pub(crate) mod support;
