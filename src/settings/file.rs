//! Finds and reads the settings file.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;

use super::lock_file::{self, LockFile};
use crate::error::{Failure, Kind, Location, Problem};
use crate::model::Request;

/// The name that is looked for where `--config` is not given.
pub const FILE_NAME: &str = "sls-release.toml";

const MINIMAL: &str = r#"[artifacts]
bucket = "my-artifacts"

[functions.hello]
source = "lambda"
"#;

/// A settings file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFile {
    /// Its path, for messages, and for the folder that other paths start from.
    pub path: PathBuf,
    /// All of it.
    pub text: String,
    /// Terraform's lock files near it.
    pub locks: Vec<LockFile>,
}

/// Reads `request.config`, or else the nearest [`FILE_NAME`] in `start` and the folders above it.
///
/// A relative `start`, and the empty path for the current folder, keep the path in messages short.
///
/// # Errors
/// [`Kind::Usage`] when there is no such file, or it cannot be read, or is not UTF-8.
pub fn read(request: &Request, start: &Path) -> Result<SettingsFile, Failure> {
    find(request, start)?.ok_or_else(|| nothing_found(start))
}

/// The same where nothing needs to be found; a file that `request.config` names must be there.
///
/// # Errors
/// As those of [`read`].
pub fn find(request: &Request, start: &Path) -> Result<Option<SettingsFile>, Failure> {
    if let Some(path) = &request.config {
        return read_at(path)?.ok_or_else(|| no_such_file(path)).map(Some);
    }
    for folder in folders(start)? {
        if let Some(file) = read_at(&folder.join(FILE_NAME))? {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// `start` as it stands, then its parents as absolute paths, nearest first.
fn folders(start: &Path) -> Result<Vec<PathBuf>, Failure> {
    let absolute = if start.as_os_str().is_empty() { std::env::current_dir() } else { std::path::absolute(start) };
    let absolute = absolute.map_err(|error| cannot_read(start, &error))?;
    let parents = absolute.ancestors().skip(1).map(Path::to_path_buf);
    Ok(std::iter::once(start.to_path_buf()).chain(parents).collect())
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
        ("it is a folder".to_owned(), "name the file itself with `--config`")
    } else {
        (error.to_string(), "make it readable, or name another file with `--config`")
    };
    failed_to_read(path).why(why).fix(fix).into_failure(Kind::Usage)
}

fn not_utf8(path: &Path, error: &FromUtf8Error) -> Failure {
    let (before, rest) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
    let byte = rest.first().map(|byte| format!(" 0x{byte:02X}")).unwrap_or_default();
    failed_to_read(path)
        .why(format!("its byte{byte} here is not UTF-8"))
        .fix("save it as UTF-8")
        .at(Some(location_after(path, &String::from_utf8_lossy(before))))
        .into_failure(Kind::Usage)
}

fn failed_to_read(path: &Path) -> Problem {
    Problem::new(format!("failed to read the settings file `{}`", path.display()))
}

/// The place behind the file's text up to there.
pub(super) fn location_after(path: &Path, before: &str) -> Location {
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Location {
        file: path.to_path_buf(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

fn no_such_file(path: &Path) -> Failure {
    Problem::new(format!("there is no settings file `{}`", path.display()))
        .why("only this file says which functions there are")
        .fix(format!("give `--config` another path, or make the file; a small one:\n\n{MINIMAL}"))
        .into_failure(Kind::Usage)
}

fn nothing_found(start: &Path) -> Failure {
    let here = if start.as_os_str().is_empty() { Path::new(".") } else { start };
    Problem::new(format!("there is no `{FILE_NAME}` in `{}` or a folder above it", here.display()))
        .why("only this file says which functions there are")
        .fix(format!("name a file with `--config`, or make `{FILE_NAME}`; a small one:\n\n{MINIMAL}"))
        .into_failure(Kind::Usage)
}
