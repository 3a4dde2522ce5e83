//! Deletes what belongs to a preview by the strategy `stage`: each thing is looked at once more before it goes.

use std::collections::BTreeSet;
use std::time::Duration;

use super::leave;
use super::run::StageRun;
use crate::apply::preview::delete::{Deletion, TURN};
use crate::aws::{Answer, CallError};
use crate::error::Problem;
use crate::model::{
    AccountId, AddPermission, Event, FunctionKey, FunctionName, PreviewId, Qualifier, RestApiId, StageStep, Version,
};
use crate::observe::preview_stage::FoundStage;
use crate::world::World;

/// A stage with all that it leads to; it goes last, so that what is left can be found again.
pub(in crate::apply::preview) async fn stage(
    deletion: &Deletion<'_>,
    found: &FoundStage,
    patience: Duration,
) -> Result<Vec<String>, Problem> {
    let (apis, preview, name) = (&deletion.world.aws.rest_apis, &found.preview, &found.stage.name);
    let mut gone = Vec::new();
    for function in &found.functions {
        let left = leave::left(deletion.world, deletion.listener, function, preview.number, patience).await?;
        if let Some(passage) = left {
            gone.extend(leave::end(deletion, function, &passage, None).await?);
        }
        let permission = ours(function, &found.id, preview);
        gone.extend(self::permission(deletion.world, deletion, &permission).await?);
        let stood = stands_on(deletion, function, preview).await?;
        gone.extend(alias(deletion, function, preview).await?);
        // Another pull request may have published what the alias stood on.
        let made = |version: &Version| Some(version) == stood.as_ref();
        gone.extend(of_any(deletion, function, preview, made).await?);
        gone.extend(versions(deletion, function, preview, |_| true).await?);
    }
    let is_there = async || {
        let stages = apis.stages(&found.id).await?.unwrap_or_default();
        let is_ours = |one: &crate::model::PreviewStage| PreviewId::of_tags(&one.tags).as_ref() == Some(preview);
        Ok(stages.iter().any(|one| one.stage.name == *name && is_ours(one)))
    };
    let delete = async || apis.delete_stage(&found.id, name).await;
    gone.extend(deletion.until_gone(&format!("stage {name} of API {}", found.id), is_there, delete).await?);
    let is_its = format!(" of {}", preview.description());
    gone.extend(deployments(deletion, &found.id, |description| description.ends_with(&is_its)).await?);
    Ok(gone)
}

/// What an update left behind it: versions that no alias stands on any more, and deployments that no stage serves.
/// Where it cannot be deleted, `preview down` does it later.
pub(super) async fn outdated(run: &StageRun<'_>) {
    let deletion =
        Deletion { world: run.world, listener: run.listener, stops: vec![run.world.cancel.clone()], turn: TURN };
    let mut problems = Vec::new();
    for function in run.plan.functions.iter().filter(|function| function.alias.is_some()) {
        problems.extend(versions(&deletion, &function.name, &run.plan.id, |_| true).await.err());
    }
    let is_its = format!(" of {}", run.plan.id.description());
    for api in run.plan.apis.iter().filter(|api| matches!(api.step, StageStep::Update { deploys: true, .. })) {
        problems.extend(unserved(&deletion, &api.id, |description| description.ends_with(&is_its)).await.err());
    }
    for problem in problems {
        run.listener.hear(Event::Warning(problem.to_string()));
    }
}

fn ours(name: &FunctionName, api: &RestApiId, preview: &PreviewId) -> AddPermission {
    AddPermission {
        function: FunctionKey::new(name.as_str()),
        name: name.clone(),
        qualifier: Qualifier::Named(preview.alias()),
        statement_id: preview.statement_id(api),
        source_arn: String::new(),
        account: AccountId::new(""),
    }
}

/// Takes a statement of ours out of the policy of the preview's alias.
pub(super) async fn permission(
    world: &World,
    deletion: &Deletion<'_>,
    permission: &AddPermission,
) -> Result<Option<String>, Problem> {
    let lambda = &world.aws.lambda;
    let AddPermission { name, qualifier, statement_id: id, .. } = permission;
    let policy = async || {
        let policy = lambda.policy(name, qualifier).await?;
        Ok(policy.filter(|policy| policy.statements.iter().any(|statement| statement.sid == *id)))
    };
    let remove = async || match policy().await? {
        Some(policy) => lambda.remove_permission(permission, &policy.revision).await,
        None => Ok(()),
    };
    let is_there = async || Ok(policy().await?.is_some());
    let what = format!("permission {id} on {name}:{qualifier}");
    deletion.until_gone(&what, is_there, remove).await
}

/// The version of the preview's alias; `None` where there is none, or it is somebody else's.
async fn stands_on(
    deletion: &Deletion<'_>,
    name: &FunctionName,
    preview: &PreviewId,
) -> Result<Option<Version>, Problem> {
    let alias = preview.alias();
    let found = deletion.world.aws.lambda.alias(name, &alias).await;
    let found = found.map_err(|error| error.into_problem(format!("failed to look at alias {alias} of {name}")))?;
    let is_ours = |description: &str| PreviewId::of_description(description).as_ref() == Some(preview);
    Ok(found.filter(|found| is_ours(&found.description)).map(|found| found.version))
}

