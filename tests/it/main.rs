//! All tests of the library and the binary, in one binary that links once.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something is not as expected")]

mod action;
mod api_definition;
mod architecture;
mod archive_file;
mod bad_input;
mod cli;
mod docs;
mod emulator;
mod faults;
mod github;
mod hard;
mod iam;
mod local_aws;
mod moto;
mod package;
mod plan;
mod preview;
mod put_back;
mod report;
mod settings;
mod strict;
mod support;
#[cfg(all(feature = "system-tools", target_os = "linux"))]
mod system_tools;
mod terminal;
mod views;
