//! Formats lines for a terminal: escaped, indented and, if wanted, coloured.

use anstyle::{AnsiColor, Style};

use super::escape;

/// Text gets at least so many columns, however far it is indented.
const LEAST: usize = 20;
/// How many digits of a digest are shown.
const DIGITS: usize = 12;
/// How many hex digits a SHA-256 has.
const SHA256_DIGITS: usize = 64;

/// What a page is shown on.
#[derive(Clone, Copy, Default)]
pub(super) struct Screen {
    /// Whether it has colours.
    pub(super) colour: bool,
    /// The width of the terminal; `None` for files and pipes, where no line is broken.
    pub(super) columns: Option<usize>,
    /// Whether the reader wants all digits of digests.
    pub(super) whole_digests: bool,
}

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
    screen: Screen,
}

impl Page {
    pub(super) fn new(screen: Screen) -> Self {
        Self { text: String::new(), screen }
    }

    /// Writes a line, indented by `indent` columns.
    pub(super) fn line(&mut self, indent: usize, look: Look, text: &str) {
        self.labelled(indent, look, text, "");
    }

    /// Writes a line with a styled label and plain text.
    pub(super) fn labelled(&mut self, indent: usize, look: Look, label: &str, text: &str) {
        self.filled(indent, look, (label, text), self.screen.columns);
    }

    /// Writes a line, broken between words where it is wider than so many columns. The rest is aligned below the text.
    fn filled(&mut self, indent: usize, look: Look, (label, text): (&str, &str), columns: Option<usize>) {
        let (label, text) = (escape::terminal(label), escape::terminal(text));
        let hang = if text.is_empty() { indent + 2 } else { indent + label.chars().count() + 1 };
        let mut lines = broken(if text.is_empty() { &label } else { &text }, hang, columns).into_iter();
        let first = lines.next().unwrap_or_default();
        self.text.push_str(&" ".repeat(indent));
        if text.is_empty() {
            self.text.push_str(&self.painted(look, &first));
        } else {
            self.text.push_str(&self.painted(look, &label));
            self.text.push(' ');
            self.text.push_str(&first);
        }
        self.text.push('\n');
        for line in lines {
            self.text.push_str(&" ".repeat(hang));
            self.text.push_str(&if text.is_empty() { self.painted(look, &line) } else { line });
            self.text.push('\n');
        }
    }

    /// Writes a command in one line, however long, so that it can be copied.
    pub(super) fn command(&mut self, indent: usize, label: &str, command: &str) {
        self.filled(indent, Look::Heading, (label, command), None);
    }

    /// Writes several lines: the first after the label, the others aligned below its text. Empty lines stay empty.
    pub(super) fn labelled_lines(&mut self, indent: usize, look: Look, label: &str, text: &str) {
        let mut lines = text.trim_end().lines();
        self.labelled(indent, look, label, lines.next().unwrap_or_default());
        let indent = indent + label.chars().count() + 1;
        lines.for_each(|line| if line.is_empty() { self.blank() } else { self.line(indent, Look::Plain, line) });
    }

    /// Returns the text with the first digits of each SHA-256 in it, unless the reader wants all.
    pub(super) fn digests(&self, text: &str) -> String {
        if self.screen.whole_digests { text.to_owned() } else { short_digests(text) }
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
            let Some((last, before)) = cells.split_last() else { continue };
            let before = before.iter().fold(" ".repeat(indent), |before, cell| before + cell + "  ");
            let hang = before.chars().count();
            let lines = broken(last.trim_end(), hang, self.screen.columns);
            let text = before + &lines.join(&format!("\n{}", " ".repeat(hang)));
            self.text.push_str(text.trim_end());
            self.text.push('\n');
        }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    fn painted(&self, look: Look, text: &str) -> String {
        let style = look.style();
        if self.screen.colour && style != Style::new() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// Breaks a text between words into lines that fit beside `hang` columns. URLs and code in backticks stay whole, so that
/// they can be copied.
fn broken(text: &str, hang: usize, columns: Option<usize>) -> Vec<String> {
    let Some(columns) = columns else { return vec![text.to_owned()] };
    let room = columns.saturating_sub(hang).max(LEAST);
    let words = joined(text.split(' '), |word, _| word.matches('`').count() % 2 == 1);
    joined(words.iter().map(String::as_str), |line, word| line.chars().count() + word.chars().count() < room)
}

/// Appends each word to the one before where `belongs` says so, with a space between.
fn joined<'w>(words: impl Iterator<Item = &'w str>, belongs: impl Fn(&str, &str) -> bool) -> Vec<String> {
    words.fold(Vec::new(), |mut joined: Vec<String>, word| {
        match joined.last_mut().filter(|before| belongs(before, word)) {
            Some(before) => before.extend([" ", word]),
            None => joined.push(word.to_owned()),
        }
        joined
    })
}

/// Returns the text with the first digits of each SHA-256 in it, as hex.
pub(super) fn short_digests(text: &str) -> String {
    let is_digit = |letter: char| letter.is_ascii_digit() || ('a'..='f').contains(&letter);
    let words = text.split_inclusive(|letter| !is_digit(letter));
    let short = |word: &str| {
        let digits = word.trim_end_matches(|letter| !is_digit(letter));
        if digits.len() == SHA256_DIGITS { word.replace(digits, &digits[..DIGITS]) } else { word.to_owned() }
    };
    words.map(short).collect()
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
        let mut page = Page::new(Screen::default());
        page.table(1, &[vec!["a".to_owned(), "bb".to_owned()], vec!["a long last cell".to_owned()]]);
        page.table(0, &[["name", "1"], ["n", "2"]].map(|row| row.map(str::to_owned)));
        assert_eq!(page.finish(), " a  bb\n a long last cell\nname  1\nn     2\n");
    }

    /// With one pass over all rows for each cell, this would take hours.
    #[test]
    fn a_table_of_many_rows_is_linear() {
        let row = |number: usize| [number.to_string(), "x".to_owned()];
        let mut page = Page::new(Screen::default());
        page.table(0, &(0..300_000).map(row).collect::<Vec<_>>());
        assert!(page.finish().ends_with("\n299999  x\n"));
    }
}
