//! What somebody else released since, where this run's own changes do not show it.

use crate::apply::run::Run;
use crate::aws::CallError;
use crate::model::{AddPermission, AliasName, ObservedFunction, Qualifier};

/// How somebody else's release shows on the function or the stage of a permission; `None` where it does not.
///
/// A statement is the same whoever adds it, so that a release that began later, and found this one there, would be
/// broken by its removal.
pub(super) async fn released(run: &Run<'_>, permission: &AddPermission) -> Result<Option<String>, CallError> {
    let (code, stage) = futures::join!(code(run, permission), stage(run, &permission.source_arn));
    Ok(code?.or(stage?))
}

async fn code(run: &Run<'_>, permission: &AddPermission) -> Result<Option<String>, CallError> {
    let AddPermission { function, name, qualifier, .. } = permission;
    let Some(Some(before)) = run.observed.functions.get(function) else { return Ok(None) };
    let now = match qualifier {
        Qualifier::Latest => latest(run, permission, before).await?,
        Qualifier::Named(name) => alias(run, permission, name, before).await?,
    };
    Ok(now.map(|now| format!("{name}:{qualifier} {now}")))
}

/// Neither the code from before nor ours.
async fn latest(
    run: &Run<'_>,
    permission: &AddPermission,
    before: &ObservedFunction,
) -> Result<Option<String>, CallError> {
    let Some(now) = run.world.aws.lambda.function(&permission.name, None).await? else { return Ok(None) };
    let now = now.code.sha256;
    let ours = run.artifacts.get(&permission.function).is_some_and(|ours| ours.sha256 == now);
    let known = ours || now == before.latest.sha256;
    Ok((!known).then(|| format!("has the CodeSha256 {}", now.base64())))
}

/// Neither on the version from before nor on ours.
async fn alias(
    run: &Run<'_>,
    permission: &AddPermission,
    alias: &AliasName,
    before: &ObservedFunction,
) -> Result<Option<String>, CallError> {
    let Some(now) = run.world.aws.lambda.alias(&permission.name, alias).await? else { return Ok(None) };
    let ours = run.version_of(&permission.function).is_ok_and(|ours| ours == now.version);
    let known = ours || before.alias.as_ref().is_some_and(|before| before.version == now.version);
    Ok((!known).then(|| format!("stands on version {}", now.version)))
}

/// Serves neither the deployment from before nor ours.
async fn stage(run: &Run<'_>, source_arn: &str) -> Result<Option<String>, CallError> {
    let id = source_arn.split(':').nth(5).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let apis = run.observed.apis.iter().filter_map(|(key, api)| Some((key, api.as_ref()?)));
    let Some((key, api)) = apis.into_iter().find(|(_, api)| api.id.as_str() == id) else { return Ok(None) };
    let Some(before) = &api.stage else { return Ok(None) };
    let now = run.world.aws.rest_apis.stage(&api.id, &before.name).await?.and_then(|stage| stage.deployment);
    let ours = run.deployment_of(key).ok();
    let foreign = now.filter(|now| Some(now) != ours.as_ref() && Some(now) != before.deployment.as_ref());
    Ok(foreign.map(|now| format!("stage {} of {key} serves deployment {now}", before.name)))
}
