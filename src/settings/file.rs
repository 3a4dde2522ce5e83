//! Finds and reads the settings file.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};
use std::string::FromUtf8Error;

use super::lock_file::{self, LockFile};
use crate::checkout;
use crate::error::{Draft, Failure, Kind, Location, Problem};

/// The name of the settings file if `--config` is not given.
pub(crate) const FILE_NAME: &str = "sls-release.toml";

const MINIMAL: &str = r#"[artifacts]
bucket = "my-artifacts"

[functions.hello]
source = "lambda"
"#;

/// A settings file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFile {
    /// Its path, for messages and as the base of relative paths.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
    /// Terraform's lock files near it.
    pub locks: Vec<LockFile>,
}

/// Reads the file `config` or, without it, the nearest `sls-release.toml` in `start` and the folders above it.
///
/// A relative `start`, and the empty path for the current folder, keep the path in messages short.
///
/// # Errors
/// [`Kind::Usage`] if the file does not exist, cannot be read, or is not UTF-8.
pub fn read(config: Option<&Path>, start: &Path) -> Result<SettingsFile, Failure> {
    find(config, start)?.ok_or_else(|| nothing_found(start))
}

/// Reads the settings file like [`read`], but returns `None` if there is none and `config` is not set.
///
/// # Errors
/// The errors of [`read`], except for a missing file without `config`.
pub(crate) fn find(config: Option<&Path>, start: &Path) -> Result<Option<SettingsFile>, Failure> {
    if let Some(path) = config {
        return read_at(path)?.ok_or_else(|| no_such_file(path)).map(Some);
    }
    for folder in folders(start)? {
        if let Some(file) = read_at(&folder.join(FILE_NAME))? {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// Returns `start` unchanged, then its parents as absolute paths, the nearest first.
fn folders(start: &Path) -> Result<Vec<PathBuf>, Failure> {
    let absolute = if start.as_os_str().is_empty() { std::env::current_dir() } else { std::path::absolute(start) };
    let absolute = absolute.map_err(|error| cannot_read(start, &error))?;
    let parents = absolute.ancestors().skip(1).map(Path::to_path_buf);
    Ok(std::iter::once(start.to_path_buf()).chain(parents).collect())
}

/// Where a settings file is in its Git checkout.
pub(crate) struct Place {
    /// The root of the checkout, resolved.
    pub(crate) top: PathBuf,
    /// From there to the folder of the file, with `/`; empty for the root itself.
    pub(crate) folder: String,
}

/// Finds the root of the checkout that holds the file. `None` outside of a checkout.
pub(crate) fn place(file: &Path) -> Option<Place> {
    let folder = std::fs::canonicalize(Path::new(".").join(file.parent()?)).ok()?;
    let top = checkout::root(&folder)?.to_owned();
    let names = folder.strip_prefix(&top).ok()?.components();
    let names = names.map(|part| if let Component::Normal(name) = part { name.to_str() } else { None });
    let folder = names.collect::<Option<Vec<_>>>()?.join("/");
    Some(Place { top, folder })
}

fn read_at(path: &Path) -> Result<Option<SettingsFile>, Failure> {
    match std::fs::read(path) {
        Ok(bytes) => {
            let text = String::from_utf8(bytes).map_err(|error| not_utf8(path, &error))?;
            let locks = lock_file::beside(path);
            Ok(Some(SettingsFile { path: path.to_path_buf(), text, locks }))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot_read(path, &error)),
    }
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Failure {
    let (why, fix) = if path.is_dir() {
        ("it is a folder".to_owned(), "pass the file itself with `--config`")
    } else {
        (error.to_string(), "make it readable, or pass another file with `--config`")
    };
    failed_to_read(path).why(why).fix(fix).into_failure(Kind::Usage)
}

fn not_utf8(path: &Path, error: &FromUtf8Error) -> Failure {
    let (before, rest) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
    let byte = rest.first().map(|byte| format!(" 0x{byte:02X}")).unwrap_or_default();
    failed_to_read(path)
        .why(format!("the byte{byte} here is not UTF-8"))
        .fix("save it as UTF-8")
        .at(Some(location_after(path, &String::from_utf8_lossy(before))))
        .into_failure(Kind::Usage)
}

fn failed_to_read(path: &Path) -> Draft {
    Problem::new(format!("failed to read the settings file `{}`", path.display()))
}

/// Returns the location in the file after the text `before`.
pub(super) fn location_after(path: &Path, before: &str) -> Location {
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Location {
        file: path.to_path_buf(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

fn no_such_file(path: &Path) -> Failure {
    let what = format!("the settings file `{}` does not exist", path.display());
    no_file(what, "pass another path with `--config`, or create the file")
}

fn nothing_found(start: &Path) -> Failure {
    let here = if start.as_os_str().is_empty() { Path::new(".") } else { start };
    let what = format!("there is no `{FILE_NAME}` in `{}` or a folder above it", here.display());
    no_file(what, &format!("pass a file with `--config`, or create `{FILE_NAME}`"))
}

fn no_file(what: String, fix: &str) -> Failure {
    Problem::new(what)
        .why("the settings file defines which functions to release")
        .fix(format!("{fix}; a minimal one:\n\n{MINIMAL}"))
        .into_failure(Kind::Usage)
}
