//! Finds the contents of a function's `source`: a folder, a file, or a ready zip.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::advice::has_ending;
use super::archive_file::{self, ArchivedFile};
use super::refusals::bad_name;
use super::select::select;
use super::selection::Selection;
use super::source_file::{SourceFile, unreadable};
use crate::error::Problem;
use crate::model::{ArchiveFileSettings, ArchiveFormat, CodeSource, Flavour, FunctionKey, FunctionSettings, Source};

/// The files of a function's archive.
#[derive(Debug)]
pub(super) enum Contents {
    /// At least one file, sorted by their names' bytes.
    Compact(Vec<SourceFile>),
    /// At least one file, in the order of `archive_file`.
    ArchiveFile(Vec<ArchivedFile>, Flavour),
    /// An archive that is used without changes.
    Ready(SourceFile),
}

impl Contents {
    /// Returns how many bytes are read.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Contents::Compact(files) => files.iter().map(SourceFile::bytes).sum(),
            Contents::ArchiveFile(files, _) => files.iter().map(ArchivedFile::bytes).sum(),
            Contents::Ready(archive) => archive.stamp.bytes,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Contents::Compact(files) => files.is_empty(),
            Contents::ArchiveFile(files, _) => files.is_empty(),
            Contents::Ready(_) => false,
        }
    }
}

/// Finds the contents of `function`. `out_dir` and `keep_out` are resolved paths.
pub(super) fn find(
    function: &FunctionKey,
    settings: &FunctionSettings,
    out_dir: &Path,
    keep_out: &[PathBuf],
) -> Result<Selection<Contents>, Vec<Problem>> {
    let contents = match (&settings.source.value, &settings.archive) {
        (CodeSource::Path(source), _) => path(function, source, settings, out_dir, keep_out),
        (CodeSource::SourceFile(source), ArchiveFormat::ArchiveFile(archive)) => {
            source_file(function, source, &settings.archive, archive).map_err(|problem| vec![problem])
        }
        (CodeSource::Sources(sources), ArchiveFormat::ArchiveFile(archive)) => {
            Ok(archive_contents(archive_file::inline(sources, archive), archive))
        }
        (CodeSource::Image(_), _) => Err(vec![Problem::defect(format!("{function} is an image, and is not packed"))]),
        (CodeSource::SourceFile(_) | CodeSource::Sources(_), ArchiveFormat::Compact) => {
            let what = format!("{function} needs `archive = \"archive-file\"` for its source");
            Err(vec![Problem::new(what).why("the compact format takes only `source`").fix("add it, or set `source`")])
        }
    };
    contents.map_err(|problems| located(problems, settings))
}

/// Finds the contents of `source`: a folder, a file, or a ready zip.
fn path(
    function: &FunctionKey,
    source: &Path,
    settings: &FunctionSettings,
    out_dir: &Path,
    keep_out: &[PathBuf],
) -> Result<Selection<Contents>, Vec<Problem>> {
    if matches!(settings.source.source, Source::Flag(_)) && !source.exists() {
        return Err(vec![missing_archive(function, source)]);
    }
    let (metadata, root) = resolve(function, source).map_err(|problem| vec![problem])?;
    if metadata.is_dir() {
        return folder(&root, settings, out_dir, keep_out);
    }
    let file = file(source, root, &metadata, &settings.archive).map_err(|problem| vec![problem])?;
    Ok(match &settings.archive {
        _ if has_ending(&file.name, "zip") => Selection::of(Contents::Ready(file)),
        ArchiveFormat::Compact => Selection::of(Contents::Compact(vec![file])),
        ArchiveFormat::ArchiveFile(archive) => archive_contents(archive_file::single_file(file, archive), archive),
    })
}

/// Finds the contents of `source_file`: a single file of any kind, even a zip.
fn source_file(
    function: &FunctionKey,
    source: &Path,
    format: &ArchiveFormat,
    archive: &ArchiveFileSettings,
) -> Result<Selection<Contents>, Problem> {
    let (metadata, path) = resolve(function, source)?;
    if metadata.is_dir() {
        return Err(Problem::new(format!("`{}` is a folder", source.display()))
            .why("`source_file` must be a file")
            .fix("use `source` instead"));
    }
    let file = file(source, path, &metadata, format)?;
    Ok(archive_contents(archive_file::single_file(file, archive), archive))
}

fn archive_contents(files: Selection<Vec<ArchivedFile>>, archive: &ArchiveFileSettings) -> Selection<Contents> {
    files.map(|files| Contents::ArchiveFile(files, archive.flavour))
}

fn resolve(function: &FunctionKey, source: &Path) -> Result<(Metadata, PathBuf), Problem> {
    let found = fs::canonicalize(source).and_then(|path| Ok((fs::metadata(&path)?, path)));
    found.map_err(|error| missing(function, source, &error))
}

