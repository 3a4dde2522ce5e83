//! Decides what `preview up` does by the strategy `stage`: a pure function, as that of a release.

mod calls;
mod checks;

use std::collections::{BTreeMap, BTreeSet};

pub use calls::called;
use calls::{Calls, Stage};

use super::{preview_key, smoke, wanted};
use crate::error::{Failure, Kind, Problem};
use crate::model::{
    ApiKey, Artifact, FunctionKey, FunctionVersion, KeptIn, ObservedStage, ObservedStagePreview, PreviewId,
    PreviewVersion, RestApiId, Settings, StagePlan, StagePlanApi, StagePlanFunction, StageStep, StagedApi,
    StagedFunction, VersionStep,
};
use crate::plan::{definition_in, description_of};

/// The description of a preview's deployment: `definition_in` finds the digest, and its end says whose it is.
pub fn deployment_description(definition: &crate::model::Sha256, nonce: &str, id: &PreviewId) -> String {
    format!("{} of {}", description_of(definition, nonce), id.description())
}

/// The plan, or every reason why there can be none.
pub fn decide(
    id: &PreviewId,
    commit: Option<&str>,
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    observed: &ObservedStagePreview,
) -> Result<StagePlan, Failure> {
    let mut problems = checks::missing(settings, observed);
    problems.extend(checks::latest_unused(wanted(settings)?));
    let limits = &wanted(settings)?.limits;
    let (mut apis, mut warnings) = (Vec::new(), Vec::new());
    let (mut called, mut concerned) = (BTreeMap::new(), BTreeSet::new());
    for (key, found) in &observed.apis {
        let (Some(found), Some(wanted)) = (found, settings.apis.get(key)) else { continue };
        problems.extend(checks::api(key, found, id, limits));
        let source = found.stages.iter().find(|one| one.stage.name == wanted.stage.value);
        let Some(source) = source.map(|one| &one.stage) else { continue };
        let all = Stage { settings, functions: &observed.functions };
        let calls = calls::calls(key, &found.definition, source, &all);
        warnings.extend(self::warnings(key, found, source));
        apis.push(api(key, found, source, &calls, id));
        called.insert(&found.id, calls.functions);
        concerned.extend(calls.all);
        problems.extend(calls.refused);
        warnings.extend(calls.warnings);
    }
    let of = Preview { id, commit, settings, observed };
    for (key, found) in observed.functions.iter().filter_map(|(key, found)| Some((key, found.as_ref()?))) {
        if concerned.contains(key) {
            problems.extend(checks::function(key, found, id));
        }
    }
    let mut functions = Vec::new();
    for (key, artifact) in artifacts {
        let Some(Some(found)) = observed.functions.get(key) else { continue };
        let by: Vec<_> = called.iter().filter(|(_, calls)| calls.contains(key)).map(|(id, _)| (*id).clone()).collect();
        if by.is_empty() {
            warnings.push(format!("no API calls function {key} by a stage variable: the preview has none of it"));
        } else {
            functions.extend(of.function(key, artifact, found, by));
        }
    }
    problems.extend(functions.iter().filter_map(|function| checks::kept(function, id)));
    if functions.is_empty() && problems.is_empty() {
        problems.push(Problem::new("no API calls a function of the settings").why("there is nothing to preview"));
    }
    if !problems.is_empty() {
        return Err(Failure { kind: Kind::Refused, problems });
    }
    let smoke = smoke(settings, id, &apis.iter().map(|api| &api.key).collect(), &mut warnings);
    Ok(StagePlan { id: id.clone(), functions, apis, smoke, warnings })
}

struct Preview<'a> {
    id: &'a PreviewId,
    commit: Option<&'a str>,
    settings: &'a Settings,
    observed: &'a ObservedStagePreview,
}

