//! What a run remembers while it works: what it made, and what it may have to put back.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::model::{FunctionName, Made, Resource, RevisionId, Undo};

/// The memory of one run.
#[derive(Default)]
pub struct Memory {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    made: Made,
    /// What each write may have left, in the order of the writes.
    undos: Vec<Vec<Undo>>,
    /// The revisions of `$LATEST` that writes of this run were answered.
    revisions: BTreeMap<FunctionName, RevisionId>,
}

impl Memory {
    fn inner<T>(&self, look: impl FnOnce(&mut Inner) -> T) -> T {
        look(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the run has made so far.
    pub fn made<T>(&self, look: impl FnOnce(&mut Made) -> T) -> T {
        self.inner(|inner| look(&mut inner.made))
    }

    /// Remembers what a write may do, before it is sent, since its answer may be lost. Returns the write's number, for
    /// [`Memory::forget`]; it holds until the undos are taken.
    pub fn remember(&self, undos: Vec<Undo>) -> usize {
        self.inner(|inner| {
            inner.undos.push(undos);
            inner.undos.len() - 1
        })
    }

    /// Forgets a write that AWS refused. What other writes may have left of the same resources stays.
    pub fn forget(&self, write: usize) {
        self.inner(|inner| inner.undos.get_mut(write).map(Vec::clear));
    }

    /// What has to be put back, one undo for each resource, by rank.
    pub fn take_undos(&self) -> Vec<Undo> {
        let mut all: BTreeMap<Resource, Undo> = BTreeMap::new();
        for undo in self.inner(|inner| std::mem::take(&mut inner.undos)).into_iter().flatten() {
            let resource = undo.resource();
            let both = match all.remove(&resource) {
                Some(before) => before.and(undo),
                None => undo,
            };
            all.insert(resource, both);
        }
        let mut undos: Vec<Undo> = all.into_values().collect();
        undos.sort_by_key(Undo::rank);
        undos
    }

    /// Remembers the revision of `$LATEST` after a write of this run.
    pub fn revised(&self, function: FunctionName, revision: RevisionId) {
        self.inner(|inner| inner.revisions.insert(function, revision));
    }

    /// The newest revision of `$LATEST`; `observed` where this run has not written to it.
    pub fn revision(&self, function: &FunctionName, observed: &RevisionId) -> RevisionId {
        self.inner(|inner| inner.revisions.get(function).cloned()).unwrap_or_else(|| observed.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AliasName, Ref, Version};

    fn undo(from: &str, to: &str) -> Undo {
        let (name, alias) = (FunctionName::new("hello"), AliasName::new("live"));
        let left = [Ref::Existing(Version::new(to))].into();
        Undo::Alias { name, alias, from: Some(Version::new(from)), left }
    }

    /// Two steps of one wave may share a resource, such as the cache of a stage.
    #[test]
    fn a_refused_write_leaves_what_other_writes_did() {
        let memory = Memory::default();
        let cases = [
            (1, vec![undo("3", "4"), undo("4", "5")], vec![undo("3", "4")]),
            (0, vec![undo("3", "4")], vec![]),
            (0, vec![undo("3", "4"), undo("3", "5")], vec![undo("3", "5")]),
        ];
        for (refused, undos, left) in cases {
            let writes: Vec<_> = undos.into_iter().map(|undo| memory.remember(vec![undo])).collect();
            memory.forget(writes[refused]);
            assert_eq!(memory.take_undos(), left);
        }
    }

    #[test]
    fn the_newest_revision_is_used() {
        let (memory, function) = (Memory::default(), FunctionName::new("hello"));
        let (observed, newer) = (RevisionId::new("a"), RevisionId::new("b"));
        assert_eq!(memory.revision(&function, &observed), observed);
        memory.revised(function.clone(), newer.clone());
        assert_eq!(memory.revision(&function, &observed), newer);
    }
}
