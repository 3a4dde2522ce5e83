//! `--compare` and `--diff`: the packed archive beside another one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use futures::future::try_join_all;
use tempfile::NamedTempFile;

use crate::aws::CallError;
use crate::error::{Failure, Kind, Problem};
use crate::model::{
    Against, ArchiveContents, ArchiveSize, Artifact, Comparison, Difference, FunctionKey, FunctionSettings, Settings,
    Sha256, Verdict,
};
use crate::package::{contents, difference, file_sha256, unreadable_archive};
use crate::report::Reporter;
use crate::world::{self, Cancellation, World};

/// The other archive, before anything is packed.
pub(super) enum Kept {
    /// What the function's callers run, which this world is asked for.
    Live(Box<World>),
    /// A zip, as the user names it, and where it can be read.
    Zip(PathBuf, Readable),
}

/// Where a zip can be read.
pub(super) enum Readable {
    Here(PathBuf),
    /// A copy of a zip that packing overwrites, or a download.
    Temporary(NamedTempFile),
}

impl AsRef<Path> for Readable {
    fn as_ref(&self) -> &Path {
        match self {
            Readable::Here(path) => path,
            Readable::Temporary(file) => file.path(),
        }
    }
}

/// Opens the zip to compare with, so that packing cannot change it, or what AWS is asked by.
pub(super) async fn keep(
    against: Option<&Against>,
    settings: &Settings,
    cancel: &Cancellation,
) -> Result<Option<Kept>, Failure> {
    let path = match against {
        None => return Ok(None),
        Some(Against::Live) => {
            let world = World::connect(settings.region.as_ref(), cancel).await?;
            return Ok(Some(Kept::Live(Box::new(world))));
        }
        Some(Against::Zip(path)) => path,
    };
    let real = real_file(path).map_err(|error| not_there(path, &error))?;
    let is_overwritten =
        artifact_paths(settings).iter().filter_map(|own| fs::canonicalize(own).ok()).any(|own| own == real);
    let readable = if is_overwritten {
        Readable::Temporary(copied(&real).map_err(|error| not_there(path, &error))?)
    } else {
        Readable::Here(path.clone())
    };
    Ok(Some(Kept::Zip(path.clone(), readable)))
}

/// Where the archives are about to be written.
pub(super) fn artifact_paths(settings: &Settings) -> Vec<PathBuf> {
    settings.chosen.iter().map(|key| settings.out_dir.join(format!("{key}.zip"))).collect()
}

fn real_file(path: &Path) -> io::Result<PathBuf> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    fs::canonicalize(path)
}

fn copied(path: &Path) -> io::Result<NamedTempFile> {
    let mut copy = NamedTempFile::new()?;
    io::copy(&mut fs::File::open(path)?, &mut copy)?;
    Ok(copy)
}

fn not_there(path: &Path, error: &io::Error) -> Failure {
    unreadable_archive(path, error).into_failure(Kind::Usage)
}

/// Compares each artifact with the other archive of its function.
pub(super) async fn with(
    against: Kept,
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    threads: usize,
    out: &Reporter,
) -> Result<BTreeMap<FunctionKey, Comparison>, Failure> {
    let others = match against {
        // It is compared with one function's archive alone.
        Kept::Zip(path, readable) => vec![zip(&path, readable)?],
        Kept::Live(world) => all_live(&world, settings, artifacts, out).await?,
    };
    let compared = artifacts.iter().zip(&others).map(|((key, artifact), other)| {
        let comparison = tokio::task::block_in_place(|| compare(artifact, other, threads));
        comparison.map(|comparison| (key.clone(), comparison))
    });
    compared.collect()
}

/// The archive that a packed one is compared with.
struct Other {
    /// In words.
    name: String,
    sha256: Sha256,
    /// `None` if it has the same bytes as the packed one, so that it was not downloaded.
    file: Option<Readable>,
}

fn zip(path: &Path, file: Readable) -> Result<Other, Failure> {
    let sha256 = file_sha256(file.as_ref()).map_err(|problem| problem.into_failure(Kind::Usage))?;
    Ok(Other { name: path.display().to_string(), sha256, file: Some(file) })
}

