//! How much is told, so that a text stays below the limit of where it goes.

use crate::report::escape;

/// How much is told.
#[derive(Debug)]
pub(in crate::report) struct Detail {
    /// File names of a function.
    pub(in crate::report) names: usize,
    /// Rows of a table, functions with file names, sections of a plan.
    pub(in crate::report) rows: usize,
    /// Items of a list.
    pub(in crate::report) items: usize,
    /// Characters of one foreign text.
    pub(in crate::report) characters: usize,
}

/// From all to little; the last one is below every limit, whatever foreign text says.
const LEVELS: [Detail; 4] = [
    Detail { names: 50, rows: 500, items: 500, characters: 4000 },
    Detail { names: 10, rows: 100, items: 50, characters: 1000 },
    Detail { names: 0, rows: 50, items: 10, characters: 200 },
    Detail { names: 0, rows: 5, items: 3, characters: 40 },
];

/// Tells as much as fits into `limit` bytes; parts that are empty are left out.
pub(in crate::report) fn fitting(limit: usize, tell: impl Fn(&Detail) -> Vec<String>) -> String {
    let mut text = String::new();
    for detail in &LEVELS {
        let mut parts = tell(detail);
        parts.retain(|part| !part.is_empty());
        text = parts.join("\n\n") + "\n";
        if text.len() <= limit {
            break;
        }
    }
    text
}

impl Detail {
    /// Foreign prose.
    pub(in crate::report) fn text(&self, text: &str) -> String {
        escape::markdown(&self.cut(text))
    }

    /// The first characters, and an ellipsis where that is not all.
    pub(in crate::report) fn cut(&self, text: &str) -> String {
        match text.char_indices().nth(self.characters) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.to_owned(),
        }
    }

    /// A command as a whole, since half of one does something else.
    pub(in crate::report) fn command(&self, command: &str) -> String {
        if command.chars().count() > self.characters.max(200) {
            return "a command that is too long for this place: the log of the run has it".to_owned();
        }
        escape::markdown_code(command)
    }

    /// A list of Markdown; what is left out is counted.
    pub(super) fn list(&self, items: impl IntoIterator<Item = String>) -> String {
        let mut items = items.into_iter();
        let mut lines: Vec<String> = items.by_ref().take(self.items).map(|item| format!("- {item}")).collect();
        lines.extend(more(items.count()).map(|more| format!("- {more}")));
        lines.join("\n")
    }

    /// A list below a title; nothing without items.
    pub(super) fn titled(&self, title: &str, items: impl IntoIterator<Item = String>) -> String {
        let items = self.list(items);
        if items.is_empty() { items } else { format!("{title}:\n\n{items}") }
    }
}

/// `and 12 more`; `None` for none.
pub(super) fn more(count: usize) -> Option<String> {
    (count > 0).then(|| format!("and {count} more"))
}
