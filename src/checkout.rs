//! Where a folder is in a Git checkout, and what is part of it.

use std::path::Path;

/// Returns the root of the Git checkout that holds this resolved folder, by Git's own folder; no commit can hold one of
/// that name.
pub(crate) fn root(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|above| above.join(".git").exists())
}

/// Returns whether a link may lead to this resolved path from a source in this checkout; `None` where there is none. Git's own
/// folder may hold credentials, and files outside the checkout belong to the machine: a pull request must not publish either
/// by a link.
pub(crate) fn may_hold(checkout: Option<&Path>, target: &Path) -> bool {
    let Some(checkout) = checkout else { return true };
    target.strip_prefix(checkout).is_ok_and(|inside| inside.iter().all(|name| name != ".git"))
}
