//! What the user said, put together: flags, environment, the settings file, defaults.
//!
//! Pure but for [`read`], which reads the one file. docs/settings.md is the reference of every key.

mod document;
mod duration;
mod file;
mod layers;
mod names;
mod near;
mod placeholders;
mod problems;
mod resolve;
mod schema;
mod smoke;
mod tables;

pub use duration::parse as parse_duration;
pub use file::{FILE_NAME, SettingsFile, read};
pub use resolve::resolve;
