//! Walks a source folder and selects the files that go into its archive.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use super::folder::{Folder, Walked};
use super::outside::Outside;
use super::patterns::Patterns;
use super::protected::{Protected, RuleIds};
use super::refusals::{
    bad_name, broken_link, link_cycle, link_out, names, names_that_fold_together, not_utf8, refusal,
};
use super::selection::{LeftOuts, Selection};
use super::source_file::{SourceFile, unreadable};
use crate::error::Problem;
use crate::model::{FunctionSettings, LeftOutBy};

/// Selects the files of the folder `root`, sorted by their names' bytes, or returns every problem. `root` and `keep_out` are resolved paths.
pub(super) fn select(
    root: &Path,
    settings: &FunctionSettings,
    keep_out: &[PathBuf],
) -> Result<Selection<Vec<SourceFile>>, Vec<Problem>> {
    let outside = Outside::new(root, settings).map_err(|problem| vec![problem])?;
    let below: Vec<PathBuf> = keep_out.iter().filter(|path| outside.may_reach(root, path)).cloned().collect();
    let mut walk = Walk {
        root,
        outside,
        patterns: Patterns::new(settings)?,
        protected: Protected::new(&settings.include, &below),
        files: Vec::new(),
        walked: Walked::default(),
        left_out: LeftOuts::default(),
        problems: Vec::new(),
    };
    walk.folder(&Folder { path: "", real: root, blocked_by: RuleIds::new(), parent: None });
    let Walk { mut files, left_out, problems, .. } = walk;
    files.sort_by(|one, other| one.name.cmp(&other.name));
    let warnings = names_that_fold_together(files.iter().map(|file| file.name.as_str())).into_iter().collect();
    if problems.is_empty() { Ok(Selection { files, left_out: left_out.finish(), warnings }) } else { Err(problems) }
}

struct Walk<'a> {
    root: &'a Path,
    outside: Outside<'a>,
    patterns: Patterns,
    protected: Protected,
    files: Vec<SourceFile>,
    walked: Walked,
    left_out: LeftOuts,
    problems: Vec<Problem>,
}

/// What becomes of a link inside the source.
enum Linked {
    /// It stays a link to this path in the archive: what it leads to is packed there whole.
    Kept(String),
    /// It leads to a folder of which nothing is to be packed, and is left out.
    Empty,
    /// Its target is packed under the link's path as well.
    Followed,
}

