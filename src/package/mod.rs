//! Packs each function's code into a zip that is the same on every machine.
//!
//! The bytes are those of the revision `compact-1`, or those of Terraform's `archive_file`: docs/decisions/0001-compact-1.md
//! and 0005-archive-file.md say why.

mod advice;
mod archive_file;
mod cache;
mod compact;
mod contents;
mod difference;
mod digests;
mod explain;
mod folder;
mod left_out;
mod patterns;
mod pipeline;
mod protected;
mod read_back;
mod ready;
mod refusals;
mod run;
mod select;
mod source;
mod source_file;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tempfile::NamedTempFile;

#[doc(hidden)]
pub use self::archive_file::{GivenContents, GivenFile, pack_given};
use self::cache::Cache;
pub use self::contents::contents;
pub use self::difference::difference;
use self::digests::digests;
pub use self::digests::file_sha256;
pub use self::explain::explain;
use self::run::Run;
use self::source::{Contents, find, in_its_words, unused_globs};
use crate::error::{Failure, Kind, Problem};
use crate::model::{
    Advice, ArchiveFormat, Artifact, CodeSource, Entry, Event, FunctionKey, FunctionSettings, LeaveOut, LeftOut,
    Listener, UNZIPPED_LIMIT,
};

/// More threads would need more memory than they save time.
const MAX_THREADS: usize = 16;

/// An archive in the making.
const PACKING: &str = ".packing-";
/// Nobody packs that long.
const ABANDONED: Duration = Duration::from_hours(24);

/// How to pack, beside what the settings say of each function.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Where the archives are written; it is made where it does not exist, and never packed.
    pub out_dir: &'a Path,
    /// Whether every entry is inflated after packing, and its CRC-32 compared.
    pub verify: bool,
    /// How many threads compress, 16 at most; 0 means one for each core. The bytes do not depend
    /// on it.
    pub threads: usize,
    /// The folder that remembers compressed data between runs; `None`: nothing is remembered.
    pub cache: Option<&'a Path>,
    /// More paths that are never packed.
    pub keep_out: &'a [PathBuf],
}

/// Packs each function into `<out_dir>/<function>.zip`, which appears only when it is complete.
///
/// # Errors
///
/// [`Kind::Usage`] with all problems of all functions where a source cannot be packed or an archive
/// cannot be written; [`Kind::Failed`] where it is cancelled; [`Kind::Internal`] where an archive does
/// not read back as it was packed.
pub fn build(
    functions: &BTreeMap<FunctionKey, FunctionSettings>,
    options: &Options<'_>,
    cancelled: &(dyn Fn() -> bool + Sync),
    listener: &dyn Listener,
) -> Result<BTreeMap<FunctionKey, Artifact>, Failure> {
    let found = find_all(functions, options)?;
    fs::create_dir_all(options.out_dir).map_err(|error| no_out_dir(options.out_dir, &error))?;
    delete_abandoned(options.out_dir);
    let cache = options.cache.map(|folder| Cache::open(folder, compact::REVISION));
    let (mut artifacts, mut problems) = (BTreeMap::new(), Vec::new());
    for Found { function, settings, contents } in found {
        let path = options.out_dir.join(format!("{function}.zip"));
        let (threads, verify) = (threads(options.threads), options.verify);
        let source_at = settings.source.location();
        let cache = cache.as_ref();
        let run = Run { function, path: &path, threads, verify, cache, cancelled, listener, source_at };
        if let Some(text) = unused_globs(function, settings) {
            listener.hear(Event::Warning(text));
        }
        for text in contents.warnings() {
            listener.hear(Event::Warning(format!("{function}: {text}")));
        }
        match pack(&contents, &run) {
            Ok(artifact) => {
                warn(&artifact, settings, options, listener);
                artifacts.insert(function.clone(), artifact);
            }
            Err(failure) if failure.kind == Kind::Usage => problems.extend(in_its_words(failure.problems, settings)),
            Err(failure) => return Err(failure),
        }
    }
    if let Some(cache) = cache {
        cache.close();
    }
    if problems.is_empty() { Ok(artifacts) } else { Err(Failure { kind: Kind::Usage, problems }) }
}

/// Says what harms; what only takes up room is said to those who ask.
fn warn(artifact: &Artifact, settings: &FunctionSettings, options: &Options<'_>, listener: &dyn Listener) {
    if artifact.unzipped_bytes > UNZIPPED_LIMIT {
        listener.hear(Event::Warning(format!(
            "{}: it unzips to {} bytes, and Lambda takes {UNZIPPED_LIMIT} at most, with all layers; `package --explain` \
             shows where they are",
            artifact.function, artifact.unzipped_bytes
        )));
    }
    let harmful = advice(artifact, settings, options).into_iter().filter(|advice| advice.about.is_harmful());
    harmful.for_each(|advice| listener.hear(Event::Warning(format!("{}: {advice}", artifact.function))));
}

/// What should be looked at in an archive that [`build`] made.
pub fn advice(artifact: &Artifact, settings: &FunctionSettings, options: &Options<'_>) -> Vec<Advice> {
    let source = match &settings.source.value {
        CodeSource::Path(source) if source.is_dir() => source,
        _ => return advice::advice(artifact, None, LeaveOut::OfSource),
    };
    let how = match &settings.archive {
        ArchiveFormat::Compact => LeaveOut::Exclude,
        ArchiveFormat::ArchiveFile(_) => LeaveOut::Excludes,
    };
    let out_dir = resolved(options.out_dir);
    let own_folder = out_dir.strip_prefix(resolved(source)).ok();
    advice::advice(artifact, own_folder.and_then(Path::to_str).filter(|folder| !folder.is_empty()), how)
}