/// The preview's alias, where its description says that it is.
pub(super) async fn alias(
    deletion: &Deletion<'_>,
    name: &FunctionName,
    preview: &PreviewId,
) -> Result<Option<String>, Problem> {
    let (lambda, alias) = (&deletion.world.aws.lambda, preview.alias());
    let is_there = async || {
        let found = lambda.alias(name, &alias).await?;
        let owner = found.and_then(|found| PreviewId::of_description(&found.description));
        Ok(owner.as_ref() == Some(preview))
    };
    let delete = async || lambda.delete_alias(name, &alias).await;
    deletion.until_gone(&format!("alias {alias} of {name}"), is_there, delete).await
}

/// Versions that this preview published, and no alias stands on.
pub(super) async fn versions(
    deletion: &Deletion<'_>,
    name: &FunctionName,
    preview: &PreviewId,
    wanted: impl Fn(&Version) -> bool,
) -> Result<Vec<String>, Problem> {
    unused(deletion, name, |owner, version| owner == preview && wanted(version)).await
}

/// The same of any preview of the same repository and service.
async fn of_any(
    deletion: &Deletion<'_>,
    name: &FunctionName,
    preview: &PreviewId,
    wanted: impl Fn(&Version) -> bool,
) -> Result<Vec<String>, Problem> {
    let is_kin = |owner: &PreviewId| owner.repository == preview.repository && owner.service == preview.service;
    unused(deletion, name, |owner, version| is_kin(owner) && wanted(version)).await
}

async fn unused(
    deletion: &Deletion<'_>,
    name: &FunctionName,
    wanted: impl Fn(&PreviewId, &Version) -> bool,
) -> Result<Vec<String>, Problem> {
    let lambda = &deletion.world.aws.lambda;
    let deletable = async || {
        let (all, aliases) = futures::join!(lambda.versions(name), lambda.aliases(name));
        let (all, aliases) = (all?, absent_is_empty(aliases)?);
        let in_use: BTreeSet<Version> = aliases.into_values().flatten().collect();
        let is_ours = |found: &crate::model::FunctionVersion| {
            let owner = PreviewId::of_description(&found.description);
            owner.is_some_and(|owner| wanted(&owner, &found.version)) && !in_use.contains(&found.version)
        };
        Ok::<_, CallError>(all.into_iter().filter(is_ours).map(|found| found.version).collect::<Vec<_>>())
    };
    let found = deletable().await;
    let found = found.map_err(|error| error.into_problem(format!("failed to look for versions of {name}")))?;
    let mut gone = Vec::new();
    for version in found {
        let is_there = async || Ok(deletable().await?.contains(&version));
        let delete = async || lambda.delete_version(name, &version).await;
        gone.extend(deletion.until_gone(&format!("version {version} of {name}"), is_there, delete).await?);
    }
    Ok(gone)
}

/// The function may be gone.
fn absent_is_empty<T: Default>(found: Result<T, CallError>) -> Result<T, CallError> {
    match found {
        Err(error) if error.answer == Answer::NotFound => Ok(T::default()),
        other => other,
    }
}

/// Deployments of these descriptions.
pub(super) async fn deployments(
    deletion: &Deletion<'_>,
    id: &RestApiId,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<String>, Problem> {
    let apis = &deletion.world.aws.rest_apis;
    let listed = apis.deployments(id).await;
    let listed = listed.map_err(|error| error.into_problem(format!("failed to look for deployments of API {id}")))?;
    let mut gone = Vec::new();
    for deployment in listed.into_iter().filter(|deployment| wanted(&deployment.description)) {
        let is_there = async || Ok(apis.deployments(id).await?.iter().any(|one| one.id == deployment.id));
        let delete = async || apis.delete_deployment(id, &deployment.id).await;
        gone.extend(deletion.until_gone(&format!("deployment {} of API {id}", deployment.id), is_there, delete).await?);
    }
    Ok(gone)
}

/// The same without those that a stage serves, which API Gateway does not delete.
async fn unserved(
    deletion: &Deletion<'_>,
    id: &RestApiId,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<String>, Problem> {
    let apis = &deletion.world.aws.rest_apis;
    let (stages, listed) = futures::join!(apis.stages(id), apis.deployments(id));
    let failed = |error: CallError| error.into_problem(format!("failed to look for deployments of API {id}"));
    let stages = stages.map_err(failed)?.unwrap_or_default();
    let served = |description: &str| {
        let of = listed.as_ref().map(Vec::as_slice).unwrap_or_default();
        let is_it = |one: &&crate::model::ObservedDeployment| one.description == description;
        of.iter()
            .find(is_it)
            .is_some_and(|one| stages.iter().any(|stage| stage.stage.deployment.as_ref() == Some(&one.id)))
    };
    deployments(deletion, id, |description| wanted(description) && !served(description)).await
}