/// In the order of the artifacts.
async fn all_live(
    world: &World,
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    out: &Reporter,
) -> Result<Vec<Other>, Failure> {
    let functions = artifacts.iter().filter_map(|(key, artifact)| Some((settings.functions.get(key)?, artifact)));
    let all = try_join_all(functions.map(|(function, artifact)| live(function, artifact, world)));
    world.cancel.or_cancelled(world::with_progress("AWS to answer", out, all)).await
}

/// Returns the code that the function's callers run: its alias's version, or else `$LATEST`.
async fn live(function: &FunctionSettings, artifact: &Artifact, world: &World) -> Result<Other, Failure> {
    let (lambda, name) = (&world.aws.lambda, &function.name.value);
    let mut found = None;
    if let Some(alias) = &function.alias {
        found = lambda.function(name, Some(alias.value.as_str())).await.map_err(not_read)?;
    }
    if found.is_none() {
        found = lambda.function(name, None).await.map_err(not_read)?;
    }
    let Some(found) = found else { return Err(missing(function, world)) };
    let name = format!("{} of {name}", version_words(found.code.version.as_str()));
    let sha256 = found.code.sha256;
    if sha256 == artifact.sha256 {
        return Ok(Other { name, sha256, file: None });
    }
    let fetched = world.http.live_code(found.code_link.as_ref(), &sha256).await;
    let file = fetched.map_err(|why| not_fetched(&name, &found.code.package_type, why))?;
    Ok(Other { name, sha256, file: Some(Readable::Temporary(file)) })
}

fn version_words(version: &str) -> String {
    if version == "$LATEST" { version.to_owned() } else { format!("version {version}") }
}

fn not_read(error: CallError) -> Failure {
    let what = format!("failed to read {}", error.resource);
    error.into_problem(what).into_failure(Kind::Refused)
}

fn missing(function: &FunctionSettings, world: &World) -> Failure {
    Problem::new(format!("function {} does not exist in {}", function.name.value, world.aws.region))
        .why("there is no live code to compare with")
        .fix("correct `name`, the stage or the region, or compare with a zip: `--diff old.zip`")
        .at(function.name.location())
        .into_failure(Kind::Refused)
}

fn not_fetched(name: &str, package_type: &str, why: String) -> Failure {
    let why = if package_type == "Image" { "it is a container image, not a zip".to_owned() } else { why };
    Problem::new(format!("failed to fetch the code of {name}"))
        .why(why)
        .fix("try again, or compare with a zip: `--diff old.zip`")
        .into_failure(Kind::Refused)
}

fn compare(artifact: &Artifact, other: &Other, threads: usize) -> Result<Comparison, Failure> {
    match &other.file {
        Some(file) if other.sha256 != artifact.sha256 => other_bytes(artifact, other, file.as_ref(), threads),
        _ => Ok(same_bytes(artifact, other)),
    }
}

fn same_bytes(artifact: &Artifact, other: &Other) -> Comparison {
    let size = ArchiveSize {
        sha256: artifact.sha256,
        zipped_bytes: artifact.zipped_bytes,
        unzipped_bytes: artifact.unzipped_bytes,
        files: artifact.entries.len(),
    };
    let difference = Difference::default();
    Comparison { with: other.name.clone(), verdict: Verdict::SameBytes, before: size, after: size, difference }
}

fn other_bytes(artifact: &Artifact, other: &Other, path: &Path, threads: usize) -> Result<Comparison, Failure> {
    let read = |path: &Path| contents(path, threads).map_err(|problem| problem.into_failure(Kind::Usage));
    let (theirs, ours) = (read(path)?, read(&artifact.path)?);
    let zipped_bytes = fs::metadata(path).map_or(0, |metadata| metadata.len());
    let same = theirs.digest() == ours.digest();
    Ok(Comparison {
        with: other.name.clone(),
        verdict: if same { Verdict::SameFiles } else { Verdict::OtherFiles },
        before: size(&theirs, other.sha256, zipped_bytes),
        after: size(&ours, artifact.sha256, artifact.zipped_bytes),
        difference: difference(&theirs, &ours),
    })
}

fn size(contents: &ArchiveContents, sha256: Sha256, zipped_bytes: u64) -> ArchiveSize {
    ArchiveSize { sha256, zipped_bytes, unzipped_bytes: contents.bytes(), files: contents.files.len() }
}
