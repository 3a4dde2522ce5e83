//! The folders and files of an archive, each with its size.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::kind::Kind;
use crate::model::Entry;

/// A file, or a folder with all that is in it.
pub(super) struct Node {
    /// The last part of its path.
    pub(super) name: String,
    /// Its whole path; that of a folder ends with a slash.
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) compressed_bytes: u64,
    pub(super) files: usize,
    pub(super) what: What,
}

pub(super) enum What {
    File(Kind),
    /// The largest first.
    Folder(Vec<Node>),
    /// Files and folders that are too small to be seen.
    Rest,
}

impl Node {
    /// What decides its place and its area: an empty file has one, too.
    pub(super) fn weight(&self) -> u64 {
        self.compressed_bytes.max(1)
    }

    /// The archive itself.
    pub(super) fn root(entries: &[Entry]) -> Self {
        let entries: Vec<(&str, &Entry)> = entries.iter().map(|entry| (entry.name.as_str(), entry)).collect();
        Self::folder(String::new(), String::new(), &entries)
    }

    /// `entries` are those below it, each with its path relative to it.
    fn folder(name: String, path: String, entries: &[(&str, &Entry)]) -> Self {
        let mut nodes = Vec::new();
        let mut folders: BTreeMap<&str, Vec<(&str, &Entry)>> = BTreeMap::new();
        for (below, entry) in entries {
            match below.split_once('/') {
                Some((folder, rest)) => folders.entry(folder).or_default().push((rest, *entry)),
                None => nodes.push(Self::file(below, entry)),
            }
        }
        for (folder, entries) in folders {
            nodes.push(Self::folder(format!("{folder}/"), format!("{path}{folder}/"), &entries));
        }
        Self::of(name, path, nodes)
    }

    fn file(name: &str, entry: &Entry) -> Self {
        Self {
            name: name.to_owned(),
            path: entry.name.clone(),
            bytes: entry.bytes,
            compressed_bytes: entry.compressed_bytes,
            files: 1,
            what: What::File(Kind::of(name)),
        }
    }

    fn of(name: String, path: String, mut nodes: Vec<Self>) -> Self {
        nodes.sort_by(|one, other| (Reverse(one.weight()), &one.path).cmp(&(Reverse(other.weight()), &other.path)));
        let bytes = nodes.iter().map(|node| node.bytes).sum();
        let compressed_bytes = nodes.iter().map(Self::weight).sum();
        let files = nodes.iter().map(|node| node.files).sum();
        Self { name, path, bytes, compressed_bytes, files, what: What::Folder(nodes) }
    }

    /// One node for several that are too small.
    pub(super) fn rest(folder: &str, nodes: &[Self]) -> Self {
        let files = nodes.iter().map(|node| node.files).sum();
        Self {
            name: format!("{files} small files"),
            path: format!("{folder}: {files} small files"),
            bytes: nodes.iter().map(|node| node.bytes).sum(),
            compressed_bytes: nodes.iter().map(Self::weight).sum(),
            files,
            what: What::Rest,
        }
    }
}
