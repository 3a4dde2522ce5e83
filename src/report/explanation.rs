//! Where the bytes of an archive are, for people.

use super::page::{Look, Page};
use super::units;
use crate::model::{Explanation, FolderSize, LargeFile, LeftOut, LeftOutBy};

/// Folders that are shown, unless `--verbose`.
const FOLDERS: usize = 12;

/// Columns of a bar that stands for the whole archive.
const BAR: u64 = 12;

/// Columns for a path, so that the lines fit into 80.
const PATH: usize = 36;

/// What is in it, what was left out, and what should be looked at.
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
    let text =
        format!("{} of {} that Lambda takes, layers included ({percent} %)", units::bytes(bytes), units::bytes(limit));
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
    let share = |whole: u64| (folder.compressed_bytes.saturating_mul(whole) + all / 2) / all.max(1);
    let bar: String = (0..BAR).map(|column| if column < share(BAR) { '#' } else { '.' }).collect();
    let (zipped, unzipped) = (units::bytes(folder.compressed_bytes), units::bytes(folder.bytes));
    let path = if verbose { folder.path.clone() } else { shortened(&folder.path) };
    let (percent, files) = (share(100), folder.files);
    format!("{zipped:>10} {unzipped:>10} {percent:>3} % {bar} {files:>5}  {path}")
}

fn largest(page: &mut Page, files: &[LargeFile], verbose: bool) {
    title(page, "largest files:", "zipped, unzipped");
    for file in files {
        let (zipped, unzipped) = (units::bytes(file.compressed_bytes), units::bytes(file.bytes));
        let name = if verbose { file.name.clone() } else { shortened_to(&file.name, PATH + 15) };
        page.line(4, Look::Plain, &format!("{zipped:>10} {unzipped:>10}  {name}"));
    }
}

fn left_out(page: &mut Page, left_out: &[LeftOut]) {
    if left_out.is_empty() {
        return;
    }
    title(page, "left out:", "");
    let rows: Vec<[String; 3]> =
        left_out.iter().map(|it| [it.by.to_string(), counts(it), format!("such as {}", it.example)]).collect();
    page.table(4, &rows);
    if left_out.iter().any(|it| matches!(it.by, LeftOutBy::Protected { .. })) {
        page.line(4, Look::Dim, "to pack one of them all the same, name it in `include`");
    }
}

/// `2 folders, 3 files (1.2 KiB)`: what is in the folders was not looked at.
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
    title(page, "to be looked at:", "");
    for advice in &explanation.advice {
        let bytes = units::bytes(advice.compressed_bytes);
        page.labelled(4, Look::Warning, &format!("{bytes} zipped:"), &advice.to_string());
    }
}

fn title(page: &mut Page, title: &str, columns: &str) {
    page.blank();
    page.labelled(2, Look::Heading, title, columns);
}

fn shortened(path: &str) -> String {
    shortened_to(path, PATH)
}

/// The beginning and the end of a path that is too long; its end tells more.
fn shortened_to(path: &str, columns: usize) -> String {
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
        assert_eq!(shortened_to("short/", 12), "short/");
        assert_eq!(shortened_to("node_modules/one/two/dist/", 12), "node…o/dist/");
    }
}
