//! Ships the code of Lambda functions and REST APIs whose infrastructure somebody else owns.
//!
//! The library exists for the binary and its tests; its API may change with every version.
//! ARCHITECTURE.md shows the floors.

pub mod error;
pub mod model;
pub mod package;
