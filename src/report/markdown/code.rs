//! What became of each function's code.

use std::collections::BTreeMap;

use super::detail::{Detail, more};
use crate::model::{CodeChange, FileNames, FilesBefore, FunctionKey};
use crate::report::document::Document;
use crate::report::escape;
use crate::report::units;

/// A row for each function that was packed or got a version.
pub(in crate::report) fn functions(document: &Document<'_>, detail: &Detail) -> String {
    let rows = rows(document);
    let has_versions = rows.values().any(|row| row.version.is_some());
    let mut lines: Vec<String> =
        rows.iter().take(detail.rows).map(|(key, row)| line(key, row, has_versions, detail)).collect();
    if lines.is_empty() {
        return String::new();
    }
    let head = if has_versions {
        "| function | version | zipped | files |\n|---|---|---|---|"
    } else {
        "| function | zipped | files |\n|---|---|---|"
    };
    lines.insert(0, head.to_owned());
    let table = lines.join("\n");
    more(rows.len().saturating_sub(detail.rows)).map_or(table.clone(), |more| format!("{table}\n\n{more}"))
}

/// What is known of a function.
#[derive(Default)]
struct Row<'a> {
    version: Option<String>,
    zipped_bytes: Option<u64>,
    change: Option<&'a CodeChange>,
}

fn rows<'a>(document: &Document<'a>) -> BTreeMap<&'a FunctionKey, Row<'a>> {
    let mut rows: BTreeMap<&FunctionKey, Row<'_>> = BTreeMap::new();
    for (key, artifact) in document.artifacts.into_iter().flatten() {
        rows.entry(key).or_default().zipped_bytes = Some(artifact.zipped_bytes);
    }
    for (key, change) in document.changes {
        rows.entry(key).or_default().change = Some(change);
    }
    for (key, version) in document.versions() {
        rows.entry(key).or_default().version = Some(version.to_string());
    }
    for function in document.released.into_iter().flat_map(|released| &released.functions) {
        let alias = function.alias.as_ref().map(|alias| format!(", alias {alias}")).unwrap_or_default();
        rows.entry(&function.function).or_default().version = Some(format!("{}{alias}", function.version));
    }
    rows
}

fn line(key: &FunctionKey, row: &Row<'_>, has_versions: bool, detail: &Detail) -> String {
    let mut cells = vec![detail.text(key.as_str())];
    if has_versions {
        cells.push(row.version.as_ref().map(|version| detail.text(version)).unwrap_or_default());
    }
    cells.push(row.zipped_bytes.map(|bytes| size(bytes, row.change)).unwrap_or_default());
    cells.push(row.change.map(|change| files(&change.files)).unwrap_or_default());
    format!("| {} |", cells.join(" | "))
}

/// `12.3 KiB (+1.2 KiB)`.
fn size(bytes: u64, change: Option<&CodeChange>) -> String {
    let before = change.and_then(|change| change.before_bytes);
    let difference = before.map(|before| units::change(before, bytes)).filter(|difference| !difference.is_empty());
    let difference = difference.map(|difference| format!(" ({difference})")).unwrap_or_default();
    format!("{}{difference}", units::bytes(bytes))
}

fn files(before: &FilesBefore) -> String {
    match before {
        FilesBefore::SameBytes => "the same".to_owned(),
        FilesBefore::SameFiles => "the same, in other bytes".to_owned(),
        FilesBefore::OtherFiles(names) => counts(names),
        FilesBefore::NotCompared { .. } => "others".to_owned(),
    }
}

fn counts(names: &FileNames) -> String {
    let counted = [(&names.added, "added"), (&names.removed, "removed"), (&names.changed, "changed")];
    let counted = counted.into_iter().filter(|(names, _)| !names.is_empty());
    counted.map(|(names, what)| format!("{} {what}", names.len())).collect::<Vec<_>>().join(", ")
}

/// The names of the files that differ, folded away.
pub(in crate::report) fn file_names(document: &Document<'_>, detail: &Detail) -> String {
    let differ = document.changes.iter().filter(|(_, change)| !is_same(change));
    let parts: Vec<String> = differ.take(detail.rows).map(|(key, change)| names(key, change, detail)).collect();
    if parts.is_empty() {
        return String::new();
    }
    let title = if document.is_preview { "Files that differ from the stage's" } else { "Files that differ" };
    format!("<details><summary>{title}</summary>\n\n{}\n\n</details>", parts.join("\n\n"))
}

fn is_same(change: &CodeChange) -> bool {
    matches!(change.files, FilesBefore::SameBytes | FilesBefore::SameFiles)
}

/// Marked as `diff` does, which GitHub shows in colours.
fn names(key: &FunctionKey, change: &CodeChange, detail: &Detail) -> String {
    let title = format!("{}, as {}", detail.text(key.as_str()), detail.text(change.name.as_str()));
    match &change.files {
        FilesBefore::SameBytes | FilesBefore::SameFiles => String::new(),
        FilesBefore::NotCompared { why } => format!("{title}: not compared, since {}", detail.text(why)),
        FilesBefore::OtherFiles(_) if detail.names == 0 => format!("{title}: too many names for this place"),
        FilesBefore::OtherFiles(names) => format!("{title}:\n\n```diff\n{}\n```", lines(names, detail)),
    }
}

fn lines(names: &FileNames, detail: &Detail) -> String {
    let marked = [('+', &names.added), ('-', &names.removed), ('!', &names.changed)];
    let mut all = marked.into_iter().flat_map(|(mark, names)| names.iter().map(move |name| (mark, name)));
    let shown = all.by_ref().take(detail.names);
    let mut lines: Vec<String> =
        shown.map(|(mark, name)| format!("{mark} {}", escape::fenced(&detail.cut(name)))).collect();
    lines.extend(more(all.count()).map(|more| format!("# {more}")));
    lines.join("\n")
}
