//! Explains which folders and files make up the size of an archive.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::model::{Advice, Artifact, Entry, Explanation, FolderSize, LargeFile, LeftOut, UNZIPPED_LIMIT};

/// How many of the largest files are listed.
const LARGEST: usize = 10;

/// A folder with at least this fraction (1/4) of the archive is replaced by its subfolders.
const WORTH_OPENING: u64 = 4;

/// Explains the size of `artifact`; `left_out` and `advice` are included.
pub(crate) fn explain(artifact: &Artifact, left_out: Vec<LeftOut>, advice: Vec<Advice>) -> Explanation {
    Explanation {
        files: artifact.entries.len(),
        zipped_bytes: artifact.zipped_bytes,
        unzipped_bytes: artifact.unzipped_bytes,
        unzipped_limit_bytes: UNZIPPED_LIMIT,
        folders: folders(&artifact.entries),
        largest: largest(&artifact.entries),
        left_out,
        advice,
    }
}

fn largest(entries: &[Entry]) -> Vec<LargeFile> {
    let mut entries: Vec<&Entry> = entries.iter().collect();
    entries.sort_by_key(|entry| (Reverse(entry.compressed_bytes), &entry.name));
    let file = |entry: &Entry| LargeFile {
        name: entry.name.clone(),
        bytes: entry.bytes,
        compressed_bytes: entry.compressed_bytes,
    };
    entries.into_iter().take(LARGEST).map(file).collect()
}

/// Returns the rows of folders. A folder is opened as long as it holds a large part of the archive.
fn folders(entries: &[Entry]) -> Vec<FolderSize> {
    let mut root = Folder::default();
    for entry in entries {
        root.add(&entry.name, entry);
    }
    let worth_opening = root.all.compressed_bytes.div_ceil(WORTH_OPENING);
    let mut open = vec![(String::new(), &root)];
    let mut rows = Vec::new();
    while let Some((path, folder)) = open.pop() {
        if !path.is_empty() && (folder.all.compressed_bytes < worth_opening || folder.folders.is_empty()) {
            rows.push(FolderSize { path, ..folder.all.clone() });
            continue;
        }
        if folder.own.files > 0 {
            rows.push(FolderSize { path: format!("{path}*"), ..folder.own.clone() });
        }
        open.extend(folder.folders.iter().map(|(name, below)| (format!("{path}{name}/"), below)));
    }
    rows.sort_by_cached_key(|row| (Reverse(row.compressed_bytes), row.path.clone()));
    rows
}

/// A folder of an archive. Its sizes have no path.
#[derive(Default)]
struct Folder<'a> {
    /// Everything in it.
    all: FolderSize,
    /// Its own files, without those of its subfolders.
    own: FolderSize,
    folders: BTreeMap<&'a str, Folder<'a>>,
}

impl<'a> Folder<'a> {
    /// Adds an entry; `path` is relative to this folder.
    fn add(&mut self, path: &'a str, entry: &Entry) {
        add(&mut self.all, entry);
        match path.split_once('/') {
            Some((folder, rest)) => self.folders.entry(folder).or_default().add(rest, entry),
            None => add(&mut self.own, entry),
        }
    }
}

fn add(size: &mut FolderSize, entry: &Entry) {
    size.files += 1;
    size.bytes += entry.bytes;
    size.compressed_bytes += entry.compressed_bytes;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(files: &[(&str, u64)]) -> Vec<Entry> {
        let entry = |(name, bytes): &(&str, u64)| Entry {
            name: (*name).to_owned(),
            bytes: bytes * 2,
            compressed_bytes: *bytes,
            mode: 0o644,
            is_link: false,
            crc32: 0,
        };
        files.iter().map(entry).collect()
    }

    fn rows(files: &[(&str, u64)]) -> Vec<(String, usize, u64)> {
        folders(&entries(files)).into_iter().map(|it| (it.path, it.files, it.compressed_bytes)).collect()
    }

    fn row(path: &str, files: usize, bytes: u64) -> (String, usize, u64) {
        (path.to_owned(), files, bytes)
    }

    #[test]
    fn a_large_folder_is_opened_and_small_ones_are_not() {
        let found = rows(&[
            ("app.js", 5),
            ("lib/a/x.js", 3),
            ("lib/b/y.js", 2),
            ("node_modules/index.js", 1),
            ("node_modules/one/a.js", 60),
            ("node_modules/two/deep/b.js", 20),
            ("node_modules/two/c.js", 9),
        ]);
        let expected = [
            row("node_modules/one/", 1, 60),
            row("node_modules/two/deep/", 1, 20),
            row("node_modules/two/*", 1, 9),
            row("*", 1, 5),
            row("lib/", 2, 5),
            row("node_modules/*", 1, 1),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_chain_of_folders_is_one_row() {
        assert_eq!(rows(&[("a/b/c/x", 4), ("a/b/c/y", 4)]), [row("a/b/c/", 2, 8)]);
        assert_eq!(rows(&[("x", 0)]), [row("*", 1, 0)]);
    }

    #[test]
    fn the_largest_come_first_and_ties_by_name() {
        let names: Vec<String> =
            largest(&entries(&[("b", 3), ("a", 3), ("c", 9)])).into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["c", "a", "b"]);
    }
}
