//! The preview's alias of each function, and the API's permission to call it.

use std::collections::BTreeMap;

use super::run::StageRun;
use super::undo::Undo;
use crate::apply::preview::functions::source_arn;
use crate::apply::run::StepError;
use crate::apply::write::never;
use crate::error::Failure;
use crate::model::{AddPermission, FunctionName, PreviewAlias, Qualifier, RestApiId, StagePlanFunction, Version};

/// Each alias on the version that was published for it.
pub(super) async fn point(run: &StageRun<'_>) -> Result<(), Failure> {
    let steps = run.plan.functions.iter().filter_map(|function| Some((function, run.version_of(&function.key)?)));
    run.writes
        .all(steps.map(async |(function, version)| match &function.alias {
            None => create(run, function, &version).await,
            Some(alias) => move_alias(run, function, alias, &version).await,
        }))
        .await
}

async fn create(run: &StageRun<'_>, function: &StagePlanFunction, version: &Version) -> Result<(), StepError> {
    let (lambda, name, alias) = (&run.world.aws.lambda, &function.name, run.plan.id.alias());
    let description = run.plan.id.description();
    let what = format!("alias {alias} of {name} on version {version}");
    let write = async || lambda.create_described_alias(name, &alias, version, &description).await;
    let done = async || {
        let now = lambda.alias(name, &alias).await?;
        Ok(now.filter(|now| now.version == *version && now.description == description).map(|_| ()))
    };
    let undo = Undo::NewAlias { name: name.clone() };
    run.writes.send(&format!("failed to create {what}"), undo, never, write, done).await?;
    run.writes.done(format!("{what} created"));
    Ok(())
}

async fn move_alias(
    run: &StageRun<'_>,
    function: &StagePlanFunction,
    from: &PreviewAlias,
    version: &Version,
) -> Result<(), StepError> {
    let (lambda, name, alias) = (&run.world.aws.lambda, &function.name, run.plan.id.alias());
    let what = format!("alias {alias} of {name}");
    let write = async || lambda.move_alias(name, &alias, version, &from.revision).await;
    let done = async || Ok(lambda.alias(name, &alias).await?.filter(|now| now.version == *version).map(|_| ()));
    let undo = Undo::MovedAlias { name: name.clone(), from: from.version.clone(), to: version.clone() };
    run.writes.send(&format!("failed to move {what} to version {version}"), undo, never, write, done).await?;
    run.writes.done(format!("{what} moved from version {} to {version}", from.version));
    Ok(())
}

/// At once for different functions; one after the other for one, whose policy is one document.
pub(super) async fn permit(run: &StageRun<'_>) -> Result<(), Failure> {
    let mut by_function: BTreeMap<&FunctionName, Vec<AddPermission>> = BTreeMap::new();
    for function in &run.plan.functions {
        let permissions = function.permits.iter().map(|api| permission(run, function, api));
        by_function.entry(&function.name).or_default().extend(permissions);
    }
    run.writes
        .all(by_function.into_values().map(async |permissions| {
            for permission in permissions {
                add(run, permission).await?;
            }
            Ok(())
        }))
        .await
}

/// Every method and authorizer: only the preview's stage names the alias.
fn permission(run: &StageRun<'_>, function: &StagePlanFunction, api: &RestApiId) -> AddPermission {
    AddPermission {
        function: function.key.clone(),
        name: function.name.clone(),
        qualifier: Qualifier::Named(run.plan.id.alias()),
        statement_id: run.plan.id.statement_id(api),
        source_arn: source_arn(&function.arn, api),
        account: function.account.clone(),
    }
}

async fn add(run: &StageRun<'_>, permission: AddPermission) -> Result<(), StepError> {
    let lambda = &run.world.aws.lambda;
    let AddPermission { name, qualifier, statement_id: id, .. } = &permission;
    let failed = format!("failed to add permission {id} on {name}:{qualifier}");
    let write = async || lambda.add_permission(&permission).await;
    let done = async || {
        let policy = lambda.policy(name, qualifier).await?;
        let has = |policy: crate::aws::GotPolicy| policy.statements.iter().any(|statement| statement.sid == *id);
        Ok(policy.is_some_and(has).then_some(()))
    };
    let undo = Undo::Permission(permission.clone());
    run.writes.send(&failed, undo, never, write, done).await
}
