//! Walks a source folder and selects the files that go into its archive.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use super::folder::{Folder, Walked};
use super::left_out::LeftOuts;
use super::patterns::Patterns;
use super::protected::{Locks, Protected};
use super::refusals::{
    broken_link, cannot_pack, link_in_a_circle, link_out, names, names_that_fold_together, not_a_file, not_utf8,
};
use super::source_file::{SourceFile, unreadable};
use crate::error::Problem;
use crate::model::{FunctionSettings, LeftOut, LeftOutBy};

/// The files of a folder that are packed, sorted by their names' bytes, and what is not.
#[derive(Debug)]
pub(super) struct Selection {
    pub(super) files: Vec<SourceFile>,
    pub(super) left_out: Vec<LeftOut>,
}

/// Selects the files of the folder `root`; every reason against it is a problem. `root` and `keep_out` are resolved
/// paths.
pub(super) fn select(
    root: &Path,
    settings: &FunctionSettings,
    keep_out: &[PathBuf],
) -> Result<Selection, Vec<Problem>> {
    let below: Vec<PathBuf> = keep_out.iter().filter(|path| path.starts_with(root) && *path != root).cloned().collect();
    let mut walk = Walk {
        root,
        patterns: Patterns::new(settings)?,
        protected: Protected::new(&settings.include, &below),
        files: Vec::new(),
        walked: Walked::default(),
        left_out: LeftOuts::default(),
        problems: Vec::new(),
    };
    walk.folder(&Folder { path: "", real: root, locks: Locks::new(), parent: None });
    let Walk { mut files, left_out, mut problems, .. } = walk;
    files.sort_by(|one, other| one.name.cmp(&other.name));
    problems.extend(names_that_fold_together(files.iter().map(|file| file.name.as_str())));
    if problems.is_empty() { Ok(Selection { files, left_out: left_out.finish() }) } else { Err(problems) }
}

struct Walk<'a> {
    root: &'a Path,
    patterns: Patterns,
    protected: Protected,
    files: Vec<SourceFile>,
    walked: Walked,
    left_out: LeftOuts,
    problems: Vec<Problem>,
}