/// A function with the files that are packed.
struct Found<'a> {
    function: &'a FunctionKey,
    settings: &'a FunctionSettings,
    contents: Contents,
}

/// What [`build`] leaves out of each function's folder, and why. It looks again, so that `build` need not remember.
///
/// # Errors
///
/// Those of [`build`] over the selection of files.
pub fn left_out(
    functions: &BTreeMap<FunctionKey, FunctionSettings>,
    options: &Options<'_>,
) -> Result<BTreeMap<FunctionKey, Vec<LeftOut>>, Failure> {
    let found = find_all(functions, options)?;
    Ok(found.into_iter().map(|found| (found.function.clone(), found.contents.into_left_out())).collect())
}

/// Selects the files of all functions, so that all problems are known before the first is packed.
fn find_all<'a>(
    functions: &'a BTreeMap<FunctionKey, FunctionSettings>,
    options: &Options<'_>,
) -> Result<Vec<Found<'a>>, Failure> {
    let out_dir = resolved(options.out_dir);
    let keep_out: Vec<PathBuf> = options.keep_out.iter().map(|path| resolved(path)).collect();
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (function, settings) in functions {
        problems.extend(bad_key(function));
        match find(function, settings, &out_dir, &keep_out) {
            Ok(contents) => found.push(Found { function, settings, contents }),
            Err(more) => problems.extend(more),
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(Failure { kind: Kind::Usage, problems }) }
}

fn pack(contents: &Contents, run: &Run<'_>) -> Result<Artifact, Failure> {
    run.check_cancelled()?;
    run.started(contents.bytes());
    let archive = temporary(run.path).map_err(|error| run.not_written(&error))?;
    let file = archive.as_file();
    let entries = match contents {
        Contents::Compact(selected) => proven(compact::pack(&selected.files, file, run)?, file, run)?,
        Contents::ArchiveFile(selected, flavour) => {
            proven(archive_file::pack(&selected.files, *flavour, file, run)?, file, run)?
        }
        Contents::Ready(source) => ready::copy(source, file, run)?,
    };
    finish(archive, entries, run)
}

fn proven(entries: Vec<Entry>, archive: &File, run: &Run<'_>) -> Result<Vec<Entry>, Failure> {
    read_back::prove(archive, &entries, run)?;
    Ok(entries)
}

/// Puts the archive in its place.
fn finish(archive: NamedTempFile<File>, entries: Vec<Entry>, run: &Run<'_>) -> Result<Artifact, Failure> {
    let digests = digests(archive.path()).map_err(|error| run.not_written(&error))?;
    run.check_cancelled()?;
    archive.persist(run.path).map_err(|error| run.not_written(&error.error))?;
    run.finished(digests.bytes);
    Ok(Artifact {
        function: run.function.clone(),
        path: run.path.to_owned(),
        sha256: digests.sha256,
        md5: digests.md5,
        checksum_sha256: digests.checksum_sha256,
        zipped_bytes: digests.bytes,
        unzipped_bytes: entries.iter().map(|entry| entry.bytes).sum(),
        entries,
    })
}

/// Deletes what runs that were killed left behind; what cannot be deleted stays.
fn delete_abandoned(out_dir: &Path) {
    for entry in fs::read_dir(out_dir).into_iter().flatten().filter_map(Result::ok) {
        let age = entry.metadata().and_then(|metadata| metadata.modified()).ok().and_then(|at| at.elapsed().ok());
        if entry.file_name().to_string_lossy().starts_with(PACKING) && age.is_some_and(|age| age > ABANDONED) {
            fs::remove_file(entry.path()).ok(); // the next run tries again
        }
    }
}

/// A file beside `path`, so that renaming it is atomic; it goes away with its value.
fn temporary(path: &Path) -> std::io::Result<NamedTempFile<File>> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PACKING).suffix(".zip");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(path.parent().unwrap_or(Path::new(".")))
}

/// As many threads as were asked for; 0 means one for each core.
fn threads(wanted: usize) -> usize {
    let cores = || thread::available_parallelism().map_or(1, NonZero::get);
    let wanted = if wanted == 0 { cores() } else { wanted };
    wanted.min(MAX_THREADS)
}

/// `path` without links, though its end may not exist yet.
fn resolved(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for folder in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (fs::canonicalize(folder), path.strip_prefix(folder)) {
            // Joining an empty path would end the path with a slash.
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    path
}

fn bad_key(function: &FunctionKey) -> Option<Problem> {
    let key = function.as_str();
    let usable =
        !key.is_empty() && !key.starts_with('.') && !key.contains(|c: char| c.is_control() || "/\\".contains(c));
    (!usable).then(|| {
        Problem::new(format!("the function key `{}` cannot name an archive", key.escape_debug()))
            .why("it is empty, begins with a dot, or holds a slash, a backslash or a control character")
            .fix("rename the [functions] table")
    })
}

fn no_out_dir(out_dir: &Path, error: &std::io::Error) -> Failure {
    Problem::new(format!("failed to make the folder `{}`", out_dir.display()))
        .why(error.to_string())
        .fix("choose another folder by `--out-dir`")
        .into_failure(Kind::Usage)
}
