//! How the packed code of each function differs from what its stage had, for the report.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use futures::future::join_all;
use tokio::task::spawn_blocking;

use crate::model::{
    Artifact, CodeChange, FileNames, FilesBefore, FunctionKey, FunctionName, Observed, ObservedCode, ObservedFunction,
    ObservedPreview, Secret, Settings,
};
use crate::package::{contents, difference};
use crate::world::World;

/// Code is fetched for the report up to this size.
const BYTES: u64 = 20 * 1024 * 1024;

/// A report is not worth more.
const DOWNLOAD: Duration = Duration::from_secs(20);

/// The code that a stage had of a function.
pub(super) struct Before<'a> {
    name: FunctionName,
    code: &'a ObservedCode,
    /// Where it can be fetched.
    link: Option<&'a Secret>,
    /// Where somebody fetched it already.
    file: Option<&'a Path>,
}

/// What callers of each function of the stage use. A release fetches no code for its report alone.
pub(super) fn of_stage<'a>(settings: &Settings, observed: &'a Observed) -> BTreeMap<FunctionKey, Before<'a>> {
    let functions = settings.chosen_functions().filter_map(|(key, function)| {
        let found = observed.functions.get(key)?.as_ref()?;
        let contents = observed.contents.get(key);
        let file = contents.and_then(|contents| contents.live_file.as_deref()).map(AsRef::as_ref);
        Some((key.clone(), of_function(function.name.value.clone(), found, file)))
    });
    functions.collect()
}

/// What the alias stands on; only the code of `$LATEST`, which may be the same, was fetched.
fn of_function<'a>(name: FunctionName, found: &'a ObservedFunction, file: Option<&'a Path>) -> Before<'a> {
    let code = found.alias.as_ref().map_or(&found.latest, |alias| &alias.code);
    let is_latest = code.sha256 == found.latest.sha256;
    Before { name, code, link: None, file: file.filter(|_| is_latest) }
}

/// What the stage has that a preview is made of, with the names of the preview's functions.
pub(super) fn of_sources(
    names: BTreeMap<FunctionKey, FunctionName>,
    observed: &ObservedPreview,
) -> BTreeMap<FunctionKey, Before<'_>> {
    let sources = names.into_iter().filter_map(|(key, name)| {
        let source = observed.sources.get(&key)?.as_ref()?;
        let link = source.code_link.as_ref();
        Some((key, Before { name, code: &source.code, link, file: None }))
    });
    sources.collect()
}

/// Compares each artifact with the code before it. What cannot be fetched in a moment is not compared.
pub(super) async fn compared(
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    before: BTreeMap<FunctionKey, Before<'_>>,
    world: &World,
) -> BTreeMap<FunctionKey, CodeChange> {
    let both = before.into_iter().filter_map(|(key, before)| Some((artifacts.get(&key)?, key, before)));
    let changes = both.map(|(artifact, key, before)| async move { (key, change(artifact, before, world).await) });
    join_all(changes).await.into_iter().collect()
}

async fn change(artifact: &Artifact, before: Before<'_>, world: &World) -> CodeChange {
    let files = if before.code.sha256 == artifact.sha256 {
        FilesBefore::SameBytes
    } else {
        files(artifact, &before, world).await.unwrap_or_else(|why| FilesBefore::NotCompared { why })
    };
    CodeChange { name: before.name, zipped_bytes: artifact.zipped_bytes, before_bytes: before.code.zipped_bytes, files }
}

/// `Err` says why they were not compared.
async fn files(artifact: &Artifact, before: &Before<'_>, world: &World) -> Result<FilesBefore, String> {
    if let Some(file) = before.file {
        return read(artifact, file).await;
    }
    if before.link.is_none() {
        return Err("the run did not need the code before; `sls-release package --diff` compares them".to_owned());
    }
    if before.code.zipped_bytes.unwrap_or_default().max(artifact.zipped_bytes) > BYTES {
        return Err("the code is larger than 20 MiB".to_owned());
    }
    let fetch = tokio::time::timeout(DOWNLOAD, world.http.live_code(before.link, &before.code.sha256));
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
