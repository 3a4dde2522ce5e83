//! Packs each function's code into a zip that is the same on every machine.
//!
//! The format is `compact-2` or that of Terraform's `archive_file`. docs/decisions/0001-compact-1.md, 0014-compact-2.md and
//! 0005-archive-file.md explain both.

mod advice;
mod archive_file;
mod binaries;
mod cache;
mod compact;
mod contents;
mod context;
mod difference;
mod digests;
mod explain;
mod folder;
mod heads;
mod outside;
mod patterns;
mod pipeline;
mod protected;
mod read_back;
mod ready;
mod refusals;
mod select;
mod selection;
mod source;
mod source_file;
mod zip_records;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

#[doc(hidden)]
pub use self::archive_file::{GivenContents, GivenFile, pack_given};
use self::cache::Cache;
pub use self::contents::contents;
use self::context::PackContext;
pub(crate) use self::difference::difference;
use self::digests::digests;
pub(crate) use self::digests::{file_sha256, unreadable_archive};
pub(crate) use self::explain::explain;
use self::folder::delete_abandoned;
use self::pipeline::threads;
use self::selection::Selection;
use self::source::{Contents, find, unused_globs, with_its_exclude_key};
use crate::error::{Failure, Kind, Problem};
use crate::model::{
    Advice, ArchiveFormat, Artifact, CodeSource, Entry, Event, FunctionKey, FunctionSettings, LeaveOut, LeftOut,
    Listener, UNZIPPED_LIMIT,
};

/// The prefix of an archive that is being written.
const PACKING: &str = ".packing-";

/// How to pack, beside the settings of each function.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Where archives are written. It is created if it does not exist, and never packed.
    pub out_dir: &'a Path,
    /// Whether every entry is inflated after packing, and its CRC-32 compared.
    pub verify: bool,
    /// How many threads compress, at most 16; 0 means one per core. The bytes do not depend on it.
    pub threads: usize,
    /// The folder that caches compressed data between runs, or `None` for no cache.
    pub cache: Option<&'a Path>,
    /// Other paths that are never packed.
    pub keep_out: &'a [PathBuf],
}

/// Packs each function into `<out_dir>/<function>.zip`, which appears only when it is complete.
///
/// # Errors
///
/// [`Kind::Usage`] with the problems of all functions if a source cannot be packed or an archive
/// cannot be written; [`Kind::Failed`] if packing is cancelled; [`Kind::Internal`] if an archive does
/// not read back as it was packed.
pub fn build(
    functions: &BTreeMap<FunctionKey, FunctionSettings>,
    options: &Options<'_>,
    cancelled: &(dyn Fn() -> bool + Sync),
    listener: &dyn Listener,
) -> Result<BTreeMap<FunctionKey, Artifact>, Failure> {
    let found = find_all(functions, options)?;
    fs::create_dir_all(options.out_dir).map_err(|error| no_out_dir(options.out_dir, &error))?;
    delete_abandoned(options.out_dir, PACKING);
    let cache = options.cache.map(|folder| Cache::open(folder, compact::REVISION));
    let (mut artifacts, mut problems) = (BTreeMap::new(), Vec::new());
    for FunctionContents { function, settings, contents } in found {
        let path = options.out_dir.join(format!("{function}.zip"));
        let (threads, verify) = (threads(options.threads), options.verify);
        let source_at = settings.source.location();
        let cache = cache.as_ref();
        let context = PackContext { function, path: &path, threads, verify, cache, cancelled, listener, source_at };
        if let Some(text) = unused_globs(function, settings) {
            listener.hear(Event::Warning(text));
        }
        for text in &contents.warnings {
            listener.hear(Event::Warning(format!("{function}: {text}")));
        }
        match pack(&contents.files, &context) {
            Ok(artifact) => {
                warn(&artifact, settings, options, listener);
                artifacts.insert(function.clone(), artifact);
            }
            Err(failure) if failure.kind == Kind::Usage => {
                problems.extend(with_its_exclude_key(failure.problems, settings));
            }
            Err(failure) => return Err(failure),
        }
    }
    if let Some(cache) = cache {
        cache.close();
    }
    if problems.is_empty() { Ok(artifacts) } else { Err(Failure { kind: Kind::Usage, problems }) }
}

