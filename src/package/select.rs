//! Walks a source folder and selects the files that go into its archive.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use super::folder::{Folder, Walked};
use super::patterns::Patterns;
use super::protected::{Protected, RuleIds};
use super::refusals::{
    broken_link, cannot_pack, link_cycle, link_out, names, names_that_fold_together, not_a_file, not_utf8,
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
    walk.folder(&Folder { path: "", real: root, blocked_by: RuleIds::new(), parent: None });
    let Walk { mut files, left_out, mut problems, .. } = walk;
    files.sort_by(|one, other| one.name.cmp(&other.name));
    problems.extend(names_that_fold_together(files.iter().map(|file| file.name.as_str())));
    let selection = Selection { left_out: left_out.finish(), ..Selection::of(files) };
    if problems.is_empty() { Ok(selection) } else { Err(problems) }
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
        let real = folder.real.join(os_name);
        let name = os_name.to_string_lossy();
        let mut blocked_by = self.protected.rules_for(&name, &real);
        blocked_by.extend(&folder.blocked_by);
        let path = folder.join(&name);
        self.protected.lift(&mut blocked_by, &path);
        let candidate = Candidate { path, real, blocked_by };
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
            match refusal(&candidate, metadata) {
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
            Err(error) => return self.refuse_if(self.wants(&candidate, false), || broken_link(&link, &error)),
        };
        let Ok(inside) = target.strip_prefix(self.root) else {
            let wanted = self.wants(&candidate, target.is_dir());
            return self.refuse_if(wanted, || link_out(&link, &target));
        };
        let candidate = self.follow(candidate, inside, target.clone());
        match fs::metadata(&target) {
            Ok(metadata) if metadata.is_dir() && folder.is_within(&target) => {
                self.refuse_if(self.walks(&candidate), || link_cycle(&link, &target));
            }
            Ok(metadata) => self.file_or_folder(folder, candidate, &metadata),
            Err(error) => self.problems.push(unreadable(&link, &error)),
        }
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

/// Returns why a file cannot be packed.
fn refusal(candidate: &Candidate, metadata: &Metadata) -> Option<Problem> {
    if !metadata.is_file() {
        return Some(not_a_file(&candidate.real, metadata.file_type()));
    }
    if metadata.len() >= u64::from(u32::MAX) {
        return Some(
            cannot_pack(&candidate.real.display().to_string())
                .why("it has 4 GiB or more, but Lambda allows at most 250 MiB unzipped")
                .fix("leave it out with `exclude`"),
        );
    }
    bad_name(&candidate.path)
}

/// Returns why a name cannot be used in an archive.
pub(super) fn bad_name(name: &str) -> Option<Problem> {
    let why = if name.contains('\\') {
        "its name has a backslash, which some programs read as a folder separator"
    } else if name.chars().any(char::is_control) {
        "its name has a control character"
    } else if name.len() > usize::from(u16::MAX) {
        "its name has more than 65,535 bytes"
    } else {
        return None;
    };
    Some(cannot_pack(&name.escape_debug().to_string()).why(why).fix("rename it, or leave it out with `exclude`"))
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
