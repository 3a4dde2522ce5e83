//! How the packed code of each function differs from what its stage had, for the report.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

use crate::model::{
    Artifact, BucketName, CodeChange, FileNames, FilesBefore, FunctionKey, FunctionName, ObjectKey, Observed,
    ObservedCode, ObservedPreview, Secret, Settings, marks,
};
use crate::package::{contents, difference};
use crate::report::Reporter;
use crate::world::World;

/// Code is fetched for the report up to this size,
const BYTES: u64 = 20 * 1024 * 1024;

/// and no more than this in all.
const BYTES_IN_ALL: u64 = 100 * 1024 * 1024;

/// Why code is not fetched that is small enough.
const NO_LINK: &str = "Lambda returned no download link";
const NOT_KEPT: &str = "the code before is not in the bucket";

/// The timeout of a download for a report.
const DOWNLOAD: Duration = Duration::from_secs(20);

/// The code that a stage had of a function.
pub(super) struct Before<'a> {
    name: FunctionName,
    code: &'a ObservedCode,
    /// Where it is, or why it is not fetched.
    at: Result<Place<'a>, &'static str>,
}

/// Where code is.
enum Place<'a> {
    /// A file, since it was fetched already.
    File(&'a Path),
    /// An object that a release put there.
    Object(&'a BucketName, ObjectKey),
    /// Lambda's link to the code of a stage that a preview copies.
    Link(&'a Secret),
}

/// Returns the code that callers of each function run. It is read from the bucket, where the release before put it.
pub(super) fn of_stage<'a>(settings: &'a Settings, observed: &'a Observed) -> BTreeMap<FunctionKey, Before<'a>> {
    let functions = settings.chosen_functions().filter_map(|(key, function)| {
        let found = observed.functions.get(key)?.as_ref()?;
        let code = found.alias.as_ref().map_or(&found.latest, |alias| &alias.code);
        // Only `$LATEST`, which may be the same code, was downloaded.
        let contents = observed.contents.get(key).filter(|_| code.sha256 == found.latest.sha256);
        let file = contents.and_then(|contents| contents.live_file.as_deref()).map(|file| Place::File(file.as_ref()));
        let object = marks::object_key(settings.artifact_prefix(), key, &code.sha256);
        // That of another version than `$LATEST` was not looked for.
        let is_absent = observed.objects.get(&object).is_some_and(Option::is_none);
        let store = settings.artifacts.as_ref().filter(|_| !is_absent);
        let at = file.or(store.map(|store| Place::Object(&store.bucket.value, object))).ok_or(NOT_KEPT);
        Some((key.clone(), Before { name: function.name.value.clone(), code, at }))
    });
    functions.collect()
}

/// Returns the code of the stage that a preview copies, with the names of the preview's functions.
pub(super) fn of_sources(
    names: BTreeMap<FunctionKey, FunctionName>,
    observed: &ObservedPreview,
) -> BTreeMap<FunctionKey, Before<'_>> {
    let sources = names.into_iter().filter_map(|(key, name)| {
        let source = observed.sources.get(&key)?.as_ref()?;
        let at = source.code_link.as_ref().map(Place::Link).ok_or(NO_LINK);
        Some((key, Before { name, code: &source.code, at }))
    });
    sources.collect()
}

/// Compares each artifact with the code before it, for a report that shows it. Code that takes long to download is not
/// compared.
pub(super) async fn tell(
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    before: BTreeMap<FunctionKey, Before<'_>>,
    world: &World,
    out: &Reporter,
) {
    if out.shows_changes() {
        out.changes(compared(artifacts, before, world).await);
    }
}

async fn compared(
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    before: BTreeMap<FunctionKey, Before<'_>>,
    world: &World,
) -> BTreeMap<FunctionKey, CodeChange> {
    let mut left = BYTES_IN_ALL;
    let both = before.into_iter().filter_map(|(key, before)| Some((artifacts.get(&key)?, key, before)));
    let changes = both.map(|(artifact, key, before)| {
        let before = affordable(before, artifact, &mut left);
        async move { (key, change(artifact, before, world).await) }
    });
    // The release goes on meanwhile, and a panic here must not end it.
    let all = AssertUnwindSafe(join_all(changes)).catch_unwind().await;
    all.unwrap_or_default().into_iter().collect()
}

/// Leaves the code where it is if it is too large for a report, or exceeds what is left of the budget.
fn affordable<'a>(before: Before<'a>, artifact: &Artifact, left: &mut u64) -> Before<'a> {
    let bytes = before.code.zipped_bytes.unwrap_or(BYTES).max(artifact.zipped_bytes);
    if before.code.sha256 == artifact.sha256 || !matches!(before.at, Ok(Place::Object(..) | Place::Link(_))) {
        return before;
    }
    if bytes > BYTES || bytes > *left {
        return Before { at: Err("the code is too large to be downloaded for a report"), ..before };
    }
    *left -= bytes;
    before
}

async fn change(artifact: &Artifact, before: Before<'_>, world: &World) -> CodeChange {
    let files = if before.code.sha256 == artifact.sha256 {
        FilesBefore::SameBytes
    } else {
        files(artifact, &before, world).await.unwrap_or_else(|why| FilesBefore::NotCompared { why })
    };
    CodeChange { name: before.name, zipped_bytes: artifact.zipped_bytes, before_bytes: before.code.zipped_bytes, files }
}

/// `Err` is the reason why the files were not compared.
async fn files(artifact: &Artifact, before: &Before<'_>, world: &World) -> Result<FilesBefore, String> {
    let (at, sha256) = (before.at.as_ref().map_err(|why| *why)?, &before.code.sha256);
    let fetch = async {
        match at {
            Place::File(file) => Ok(Err(*file)),
            Place::Object(bucket, key) => world.aws.s3.get(bucket, key, sha256).await.map(Ok),
            Place::Link(link) => world.http.live_code(Some(link), sha256).await.map(Ok),
        }
    };
    let fetch = tokio::time::timeout(DOWNLOAD, fetch);
    let fetched = tokio::select! {
        biased;
        () = world.cancel.cancelled() => return Err("the run was cancelled".to_owned()),
        fetched = fetch => fetched,
    };
    let file = fetched.map_err(|_| "the code before could not be fetched in time".to_owned())??;
    read(artifact, file.as_ref().map_or_else(|file| *file, NamedTempFile::path)).await
}

async fn read(artifact: &Artifact, before: &Path) -> Result<FilesBefore, String> {
    let (before, after) = (before.to_owned(), artifact.path.clone());
    let compare = move || {
        let (before, after) = (contents(&before, 0)?, contents(&after, 0)?);
        if before.digest() == after.digest() {
            return Ok(FilesBefore::SameFiles);
        }
        Ok(FilesBefore::OtherFiles(FileNames::of(&difference(&before, &after))))
    };
    let compared = spawn_blocking(compare).await.map_err(|error| error.to_string())?;
    compared.map_err(|problem: crate::error::Problem| problem.what)
}