/// Warns about harmful files only. `package --explain` also lists files that only take space.
fn warn(artifact: &Artifact, settings: &FunctionSettings, options: &Options<'_>, listener: &dyn Listener) {
    if artifact.unzipped_bytes > UNZIPPED_LIMIT {
        listener.hear(Event::Warning(format!(
            "{}: the archive unzips to {} bytes, but Lambda allows at most {UNZIPPED_LIMIT}, including layers; \
             `package --explain` shows its largest folders and files",
            artifact.function, artifact.unzipped_bytes
        )));
    }
    let harmful = advice(artifact, settings, options).into_iter().filter(|advice| advice.about.is_harmful());
    harmful.for_each(|advice| listener.hear(Event::Warning(format!("{}: {advice}", artifact.function))));
}

/// Returns advice on unusual files in an archive of [`build`].
pub(crate) fn advice(artifact: &Artifact, settings: &FunctionSettings, options: &Options<'_>) -> Vec<Advice> {
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

/// A function and the files to pack.
struct FunctionContents<'a> {
    function: &'a FunctionKey,
    settings: &'a FunctionSettings,
    contents: Selection<Contents>,
}

/// Returns what [`build`] leaves out of each function's folder, and why. It walks the sources again.
///
/// # Errors
///
/// The errors of [`build`] that concern the selection of files.
pub(crate) fn left_out(
    functions: &BTreeMap<FunctionKey, FunctionSettings>,
    options: &Options<'_>,
) -> Result<BTreeMap<FunctionKey, Vec<LeftOut>>, Failure> {
    let found = find_all(functions, options)?;
    Ok(found.into_iter().map(|found| (found.function.clone(), found.contents.left_out)).collect())
}

/// Selects the files of all functions, so that all problems are reported before anything is packed.
fn find_all<'a>(
    functions: &'a BTreeMap<FunctionKey, FunctionSettings>,
    options: &Options<'_>,
) -> Result<Vec<FunctionContents<'a>>, Failure> {
    let out_dir = resolved(options.out_dir);
    let keep_out: Vec<PathBuf> = options.keep_out.iter().map(|path| resolved(path)).collect();
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (function, settings) in functions {
        problems.extend(bad_key(function));
        match find(function, settings, &out_dir, &keep_out) {
            Ok(contents) => found.push(FunctionContents { function, settings, contents }),
            Err(more) => problems.extend(more),
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(Failure { kind: Kind::Usage, problems }) }
}

fn pack(contents: &Contents, context: &PackContext<'_>) -> Result<Artifact, Failure> {
    context.check_cancelled()?;
    context.started(contents.bytes());
    let archive = temporary(context.path, PACKING, ".zip").map_err(|error| context.not_written(&error))?;
    let file = archive.as_file();
    let entries = match contents {
        Contents::Compact(files) => compact::pack(files, file, context)?,
        Contents::ArchiveFile(files, flavour) => archive_file::pack(files, *flavour, file, context)?,
        Contents::Ready(source) => ready::copy(source, file, context)?,
    };
    if !matches!(contents, Contents::Ready(_)) {
        read_back::check(file, &entries, context)?;
    }
    finish(archive, entries, context)
}

/// Moves the finished archive to its path.
fn finish(archive: NamedTempFile<File>, entries: Vec<Entry>, context: &PackContext<'_>) -> Result<Artifact, Failure> {
    let digests = digests(archive.path()).map_err(|error| context.not_written(&error))?;
    let binaries = binaries::binaries(archive.path(), &entries);
    context.check_cancelled()?;
    archive.persist(context.path).map_err(|error| context.not_written(&error.error))?;
    context.finished(digests.bytes);
    Ok(Artifact {
        function: context.function.clone(),
        path: context.path.to_owned(),
        sha256: digests.sha256,
        md5: digests.md5,
        checksum_sha256: digests.checksum_sha256,
        zipped_bytes: digests.bytes,
        unzipped_bytes: entries.iter().map(|entry| entry.bytes).sum(),
        entries,
        binaries,
    })
}

/// Creates a temporary file in the folder of `path`, so that renaming it is atomic.
pub(crate) fn temporary(path: &Path, prefix: &str, suffix: &str) -> std::io::Result<NamedTempFile<File>> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).suffix(suffix);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// Resolves the links of `path`, whose last components need not exist yet.
pub(crate) fn resolved(path: &Path) -> PathBuf {
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
            .why("it is empty, begins with a dot, or contains a slash, a backslash or a control character")
            .fix("rename the [functions] table")
    })
}

fn no_out_dir(out_dir: &Path, error: &std::io::Error) -> Failure {
    Problem::new(format!("failed to create the folder `{}`", out_dir.display()))
        .why(error.to_string())
        .fix("choose another folder with `--out-dir`")
        .into_failure(Kind::Usage)
}
