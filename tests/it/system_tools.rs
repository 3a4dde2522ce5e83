//! Tests that need programs of Debian, or large packages from PyPI: `cargo test --features system-tools system_tools`.
//! `.ci/run` installs the programs, and the tests the packages.

mod completion;
mod info_zip;
mod pictures;
mod processors;
mod run;
#[cfg(target_arch = "x86_64")]
mod terraform;