/// A file or folder that may be selected.
struct Candidate {
    path: String,
    real: PathBuf,
    blocked_by: RuleIds,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Folder<'_, RuleIds>) {
        let names = match names(folder.real) {
            Ok(names) => names,
            Err(error) => return self.problems.push(unreadable(folder.real, &error)),
        };
        match self.walked.enter(folder, names.len()) {
            Ok(()) => names.into_iter().for_each(|name| self.name(folder, &name)),
            Err(problem) => self.problems.extend(problem),
        }
    }

    fn name(&mut self, folder: &Folder<'_, RuleIds>, os_name: &OsStr) {
        let candidate = self.child(folder.path, folder.real, &folder.blocked_by, os_name);
        match fs::symlink_metadata(&candidate.real) {
            Err(error) if self.wants(&candidate, true) => self.problems.push(unreadable(&candidate.real, &error)),
            Err(_) => {}
            Ok(metadata) if os_name.to_str().is_none() => {
                self.refuse_if(self.wants(&candidate, metadata.is_dir()), || not_utf8(&candidate.real));
            }
            Ok(metadata) if metadata.is_symlink() => self.link(folder, candidate),
            Ok(metadata) => self.file_or_folder(folder, candidate, &metadata),
        }
    }

    /// Selects a file, walks a folder, or refuses anything else.
    fn file_or_folder(&mut self, parent: &Folder<'_, RuleIds>, candidate: Candidate, metadata: &Metadata) {
        if metadata.is_dir() {
            if self.walks(&candidate) {
                let Candidate { path, real, blocked_by } = candidate;
                self.folder(&Folder { path: &path, real: &real, blocked_by, parent: Some(parent) });
            } else {
                self.left_out.folder(self.rule(&candidate, true), &candidate.path);
            }
        } else if self.wants(&candidate, false) {
            match refusal(&candidate.path, &candidate.real, metadata) {
                Some(problem) => self.problems.push(problem),
                None => self.files.push(SourceFile::new(candidate.path, candidate.real, metadata)),
            }
        } else {
            self.left_out.file(self.rule(&candidate, false), &candidate.path, metadata.len());
        }
    }

    fn link(&mut self, folder: &Folder<'_, RuleIds>, candidate: Candidate) {
        let link = candidate.real.clone();
        let target = match fs::canonicalize(&link) {
            Ok(target) => target,
            Err(error) => {
                // What it should lead to may be a folder.
                let is_excluded = self.patterns.excluding(&candidate.path, true).is_some();
                let wanted = !is_excluded && self.wants(&candidate, false);
                return self.refuse_if(wanted, || broken_link(&link, &error));
            }
        };
        let own = target.strip_prefix(self.root).ok();
        let Some(inside) = own.or_else(|| self.outside.path_of(&target)) else {
            let wanted = self.selects(&candidate, target.is_dir());
            return self.refuse_if(wanted, || link_out(&link, &target));
        };
        let place = own.and_then(archive_path);
        let candidate = self.follow(candidate, inside, target.clone());
        let metadata = match fs::metadata(&target) {
            Ok(metadata) => metadata,
            Err(error) => return self.problems.push(unreadable(&link, &error)),
        };
        match self.linked(&candidate, place, &metadata) {
            Linked::Kept(target) => self.inner_link(candidate.path, link, &target),
            Linked::Empty => self.left_out.folder(LeftOutBy::LinkToNothing, &candidate.path),
            Linked::Followed if metadata.is_dir() && (folder.is_within(&target) || self.root.starts_with(&target)) => {
                self.refuse_if(self.walks(&candidate), || link_cycle(&link, &target));
            }
            Linked::Followed => self.file_or_folder(folder, candidate, &metadata),
        }
    }

    /// Packs a link as a link: Node resolves the dependencies of a linked package by the link's target.
    /// <https://nodejs.org/api/modules.html#all-together>
    fn inner_link(&mut self, path: String, link: PathBuf, target: &str) {
        if let Some(problem) = bad_name(&path) {
            return self.problems.push(problem);
        }
        match fs::symlink_metadata(&link) {
            Ok(metadata) => {
                let text = relative(&path, target);
                self.files.push(SourceFile::link(path, link, &metadata, text));
            }
            Err(error) => self.problems.push(unreadable(&link, &error)),
        }
    }

    /// Decides what becomes of a link that leads to `place` below the source; `candidate` has its target.
    fn linked(&self, candidate: &Candidate, place: Option<String>, metadata: &Metadata) -> Linked {
        let Some(place) = place.filter(|_| self.selects(candidate, metadata.is_dir())) else { return Linked::Followed };
        let Some(own) = self.packed_itself(place, metadata) else { return Linked::Followed };
        match if metadata.is_dir() { self.same_below(candidate, Some(&own)) } else { Some(true) } {
            Some(true) => Linked::Kept(own.path),
            Some(false) => Linked::Empty,
            None => Linked::Followed,
        }
    }

    /// Returns the target of a link if it is packed under its own path, as far as patterns tell of a folder.
    fn packed_itself(&self, place: String, metadata: &Metadata) -> Option<Candidate> {
        if !metadata.is_dir() && !metadata.is_file() {
            return None;
        }
        let real = self.root.join(&place);
        let mut folders = place.match_indices('/').map(|(end, _)| &place[..end]);
        let is_walked = folders.all(|folder| self.patterns.excluding(folder, true).is_none());
        let mut blocked_by = self.protected.rules_for_target(Path::new(&place), &real);
        self.protected.lift(&mut blocked_by, &place);
        let own = Candidate { path: place, real, blocked_by };
        (own.path.is_empty() || (is_walked && self.selects(&own, metadata.is_dir()))).then_some(own)
    }

    /// Compares what a folder packs below the path of a link with what it packs below its own: `None` where the link would
    /// lose a file, else whether there is any. What cannot be read is reported where it is walked.
    fn same_below(&self, link: &Candidate, own: Option<&Candidate>) -> Option<bool> {
        let Ok(entries) = fs::read_dir(&link.real) else { return Some(true) };
        let mut any = false;
        for entry in entries.flatten() {
            let (name, is_folder) = (entry.file_name(), entry.file_type().is_ok_and(|kind| kind.is_dir()));
            let child = |folder: &Candidate| self.child(&folder.path, &folder.real, &folder.blocked_by, &name);
            let (by_link, own) = (child(link), own.map(child));
            if is_folder && self.walks(&by_link) {
                any |= self.same_below(&by_link, own.filter(|own| self.walks(own)).as_ref())?;
            } else if !is_folder && self.wants(&by_link, false) {
                own.filter(|own| self.wants(own, false))?;
                any = true;
            }
        }
        Some(any)
    }

    /// Returns the candidate of this name in a folder.
    fn child(&self, folder: &str, real: &Path, blocked_by: &RuleIds, name: &OsStr) -> Candidate {
        let (real, name) = (real.join(name), name.to_string_lossy());
        let mut rules = self.protected.rules_for(&name, &real);
        rules.extend(blocked_by);
        let path = if folder.is_empty() { name.into_owned() } else { format!("{folder}/{name}") };
        self.protected.lift(&mut rules, &path);
        Candidate { path, real, blocked_by: rules }
    }

    /// Returns whether a file is selected, or a folder walked.
    fn selects(&self, candidate: &Candidate, is_folder: bool) -> bool {
        if is_folder { self.walks(candidate) } else { self.wants(candidate, false) }
    }

    /// Replaces a link with its target. Rules that keep the target out keep the link out too.
    fn follow(&self, mut candidate: Candidate, inside: &Path, target: PathBuf) -> Candidate {
        candidate.blocked_by.extend(self.protected.rules_for_target(inside, &target));
        self.protected.lift(&mut candidate.blocked_by, &candidate.path);
        Candidate { real: target, ..candidate }
    }

    fn walks(&self, candidate: &Candidate) -> bool {
        self.patterns.excluding(&candidate.path, true).is_none()
            && self.patterns.may_include_below(&candidate.path)
            && self.protected.may_lift_below(&candidate.blocked_by)
    }

    /// Returns whether the settings select the candidate or, for a folder, something in it.
    fn wants(&self, candidate: &Candidate, is_folder: bool) -> bool {
        let is_excluded = self.patterns.excluding(&candidate.path, false).is_some();
        let file = !is_excluded && self.patterns.includes(&candidate.path);
        (file && candidate.blocked_by.is_empty()) || (is_folder && self.walks(candidate))
    }

    /// Returns why a candidate is left out. A pattern of the settings comes before the built-in rules.
    fn rule(&self, candidate: &Candidate, is_folder: bool) -> LeftOutBy {
        if let Some(pattern) = self.patterns.excluding(&candidate.path, is_folder) {
            return LeftOutBy::Exclude { pattern: pattern.to_owned() };
        }
        self.protected.reason(&candidate.blocked_by).unwrap_or(LeftOutBy::NotIncluded)
    }

    fn refuse_if(&mut self, wanted: bool, problem: impl FnOnce() -> Problem) {
        if wanted {
            self.problems.push(problem());
        }
    }
}

