//! All tests of the library and the binary, in one binary that links once.

mod cli;
mod report;
mod settings;
