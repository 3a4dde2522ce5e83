//! Lines for a terminal: escaped, indented, and coloured where that is wanted.

use anstyle::{AnsiColor, Style};

use super::escape;

/// Where a line matters.
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

    /// One line, indented by `indent` columns.
    pub(super) fn line(&mut self, indent: usize, look: Look, text: &str) {
        self.labelled(indent, look, text, "");
    }

    /// A line whose first word has a look, and whose rest is plain.
    pub(super) fn labelled(&mut self, indent: usize, look: Look, label: &str, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(&self.painted(look, &escape::terminal(label)));
        if !text.is_empty() {
            self.text.push(' ');
            self.text.push_str(&escape::terminal(text));
        }
        self.text.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Rows with aligned columns; the last column is as long as it is.
    pub(super) fn table<const COLUMNS: usize>(&mut self, indent: usize, rows: &[[String; COLUMNS]]) {
        let rows: Vec<[String; COLUMNS]> =
            rows.iter().map(|row| row.each_ref().map(|cell| escape::terminal(cell))).collect();
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

fn width<const COLUMNS: usize>(rows: &[[String; COLUMNS]], column: usize) -> usize {
    rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
}
