//! Formats lines for a terminal: escaped, indented and, if wanted, coloured.

use anstyle::{AnsiColor, Style};

use super::escape;

/// The width of wrapped prose.
const COLUMNS: usize = 100;

/// The style of a line.
#[derive(Clone, Copy)]
pub(super) enum Look {
    Plain,
    Heading,
    Good,
    Warning,
    Bad,
    Dim,
}

impl Look {
    fn style(self) -> Style {
        match self {
            Look::Plain => Style::new(),
            Look::Heading => Style::new().bold(),
            Look::Good => AnsiColor::Green.on_default().bold(),
            Look::Warning => AnsiColor::Yellow.on_default().bold(),
            Look::Bad => AnsiColor::Red.on_default().bold(),
            Look::Dim => Style::new().dimmed(),
        }
    }
}

/// Lines for a terminal.
pub(super) struct Page {
    text: String,
    colour: bool,
}

impl Page {
    pub(super) fn new(colour: bool) -> Self {
        Self { text: String::new(), colour }
    }

    /// Writes a line, indented by `indent` columns.
    pub(super) fn line(&mut self, indent: usize, look: Look, text: &str) {
        self.labelled(indent, look, text, "");
    }

    /// Writes a line with a styled label and plain text.
    pub(super) fn labelled(&mut self, indent: usize, look: Look, label: &str, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(&self.painted(look, &escape::terminal(label)));
        if !text.is_empty() {
            self.text.push(' ');
            self.text.push_str(&escape::terminal(text));
        }
        self.text.push('\n');
    }

    /// Writes several lines: the first after the label, the others aligned below its text. Empty lines stay empty.
    pub(super) fn labelled_lines(&mut self, indent: usize, look: Look, label: &str, text: &str) {
        let mut lines = text.trim_end().lines();
        self.labelled(indent, look, label, lines.next().unwrap_or_default());
        let indent = indent + label.chars().count() + 1;
        lines.for_each(|line| if line.is_empty() { self.blank() } else { self.line(indent, Look::Plain, line) });
    }

    /// Writes prose after a label, wrapped to at most [`COLUMNS`] columns.
    pub(super) fn wrapped(&mut self, look: Look, label: &str, text: &str) {
        let columns = COLUMNS - label.chars().count() - 1;
        let lines = escape::terminal(text).split(' ').fold(Vec::<String>::new(), |mut lines, word| {
            match lines.last_mut().filter(|line| line.chars().count() + word.chars().count() < columns) {
                Some(line) => line.extend([" ", word]),
                None => lines.push(word.to_owned()),
            }
            lines
        });
        self.labelled_lines(0, look, label, &lines.join("\n"));
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Writes rows with aligned columns. A row's last cell does not affect the column's width.
    pub(super) fn table<R: AsRef<[String]>>(&mut self, indent: usize, rows: &[R]) {
        let escaped = |row: &R| row.as_ref().iter().map(|cell| escape::terminal(cell)).collect();
        let rows: Vec<Vec<String>> = rows.iter().map(escaped).collect();
        for row in &rows {
            let cells = row.iter().enumerate();
            let cells: Vec<String> =
                cells.map(|(at, cell)| format!("{cell:<width$}", width = width(&rows, at))).collect();
            self.text.push_str(&" ".repeat(indent));
            self.text.push_str(cells.join("  ").trim_end());
            self.text.push('\n');
        }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    fn painted(&self, look: Look, text: &str) -> String {
        let style = look.style();
        if self.colour && style != Style::new() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// Returns the width of a column, by the rows with a cell after it.
fn width(rows: &[Vec<String>], column: usize) -> usize {
    let cells = rows.iter().filter(|row| column + 1 < row.len()).map(|row| row[column].chars().count());
    cells.max().unwrap_or(0)
}
