//! Which files of a folder `archive_file` packs, and in which order.
//!
//! Depth first; within a folder by name, bytewise, so that `a/x` comes before `a-b`. Links are followed.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use super::excludes::Excludes;
use crate::error::Problem;
use crate::model::{ArchiveFileSettings, LeftOut, LeftOutBy};
use crate::package::folder::{Folder, Walked};
use crate::package::left_out::LeftOuts;
use crate::package::refusals::{
    broken_link, cannot_pack, link_in_a_circle, link_out, names, names_that_fold_together, not_a_file, not_utf8,
};
use crate::package::source_file::{SourceFile, unreadable};

/// What a walk found.
pub(in crate::package) struct Found {
    /// In the order of the archive.
    pub(in crate::package) files: Vec<SourceFile>,
    /// What is not packed, and why.
    pub(in crate::package) left_out: Vec<LeftOut>,
    /// What the user should know, and what to do about it.
    pub(in crate::package) warnings: Vec<String>,
}

/// Walks the folder `root`; every reason against it is a problem. `root` and `keep_out` are resolved paths; what
/// lies in `keep_out` is left out, though Terraform would pack it, since it is made anew each time.
pub(in crate::package) fn walk(
    root: &Path,
    settings: &ArchiveFileSettings,
    keep_out: &[PathBuf],
) -> Result<Found, Vec<Problem>> {
    let excludes = Excludes::new(settings)?;
    let (files, left_out, warnings) = (Vec::new(), LeftOuts::default(), Vec::new());
    let (walked, problems) = (Walked::default(), Vec::new());
    let mut walk = Walk { root, settings, excludes, keep_out, walked, files, left_out, warnings, problems };
    if walk.excludes.matching(".").is_none() {
        walk.folder(&Folder { path: "", real: root, locks: (), parent: None });
    }
    let Walk { files, left_out, warnings, mut problems, .. } = walk;
    problems.extend(names_that_fold_together(files.iter().map(|file| file.name.as_str())));
    let found = Found { files, left_out: left_out.finish(), warnings };
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

struct Walk<'a> {
    root: &'a Path,
    settings: &'a ArchiveFileSettings,
    excludes: Excludes,
    keep_out: &'a [PathBuf],
    walked: Walked,
    files: Vec<SourceFile>,
    left_out: LeftOuts,
    warnings: Vec<String>,
    problems: Vec<Problem>,
}

/// Whether the rest of a folder is walked.
#[derive(PartialEq, Eq)]
enum Rest {
    Walked,
    Skipped,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Folder<'_>) {
        let names = match names(folder.real) {
            Ok(names) => names,
            Err(error) => return self.problems.push(unreadable(folder.real, &error)),
        };
        if let Err(problem) = self.walked.enter(folder, names.len()) {
            return self.problems.extend(problem);
        }
        for (place, name) in names.iter().enumerate() {
            if self.name(folder, name) == Rest::Skipped {
                return self.warn_of_rest(folder, name, names.len() - place - 1);
            }
        }
    }

    fn name(&mut self, folder: &Folder<'_>, os_name: &OsStr) -> Rest {
        let real = folder.real.join(os_name);
        let path = folder.join(&os_name.to_string_lossy());
        if self.is_left_out(&path, &real) {
            return Rest::Walked;
        }
        match fs::symlink_metadata(&real) {
            Err(error) => self.problems.push(unreadable(&real, &error)),
            Ok(_) if os_name.to_str().is_none() => self.problems.push(not_utf8(&real)),
            Ok(metadata) if metadata.is_symlink() => return self.link(folder, &path, &real),
            Ok(metadata) => self.thing(folder, path, real, &metadata),
        }
        Rest::Walked
    }

    fn thing(&mut self, parent: &Folder<'_>, path: String, real: PathBuf, metadata: &Metadata) {
        if metadata.is_dir() {
            self.folder(&Folder { path: &path, real: &real, locks: (), parent: Some(parent) });
        } else if !metadata.is_file() {
            self.problems.push(not_a_file(&real, metadata.file_type()));
        } else if path.len() > usize::from(u16::MAX) {
            self.problems.push(cannot_pack(&path).why("its name has more than 65,535 bytes").fix("rename it"));
        } else {
            self.files.push(SourceFile::new(path, real, metadata));
        }
    }

    fn link(&mut self, folder: &Folder<'_>, path: &str, link: &Path) -> Rest {
        let (target, metadata) = match fs::canonicalize(link).and_then(|path| Ok((fs::metadata(&path)?, path))) {
            Ok((metadata, target)) => (target, metadata),
            Err(error) => {
                self.problems.push(broken_link(link, &error));
                return Rest::Walked;
            }
        };
        if metadata.is_dir() && self.settings.exclude_symlink_directories {
            self.left_out.folder(LeftOutBy::SymlinkDirectory, path);
            return Rest::Skipped;
        }
        if self.keep_out.iter().any(|own| target.starts_with(own)) {
            self.leave_out_own(path, link);
        } else if !target.starts_with(self.root) {
            self.problems.push(link_out(link, &target));
        } else if metadata.is_dir() && folder.came_through(&target) {
            self.problems.push(link_in_a_circle(link, &target));
        } else {
            self.thing(folder, path.to_owned(), target, &metadata);
        }
        Rest::Walked
    }

    fn is_left_out(&mut self, path: &str, real: &Path) -> bool {
        if let Some(pattern) = self.excludes.matching(path).map(str::to_owned) {
            self.leave_out(LeftOutBy::Excludes { pattern }, path, real);
            return true;
        }
        let is_own = self.keep_out.iter().any(|own| real == own);
        if is_own {
            self.leave_out_own(path, real);
        }
        is_own
    }

    fn leave_out_own(&mut self, path: &str, real: &Path) {
        self.leave_out(LeftOutBy::OwnFile, path, real);
        self.warnings.push(format!(
            "`{path}` is left out, since archives are written there; `archive_file` would pack it: write \
             `excludes = [\"{path}\"]` here and in Terraform"
        ));
    }

    fn leave_out(&mut self, by: LeftOutBy, path: &str, real: &Path) {
        match fs::symlink_metadata(real) {
            Ok(metadata) if metadata.is_dir() => self.left_out.folder(by, path),
            Ok(metadata) => self.left_out.file(by, path, metadata.len()),
            Err(_) => self.left_out.file(by, path, 0),
        }
    }

    /// The provider ends the walk of a folder at a link to a folder that it leaves out.
    /// <https://github.com/hashicorp/terraform-provider-archive/issues/361>
    fn warn_of_rest(&mut self, folder: &Folder<'_>, link: &OsStr, left_out: usize) {
        if left_out > 0 {
            let link = folder.join(&link.to_string_lossy());
            self.warnings.push(format!(
                "what comes behind the link `{link}` in its folder is left out too ({left_out}), as `archive_file` \
                 does with `exclude_symlink_directories`: write `excludes = [\"{link}\"]` instead, here and in Terraform"
            ));
        }
    }
}
