//! The verbs. Each file reads as the story of its verb.

mod changes;
mod ci;
mod package;
pub mod preview;
mod prune;
pub mod pull_request;
mod ready;
mod release;
pub mod reporting;
mod room;
mod states;
pub mod workflow;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use ci::{Errand, ci};
use etcetera::base_strategy::{BaseStrategy, choose_base_strategy};
pub use package::package;
pub use prune::prune;
pub use release::release;

use crate::error::{Failure, Kind, Problem};
use crate::model::{Artifact, Event, FunctionKey, FunctionSettings, Listener, Phase, Request, Settings};
use crate::package as packaging;
use crate::report::Reporter;
use crate::settings;
use crate::world::Cancellation;

fn read_settings(request: &Request) -> Result<Settings, Failure> {
    let file = settings::read(request, Path::new(""))?;
    Ok(ready::take(request, settings::resolve(request, &file)?))
}

/// `--threads`, else `SLS_RELEASE_THREADS`, else 0: one per core.
fn threads(request: &Request) -> Result<usize, Failure> {
    let named = request.environment.get("SLS_RELEASE_THREADS").filter(|text| !text.is_empty());
    match (request.packing.threads, named) {
        (Some(threads), _) => Ok(threads.get()),
        (None, Some(text)) => text.parse().map_err(|_| {
            let what = format!("SLS_RELEASE_THREADS is `{text}`, which is no number of threads");
            Problem::new(what).fix("set it to 2, say, or unset it").into_failure(Kind::Usage)
        }),
        (None, None) => Ok(0),
    }
}

/// The folder for compressed data: `SLS_RELEASE_CACHE_DIR`, else the one below the user's own.
fn cache(request: &Request) -> Option<PathBuf> {
    cache_folder(request).filter(|_| !request.packing.no_cache)
}

fn cache_folder(request: &Request) -> Option<PathBuf> {
    let named = request.environment.get("SLS_RELEASE_CACHE_DIR").filter(|text| !text.is_empty());
    let usual = || Some(choose_base_strategy().ok()?.cache_dir().join("sls-release"));
    named.map(PathBuf::from).or_else(usual)
}

/// Packs the chosen functions. The settings file and older archives are never part of an archive, even beside the
/// sources.
fn pack(
    request: &Request,
    settings: &Settings,
    cancel: &Cancellation,
    out: &Reporter,
) -> Result<BTreeMap<FunctionKey, Artifact>, Failure> {
    out.hear(Event::Began(Phase::Pack));
    let keep_out = keep_out(request, settings);
    let cache = cache(request);
    let options = options(request, settings, cache.as_deref(), &keep_out)?;
    let artifacts = packaging::build(&chosen(settings), &options, &|| cancel.is_cancelled(), out)?;
    ready::check(request, &artifacts)?;
    out.artifacts(&artifacts);
    Ok(artifacts)
}

fn chosen(settings: &Settings) -> BTreeMap<FunctionKey, FunctionSettings> {
    settings.chosen_functions().map(|(key, function)| (key.clone(), function.clone())).collect()
}

/// What is never packed: the settings file, older archives, pictures of archives, and compressed data.
fn keep_out(request: &Request, settings: &Settings) -> Vec<PathBuf> {
    let views = request.views.svg.iter().cloned();
    let own = [settings.file.clone(), settings.usual_out_dir.clone()];
    own.into_iter().chain(views).chain(cache_folder(request)).collect()
}

fn options<'a>(
    request: &Request,
    settings: &'a Settings,
    cache: Option<&'a Path>,
    keep_out: &'a [PathBuf],
) -> Result<packaging::Options<'a>, Failure> {
    let threads = threads(request)?;
    Ok(packaging::Options { out_dir: &settings.out_dir, verify: request.packing.verify, threads, cache, keep_out })
}
