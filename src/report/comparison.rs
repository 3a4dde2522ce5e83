//! Shows the comparison of two archives on a terminal.

use super::page::{Look, Page};
use super::units;
use crate::model::{ChangedFile, Comparison, Difference, NamedFile, RenamedFile, Verdict};

/// The most lines of a list, unless `--verbose` is set.
const LINES: usize = 20;

/// Writes the verdict, the files that differ, and the sizes.
pub(super) fn show(page: &mut Page, comparison: &Comparison, verbose: bool) {
    page.blank();
    page.labelled(2, Look::Heading, &format!("compared with {}:", comparison.with), &verdict(comparison));
    if comparison.verdict == Verdict::SameBytes {
        return;
    }
    let lines = changes(&comparison.difference);
    let shown = if verbose { lines.len() } else { LINES };
    let width = |cell: fn(&Line) -> &String| lines.iter().map(|line| cell(line).chars().count()).max().unwrap_or(0);
    let (size_width, change_width) = (width(|line| &line.size), width(|line| &line.change));
    for line in lines.iter().take(shown) {
        let Line { size, change, what, .. } = line;
        page.labelled(4, line.look, line.sign, &format!("{size:>size_width$}  {change:>change_width$}  {what}"));
    }
    if lines.len() > shown {
        page.line(4, Look::Dim, &format!("and {} more; --verbose shows them", lines.len() - shown));
    }
    page.table(4, &sizes(comparison));
}

fn verdict(comparison: &Comparison) -> String {
    let what = counts(&comparison.difference);
    match comparison.verdict {
        Verdict::SameBytes => "the same bytes".to_owned(),
        Verdict::SameFiles if what.is_empty() => "the same files in other bytes".to_owned(),
        Verdict::SameFiles => format!("the same files in other bytes ({what})"),
        Verdict::OtherFiles => what,
    }
}

/// Returns the number of files by kind of change: `2 files added, 1 file changed, in another order`.
fn counts(difference: &Difference) -> String {
    let content = difference.changed.iter().filter(|file| file.is_other_content).count();
    let counted = [
        (difference.added.len(), "added"),
        (difference.removed.len(), "removed"),
        (difference.renamed.len(), "renamed"),
        (content, "changed"),
        (difference.changed.len() - content, "with another mode"),
    ];
    let mut words: Vec<String> = Vec::new();
    for (count, what) in counted.into_iter().filter(|(count, _)| *count > 0) {
        words.push(format!("{} {what}", units::counted(count, "file")));
    }
    words.extend(difference.is_reordered.then(|| "in another order".to_owned()));
    words.join(", ")
}

/// The cells of a file's row.
struct Line {
    sign: &'static str,
    look: Look,
    size: String,
    change: String,
    what: String,
}

fn changes(difference: &Difference) -> Vec<Line> {
    let added = difference.added.iter().map(added);
    let removed = difference.removed.iter().map(removed);
    let renamed = difference.renamed.iter().map(renamed);
    let changed = difference.changed.iter().map(changed);
    added.chain(removed).chain(renamed).chain(changed).collect()
}

fn added(file: &NamedFile) -> Line {
    let (size, change) = (units::bytes(file.facts.bytes), units::change(0, file.facts.bytes));
    Line { sign: "+", look: Look::Good, size, change, what: file.name.clone() }
}

fn removed(file: &NamedFile) -> Line {
    let change = units::change(file.facts.bytes, 0);
    Line { sign: "-", look: Look::Bad, size: String::new(), change, what: file.name.clone() }
}

fn renamed(file: &RenamedFile) -> Line {
    let RenamedFile { from, to } = file;
    let mode = other_mode(from.facts.mode, to.facts.mode);
    let what = format!("{} (was {}{mode})", to.name, from.name);
    Line { sign: "=", look: Look::Dim, size: units::bytes(to.facts.bytes), change: String::new(), what }
}

fn changed(file: &ChangedFile) -> Line {
    let (before, after) = (&file.before, &file.after);
    let mode = other_mode(before.mode, after.mode);
    let notes: Vec<&str> = [
        (before.is_link && !after.is_link).then_some("was a link"),
        (after.is_link && !before.is_link).then_some("is a link now"),
        (file.is_other_content && before.bytes == after.bytes).then_some("other content"),
        mode.strip_prefix(", "),
    ]
    .into_iter()
    .flatten()
    .collect();
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    Line {
        sign: "~",
        look: Look::Warning,
        size: units::bytes(after.bytes),
        change: units::change(before.bytes, after.bytes),
        what: format!("{}{notes}", file.name),
    }
}

/// Returns `, mode 0644 -> 0755`, or an empty string if the modes are equal.
fn other_mode(before: u32, after: u32) -> String {
    if before == after { String::new() } else { format!(", mode {before:04o} -> {after:04o}") }
}

fn sizes(comparison: &Comparison) -> [[String; 4]; 2] {
    let (before, after) = (&comparison.before, &comparison.after);
    [("zipped", before.zipped_bytes, after.zipped_bytes), ("unzipped", before.unzipped_bytes, after.unzipped_bytes)]
        .map(|(name, before, after)| {
            let arrow = format!("-> {}", units::bytes(after));
            [name.to_owned(), units::bytes(before), arrow, units::change(before, after)]
        })
}
