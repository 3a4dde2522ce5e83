//! What a function's `source` is: a folder, a file, or a ready zip.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::select::{Selection, bad_name, select};
use super::source_file::{SourceFile, unreadable};
use crate::error::Problem;
use crate::model::{FunctionKey, FunctionSettings, LeftOut, Source};

/// What is packed.
#[derive(Debug)]
pub(super) enum Contents {
    /// These files, sorted by their names' bytes; at least one.
    Files(Vec<SourceFile>),
    /// An archive that is shipped as it is.
    Ready(SourceFile),
}

impl Contents {
    /// How many bytes are read.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Contents::Files(files) => files.iter().map(|file| file.stamp.bytes).sum(),
            Contents::Ready(archive) => archive.stamp.bytes,
        }
    }
}

/// Finds what `function` consists of, and what is left out of it. `out_dir` and `keep_out` are resolved paths.
pub(super) fn find(
    function: &FunctionKey,
    settings: &FunctionSettings,
    out_dir: &Path,
    keep_out: &[PathBuf],
) -> Result<(Contents, Vec<LeftOut>), Vec<Problem>> {
    let source = &settings.source.value;
    let contents = match fs::canonicalize(source).and_then(|root| Ok((fs::metadata(&root)?, root))) {
        Err(error) => Err(vec![missing(function, source, &error)]),
        Ok((metadata, root)) if metadata.is_dir() => folder(&root, settings, out_dir, keep_out),
        Ok((metadata, root)) => {
            file(source, root, &metadata).map(|contents| (contents, Vec::new())).map_err(|problem| vec![problem])
        }
    };
    contents.map_err(|problems| located(problems, settings))
}

/// Points at the source, where nothing better is known.
fn located(problems: Vec<Problem>, settings: &FunctionSettings) -> Vec<Problem> {
    let at = settings.source.location();
    let locate = |problem: Problem| if problem.at.is_some() { problem } else { problem.at(at.clone()) };
    problems.into_iter().map(locate).collect()
}

fn folder(
    root: &Path,
    settings: &FunctionSettings,
    out_dir: &Path,
    keep_out: &[PathBuf],
) -> Result<(Contents, Vec<LeftOut>), Vec<Problem>> {
    if root == out_dir {
        return Err(vec![
            Problem::new(format!("the archives cannot be written into the source `{}` itself", root.display()))
                .why("they would be packed the next time")
                .fix("choose another folder by `--out-dir`"),
        ]);
    }
    let keep_out: Vec<PathBuf> = keep_out.iter().chain([&out_dir.to_owned()]).cloned().collect();
    let Selection { files, left_out } = select(root, settings, &keep_out)?;
    if files.is_empty() {
        return Err(vec![
            Problem::new(format!("nothing is left to pack in `{}`", root.display()))
                .why("no file is included, or all are excluded")
                .fix("build the code first, or mend `include` and `exclude`"),
        ]);
    }
    Ok((Contents::Files(files), left_out))
}

fn file(source: &Path, path: PathBuf, metadata: &Metadata) -> Result<Contents, Problem> {
    // The name is the one in the settings, not that of a link's target.
    let name = source.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
        Problem::new(format!("`{}` cannot be packed", source.display())).why("its name is not UTF-8").fix("rename it")
    })?;
    if !metadata.is_file() || metadata.len() >= u64::from(u32::MAX) {
        return Err(Problem::new(format!("`{}` cannot be packed", source.display()))
            .why("it is neither a folder nor a file below 4 GiB")
            .fix("set `source` to the function's code"));
    }
    if let Some(problem) = bad_name(name) {
        return Err(problem);
    }
    let is_zip = Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"));
    let file = SourceFile::new(name.to_owned(), path, metadata);
    Ok(if is_zip { Contents::Ready(file) } else { Contents::Files(vec![file]) })
}

fn missing(function: &FunctionKey, source: &Path, error: &io::Error) -> Problem {
    if error.kind() != io::ErrorKind::NotFound {
        return unreadable(source, error);
    }
    Problem::new(format!("the source `{}` of {function} does not exist", source.display()))
        .why("neither a file nor a folder has this name")
        .fix(format!("build it first, or set `source` under [functions.{function}]"))
}

/// Says that globs of a source that is no folder do nothing.
pub(super) fn unused_globs(function: &FunctionKey, settings: &FunctionSettings) -> Option<String> {
    let (source, mut globs) = (&settings.source.value, settings.include.iter().chain(&settings.exclude));
    let unused = globs.any(|glob| glob.source != Source::Default) && !source.is_dir();
    unused.then(|| {
        let source = source.display();
        format!("{function}: `include` and `exclude` do nothing, since the source `{source}` is not a folder")
    })
}
