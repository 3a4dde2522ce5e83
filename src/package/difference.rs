//! Compares the files of two archives.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::model::{ArchiveContents, ChangedFile, Difference, FileFacts, NamedFile, RenamedFile, Sha256};

/// Returns the changes from `before` to `after`.
pub(crate) fn difference(before: &ArchiveContents, after: &ArchiveContents) -> Difference {
    let (mut added, mut removed) = (only_in(after, before), only_in(before, after));
    let renamed = take_renamed(&mut added, &mut removed);
    let changed = before.files.iter().filter_map(|(name, before)| changed(name, before, after.files.get(name)?));
    Difference { renamed, changed: changed.collect(), is_reordered: is_reordered(before, after), added, removed }
}

fn only_in(one: &ArchiveContents, other: &ArchiveContents) -> Vec<NamedFile> {
    let only = one.files.iter().filter(|(name, _)| !other.files.contains_key(*name));
    only.map(|(name, facts)| NamedFile { name: name.clone(), facts: *facts }).collect()
}

fn changed(name: &str, before: &FileFacts, after: &FileFacts) -> Option<ChangedFile> {
    let is_other_content = before.sha256 != after.sha256 || before.is_link != after.is_link;
    let is_other_mode = before.mode != after.mode;
    (is_other_content || is_other_mode).then(|| ChangedFile {
        name: name.to_owned(),
        before: *before,
        after: *after,
        is_other_content,
        is_other_mode,
    })
}

/// Moves files with the same content under another name out of both lists.
fn take_renamed(added: &mut Vec<NamedFile>, removed: &mut Vec<NamedFile>) -> Vec<RenamedFile> {
    let mut by_content: BTreeMap<Sha256, VecDeque<NamedFile>> = BTreeMap::new();
    for file in removed.iter().filter(|file| can_be_renamed(&file.facts)) {
        by_content.entry(file.facts.sha256).or_default().push_back(file.clone());
    }
    let mut renamed: Vec<RenamedFile> = Vec::new();
    added.retain(|to| {
        let from =
            by_content.get_mut(&to.facts.sha256).filter(|_| can_be_renamed(&to.facts)).and_then(VecDeque::pop_front);
        renamed.extend(from.map(|from| RenamedFile { from, to: to.clone() }));
        renamed.last().is_none_or(|last| last.to.name != to.name)
    });
    let old_names: BTreeSet<&str> = renamed.iter().map(|file| file.from.name.as_str()).collect();
    removed.retain(|file| !old_names.contains(file.name.as_str()));
    renamed
}

/// Returns whether a file can be recognized by its content. All empty files are equal, so they cannot.
fn can_be_renamed(facts: &FileFacts) -> bool {
    facts.bytes > 0 && !facts.is_link
}

fn is_reordered(before: &ArchiveContents, after: &ArchiveContents) -> bool {
    let old = before.order.iter().filter(|name| after.files.contains_key(*name));
    let new = after.order.iter().filter(|name| before.files.contains_key(*name));
    !old.eq(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, &str, u32)]) -> ArchiveContents {
        let facts = |content: &str, mode| FileFacts {
            sha256: Sha256::of(content.as_bytes()),
            bytes: content.len() as u64,
            compressed_bytes: content.len() as u64,
            mode,
            is_link: false,
        };
        ArchiveContents {
            files: files.iter().map(|(name, content, mode)| ((*name).to_owned(), facts(content, *mode))).collect(),
            order: files.iter().map(|(name, ..)| (*name).to_owned()).collect(),
        }
    }

    fn names(files: &[NamedFile]) -> Vec<&str> {
        files.iter().map(|file| file.name.as_str()).collect()
    }

    #[test]
    fn the_same_content_under_another_name_is_renamed_once() {
        let before = archive(&[("a", "same", 0o644), ("empty", "", 0o644), ("old", "x", 0o644)]);
        let after = archive(&[("b", "same", 0o644), ("c", "same", 0o644), ("hollow", "", 0o644), ("old", "x", 0o644)]);
        let found = difference(&before, &after);
        let renamed: Vec<_> = found.renamed.iter().map(|it| (it.from.name.as_str(), it.to.name.as_str())).collect();
        assert_eq!(renamed, [("a", "b")]);
        assert_eq!((names(&found.added), names(&found.removed)), (vec!["c", "hollow"], vec!["empty"]));
    }

    #[test]
    fn order_counts_among_the_files_that_both_have() {
        let before = archive(&[("a", "1", 0o644), ("b", "2", 0o644)]);
        assert!(difference(&before, &archive(&[("b", "2", 0o644), ("a", "1", 0o644)])).is_reordered);
        assert!(
            !difference(&before, &archive(&[("x", "0", 0o644), ("a", "1", 0o644), ("b", "2", 0o644)])).is_reordered
        );
    }
}
