//! All tests of the library and the binary, in one binary that links once.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something is not as expected")]

/// A test for each line, which is named for it and calls it. The tests run beside each other.
macro_rules! tests {
    ($($(#[$doc:meta])* $name:ident => $call:expr;)+) => {$(
        $(#[$doc])*
        #[test]
        fn $name() {
            $call;
        }
    )+};
}

mod action;
mod api_definition;
mod architecture;
mod archive_file;
mod bad_input;
mod cli;
mod completion;
mod docs;
mod emulator;
mod faults;
mod function_urls;
mod github;
mod hard;
mod http_apis;
mod iam;
mod images;
mod local_aws;
mod moto;
mod network;
mod package;
mod partitions;
mod plan;
mod preview;
mod proof;
mod put_back;
mod recipes;
mod report;
mod settings;
mod strict;
mod support;
#[cfg(all(feature = "system-tools", target_os = "linux"))]
mod system_tools;
mod terminal;
mod views;
mod workers;
