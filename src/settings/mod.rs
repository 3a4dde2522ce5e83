//! What the user said, put together: flags, environment, the settings file, defaults.
//!
//! Pure but for [`read`], which reads the file, and Terraform's lock file where there is one. docs/settings.md is the
//! reference of every key.

mod archive;
mod base;
mod completion;
mod document;
mod duration;
mod events;
mod file;
mod file_mode;
mod image;
mod layers;
mod lock_file;
mod names;
mod near;
mod placeholders;
mod preview;
mod problems;
mod provider;
mod reader;
mod resolve;
mod schema;
mod smoke;
mod tables;

pub use base::ignored;
pub use completion::keys;
pub use duration::parse as parse_duration;
pub(crate) use events::read_events;
pub(crate) use file::{FILE_NAME, Place, find, place};
pub use file::{SettingsFile, read};
pub use lock_file::LockFile;
pub(crate) use resolve::region_asked_for;
pub use resolve::resolve;
