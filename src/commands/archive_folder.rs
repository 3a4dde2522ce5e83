//! The folder that a run writes its archives to.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::{Failure, Kind, Problem, without_path};
use crate::model::Settings;
use crate::package::resolved;
use crate::settings;

/// Git ignores everything in the folder.
const GITIGNORE: &str = "*\n";
/// Backup programs skip the folder: <https://bford.info/cachedir/>.
const CACHEDIR_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
                            # sls-release writes archives to this folder, and can make them again.\n";

/// The folder that a run writes its archives to.
pub(super) enum ArchiveFolder {
    /// The archives stay here.
    Kept(PathBuf),
    /// The archives are deleted with the value.
    Temporary(TempDir),
}

impl ArchiveFolder {
    /// Returns the folder for a verb whose result are the archives. The default folder is created, with files that keep it
    /// out of Git and of backups.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] if the default folder is a link out of the checkout, or cannot be created.
    pub(super) fn kept(settings: &Settings) -> Result<Self, Failure> {
        if !settings.is_out_dir_named {
            stays_inside(settings)?;
            create(&settings.out_dir).map_err(|error| {
                Problem::new(format!("failed to create the folder `{}`", settings.out_dir.display()))
                    .why(error.to_string())
                    .fix("choose another folder with `--out-dir`")
                    .into_failure(Kind::Usage)
            })?;
        }
        Ok(Self::Kept(settings.out_dir.clone()))
    }

    /// Returns the folder for a verb that only uploads the archives: a temporary one, unless the user names a folder.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] if there is no place for temporary files.
    pub(super) fn for_upload(settings: &Settings) -> Result<Self, Failure> {
        if settings.is_out_dir_named {
            return Ok(Self::Kept(settings.out_dir.clone()));
        }
        let folder = tempfile::Builder::new().prefix("sls-release-").tempdir().map_err(|error| {
            let place = std::env::temp_dir();
            Problem::new(format!("failed to create a temporary folder for the archives in `{}`", place.display()))
                .why(without_path(&error))
                .fix("set `TMPDIR` to a folder that can be written, or choose a folder with `--out-dir`")
                .into_failure(Kind::Usage)
        })?;
        Ok(Self::Temporary(folder))
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }

    pub(super) fn is_temporary(&self) -> bool {
        matches!(self, Self::Temporary(_))
    }
}

/// Refuses a default folder that a link leads out of the checkout: a commit must not choose where files are written.
fn stays_inside(settings: &Settings) -> Result<(), Failure> {
    let place = settings::place(&settings.file);
    let beside = settings.file.parent().unwrap_or(Path::new(""));
    let top = place.map_or_else(|| resolved(&Path::new(".").join(beside)), |place| place.top);
    let real = resolved(&settings.out_dir);
    if real.starts_with(&top) {
        return Ok(());
    }
    Err(Problem::new(format!("the archives cannot be written to `{}`", settings.out_dir.display()))
        .why(format!("it is a link to `{}`, outside `{}`", real.display(), top.display()))
        .fix("remove the link, or name the folder with `--out-dir`")
        .into_failure(Kind::Usage))
}

fn create(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    write_new(&folder.join(".gitignore"), GITIGNORE)?;
    write_new(&folder.join("CACHEDIR.TAG"), CACHEDIR_TAG)
}

/// Writes a file, unless something with this name exists.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    match File::create_new(path) {
        Ok(mut file) => file.write_all(text.as_bytes()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}