impl Preview<'_> {
    /// The one that the alias stands on, else the latest that there is, of this code and the present configuration.
    fn version(&self, key: &FunctionKey, artifact: &Artifact, found: &StagedFunction) -> PreviewVersion {
        let is_it = |version: &&FunctionVersion| {
            version.sha256 == artifact.sha256 && version.configuration == found.latest.configuration
        };
        let stands = found.alias.as_ref().map(|alias| &alias.version);
        let mut published = found.versions.iter().rev().filter(is_it).map(|version| &version.version);
        let step = match published.clone().find(|version| Some(*version) == stands).or(published.next()) {
            Some(version) if Some(version) == stands => VersionStep::Stands,
            Some(version) => VersionStep::Published(version.clone()),
            None => VersionStep::Publish,
        };
        let object = preview_key(self.settings, key, &artifact.sha256);
        PreviewVersion {
            sha256: artifact.sha256,
            present: self.observed.objects.get(&object).cloned(),
            object,
            description: self.id.version_description(self.commit),
            step,
        }
    }

    /// `None` without a bucket, which is a refusal of its own.
    fn function(
        &self,
        key: &FunctionKey,
        artifact: &Artifact,
        found: &StagedFunction,
        by: Vec<RestApiId>,
    ) -> Option<StagePlanFunction> {
        let id = self.id;
        let permits = |api: &RestApiId| found.alias.is_none() || !found.statements.contains(&id.statement_id(api));
        let version = self.version(key, artifact, found);
        let bucket = self.settings.artifacts.as_ref()?.bucket.value.clone();
        let (folder, _) = version.object.as_str().rsplit_once('/')?;
        let kept = KeptIn { bucket, folder: folder.to_owned() };
        Some(StagePlanFunction {
            key: key.clone(),
            name: found.name.clone(),
            arn: found.arn.clone(),
            account: found.account.clone(),
            alias: found.alias.clone(),
            version,
            known: found.versions.iter().map(|version| version.version.clone()).collect(),
            permits: by.into_iter().filter(permits).collect(),
            kept,
            left_in_latest: found.passage.as_ref().is_some_and(|passage| passage.pull_request == id.number),
        })
    }
}

/// With the source's variables, but for those that choose an alias.
fn api(key: &ApiKey, found: &StagedApi, source: &ObservedStage, calls: &Calls, id: &PreviewId) -> StagePlanApi {
    let mut variables = source.variables.clone();
    let alias = id.alias();
    variables.extend(calls.variables.iter().map(|variable| (variable.clone(), alias.to_string())));
    let definition = found.definition.digest();
    let standing = found.stages.iter().find(|one| one.stage.name == id.stage()).map(|one| &one.stage);
    let step = match standing {
        None => StageStep::Create,
        Some(stage) => {
            let deploys = deployed(found, stage) != Some(definition);
            let same = !deploys && stage.variables == variables;
            if same { StageStep::Nothing } else { StageStep::Update { from: stage.clone(), deploys } }
        }
    };
    StagePlanApi { key: key.clone(), id: found.id.clone(), definition, variables, step }
}

fn deployed(found: &StagedApi, stage: &ObservedStage) -> Option<crate::model::Sha256> {
    let serves = found.deployments.iter().find(|deployment| Some(&deployment.id) == stage.deployment.as_ref())?;
    definition_in(&serves.description)
}

/// What the preview's stage does not have in common with the source.
fn warnings(key: &ApiKey, found: &StagedApi, source: &ObservedStage) -> Vec<String> {
    let (mut warnings, stage) = (BTreeSet::new(), &source.name);
    if deployed(found, source).is_some_and(|deployed| deployed != found.definition.digest()) {
        warnings.insert(format!(
            "stage {stage} of API {key} serves another definition than the API has now: the preview has that of now"
        ));
    }
    let resources = found.definition.document["resources"].as_object().into_iter().flatten();
    let mut methods = resources.filter_map(|(_, methods)| methods.as_object()).flatten();
    if methods.any(|(_, method)| method["api_key_required"] == true) {
        warnings.insert(format!(
            "API {key} asks some callers for a key: the stage of a preview is in no usage plan, so that they get 403"
        ));
    }
    warnings.into_iter().collect()
}
