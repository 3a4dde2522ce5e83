//! What a function's `source` is: a folder, a file, or a ready zip.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::archive_file::{self, ArchivedFile, Selected};
use super::select::{Selection, bad_name, select};
use super::source_file::{SourceFile, unreadable};
use crate::error::Problem;
use crate::model::{
    ArchiveFileSettings, ArchiveFormat, CodeSource, Flavour, FunctionKey, FunctionSettings, LeftOut, Source,
};

/// What is packed.
#[derive(Debug)]
pub(super) enum Contents {
    /// These files, sorted by their names' bytes; at least one.
    Compact(Selection),
    /// These files, in the order of `archive_file`; at least one.
    ArchiveFile(Selected, Flavour),
    /// An archive that is shipped as it is.
    Ready(SourceFile),
}

impl Contents {
    /// How many bytes are read.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Contents::Compact(selected) => selected.files.iter().map(|file| file.stamp.bytes).sum(),
            Contents::ArchiveFile(selected, _) => selected.files.iter().map(ArchivedFile::bytes).sum(),
            Contents::Ready(archive) => archive.stamp.bytes,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Contents::Compact(selected) => selected.files.is_empty(),
            Contents::ArchiveFile(selected, _) => selected.files.is_empty(),
            Contents::Ready(_) => false,
        }
    }

    /// What does not go in, and why.
    pub(super) fn into_left_out(self) -> Vec<LeftOut> {
        match self {
            Contents::Compact(selected) => selected.left_out,
            Contents::ArchiveFile(selected, _) => selected.left_out,
            Contents::Ready(_) => Vec::new(),
        }
    }

    /// What the user should know of the files.
    pub(super) fn warnings(&self) -> &[String] {
        match self {
            Contents::ArchiveFile(selected, _) => &selected.warnings,
            Contents::Compact(_) | Contents::Ready(_) => &[],
        }
    }
}

/// Finds what `function` consists of, and what is left out of it. `out_dir` and `keep_out` are resolved paths.
pub(super) fn find(
    function: &FunctionKey,
    settings: &FunctionSettings,
    out_dir: &Path,
    keep_out: &[PathBuf],
) -> Result<Contents, Vec<Problem>> {
    let contents = match (&settings.source.value, &settings.archive) {
        (CodeSource::Path(source), _) => path(function, source, settings, out_dir, keep_out),
        (CodeSource::SourceFile(source), ArchiveFormat::ArchiveFile(archive)) => {
            source_file(function, source, archive).map_err(|problem| vec![problem])
        }
        (CodeSource::Sources(sources), ArchiveFormat::ArchiveFile(archive)) => {
            Ok(Contents::ArchiveFile(archive_file::inline(sources, archive), archive.flavour))
        }
        (CodeSource::SourceFile(_) | CodeSource::Sources(_), ArchiveFormat::Compact) => {
            let what = format!("{function} needs `archive = \"archive-file\"` for its source");
            Err(vec![Problem::new(what).why("compact has `source` alone").fix("write it, or `source`")])
        }
    };
    contents.map_err(|problems| located(problems, settings))
}

/// `source`: a folder, a file, or a ready zip.
fn path(
    function: &FunctionKey,
    source: &Path,
    settings: &FunctionSettings,
    out_dir: &Path,
    keep_out: &[PathBuf],
) -> Result<Contents, Vec<Problem>> {
    if matches!(settings.source.source, Source::Flag(_)) && !source.exists() {
        return Err(vec![missing_archive(function, source)]);
    }
    let (root, metadata) = resolve(function, source).map_err(|problem| vec![problem])?;
    if metadata.is_dir() {
        return folder(&root, settings, out_dir, keep_out);
    }
    let file = file(source, root, &metadata).map_err(|problem| vec![problem])?;
    Ok(match &settings.archive {
        _ if is_zip(&file.name) => Contents::Ready(file),
        ArchiveFormat::Compact => Contents::Compact(Selection { files: vec![file], left_out: Vec::new() }),
        ArchiveFormat::ArchiveFile(archive) => Contents::ArchiveFile(archive_file::one(file, archive), archive.flavour),
    })
}

