//! `follow_links_within`: where a link may lead that leaves the source of a compact archive.

use std::fs;
use std::path::{Path, PathBuf};

use crate::checkout;
use crate::error::Problem;
use crate::model::FunctionSettings;

/// Where the targets of links may be that leave the source; nowhere without the setting.
pub(super) struct Outside<'a> {
    /// The folder that the setting names, with links resolved.
    folder: Option<PathBuf>,
    /// The Git checkout that holds the source, if there is one.
    checkout: Option<&'a Path>,
}

impl<'a> Outside<'a> {
    /// Reads the setting for this source, a resolved path.
    ///
    /// # Errors
    /// The setting names no folder.
    pub(super) fn new(source: &'a Path, settings: &FunctionSettings) -> Result<Self, Problem> {
        let resolved = |within: &PathBuf| match fs::canonicalize(within) {
            Ok(folder) if folder.is_dir() => Ok(folder),
            Ok(_) => Err("it is not a folder".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let folder = settings.follow_links_within.as_ref().map(|within| {
            resolved(&within.value).map_err(|why| {
                Problem::new(format!("`follow_links_within` cannot be `{}`", within.value.display()))
                    .why(why)
                    .fix("name a folder that holds what the links lead to, or remove the setting")
                    .at(within.location())
            })
        });
        Ok(Self { folder: folder.transpose()?, checkout: checkout::root(source) })
    }

    /// Returns the path of a link's target below the folder, or `None` if the link is not followed. A pull request must not
    /// publish files of the machine, so that the target is in the checkout as well.
    pub(super) fn path_of<'t>(&self, target: &'t Path) -> Option<&'t Path> {
        let inside = target.strip_prefix(self.folder.as_ref()?).ok()?;
        checkout::may_hold(self.checkout, target).then_some(inside)
    }

    /// Returns whether the walk of this source may come to a path that does not hold the source.
    pub(super) fn may_reach(&self, source: &Path, path: &Path) -> bool {
        let is_in = |folder: &Path| path.starts_with(folder);
        (is_in(source) || self.folder.as_deref().is_some_and(is_in)) && !source.starts_with(path)
    }
}
