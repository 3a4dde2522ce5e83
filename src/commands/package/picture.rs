//! `--svg`: a picture of an archive.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use super::compare::artifact_paths;
use crate::error::{Failure, Kind, Problem, without_path};
use crate::model::{Artifact, FunctionKey, Settings};
use crate::package::temporary;
use crate::report::{self, Reporter};

/// What a picture begins with.
const BEGINNING: &[u8] = b"<svg";

/// Returns whether `--svg -` asks for the picture on standard output.
pub(super) fn is_standard_output(path: &Path) -> bool {
    path == "-"
}

/// Before anything is packed: an older picture may be replaced, and nothing else.
pub(super) fn check(path: &Path, settings: &Settings, out: &Reporter) -> Result<(), Failure> {
    if is_standard_output(path) {
        return if out.is_for_people() { Ok(()) } else { Err(taken()) };
    }
    let is_archive = artifact_paths(settings).iter().any(|archive| archive == path);
    let is_free = match beginning(path) {
        Ok(beginning) => beginning.is_empty() || beginning == BEGINNING,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    if is_free && !is_archive {
        return Ok(());
    }
    Err(Problem::new(format!("`{}` is not overwritten by a picture", path.display()))
        .why("it exists already, and is not an SVG picture")
        .fix("choose another file by `--svg`")
        .into_failure(Kind::Usage))
}

fn taken() -> Failure {
    Problem::new("`--svg -` writes the picture to standard output")
        .why("`--output` puts its report there")
        .fix("name a file, such as `--svg archive.svg`, or leave `--output` out")
        .into_failure(Kind::Usage)
}

fn beginning(path: &Path) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::new();
    if !fs::metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    File::open(path)?.take(BEGINNING.len() as u64).read_to_end(&mut beginning)?;
    Ok(beginning)
}

/// Writes the picture, whole or not at all.
pub(super) fn draw(path: &Path, artifacts: &BTreeMap<FunctionKey, Artifact>, out: &Reporter) -> Result<(), Failure> {
    let pictures: String = artifacts.values().map(report::picture).collect();
    if is_standard_output(path) {
        out.print_instead(&pictures);
        return Ok(());
    }
    write(path, &pictures).map_err(|error| {
        Problem::new(format!("failed to write `{}`", path.display()))
            .why(without_path(&error))
            .fix("choose another file by `--svg`")
            .into_failure(Kind::Usage)
    })
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = temporary(path, ".drawing-", "")?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
