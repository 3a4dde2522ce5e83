//! Tests that need programs of Debian: `cargo test --features system-tools system_tools`. `.ci/run` installs them.

mod info_zip;
mod pictures;
mod processors;
mod run;
