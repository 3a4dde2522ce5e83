//! Names in the settings file, for completion in shells.

use std::path::Path;

use super::document::parse;
use super::file::find;

/// Returns the keys of a table of the settings file, such as `stages`, sorted. Returns none where the file is missing or
/// cannot be read: a shell has no place for an error.
pub fn keys(config: Option<&Path>, table: &str) -> Vec<String> {
    let document = find(config, Path::new("")).ok().flatten().and_then(|file| parse(&file).ok());
    let named = document.as_ref().and_then(|document| document.table(table));
    named.map(|table| table.entries.keys().cloned().collect()).unwrap_or_default()
}
