//! Aliases and the permissions on them.

use std::collections::BTreeMap;

use super::run::{Run, StepError};
use super::undo::Undo;
use super::write::{never, until_done};
use crate::aws::CallError;
use crate::error::Failure;
use crate::model::{AddPermission, AliasName, CreateAlias, FunctionName, MoveAlias, PolicyStatement, Version};

pub(super) async fn create(run: &Run<'_>) -> Result<(), Failure> {
    run.all(run.plan.new_aliases.iter().map(|new| create_one(run, new))).await
}

async fn create_one(run: &Run<'_>, new: &CreateAlias) -> Result<(), StepError> {
    let version = run.version_of(&new.function)?;
    let what = format!("alias {} of {} on version {version}", new.alias, new.name);
    let undo = Undo::NewAlias { new: new.clone(), version: version.clone() };
    let write = async || run.world.aws.lambda.create_alias(&new.name, &new.alias, &version).await;
    let done = async || stands_on(run, &new.name, &new.alias, &version).await;
    until_done(run, &format!("failed to create {what}"), undo, never, write, done).await?;
    run.done(format!("{what} created"));
    Ok(())
}

async fn stands_on(
    run: &Run<'_>,
    name: &FunctionName,
    alias: &AliasName,
    version: &Version,
) -> Result<Option<()>, CallError> {
    let now = run.world.aws.lambda.alias(name, alias).await?;
    Ok(now.filter(|now| now.version == *version).map(|_| ()))
}

pub(super) async fn move_all(run: &Run<'_>) -> Result<(), Failure> {
    run.all(run.plan.moves.iter().map(|alias| move_one(run, alias))).await
}

async fn move_one(run: &Run<'_>, alias: &MoveAlias) -> Result<(), StepError> {
    let version = run.version_of(&alias.function)?;
    let what = format!("alias {} of {}", alias.alias, alias.name);
    let undo = Undo::Alias { alias: alias.clone(), to: version.clone() };
    let write = async || run.world.aws.lambda.move_alias(&alias.name, &alias.alias, &version, &alias.revision).await;
    let done = async || stands_on(run, &alias.name, &alias.alias, &version).await;
    until_done(run, &format!("failed to move {what} to version {version}"), undo, never, write, done).await?;
    run.done(format!("{what} moved from version {} to {version}", alias.from));
    Ok(())
}

/// At once for different functions; one after the other for one, whose policy is one document. They come
/// after the alias moved: a change of its policy gives an alias another revision.
pub(super) async fn add_permissions(run: &Run<'_>) -> Result<(), Failure> {
    let mut by_function: BTreeMap<&FunctionName, Vec<&AddPermission>> = BTreeMap::new();
    for permission in &run.plan.permissions {
        by_function.entry(&permission.name).or_default().push(permission);
    }
    run.all(by_function.into_values().map(async |permissions| {
        for permission in permissions {
            add_permission(run, permission).await?;
        }
        Ok(())
    }))
    .await
}

async fn add_permission(run: &Run<'_>, permission: &AddPermission) -> Result<(), StepError> {
    let what = format!("permission {} on {}:{}", permission.statement_id, permission.name, permission.qualifier);
    let lambda = &run.world.aws.lambda;
    let write = async || lambda.add_permission(permission).await;
    let done = async || {
        let policy = lambda.policy(&permission.name, &permission.qualifier).await?;
        let ours = policy.is_some_and(|policy| policy.statements.iter().any(|found| is_ours(found, permission)));
        Ok(ours.then_some(()))
    };
    let undo = Undo::Permission(permission.clone());
    until_done(run, &format!("failed to add {what}"), undo, never, write, done).await?;
    run.done(format!("{what} added"));
    Ok(())
}

/// Whether the statement is the one that this permission adds.
pub(super) fn is_ours(statement: &PolicyStatement, permission: &AddPermission) -> bool {
    let text = statement.statement.to_string();
    statement.sid == permission.statement_id && text.contains(&format!("\"{}\"", permission.source_arn))
}
