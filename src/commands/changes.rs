//! How the packed code of each function differs from what its stage had, for the report.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use tokio::task::spawn_blocking;

use crate::model::{
    Artifact, CodeChange, FileNames, FilesBefore, FunctionKey, FunctionName, Observed, ObservedCode, ObservedPreview,
    Secret, Settings,
};
use crate::package::{contents, difference};
use crate::world::World;

/// Code is fetched for the report up to this size,
const BYTES: u64 = 20 * 1024 * 1024;

/// and no more than this in all.
const BYTES_IN_ALL: u64 = 100 * 1024 * 1024;

/// Why a release does not compare all code.
const NOT_NEEDED: &str = "the release did not need the code before; `sls-release package --diff` compares them";

/// The timeout of a download for a report.
const DOWNLOAD: Duration = Duration::from_secs(20);

/// The code that a stage had of a function.
pub(super) struct Before<'a> {
    name: FunctionName,
    code: &'a ObservedCode,
    /// The link to download it, or why it is not downloaded.
    link: Result<&'a Secret, &'static str>,
    /// The file that it was downloaded to already, if it was.
    file: Option<&'a Path>,
}

/// Returns the code that callers of each function run. A release downloads no code only for its report.
pub(super) fn of_stage<'a>(settings: &Settings, observed: &'a Observed) -> BTreeMap<FunctionKey, Before<'a>> {
    let functions = settings.chosen_functions().filter_map(|(key, function)| {
        let found = observed.functions.get(key)?.as_ref()?;
        let code = found.alias.as_ref().map_or(&found.latest, |alias| &alias.code);
        // Only `$LATEST`, which may be the same code, was downloaded.
        let contents = observed.contents.get(key).filter(|_| code.sha256 == found.latest.sha256);
        let file = contents.and_then(|contents| contents.live_file.as_deref()).map(AsRef::as_ref);
        Some((key.clone(), Before { name: function.name.value.clone(), code, link: Err(NOT_NEEDED), file }))
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
        let link = source.code_link.as_ref().ok_or("Lambda returned no download link");
        Some((key, Before { name, code: &source.code, link, file: None }))
    });
    sources.collect()
}

/// Compares each artifact with the code before it. Code that takes long to download is not compared.
pub(super) async fn compared(
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

/// Removes the link if the code is too large for a report, or exceeds what is left of the budget.
fn affordable<'a>(before: Before<'a>, artifact: &Artifact, left: &mut u64) -> Before<'a> {
    let bytes = before.code.zipped_bytes.unwrap_or(BYTES).max(artifact.zipped_bytes);
    if before.code.sha256 == artifact.sha256 || before.link.is_err() {
        return before;
    }
    if bytes > BYTES || bytes > *left {
        return Before { link: Err("the code is too large to be downloaded for a report"), ..before };
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
    if let Some(file) = before.file {
        return read(artifact, file).await;
    }
    let link = before.link?;
    let fetch = tokio::time::timeout(DOWNLOAD, world.http.live_code(Some(link), &before.code.sha256));
    let fetched = tokio::select! {
        biased;
        () = world.cancel.cancelled() => return Err("the run was cancelled".to_owned()),
        fetched = fetch => fetched,
    };
    let file = fetched.map_err(|_| "the code before could not be fetched in time".to_owned())??;
    read(artifact, file.path()).await
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
