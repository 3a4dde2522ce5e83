//! Copies a ready archive without changing it, and reads all of it as Lambda will: what it cannot read, or reads otherwise
//! than another program, is refused.

use std::fs::File;
use std::io::Write;

use zip::result::ZipError;

use super::context::PackContext;
use super::read_back;
use super::refusals::bad_name;
use super::source_file::SourceFile;
use crate::error::{Failure, Problem};
use crate::model::Entry;

/// How much is copied between two checks for cancellation.
const PIECE_BYTES: usize = 1024 * 1024;

/// Copies the archive `source` into `copy`, and reads the entries of the copy.
pub(super) fn copy(source: &SourceFile, mut copy: &File, context: &PackContext<'_>) -> Result<Vec<Entry>, Failure> {
    let mut buffer = vec![0; PIECE_BYTES];
    for (offset, bytes) in source.pieces(PIECE_BYTES) {
        context.check_cancelled()?;
        let piece = &mut buffer[..bytes];
        source.read_at(offset, piece).map_err(|problem| context.unusable(problem))?;
        copy.write_all(piece).map_err(|error| context.not_written(&error))?;
        context.packed(piece.len() as u64);
    }
    entries(source, copy, context)
}

fn entries(source: &SourceFile, copy: &File, context: &PackContext<'_>) -> Result<Vec<Entry>, Failure> {
    let refused = |error: ZipError| context.unusable(not_a_zip(source, &read_back::words(&error)));
    let read = read_back::open(copy).and_then(|archive| Ok((read_back::entries(&archive)?, archive)));
    let (entries, mut archive) = read.map_err(refused)?;
    if entries.is_empty() {
        return Err(context.unusable(not_a_zip(source, "it contains no file")));
    }
    if let Some(entry) = entries.iter().find(|entry| leads_out(&entry.name) || bad_name(&entry.name).is_some()) {
        let why = format!(
            "it contains `{}`, a name that leads out of the folder or that some programs misread",
            entry.name.escape_debug()
        );
        return Err(context.unusable(not_a_zip(source, &why)));
    }
    read_back::whole(&mut archive, context)?.map_err(refused)?;
    Ok(entries)
}

fn leads_out(name: &str) -> bool {
    name.starts_with('/') || name.split('/').any(|part| part == "..")
}

fn not_a_zip(source: &SourceFile, why: &str) -> Problem {
    Problem::new(format!("`{}` is not a usable zip archive", source.path.display()))
        .why(why)
        .fix("create it again, or set `source` to a folder")
}