/// `source_file`: one file, whatever it is.
fn source_file(function: &FunctionKey, source: &Path, archive: &ArchiveFileSettings) -> Result<Contents, Problem> {
    let (path, metadata) = resolve(function, source)?;
    if metadata.is_dir() {
        return Err(Problem::new(format!("`{}` is a folder", source.display()))
            .why("`source_file` is one file")
            .fix("write `source` instead"));
    }
    let file = file(source, path, &metadata)?;
    Ok(Contents::ArchiveFile(archive_file::one(file, archive), archive.flavour))
}

fn resolve(function: &FunctionKey, source: &Path) -> Result<(PathBuf, Metadata), Problem> {
    let found = fs::canonicalize(source).and_then(|root| Ok((fs::metadata(&root)?, root)));
    found.map(|(metadata, root)| (root, metadata)).map_err(|error| missing(function, source, &error))
}

fn is_zip(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"))
}

/// Points at the source, where nothing better is known.
fn located(problems: Vec<Problem>, settings: &FunctionSettings) -> Vec<Problem> {
    let at = settings.source.location();
    let locate = |problem: Problem| if problem.at.is_some() { problem } else { problem.at(at.clone()) };
    in_its_words(problems.into_iter().map(locate).collect(), settings)
}

/// Names the key that keeps a file out of an archive of this format.
pub(super) fn in_its_words(mut problems: Vec<Problem>, settings: &FunctionSettings) -> Vec<Problem> {
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
) -> Result<Contents, Vec<Problem>> {
    if root == out_dir {
        return Err(vec![
            Problem::new(format!("the archives cannot be written into the source `{}` itself", root.display()))
                .why("they would be packed the next time")
                .fix("choose another folder by `--out-dir`"),
        ]);
    }
    let keep_out: Vec<PathBuf> = keep_out.iter().chain([&out_dir.to_owned()]).cloned().collect();
    let contents = match &settings.archive {
        ArchiveFormat::Compact => Contents::Compact(select(root, settings, &keep_out)?),
        // Terraform would pack the settings file too, but archives that are made anew each time cannot be the same.
        ArchiveFormat::ArchiveFile(archive) => {
            let is_below = |path: &PathBuf| path.is_dir() && path.starts_with(root) && path != root;
            let folders: Vec<PathBuf> = keep_out.into_iter().filter(is_below).collect();
            Contents::ArchiveFile(archive_file::folder(root, archive, &folders)?, archive.flavour)
        }
    };
    if contents.is_empty() {
        return Err(vec![
            Problem::new(format!("nothing is left to pack in `{}`", root.display()))
                .why("no file is included, or all are excluded")
                .fix(match settings.archive {
                    ArchiveFormat::Compact => "build the code first, or mend `include` and `exclude`",
                    ArchiveFormat::ArchiveFile(_) => "build the code first, or mend `excludes`",
                }),
        ]);
    }
    Ok(contents)
}

fn file(source: &Path, path: PathBuf, metadata: &Metadata) -> Result<SourceFile, Problem> {
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

/// The same where `--artifacts` says what is packed.
fn missing_archive(function: &FunctionKey, source: &Path) -> Problem {
    Problem::new(format!("there is no archive `{}` of {function}", source.display()))
        .why("`--artifacts` takes the archives of its folder instead of the sources")
        .fix("make them by `sls-release package --out-dir`, or name the folder that has them")
}

/// Says that globs of a source that is no folder do nothing.
pub(super) fn unused_globs(function: &FunctionKey, settings: &FunctionSettings) -> Option<String> {
    let CodeSource::Path(source) = &settings.source.value else { return None };
    let excludes = match &settings.archive {
        ArchiveFormat::Compact => settings.exclude.as_slice(),
        ArchiveFormat::ArchiveFile(archive) => archive.excludes.as_slice(),
    };
    let said = settings.include.iter().chain(excludes).any(|glob| glob.source != Source::Default);
    (said && !source.is_dir()).then(|| {
        let (source, keys) = match settings.archive {
            ArchiveFormat::Compact => (source.display(), "`include` and `exclude` do"),
            ArchiveFormat::ArchiveFile(_) => (source.display(), "`excludes` does"),
        };
        format!("{function}: {keys} nothing, since the source `{source}` is not a folder")
    })
}
