//! Chooses a level of detail at which a text stays below the limit of its sink.

use crate::report::escape;

/// A level of detail.
#[derive(Debug)]
pub(in crate::report) struct Detail {
    /// The most file names of a function.
    pub(in crate::report) names: usize,
    /// The most rows of a table, functions with file names, or sections of a plan.
    pub(in crate::report) rows: usize,
    /// The most items of a list.
    pub(in crate::report) items: usize,
    /// The most characters of one foreign text.
    pub(in crate::report) characters: usize,
}

/// The levels from most to least. The last one is below every limit with any foreign text.
const LEVELS: [Detail; 4] = [
    Detail { names: 50, rows: 500, items: 500, characters: 4000 },
    Detail { names: 10, rows: 100, items: 50, characters: 1000 },
    Detail { names: 0, rows: 50, items: 10, characters: 200 },
    Detail { names: 0, rows: 5, items: 3, characters: 40 },
];

/// Writes as much as fits into `limit` bytes. Empty parts are left out.
pub(in crate::report) fn fitting(limit: usize, write: impl Fn(&Detail) -> Vec<String>) -> String {
    let mut text = String::new();
    for detail in &LEVELS {
        let mut parts = write(detail);
        parts.retain(|part| !part.is_empty());
        text = parts.join("\n\n") + "\n";
        if text.len() <= limit {
            break;
        }
    }
    text
}

impl Detail {
    /// Returns foreign prose, cut and escaped.
    pub(in crate::report) fn text(&self, text: &str) -> String {
        escape::markdown(&self.cut(text))
    }

    /// Returns prose of our own, cut and escaped, with its code as code. Foreign text may be part of it.
    pub(in crate::report) fn prose(&self, text: &str) -> String {
        escape::markdown_prose(&self.cut(text))
    }

    /// Returns the first characters, with an ellipsis if the text is cut.
    pub(in crate::report) fn cut(&self, text: &str) -> String {
        match text.char_indices().nth(self.characters) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.to_owned(),
        }
    }

    /// Returns a complete command. A long command is not cut, since a part of it could do something else.
    pub(in crate::report) fn command(&self, command: &str) -> String {
        if command.chars().count() > self.characters.max(200) {
            return "the command is too long to show here; see the log of the run".to_owned();
        }
        escape::markdown_code(command)
    }

    /// Returns a list in Markdown, with the number of items that are left out.
    pub(super) fn list(&self, items: impl IntoIterator<Item = String>) -> String {
        let mut items = items.into_iter();
        let mut lines: Vec<String> = items.by_ref().take(self.items).map(|item| format!("- {item}")).collect();
        lines.extend(more(items.count()).map(|more| format!("- {more}")));
        lines.join("\n")
    }

    /// Returns a list below a title, or an empty string without items.
    pub(super) fn titled(&self, title: &str, items: impl IntoIterator<Item = String>) -> String {
        let items = self.list(items);
        if items.is_empty() { items } else { format!("{title}:\n\n{items}") }
    }
}

/// Returns parts below a title that unfolds them, or an empty string without any. The title is HTML.
pub(in crate::report) fn folded(title: &str, parts: &[String]) -> String {
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return String::new();
    }
    format!("<details><summary>{title}</summary>\n\n{}\n\n</details>", parts.join("\n\n"))
}

/// Returns `and 12 more`, or `None` for zero.
pub(super) fn more(count: usize) -> Option<String> {
    (count > 0).then(|| format!("and {count} more"))
}
