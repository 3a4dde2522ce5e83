//! Where the bytes of an archive are.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::model::{Advice, Artifact, Entry, Explanation, FolderSize, LargeFile, LeftOut, UNZIPPED_LIMIT};

/// How many of the largest files are named.
const LARGEST: usize = 10;

/// A folder that holds at least one part of so many is shown with its subfolders instead.
const WORTH_OPENING: u64 = 4;

/// What is in `artifact`; `left_out` and `advice` are told along.
pub fn explain(artifact: &Artifact, left_out: Vec<LeftOut>, advice: Vec<Advice>) -> Explanation {
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

/// Opens the largest folder again and again, as long as it holds a good part of the archive.
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
            rows.push(folder.all.row(path));
            continue;
        }
        if folder.own.files > 0 {
            rows.push(folder.own.row(format!("{path}*")));
        }
        open.extend(folder.folders.iter().map(|(name, below)| (format!("{path}{name}/"), below)));
    }
    rows.sort_by(|one, other| {
        (Reverse(one.compressed_bytes), &one.path).cmp(&(Reverse(other.compressed_bytes), &other.path))
    });
    rows
}

/// A folder of an archive.
#[derive(Default)]
struct Folder<'a> {
    /// All that is in it.
    all: Sizes,
    /// Its files without those of its subfolders.
    own: Sizes,
    folders: BTreeMap<&'a str, Folder<'a>>,
}

#[derive(Default)]
struct Sizes {
    files: usize,
    bytes: u64,
    compressed_bytes: u64,
}

impl<'a> Folder<'a> {
    /// `path` is relative to this folder.
    fn add(&mut self, path: &'a str, entry: &Entry) {
        self.all.add(entry);
        match path.split_once('/') {
            Some((folder, rest)) => self.folders.entry(folder).or_default().add(rest, entry),
            None => self.own.add(entry),
        }
    }
}

impl Sizes {
    fn add(&mut self, entry: &Entry) {
        self.files += 1;
        self.bytes += entry.bytes;
        self.compressed_bytes += entry.compressed_bytes;
    }

    fn row(&self, path: String) -> FolderSize {
        FolderSize { path, files: self.files, bytes: self.bytes, compressed_bytes: self.compressed_bytes }
    }
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