/// What a name in a folder stands for.
struct Found {
    path: String,
    real: PathBuf,
    locks: Locks,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Folder<'_, Locks>) {
        let names = match names(folder.real) {
            Ok(names) => names,
            Err(error) => return self.problems.push(unreadable(folder.real, &error)),
        };
        match self.walked.enter(folder, names.len()) {
            Ok(()) => names.into_iter().for_each(|name| self.name(folder, &name)),
            Err(problem) => self.problems.extend(problem),
        }
    }

    fn name(&mut self, folder: &Folder<'_, Locks>, os_name: &OsStr) {
        let real = folder.real.join(os_name);
        let name = os_name.to_string_lossy();
        let mut locks = self.protected.locks(&name, &real);
        locks.extend(&folder.locks);
        let path = folder.join(&name);
        self.protected.unlock(&mut locks, &path);
        let found = Found { path, real, locks };
        match fs::symlink_metadata(&found.real) {
            Err(error) if self.wants(&found, true) => self.problems.push(unreadable(&found.real, &error)),
            Err(_) => {}
            Ok(metadata) if os_name.to_str().is_none() => {
                self.refuse_if(self.wants(&found, metadata.is_dir()), || not_utf8(&found.real));
            }
            Ok(metadata) if metadata.is_symlink() => self.link(folder, found),
            Ok(metadata) => self.thing(folder, found, &metadata),
        }
    }

    /// A file, a folder, or what can be neither packed nor walked.
    fn thing(&mut self, parent: &Folder<'_, Locks>, found: Found, metadata: &Metadata) {
        if metadata.is_dir() {
            if self.walks(&found) {
                let Found { path, real, locks } = found;
                self.folder(&Folder { path: &path, real: &real, locks, parent: Some(parent) });
            } else {
                self.left_out.folder(self.rule(&found, true), &found.path);
            }
        } else if self.wants(&found, false) {
            match refusal(&found, metadata) {
                Some(problem) => self.problems.push(problem),
                None => self.files.push(SourceFile::new(found.path, found.real, metadata)),
            }
        } else {
            self.left_out.file(self.rule(&found, false), &found.path, metadata.len());
        }
    }

    fn link(&mut self, folder: &Folder<'_, Locks>, found: Found) {
        let link = found.real.clone();
        let target = match fs::canonicalize(&link) {
            Ok(target) => target,
            Err(error) => return self.refuse_if(self.wants(&found, false), || broken_link(&link, &error)),
        };
        let Ok(inside) = target.strip_prefix(self.root) else {
            let wanted = self.wants(&found, target.is_dir());
            return self.refuse_if(wanted, || link_out(&link, &target));
        };
        let found = self.follow(found, inside, target.clone());
        match fs::metadata(&target) {
            Ok(metadata) if metadata.is_dir() && folder.came_through(&target) => {
                self.refuse_if(self.walks(&found), || link_in_a_circle(&link, &target));
            }
            Ok(metadata) => self.thing(folder, found, &metadata),
            Err(error) => self.problems.push(unreadable(&link, &error)),
        }
    }

    /// What keeps the target out keeps the link out.
    fn follow(&self, mut found: Found, inside: &Path, target: PathBuf) -> Found {
        found.locks.extend(self.protected.locks_of_target(inside, &target));
        self.protected.unlock(&mut found.locks, &found.path);
        Found { real: target, ..found }
    }

    fn walks(&self, found: &Found) -> bool {
        !self.patterns.excludes_folder(&found.path)
            && self.patterns.may_include_below(&found.path)
            && self.protected.may_unlock_below(&found.locks)
    }

    /// Whether the settings ask for it, or, where it is a folder, for something in it.
    fn wants(&self, found: &Found, is_folder: bool) -> bool {
        let file = !self.patterns.excludes(&found.path) && self.patterns.includes(&found.path);
        (file && found.locks.is_empty()) || (is_folder && self.walks(found))
    }

    /// What leaves it out; a pattern of the settings says more than what is left out anyway.
    fn rule(&self, found: &Found, is_folder: bool) -> LeftOutBy {
        if let Some(pattern) = self.patterns.excluding(&found.path, is_folder) {
            return LeftOutBy::Exclude { pattern: pattern.to_owned() };
        }
        self.protected.rule(&found.locks).unwrap_or(LeftOutBy::NotIncluded)
    }

    fn refuse_if(&mut self, wanted: bool, problem: impl FnOnce() -> Problem) {
        if wanted {
            self.problems.push(problem());
        }
    }
}

/// Why a thing that is no folder cannot go into an archive.
fn refusal(found: &Found, metadata: &Metadata) -> Option<Problem> {
    if !metadata.is_file() {
        return Some(not_a_file(&found.real, metadata.file_type()));
    }
    if metadata.len() >= u64::from(u32::MAX) {
        return Some(
            cannot_pack(&found.real.display().to_string())
                .why("it has 4 GiB or more, and Lambda takes 250 MiB of unzipped files")
                .fix("leave it out by `exclude`"),
        );
    }
    bad_name(&found.path)
}

/// Why a name cannot stand in an archive.
pub(super) fn bad_name(name: &str) -> Option<Problem> {
    let why = if name.contains('\\') {
        "its name has a backslash, which some programs take for a folder"
    } else if name.chars().any(char::is_control) {
        "its name has a control character"
    } else if name.len() > usize::from(u16::MAX) {
        "its name has more than 65,535 bytes"
    } else {
        return None;
    };
    Some(cannot_pack(&name.escape_debug().to_string()).why(why).fix("rename it, or leave it out by `exclude`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_into_the_header_and_is_harmless() {
        assert_eq!(bad_name(&"n".repeat(65_535)), None);
        for (name, why) in
            [("n".repeat(65_536), "65,535"), ("a\\b".to_owned(), "backslash"), ("a\nb".to_owned(), "control")]
        {
            assert!(bad_name(&name).is_some_and(|problem| problem.why.contains(why)), "{why}");
        }
    }
}
