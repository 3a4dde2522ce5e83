//! Shows the explanation of an archive's size on a terminal.

use super::page::{Look, Page};
use super::units;
use crate::model::{Explanation, FolderSize, LargeFile, LeftOut, LeftOutBy};

/// The most folders that are shown, unless `--verbose` is set.
const FOLDERS: usize = 12;

/// The columns of a bar for the complete archive.
const BAR: u64 = 12;

/// The columns of a path. With it, a line fits into 80 columns.
const PATH: usize = 36;

/// Writes the folders and files of the archive, what was left out, and advice.
pub(super) fn show(page: &mut Page, explanation: &Explanation, verbose: bool) {
    limit(page, explanation);
    folders(page, explanation, verbose);
    largest(page, &explanation.largest, verbose);
    left_out(page, &explanation.left_out);
    advice(page, explanation);
}

fn limit(page: &mut Page, explanation: &Explanation) {
    let (bytes, limit) = (explanation.unzipped_bytes, explanation.unzipped_limit_bytes);
    let percent = bytes.saturating_mul(100) / limit.max(1);
    let (bytes, limit) = (units::bytes(bytes), units::bytes(limit));
    let text = format!("{bytes} of {limit} that Lambda allows, including layers ({percent} %)");
    page.blank();
    page.labelled(2, Look::Heading, "unzipped:", &text);
}

fn folders(page: &mut Page, explanation: &Explanation, verbose: bool) {
    let all: u64 = explanation.folders.iter().map(|folder| folder.compressed_bytes).sum();
    let shown = if verbose { explanation.folders.len() } else { FOLDERS };
    title(page, "by folder:", "zipped, unzipped, share of the zip, files");
    for folder in explanation.folders.iter().take(shown) {
        page.line(4, Look::Plain, &folder_line(folder, all, verbose));
    }
    let rest = explanation.folders.get(shown..).unwrap_or_default();
    if !rest.is_empty() {
        let bytes = rest.iter().map(|folder| folder.compressed_bytes).sum();
        let more = format!("{} more with {}; --verbose shows them", rest.len(), units::bytes(bytes));
        page.line(4, Look::Dim, &more);
    }
}

fn folder_line(folder: &FolderSize, all: u64, verbose: bool) -> String {
    let share = |of: u64| (folder.compressed_bytes.saturating_mul(of) + all / 2) / all.max(1);
    let bar: String = (0..BAR).map(|column| if column < share(BAR) { '#' } else { '.' }).collect();
    let (zipped, unzipped) = (units::bytes(folder.compressed_bytes), units::bytes(folder.bytes));
    let path = if verbose { folder.path.clone() } else { shortened(&folder.path, PATH) };
    let (percent, files) = (share(100), folder.files);
    format!("{zipped:>10} {unzipped:>10} {percent:>3} % {bar} {files:>5}  {path}")
}

fn largest(page: &mut Page, files: &[LargeFile], verbose: bool) {
    title(page, "largest files:", "zipped, unzipped");
    for file in files {
        let (zipped, unzipped) = (units::bytes(file.compressed_bytes), units::bytes(file.bytes));
        let name = if verbose { file.name.clone() } else { shortened(&file.name, PATH + 15) };
        page.line(4, Look::Plain, &format!("{zipped:>10} {unzipped:>10}  {name}"));
    }
}

fn left_out(page: &mut Page, left_out: &[LeftOut]) {
    if left_out.is_empty() {
        return;
    }
    title(page, "left out:", "");
    let rows: Vec<[String; 3]> =
        left_out.iter().map(|it| [it.by.to_string(), counts(it), format!("for example {}", it.example)]).collect();
    page.table(4, &rows);
    if left_out.iter().any(|it| matches!(it.by, LeftOutBy::Protected { .. })) {
        page.line(4, Look::Dim, "to pack one of these anyway, name it in `include`");
    }
}

/// Returns `2 folders, 3 files (1.2 KiB)`. Files in the folders are not counted.
fn counts(left_out: &LeftOut) -> String {
    let folders = (left_out.folders > 0).then(|| units::counted(left_out.folders, "folder"));
    let files = || format!("{} ({})", units::counted(left_out.files, "file"), units::bytes(left_out.bytes));
    let files = (left_out.files > 0).then(files);
    folders.into_iter().chain(files).collect::<Vec<_>>().join(", ")
}

fn advice(page: &mut Page, explanation: &Explanation) {
    if explanation.advice.is_empty() {
        return;
    }
    title(page, "advice:", "");
    for advice in &explanation.advice {
        let bytes = units::bytes(advice.compressed_bytes);
        page.labelled(4, Look::Warning, &format!("{bytes} zipped:"), &advice.to_string());
    }
}

fn title(page: &mut Page, title: &str, columns: &str) {
    page.blank();
    page.labelled(2, Look::Heading, title, columns);
}

/// Shortens a long path to its beginning and its end. The end gets more columns, since it is more specific.
fn shortened(path: &str, columns: usize) -> String {
    let length = path.chars().count();
    if length <= columns {
        return path.to_owned();
    }
    let (start, end) = (columns / 3, columns - columns / 3 - 1);
    let head: String = path.chars().take(start).collect();
    let tail: String = path.chars().skip(length - end).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_keeps_both_ends() {
        assert_eq!(shortened("short/", 12), "short/");
        assert_eq!(shortened("node_modules/one/two/dist/", 12), "node…o/dist/");
    }
}
