//! Where a folder is in a Git checkout.

use std::path::Path;

/// Returns the root of the Git checkout that holds this resolved folder, by Git's own folder; no commit can hold one of
/// that name.
pub(crate) fn root(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|above| above.join(".git").exists())
}
