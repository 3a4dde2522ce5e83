//! Lists the files of a folder that `archive_file` packs, in its order.
//!
//! The walk is depth first; within a folder, names are ordered by their bytes, so `a/x` comes before `a-b`. Links are
//! followed.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::excludes::Excludes;
use crate::checkout;
use crate::error::Problem;
use crate::model::{ArchiveFileSettings, LeftOutBy};
use crate::package::folder::{Folder, Walked};
use crate::package::refusals::{
    broken_link, cannot_pack, first_of, link_cycle, link_out_of_checkout, names, names_that_fold_together, not_a_file,
    not_utf8,
};
use crate::package::selection::{LeftOuts, Selection};
use crate::package::source_file::{SourceFile, unreadable};

/// Walks the folder `root` and returns its files, or every problem.
///
/// `root` and `keep_out` are resolved paths. Files in `keep_out` are left out, although Terraform would pack them,
/// because every run writes them anew.
pub(in crate::package) fn walk(
    root: &Path,
    settings: &ArchiveFileSettings,
    keep_out: &[PathBuf],
) -> Result<Selection<Vec<SourceFile>>, Vec<Problem>> {
    let excludes = Excludes::new(settings)?;
    let mut walk = Walk {
        root,
        checkout: checkout::root(root),
        settings,
        excludes,
        keep_out,
        walked: Walked::default(),
        files: Vec::new(),
        links_out: Vec::new(),
        left_out: LeftOuts::default(),
        warnings: Vec::new(),
        problems: Vec::new(),
    };
    if walk.excludes.matching(".").is_none() {
        walk.folder(&Folder { path: "", real: root, blocked_by: (), parent: None });
    }
    let Walk { files, links_out, left_out, mut warnings, problems, .. } = walk;
    warnings.extend(packed_from_outside(&links_out));
    warnings.extend(names_that_fold_together(files.iter().map(|file| file.name.as_str())));
    let found = Selection { files, left_out: left_out.finish(), warnings };
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

struct Walk<'a> {
    root: &'a Path,
    /// The Git checkout that contains the source, if there is one.
    checkout: Option<&'a Path>,
    settings: &'a ArchiveFileSettings,
    excludes: Excludes,
    keep_out: &'a [PathBuf],
    walked: Walked,
    files: Vec<SourceFile>,
    /// The links that lead out of the source, with their targets.
    links_out: Vec<String>,
    left_out: LeftOuts,
    warnings: Vec<String>,
    problems: Vec<Problem>,
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
            if self.name(folder, name).is_break() {
                return self.warn_of_rest(folder, name, names.len() - place - 1);
            }
        }
    }

    /// Packs or leaves out a name; breaks off if the rest of its folder is left out as well.
    fn name(&mut self, folder: &Folder<'_>, os_name: &OsStr) -> ControlFlow<()> {
        let real = folder.real.join(os_name);
        let path = folder.join(&os_name.to_string_lossy());
        if self.is_left_out(&path, &real) {
            return ControlFlow::Continue(());
        }
        if !real.starts_with(self.root) && !checkout::may_hold(self.checkout, &real) {
            self.problems.push(link_out_of_checkout(&real, &real));
            return ControlFlow::Continue(());
        }
        match fs::symlink_metadata(&real) {
            Err(error) => self.problems.push(unreadable(&real, &error)),
            Ok(_) if os_name.to_str().is_none() => self.problems.push(not_utf8(&real)),
            Ok(metadata) if metadata.is_symlink() => return self.link(folder, &path, &real),
            Ok(metadata) => self.file_or_folder(folder, path, real, &metadata),
        }
        ControlFlow::Continue(())
    }

    fn file_or_folder(&mut self, parent: &Folder<'_>, path: String, real: PathBuf, metadata: &Metadata) {
        if metadata.is_dir() {
            self.folder(&Folder { path: &path, real: &real, blocked_by: (), parent: Some(parent) });
        } else if !metadata.is_file() {
            self.problems.push(not_a_file(&real, metadata.file_type()));
        } else if path.len() > usize::from(u16::MAX) {
            self.problems.push(cannot_pack(&path).why("its name has more than 65,535 bytes").fix("rename it"));
        } else {
            self.files.push(SourceFile::new(path, real, metadata));
        }
    }

    fn link(&mut self, folder: &Folder<'_>, path: &str, link: &Path) -> ControlFlow<()> {
        let followed = fs::canonicalize(link).and_then(|target| Ok((fs::metadata(&target)?, target)));
        let Ok((metadata, target)) = followed.map_err(|error| self.problems.push(broken_link(link, &error))) else {
            return ControlFlow::Continue(());
        };
        if metadata.is_dir() && self.settings.exclude_symlink_directories {
            self.left_out.folder(LeftOutBy::SymlinkDirectory, path);
            return ControlFlow::Break(());
        }
        if self.keep_out.iter().any(|own| target.starts_with(own)) {
            self.leave_out_own(path, link);
            return ControlFlow::Continue(());
        }
        if !target.starts_with(self.root) {
            if !checkout::may_hold(self.checkout, &target) {
                self.problems.push(link_out_of_checkout(link, &target));
                return ControlFlow::Continue(());
            }
            self.links_out.push(format!("`{path}` (`{}`)", target.display()));
        }
        if metadata.is_dir() && folder.is_within(&target) {
            self.problems.push(link_cycle(link, &target));
        } else {
            self.file_or_folder(folder, path.to_owned(), target, &metadata);
        }
        ControlFlow::Continue(())
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
            "`{path}` is left out because archives are written there; `archive_file` would pack it: add \
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

    /// Warns about files after a skipped link: the provider ends the walk of a folder at a link that it leaves out.
    /// <https://github.com/hashicorp/terraform-provider-archive/issues/361>
    fn warn_of_rest(&mut self, folder: &Folder<'_>, link: &OsStr, left_out: usize) {
        if left_out > 0 {
            let link = folder.join(&link.to_string_lossy());
            self.warnings.push(format!(
                "everything after the link `{link}` in its folder is left out too ({left_out}), as `archive_file` does \
                 with `exclude_symlink_directories`: use `excludes = [\"{link}\"]` instead, here and in Terraform"
            ));
        }
    }
}

/// Warns about links out of the source.
fn packed_from_outside(links: &[String]) -> Option<String> {
    (!links.is_empty()).then(|| {
        format!(
            "packs links that lead out of the source, as `archive_file` does: {}; add what you do not want to `excludes`, \
             here and in Terraform",
            first_of(links)
        )
    })
}
