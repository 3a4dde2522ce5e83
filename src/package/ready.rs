//! A ready archive: copied, never changed.

use std::fs::File;
use std::io::{self, Write};

use zip::result::ZipResult;

use super::read_back::ReadBack;
use super::run::Run;
use super::select::bad_name;
use super::source_file::SourceFile;
use crate::error::{Failure, Problem};
use crate::model::Entry;

/// How much is copied between two looks at cancellation.
const PIECE_BYTES: usize = 1024 * 1024;

/// Copies the archive `source` into `copy`, and reads its entries there.
pub(super) fn copy(source: &SourceFile, mut copy: &File, run: &Run<'_>) -> Result<Vec<Entry>, Failure> {
    let mut buffer = vec![0; PIECE_BYTES];
    for offset in (0..source.stamp.bytes).step_by(PIECE_BYTES) {
        run.check_cancelled()?;
        let left = usize::try_from(source.stamp.bytes - offset).unwrap_or(PIECE_BYTES);
        let piece = &mut buffer[..left.min(PIECE_BYTES)];
        source.read_at(offset, piece).map_err(|problem| run.unusable(problem))?;
        copy.write_all(piece).map_err(|error| run.not_written(&error))?;
        run.packed(piece.len() as u64);
    }
    entries(source, copy, run)
}

fn entries(source: &SourceFile, copy: &File, run: &Run<'_>) -> Result<Vec<Entry>, Failure> {
    let refused = |error: io::Error| run.unusable(not_a_zip(source, &error.to_string()));
    let (mut archive, entries) = read(copy).map_err(|error| refused(error.into()))?;
    if entries.is_empty() {
        return Err(run.unusable(not_a_zip(source, "it holds no file")));
    }
    if let Some(entry) = entries.iter().find(|entry| leads_out(&entry.name) || bad_name(&entry.name).is_some()) {
        let why = format!(
            "it holds `{}`, a name that leads out of the folder or that some programs misread",
            entry.name.escape_debug()
        );
        return Err(run.unusable(not_a_zip(source, &why)));
    }
    if run.verify {
        archive.inflate_all(run)?.map_err(|error| refused(error.into()))?;
    }
    Ok(entries)
}

fn leads_out(name: &str) -> bool {
    name.starts_with('/') || name.split('/').any(|part| part == "..")
}

fn read(copy: &File) -> ZipResult<(ReadBack<'_>, Vec<Entry>)> {
    let archive = ReadBack::open(copy)?;
    let entries = archive.entries()?;
    Ok((archive, entries))
}

fn not_a_zip(source: &SourceFile, why: &str) -> Problem {
    Problem::new(format!("`{}` is not a usable zip archive", source.path.display()))
        .why(why)
        .fix("make it again, or set `source` to a folder")
}