/// Returns a path below the source as in an archive, or `None` if it is not UTF-8.
fn archive_path(inside: &Path) -> Option<String> {
    let names: Option<Vec<&str>> = inside.iter().map(OsStr::to_str).collect();
    Some(names?.join("/"))
}

/// Returns the text of the link `path` that leads to `target`; both are paths in the archive.
fn relative(path: &str, target: &str) -> String {
    let names: Vec<&str> = path.split('/').collect();
    let parent = &names[..names.len() - 1];
    let target: Vec<&str> = target.split('/').filter(|name| !name.is_empty()).collect();
    let common = parent.iter().zip(&target).take_while(|(one, other)| one == other).count();
    let up = parent[common..].iter().map(|_| "..");
    let names: Vec<&str> = up.chain(target[common..].iter().copied()).collect();
    if names.is_empty() { ".".to_owned() } else { names.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_link_is_relative_to_its_folder() {
        assert_eq!(relative("a", "b/c"), "b/c");
        assert_eq!(relative("a/b/link", "a/c"), "../c");
        assert_eq!(relative("a/b/link", "d"), "../../d");
        assert_eq!(relative("a/b/link", "a/b/c"), "c");
        assert_eq!(relative("a/link", "a"), ".");
        assert_eq!(relative("a/link", ""), "..");
    }
}
