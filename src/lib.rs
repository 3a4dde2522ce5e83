//! Ships the code of Lambda functions and REST APIs whose infrastructure another tool owns.
//!
//! The library exists for the binary and its tests; its API may change with every version.
//! ARCHITECTURE.md shows the floors.

mod apply;
mod aws;
mod checkout;
pub mod cli;
pub mod commands;
mod engine;
pub mod error;
pub mod github;
mod http;
pub mod machine;
pub mod model;
mod network;
mod observe;
pub mod package;
pub mod plan;
pub mod report;
mod resources;
pub mod settings;
pub mod world;
