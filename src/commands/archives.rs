//! What every verb that packs begins with: its settings, and the archives of the functions that it is about.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use etcetera::base_strategy::{BaseStrategy, choose_base_strategy};

use super::archive_folder::ArchiveFolder;
use super::ready;
use crate::error::{Failure, Kind, Problem};
use crate::model::{
    ArchiveRequest, Artifact, Common, Event, FunctionKey, FunctionSettings, Listener, Phase, Secret, Settings,
    SettingsInput,
};
use crate::package;
use crate::report::{Reporter, redact};
use crate::settings;
use crate::world::Cancellation;

/// Reads the settings; `artifacts` is a folder of finished archives, taken instead of the sources.
pub(super) fn read_settings(
    input: &SettingsInput<'_>,
    artifacts: Option<&Path>,
    out: &Reporter,
) -> Result<Settings, Failure> {
    let file = settings::read(input.common.config.as_deref(), Path::new(""))?;
    let settings = settings::resolve(input, &file)?;
    // What is hidden already was masked, too, and would now be masked as what stands in its place.
    let secrets: Vec<_> = settings.secrets.iter().map(Secret::reveal).filter(|one| !redact::is_hidden(one)).collect();
    out.mask(secrets.iter().copied());
    redact::hide(secrets);
    Ok(ready::take(artifacts, settings))
}

/// Packs the chosen functions. The settings file and older archives are never part of an archive, even beside the
/// sources.
pub(super) struct Packer<'a> {
    request: &'a ArchiveRequest,
    environment: &'a BTreeMap<String, String>,
    settings: &'a Settings,
    folder: ArchiveFolder,
    keep_out: Vec<PathBuf>,
}

impl<'a> Packer<'a> {
    /// Returns a packer that has packed nothing yet. Temporary archives are deleted with it.
    pub(super) fn new(
        common: &'a Common,
        request: &'a ArchiveRequest,
        settings: &'a Settings,
        folder: ArchiveFolder,
    ) -> Self {
        let environment = &common.environment;
        let own = [settings.file.clone(), settings.usual_out_dir.clone()];
        let keep_out = own.into_iter().chain(cache_folder(environment)).collect();
        Self { request, environment, settings, folder, keep_out }
    }

    /// Keeps one more file out of the archives.
    pub(super) fn keeping_out(mut self, file: Option<&Path>) -> Self {
        self.keep_out.extend(file.map(Path::to_path_buf));
        self
    }

    /// Makes the archives, and checks them against `--expect-sha256`.
    pub(super) fn pack(
        &self,
        cancel: &Cancellation,
        out: &Reporter,
    ) -> Result<BTreeMap<FunctionKey, Artifact>, Failure> {
        let expected = ready::expected(&self.request.expect_sha256)?;
        out.hear(Event::Began(Phase::Pack));
        let cache = cache_folder(self.environment).filter(|_| !self.request.no_cache);
        let options = package::Options { cache: cache.as_deref(), ..self.options()? };
        let artifacts = package::build(&self.functions(), &options, &|| cancel.is_cancelled(), out)?;
        ready::check(&expected, &artifacts)?;
        out.artifacts(&self.reported(&artifacts));
        Ok(artifacts)
    }

    /// Returns the artifacts for the report, without the paths of archives that do not stay.
    fn reported(&self, artifacts: &BTreeMap<FunctionKey, Artifact>) -> BTreeMap<FunctionKey, Artifact> {
        let mut reported = artifacts.clone();
        if self.folder.is_temporary() {
            for artifact in reported.values_mut() {
                artifact.path = PathBuf::new();
            }
        }
        reported
    }

    /// Returns the chosen functions that are packed.
    pub(super) fn functions(&self) -> BTreeMap<FunctionKey, FunctionSettings> {
        let packed = self.settings.chosen_functions().filter(|(_, function)| function.image().is_none());
        packed.map(|(key, function)| (key.clone(), function.clone())).collect()
    }

    /// Returns how the archives are made, without a cache.
    pub(super) fn options(&self) -> Result<package::Options<'_>, Failure> {
        Ok(package::Options {
            out_dir: self.folder.path(),
            verify: self.request.packing.verify,
            threads: self.threads()?,
            cache: None,
            keep_out: &self.keep_out,
        })
    }

    /// Returns `--threads`, else `SLS_RELEASE_THREADS`, else 0: one for each core.
    pub(super) fn threads(&self) -> Result<usize, Failure> {
        let named = self.environment.get("SLS_RELEASE_THREADS").filter(|text| !text.is_empty());
        match (self.request.packing.threads, named) {
            (Some(threads), _) => Ok(threads.get()),
            (None, Some(text)) => text.parse().map_err(|_| {
                let what = format!("SLS_RELEASE_THREADS is `{text}`, which is no number of threads");
                Problem::new(what).fix("set it to 2, say, or unset it").into_failure(Kind::Usage)
            }),
            (None, None) => Ok(0),
        }
    }
}

/// Returns the folder for compressed data: `SLS_RELEASE_CACHE_DIR`, else the one below the user's own.
fn cache_folder(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    let named = environment.get("SLS_RELEASE_CACHE_DIR").filter(|text| !text.is_empty());
    let usual = || Some(choose_base_strategy().ok()?.cache_dir().join("sls-release"));
    named.map(PathBuf::from).or_else(usual)
}
