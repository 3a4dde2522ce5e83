//! Shows the version, size and changed files of each function's code.

use std::collections::{BTreeMap, BTreeSet};

use super::detail::{Detail, folded, more};
use crate::model::{CodeChange, FileNames, FilesBefore, FunctionKey, short_digest};
use crate::report::document::Document;
use crate::report::escape;
use crate::report::units;

/// Returns a table with a row for each function that was packed or got a version. Three columns fit on a phone.
pub(in crate::report) fn functions(document: &Document<'_>, detail: &Detail) -> String {
    let versions = versions(document);
    let packed = document.artifacts.iter().flat_map(BTreeMap::keys);
    let keys: BTreeSet<&FunctionKey> = packed.chain(document.changes.keys()).chain(versions.keys().copied()).collect();
    if keys.is_empty() {
        return String::new();
    }
    let lines = keys.iter().take(detail.rows).map(|key| line(key, versions.get(key), document, detail));
    let table = format!("| function | zipped | files |\n|---|---|---|\n{}", lines.collect::<Vec<_>>().join("\n"));
    more(keys.len().saturating_sub(detail.rows)).map_or(table.clone(), |more| format!("{table}\n\n{more}"))
}

/// Returns the version of each function, with the alias that a release points at it.
fn versions<'a>(document: &'a Document<'_>) -> BTreeMap<&'a FunctionKey, String> {
    let mut versions: BTreeMap<_, _> =
        document.versions().into_iter().map(|(key, version)| (key, version.to_string())).collect();
    for function in document.released.into_iter().flat_map(|released| &released.functions) {
        let alias = function.alias.as_ref().map(|alias| format!(", alias {alias}"));
        versions.entry(&function.function).or_default().extend(alias);
    }
    versions
}

fn line(key: &FunctionKey, version: Option<&String>, document: &Document<'_>, detail: &Detail) -> String {
    let version = version.map(|version| format!(": version {}", detail.text(version)));
    let function = detail.text(key.as_str()) + &version.unwrap_or_default();
    let change = document.changes.get(key);
    let artifact = document.artifacts.as_ref().and_then(|artifacts| artifacts.get(key));
    let image = document.image(key);
    let zipped = artifact.map(|artifact| size(artifact.zipped_bytes, change));
    let zipped = zipped.or(image.map(|change| format!("image {}", short_digest(&change.after)))).unwrap_or_default();
    let files = change.map(|change| files(&change.files));
    let files = files.or(image.map(|change| format!("was {}", short_digest(&change.before)))).unwrap_or_default();
    format!("| {function} | {zipped} | {files} |")
}

/// Returns the size and its change: `12.3 KiB (+1.2 KiB)`.
fn size(bytes: u64, change: Option<&CodeChange>) -> String {
    let before = change.and_then(|change| change.before_bytes);
    let difference = before.map(|before| units::change(before, bytes)).filter(|difference| !difference.is_empty());
    let difference = difference.map(|difference| format!(" ({})", unbroken(&difference))).unwrap_or_default();
    unbroken(&units::bytes(bytes)) + &difference
}

/// Keeps a number and its unit on one line.
fn unbroken(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

fn files(before: &FilesBefore) -> String {
    match before {
        FilesBefore::SameBytes => "the same".to_owned(),
        FilesBefore::SameFiles => "the same, in other bytes".to_owned(),
        FilesBefore::OtherFiles(names) => counts(names),
        FilesBefore::NotCompared { .. } => "not compared".to_owned(),
    }
}

fn counts(names: &FileNames) -> String {
    let counted = [(&names.added, "added"), (&names.removed, "removed"), (&names.changed, "changed")];
    let counted = counted.into_iter().filter(|(names, _)| !names.is_empty());
    counted.map(|(names, what)| unbroken(&format!("{} {what}", names.len()))).collect::<Vec<_>>().join(", ")
}

/// Returns the names of the files that differ, in a collapsed section.
pub(in crate::report) fn file_names(document: &Document<'_>, detail: &Detail) -> String {
    let parts = document.changes.iter().map(|(key, change)| names(key, change, detail));
    let parts: Vec<String> = parts.filter(|names| !names.is_empty()).take(detail.rows).collect();
    let title = if document.is_preview { "Files that differ from the stage" } else { "Files that differ" };
    folded(title, &parts)
}

/// Lists names in a `diff` block, which GitHub shows in colours; empty for the same files.
fn names(key: &FunctionKey, change: &CodeChange, detail: &Detail) -> String {
    let title = format!("{}, as {}", detail.text(key.as_str()), detail.text(change.name.as_str()));
    match &change.files {
        FilesBefore::SameBytes | FilesBefore::SameFiles => String::new(),
        FilesBefore::NotCompared { why } => format!("{title}: not compared: {}", detail.prose(why)),
        FilesBefore::OtherFiles(_) if detail.names == 0 => format!("{title}: too many names to list here"),
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
