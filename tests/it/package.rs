//! Packaging: reproducible bytes, the selection of files, and a reason for every refusal.

pub(crate) mod archive_file;
pub(crate) mod bytes;
mod cache;
mod contents;
mod inflated;
mod numbers;
mod processes;
mod ready;
mod refusals;
mod selection;
pub(crate) mod support;
