//! Aliases, permissions and code as they were.

use super::{Target, Undone};
use crate::apply::aliases::is_ours;
use crate::apply::run::Run;
use crate::aws::{GotFunction, NewCode};
use crate::model::{AddPermission, ChangeCode, CreateAlias, MoveAlias, Version};
use crate::world::{Look, Wait, WaitError};

pub(super) async fn alias(run: &Run<'_>, alias: &MoveAlias, to: &Version) -> Undone {
    let (name, from) = (&alias.name, &alias.from);
    let command =
        format!("lambda update-alias --function-name {name} --name {} --function-version {from}", alias.alias);
    let target = Target::new(run, format!("alias {} of {name}", alias.alias), &command);
    let lambda = &run.world.aws.lambda;
    let now = match lambda.alias(name, &alias.alias).await {
        Ok(Some(now)) => now,
        Ok(None) => return target.somebody_else("it is gone"),
        Err(error) => return target.failed(error),
    };
    if now.version == *from {
        return Undone::Nothing;
    }
    if now.version != *to {
        return target.somebody_else(&format!("it stands on version {}", now.version));
    }
    let answer = lambda.move_alias(name, &alias.alias, from, &now.revision).await;
    target.done(answer, format!("alias {} of {name} stands on version {from} again", alias.alias))
}

pub(super) async fn new_alias(run: &Run<'_>, new: &CreateAlias, version: &Version) -> Undone {
    let name = &new.name;
    let command = format!("lambda delete-alias --function-name {name} --name {}", new.alias);
    let target = Target::new(run, format!("the absence of alias {} of {name}", new.alias), &command);
    let lambda = &run.world.aws.lambda;
    match lambda.alias(name, &new.alias).await {
        Ok(None) => Undone::Nothing,
        Ok(Some(now)) if now.version == *version => {
            let answer = lambda.delete_alias(name, &new.alias).await;
            target.done(answer, format!("alias {} of {name} deleted", new.alias))
        }
        Ok(Some(now)) => target.somebody_else(&format!("it stands on version {}", now.version)),
        Err(error) => target.failed(error),
    }
}

pub(super) async fn permission(run: &Run<'_>, permission: &AddPermission) -> Undone {
    let (name, id) = (&permission.name, &permission.statement_id);
    let qualifier = permission.qualifier.parameter().map_or(String::new(), |name| format!(" --qualifier {name}"));
    let command = format!("lambda remove-permission --function-name {name} --statement-id {id}{qualifier}");
    let target = Target::new(run, format!("the policy of {name}:{}", permission.qualifier), &command);
    let lambda = &run.world.aws.lambda;
    let policy = match lambda.policy(name, &permission.qualifier).await {
        Ok(Some(policy)) => policy,
        Ok(None) => return Undone::Nothing,
        Err(error) => return target.failed(error),
    };
    let Some(statement) = policy.statements.iter().find(|statement| statement.sid == *id) else {
        return Undone::Nothing;
    };
    if !is_ours(statement, permission) {
        return target.somebody_else(&format!("statement {id} allows something else"));
    }
    let answer = lambda.remove_permission(permission, &policy.revision).await;
    target.done(answer, format!("permission {id} on {name}:{} removed", permission.qualifier))
}

pub(super) async fn code(run: &Run<'_>, change: &ChangeCode) -> Undone {
    let bucket = run.bucket().map(ToString::to_string).unwrap_or_default();
    let (name, key) = (&change.name, &change.keep_key);
    let command = format!("lambda update-function-code --function-name {name} --s3-bucket {bucket} --s3-key {key}");
    let target = Target::new(run, format!("$LATEST of {name}"), &command);
    let now = match settled(&target, change).await {
        Ok(now) => now,
        Err(undone) => return undone,
    };
    if now.code.sha256 == change.before {
        return Undone::Nothing;
    }
    if now.code.sha256 != change.after {
        return target.somebody_else(&format!("its CodeSha256 is {}", now.code.sha256.base64()));
    }
    if let Err(undone) = put_code(&target, change, &now).await {
        return undone;
    }
    match settled(&target, change).await {
        Ok(now) if now.code.sha256 == change.before => {
            Undone::PutBack(format!("$LATEST of {name} holds its code again"))
        }
        Ok(now) => target.somebody_else(&format!("its CodeSha256 is {}", now.code.sha256.base64())),
        Err(undone) => undone,
    }
}

async fn put_code(target: &Target<'_>, change: &ChangeCode, now: &GotFunction) -> Result<(), Undone> {
    let code = NewCode {
        name: &change.name,
        bucket: target.run.bucket().map_err(|problem| target.left(problem.what))?,
        key: &change.keep_key,
        object_version: None,
        revision: &now.code.revision,
        architecture: change.architecture.as_deref(),
        source_kms_key: change.source_kms_key.as_deref(),
        storage_mode: change.storage_mode.as_deref(),
        publish: false,
    };
    let answer = target.run.world.aws.lambda.update_code(&code).await;
    answer.map(|_| ()).map_err(|error| target.failed(error))
}

/// Waits until no update is in progress; a cancelled run sees this through.
async fn settled(target: &Target<'_>, change: &ChangeCode) -> Result<GotFunction, Undone> {
    let run = target.run;
    let look = async || {
        let found = run.world.aws.lambda.function(&change.name, None).await;
        match found.map_err(|error| error.into_problem(""))? {
            Some(found) if found.code.last_update_status == "InProgress" => {
                Ok(Look::NotYet("an update is in progress".to_owned()))
            }
            Some(found) => Ok(Look::Ready(found)),
            None => Ok(Look::NotYet("it is gone".to_owned())),
        }
    };
    let wait = Wait::new(target.what.clone(), run.settings.wait_timeout, None, run.listener);
    wait.until(look).await.map_err(|error| match error {
        WaitError::Final(problem) => target.left(problem.why),
        WaitError::Deadline(seen) => target.left(seen),
        WaitError::Cancelled => target.left("the run was cancelled"),
    })
}