/// Adds the location of the `source` setting to problems without a location.
fn located(problems: Vec<Problem>, settings: &FunctionSettings) -> Vec<Problem> {
    let at = settings.source.location();
    let locate = |problem: Problem| if problem.at.is_some() { problem } else { problem.at(at.clone()) };
    with_its_exclude_key(problems.into_iter().map(locate).collect(), settings)
}

/// Replaces `exclude` with `excludes` in fixes if the format is `archive_file`.
pub(super) fn with_its_exclude_key(mut problems: Vec<Problem>, settings: &FunctionSettings) -> Vec<Problem> {
    if matches!(settings.archive, ArchiveFormat::ArchiveFile(_)) {
        for problem in &mut problems {
            problem.fix = problem.fix.replace("`exclude`", "`excludes`");
        }
    }
    problems
}

fn folder(
    root: &Path,
    settings: &FunctionSettings,
    out_dir: &Path,
    keep_out: &[PathBuf],
) -> Result<Selection<Contents>, Vec<Problem>> {
    if root == out_dir {
        return Err(vec![
            Problem::new(format!("the archives cannot be written into the source `{}` itself", root.display()))
                .why("the next run would pack them")
                .fix("choose another folder with `--out-dir`"),
        ]);
    }
    let keep_out: Vec<PathBuf> = keep_out.iter().chain([&out_dir.to_owned()]).cloned().collect();
    let contents = match &settings.archive {
        ArchiveFormat::Compact => select(root, settings, &keep_out)?.map(Contents::Compact),
        // Terraform packs the settings file, so we do too. Archives change with each run, so they are left out.
        ArchiveFormat::ArchiveFile(archive) => {
            let is_below = |path: &PathBuf| path.is_dir() && path.starts_with(root) && path != root;
            let folders: Vec<PathBuf> = keep_out.into_iter().filter(is_below).collect();
            archive_contents(archive_file::folder(root, archive, &folders)?, archive)
        }
    };
    if contents.files.is_empty() {
        return Err(vec![
            Problem::new(format!("nothing is left to pack in `{}`", root.display()))
                .why("no file is included, or all are excluded")
                .fix(match settings.archive {
                    ArchiveFormat::Compact => "build the code first, or correct `include` and `exclude`",
                    ArchiveFormat::ArchiveFile(_) => "build the code first, or correct `excludes`",
                }),
        ]);
    }
    Ok(contents)
}

fn file(source: &Path, path: PathBuf, metadata: &Metadata, format: &ArchiveFormat) -> Result<SourceFile, Problem> {
    // The file is named as in the settings, even if that is a link to another name.
    let name = source.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
        Problem::new(format!("`{}` cannot be packed", source.display())).why("its name is not UTF-8").fix("rename it")
    })?;
    if !metadata.is_file() || metadata.len() >= u64::from(u32::MAX) {
        return Err(Problem::new(format!("`{}` cannot be packed", source.display()))
            .why("it is neither a folder nor a file below 4 GiB")
            .fix("set `source` to the function's code"));
    }
    // `archive_file` takes every name; the file system allows at most 255 bytes.
    if let Some(problem) = bad_name(name).filter(|_| matches!(format, ArchiveFormat::Compact)) {
        return Err(problem);
    }
    Ok(SourceFile::new(name.to_owned(), path, metadata))
}

fn missing(function: &FunctionKey, source: &Path, error: &io::Error) -> Problem {
    if error.kind() != io::ErrorKind::NotFound {
        return unreadable(source, error);
    }
    Problem::new(format!("the source `{}` of {function} does not exist", source.display()))
        .why("neither a file nor a folder has this name")
        .fix(format!("build it first, or set `source` under [functions.{function}]"))
}

/// Reports a missing archive in the folder of `--artifacts`.
fn missing_archive(function: &FunctionKey, source: &Path) -> Problem {
    Problem::new(format!("the archive `{}` of {function} does not exist", source.display()))
        .why("`--artifacts` uses the archives in its folder instead of the sources")
        .fix("create them with `sls-release package --out-dir`, or name the folder that contains them")
}

/// Returns a warning if globs have no effect because the source is not a folder.
pub(super) fn unused_globs(function: &FunctionKey, settings: &FunctionSettings) -> Option<String> {
    let CodeSource::Path(source) = &settings.source.value else { return None };
    let (excludes, keys) = match &settings.archive {
        ArchiveFormat::Compact => (&settings.exclude, "`include` and `exclude` have"),
        ArchiveFormat::ArchiveFile(archive) => (&archive.excludes, "`excludes` has"),
    };
    let has_globs = settings.include.iter().chain(excludes).any(|glob| glob.source != Source::Default);
    (has_globs && !source.is_dir())
        .then(|| format!("{function}: {keys} no effect because the source `{}` is not a folder", source.display()))
}
