//! Whether live code of other bytes holds the same files.
//!
//! A release stores the digest of an archive's contents with its object. That digest can only prove that files differ.
//! Whether they are the same is read from the live code itself, since anyone who may write to the bucket may write any
//! digest. See docs/decisions/0004-same-content.md.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use futures::future::join_all;
use tempfile::TempPath;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::model::{Artifact, FunctionKey, Observed, ObservedContents, ObservedFunction, Settings, Sha256, marks};
use crate::package::contents;
use crate::world::World;

/// The artifacts that are being read, by function.
pub(super) type Packed = BTreeMap<FunctionKey, JoinHandle<Option<Sha256>>>;

/// Begins to read the artifacts of functions whose code would change, if equal files are enough.
pub(super) fn read_packed(
    settings: &Settings,
    changing: &[FunctionKey],
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    observed: &Observed,
) -> Packed {
    let asked = changing.iter().filter_map(|key| {
        let (function, artifact) = (settings.functions.get(key)?, artifacts.get(key)?);
        let found = observed.functions.get(key)?.as_ref()?;
        let is_asked = function.archive.is_content_enough() && artifact.sha256 != found.latest.sha256;
        is_asked.then(|| (key.clone(), spawn_digest(artifact.path.clone())))
    });
    asked.collect()
}

/// Compares what is packed with what is live; without an answer the two count as different.
pub(super) async fn compare(
    packed: Packed,
    settings: &Settings,
    observed: &Observed,
    world: &World,
) -> BTreeMap<FunctionKey, ObservedContents> {
    let compared = packed.into_iter().filter_map(|(key, packed)| {
        let function = observed.functions.get(&key)?.as_ref()?;
        let object =
            observed.objects.get(&marks::object_key(settings.artifact_prefix(), &key, &function.latest.sha256));
        let kept = object.and_then(Option::as_ref).and_then(|object| object.contents);
        Some(async move { Some((key, one(packed, kept, function, world).await?)) })
    });
    join_all(compared).await.into_iter().flatten().collect()
}

/// `kept` is the digest that the live code's object carries.
async fn one(
    packed: JoinHandle<Option<Sha256>>,
    kept: Option<Sha256>,
    function: &ObservedFunction,
    world: &World,
) -> Option<ObservedContents> {
    let early = async { if kept.is_none() { fetch(function, world).await } else { None } };
    let (packed, early) = futures::join!(packed, early);
    let packed = packed.ok()??;
    let fetched = if kept == Some(packed) { fetch(function, world).await } else { early };
    let Some(file) = fetched else { return Some(ObservedContents { packed, live: None, live_file: None }) };
    let live = spawn_digest(file.to_path_buf()).await.ok()?;
    Some(ObservedContents { packed, live, live_file: Some(Arc::new(file)) })
}

/// If the download fails, the release fails only if it has to keep the code.
async fn fetch(function: &ObservedFunction, world: &World) -> Option<TempPath> {
    let file = world.http.live_code(function.code_link.as_ref(), &function.latest.sha256).await.ok()?;
    Some(file.into_temp_path())
}

/// `None` where it cannot be read: nothing can be equal to it.
fn spawn_digest(path: PathBuf) -> JoinHandle<Option<Sha256>> {
    spawn_blocking(move || contents(&path, 0).ok().map(|contents| contents.digest()))
}
