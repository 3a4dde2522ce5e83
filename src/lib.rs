//! Ships the code of Lambda functions and REST APIs whose infrastructure somebody else owns.
//!
//! The library exists for the binary and its tests; its API may change with every version.
//! ARCHITECTURE.md shows the floors.

pub mod apply;
pub mod aws;
pub mod cli;
pub mod commands;
pub mod error;
pub mod github;
pub mod http;
pub mod model;
pub mod observe;
pub mod package;
pub mod plan;
pub mod report;
pub mod settings;
pub mod world;
