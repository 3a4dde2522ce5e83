//! The folders and files of an archive, each with its size.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::kind::{Kind, OTHER};
use crate::model::Entry;

/// A file, or a folder with its contents.
pub(super) struct Node {
    /// The last part of its path.
    pub(super) name: String,
    /// Its full path; that of a folder ends with a slash.
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) compressed_bytes: u64,
    pub(super) files: usize,
    pub(super) kind: NodeKind,
}

pub(super) enum NodeKind {
    File(Kind),
    /// A folder with its contents, the largest first.
    Folder(Vec<Node>),
}

impl Node {
    /// Returns the weight that decides the order and the area. An empty file has one too.
    pub(super) fn weight(&self) -> u64 {
        self.compressed_bytes.max(1)
    }

    /// Returns the node of the archive.
    pub(super) fn root(entries: &[Entry]) -> Self {
        let entries: Vec<(&str, &Entry)> = entries.iter().map(|entry| (entry.name.as_str(), entry)).collect();
        Self::folder(String::new(), String::new(), &entries)
    }

    /// Returns the node of a folder. `entries` are its files, each with the path relative to the folder.
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
        nodes.sort_by(|one, other| (Reverse(one.weight()), &one.path).cmp(&(Reverse(other.weight()), &other.path)));
        let sum = Self::sum(&nodes);
        Self { name, path, kind: NodeKind::Folder(nodes), ..sum }
    }

    fn file(name: &str, entry: &Entry) -> Self {
        Self {
            name: name.to_owned(),
            path: entry.name.clone(),
            bytes: entry.bytes,
            compressed_bytes: entry.compressed_bytes,
            files: 1,
            kind: NodeKind::File(Kind::of(name)),
        }
    }

    /// Returns one node for several that are too small to be drawn one by one.
    pub(super) fn rest(folder: &str, nodes: &[Self]) -> Self {
        let sum = Self::sum(nodes);
        let name = format!("{} small files", sum.files);
        Self { path: format!("{folder}: {name}"), name, ..sum }
    }

    /// Returns a file without a name that is as large as these together.
    fn sum(nodes: &[Self]) -> Self {
        Self {
            name: String::new(),
            path: String::new(),
            bytes: nodes.iter().map(|node| node.bytes).sum(),
            compressed_bytes: nodes.iter().map(Self::weight).sum(),
            files: nodes.iter().map(|node| node.files).sum(),
            kind: NodeKind::File(OTHER),
        }
    }
}
