//! The machine's report: one JSON document.

use std::io;

use super::document::Document;
use super::escape;

/// The document, with a newline at its end.
pub(super) fn end(document: &Document<'_>) -> io::Result<String> {
    let text = serde_json::to_string_pretty(document)?;
    Ok(escape::json(&text) + "\n")
}
