//! What the fuzzers share. The sources under test are those of `src/`, compiled here without the rest of the program,
//! since the SDKs would take minutes.

pub mod archive_file;
pub mod compact;
pub mod data;
pub mod inflate;
#[path = "../../src/package/zip_records.rs"]
#[expect(dead_code, reason = "no fuzzer packs links")]
mod zip_records;
