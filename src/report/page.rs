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
        let widths = widths(&rows);
        for row in &rows {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
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

/// Returns the width of each column, by the rows with a cell after it.
fn widths(rows: &[Vec<String>]) -> Vec<usize> {
    let mut widths = vec![0; rows.iter().map(Vec::len).max().unwrap_or_default()];
    for row in rows {
        let cells = row.split_last().map_or(&[][..], |(_, cells)| cells);
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = cell.chars().count().max(*width);
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_cells_except_the_last_of_a_row() {
        let mut page = Page::new(false);
        page.table(1, &[vec!["a".to_owned(), "bb".to_owned()], vec!["a long last cell".to_owned()]]);
        page.table(0, &[["name", "1"], ["n", "2"]].map(|row| row.map(str::to_owned)));
        assert_eq!(page.finish(), " a  bb\n a long last cell\nname  1\nn     2\n");
    }

    /// With one pass over all rows for each cell, this would take hours.
    #[test]
    fn a_table_of_many_rows_is_linear() {
        let row = |number: usize| [number.to_string(), "x".to_owned()];
        let mut page = Page::new(false);
        page.table(0, &(0..300_000).map(row).collect::<Vec<_>>());
        assert!(page.finish().ends_with("\n299999  x\n"));
    }
}
