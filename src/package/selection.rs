//! What a selection consists of: files, and what is left out, by rule.

use std::collections::BTreeMap;

use crate::model::{LeftOut, LeftOutBy};

/// What goes into an archive.
#[derive(Debug)]
pub(super) struct Selection<Files> {
    /// The files, in the order of the archive.
    pub(super) files: Files,
    /// Files that are not packed, and why.
    pub(super) left_out: Vec<LeftOut>,
    /// Warnings, each with what to do about it.
    pub(super) warnings: Vec<String>,
}

impl<Files> Selection<Files> {
    /// Returns these files and nothing else.
    pub(super) fn of(files: Files) -> Self {
        Self { files, left_out: Vec::new(), warnings: Vec::new() }
    }

    /// Returns the selection with another type of files.
    pub(super) fn map<Other>(self, other: impl FnOnce(Files) -> Other) -> Selection<Other> {
        Selection { files: other(self.files), left_out: self.left_out, warnings: self.warnings }
    }
}

/// What is left out so far, by rule.
#[derive(Default)]
pub(super) struct LeftOuts {
    by_rule: BTreeMap<LeftOutBy, LeftOut>,
}

impl LeftOuts {
    /// Counts a file of this size.
    pub(super) fn file(&mut self, by: LeftOutBy, path: &str, bytes: u64) {
        let rule = self.rule(by, path);
        rule.files += 1;
        rule.bytes += bytes;
    }

    /// Counts a folder that is not walked.
    pub(super) fn folder(&mut self, by: LeftOutBy, path: &str) {
        self.rule(by, &format!("{path}/")).folders += 1;
    }

    fn rule(&mut self, by: LeftOutBy, path: &str) -> &mut LeftOut {
        let new = |by: &LeftOutBy| LeftOut { by: by.clone(), files: 0, bytes: 0, folders: 0, example: path.to_owned() };
        self.by_rule.entry(by).or_insert_with_key(new)
    }

    /// Returns the counts in the order of the rules.
    pub(super) fn finish(self) -> Vec<LeftOut> {
        self.by_rule.into_values().collect()
    }
}
