//! Aliases and the permissions on them.

use std::collections::BTreeMap;

use super::run::{Run, StepError};
use super::undo::Undo;
use crate::aws::{Answer, CallError};
use crate::error::Failure;
use crate::model::{AddPermission, AliasName, CreateAlias, FunctionName, MoveAlias, PolicyStatement, Version};

pub(super) async fn create(run: &Run<'_>) -> Result<(), Failure> {
    run.all(run.plan.new_aliases.iter().map(|new| create_one(run, new))).await
}

async fn create_one(run: &Run<'_>, new: &CreateAlias) -> Result<(), StepError> {
    let version = run.version_of(&new.function)?;
    run.may_write()?;
    run.remember(Undo::NewAlias { new: new.clone(), version: version.clone() });
    let answer = run.world.aws.lambda.create_alias(&new.name, &new.alias, &version).await;
    let what = format!("alias {} of {} on version {version}", new.alias, new.name);
    stands_on(run, answer, &new.name, &new.alias, &version, &format!("failed to create {what}")).await?;
    run.done(format!("{what} created"));
    Ok(())
}

/// After a conflict or a lost answer, an alias on our version says that the write was done.
async fn stands_on(
    run: &Run<'_>,
    answer: Result<(), CallError>,
    name: &FunctionName,
    alias: &AliasName,
    version: &Version,
    failed: &str,
) -> Result<(), StepError> {
    let Err(error) = answer else { return Ok(()) };
    if !matches!(error.answer, Answer::Conflict | Answer::Changed | Answer::Unknown) {
        return Err(error.into_problem(failed).into());
    }
    let now = run.world.aws.lambda.alias(name, alias).await.map_err(|error| error.into_problem(failed))?;
    if now.is_some_and(|now| now.version == *version) { Ok(()) } else { Err(error.into_problem(failed).into()) }
}

/// At once for different functions; one after the other for one, whose policy is one document.
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
    run.may_write()?;
    run.remember(Undo::Permission(permission.clone()));
    let what = format!("permission {} on {}:{}", permission.statement_id, permission.name, permission.qualifier);
    let failed = |error: CallError| error.into_problem(format!("failed to add {what}"));
    match run.world.aws.lambda.add_permission(permission).await {
        Err(error) if matches!(error.answer, Answer::Conflict | Answer::Unknown) => {
            let policy = run.world.aws.lambda.policy(&permission.name, &permission.qualifier).await.map_err(failed)?;
            let statements = policy.map(|policy| policy.statements).unwrap_or_default();
            if !statements.iter().any(|statement| is_ours(statement, permission)) {
                return Err(failed(error).into());
            }
        }
        answer => answer.map_err(failed)?,
    }
    run.done(format!("{what} added"));
    Ok(())
}

/// Whether the statement is the one that this permission adds.
pub(super) fn is_ours(statement: &PolicyStatement, permission: &AddPermission) -> bool {
    let text = statement.statement.to_string();
    statement.sid == permission.statement_id && text.contains(&format!("\"{}\"", permission.source_arn))
}

pub(super) async fn move_all(run: &Run<'_>) -> Result<(), Failure> {
    run.all(run.plan.moves.iter().map(|alias| move_one(run, alias))).await
}

async fn move_one(run: &Run<'_>, alias: &MoveAlias) -> Result<(), StepError> {
    let version = run.version_of(&alias.function)?;
    run.may_write()?;
    run.remember(Undo::Alias { alias: alias.clone(), to: version.clone() });
    let answer = run.world.aws.lambda.move_alias(&alias.name, &alias.alias, &version, &alias.revision).await;
    let what = format!("alias {} of {}", alias.alias, alias.name);
    let failed = format!("failed to move {what} to version {version}");
    stands_on(run, answer, &alias.name, &alias.alias, &version, &failed).await?;
    run.done(format!("{what} moved from version {} to {version}", alias.from));
    Ok(())
}
