//! Counts what is not packed, by the rule that leaves it out.

use std::collections::BTreeMap;

use crate::model::{LeftOut, LeftOutBy};

/// What was left out so far.
#[derive(Default)]
pub(super) struct LeftOuts {
    by_rule: BTreeMap<LeftOutBy, Counts>,
}

#[derive(Default)]
struct Counts {
    files: usize,
    bytes: u64,
    folders: usize,
    example: String,
}

impl LeftOuts {
    /// A file of this size.
    pub(super) fn file(&mut self, by: LeftOutBy, path: &str, bytes: u64) {
        let counts = self.counts(by, path);
        counts.files += 1;
        counts.bytes += bytes;
    }

    /// A folder that is not walked.
    pub(super) fn folder(&mut self, by: LeftOutBy, path: &str) {
        self.counts(by, &format!("{path}/")).folders += 1;
    }

    fn counts(&mut self, by: LeftOutBy, path: &str) -> &mut Counts {
        self.by_rule.entry(by).or_insert_with(|| Counts { example: path.to_owned(), ..Counts::default() })
    }

    /// In the order of the rules.
    pub(super) fn finish(self) -> Vec<LeftOut> {
        let left_out = |(by, counts): (LeftOutBy, Counts)| {
            let Counts { files, bytes, folders, example } = counts;
            LeftOut { by, files, bytes, folders, example }
        };
        self.by_rule.into_iter().map(left_out).collect()
    }
}
