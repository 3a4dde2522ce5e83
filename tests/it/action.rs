//! The GitHub Action: its decisions, its scripts, and whole workflows that run it.

mod break_out;
mod cancelled;
mod event;
mod inputs;
mod installing;
mod previews;
mod pull_request;
mod release_folder;
pub(crate) mod runner;
mod server;
mod two_jobs;
mod workflows;
