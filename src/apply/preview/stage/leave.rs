//! The way out of `$LATEST`: what was there before is there again, whoever let the other code in.

use std::cell::RefCell;
use std::time::Duration;

use crate::apply::preview::delete::Deletion;
use crate::aws::{Answer, CallError, NewCode};
use crate::error::Problem;
use crate::model::{BucketName, FunctionName, Listener, ObjectKey, ObservedCode, Passage};
use crate::world::{Look, Wait, WaitError, World};

/// What another run says; a problem where the alias is somebody else's.
pub(super) async fn standing(
    world: &World,
    name: &FunctionName,
) -> Result<Option<Result<Passage, Problem>>, CallError> {
    let alias = Passage::alias();
    let Some(found) = world.aws.lambda.alias(name, &alias).await? else { return Ok(None) };
    Ok(Some(Passage::of_description(&found.description).ok_or_else(|| {
        Problem::new(format!("alias {alias} of {name} was not made by sls-release"))
            .why(format!("its description is `{}`", found.description))
            .fix("rename it: runs tell each other by this alias whose code is in $LATEST")
    })))
}

/// What a run for this pull request left that was killed. One that lives ends by itself, and moves something within
/// `patience`.
pub(super) async fn left(
    world: &World,
    listener: &dyn Listener,
    name: &FunctionName,
    pull_request: u64,
    patience: Duration,
) -> Result<Option<Passage>, Problem> {
    let failed = format!("failed to look whether the pull request's code is in $LATEST of {name}");
    loop {
        let seen = RefCell::new(None);
        let look = async || {
            let found = standing(world, name).await.map_err(|error| error.into_problem(failed.clone()))?;
            let ours = found.and_then(Result::ok).filter(|found| found.pull_request == pull_request);
            let Some(ours) = ours else { return Ok(Look::Ready(None)) };
            let first: Passage = seen.borrow_mut().get_or_insert_with(|| ours.clone()).clone();
            let stands = first == ours;
            Ok(if stands { Look::NotYet(format!("run {} has not ended", ours.run)) } else { Look::Ready(Some(ours)) })
        };
        let what = format!("the run that let the pull request's code through $LATEST of {name}");
        match Wait::new(what, patience, vec![world.cancel.clone()], listener).until(look).await {
            Ok(None) => return Ok(None),
            Ok(Some(_)) => {} // another one: it has as much time
            Err(WaitError::Final(problem)) => return Err(problem),
            Err(WaitError::Cancelled) => return Err(Problem::new(failed).why("the run was cancelled")),
            Err(WaitError::Deadline(_)) => return Ok(seen.take()),
        }
    }
}

/// Looks and writes until `$LATEST` holds what it held, or what somebody else released since, and takes the alias
/// away; in words, what was done. `object_version` is that of the kept code, where it is known.
pub(super) async fn end(
    deletion: &Deletion<'_>,
    name: &FunctionName,
    passage: &Passage,
    object_version: Option<&str>,
) -> Result<Vec<String>, Problem> {
    let back = back(deletion, name, passage, object_version).await?;
    let (lambda, alias) = (&deletion.world.aws.lambda, Passage::alias());
    let is_there = async || {
        let now = lambda.alias(name, &alias).await?;
        Ok(now.is_some_and(|now| now.description == passage.description()))
    };
    let delete = async || lambda.delete_alias(name, &alias).await;
    let gone = deletion.until_gone(&format!("alias {alias} of {name}"), is_there, delete).await?;
    Ok(back.into_iter().chain(gone).collect())
}

async fn back(
    deletion: &Deletion<'_>,
    name: &FunctionName,
    passage: &Passage,
    object_version: Option<&str>,
) -> Result<Option<String>, Problem> {
    if passage.before == passage.after {
        return Ok(None);
    }
    let (world, key) = (deletion.world, passage.kept.object(&passage.before));
    let now = async || world.aws.lambda.function(name, None).await;
    let is_there = async || match now().await? {
        Some(now) if now.code.is_busy() => Err(busy(name.as_str())),
        now => Ok(now.is_some_and(|now| now.code.sha256 == passage.after)),
    };
    let undo = async || match now().await? {
        Some(now) if now.code.sha256 == passage.after => {
            write(world, name, &now.code, (&passage.kept.bucket, &key, object_version)).await
        }
        _ => Ok(()),
    };
    let failed = format!("failed to put the code of $LATEST of {name} back");
    deletion.until_undone(&failed, &format!("$LATEST of {name} holds its code again"), is_there, undo).await
}

fn busy(resource: &str) -> CallError {
    CallError {
        action: "lambda:GetFunction",
        resource: resource.to_owned(),
        answer: Answer::Conflict,
        code: String::new(),
        message: "an update of it is in progress".to_owned(),
    }
}

/// Other code into `$LATEST` as it was looked at. An update reverts what it does not name.
pub(super) async fn write(
    world: &World,
    name: &FunctionName,
    as_it_is: &ObservedCode,
    (bucket, key, object_version): (&BucketName, &ObjectKey, Option<&str>),
) -> Result<(), CallError> {
    let code = NewCode {
        name,
        bucket,
        key,
        object_version,
        revision: &as_it_is.revision,
        architecture: as_it_is.architecture.as_deref(),
        source_kms_key: as_it_is.source_kms_key.as_deref(),
        storage_mode: as_it_is.storage_mode.as_deref(),
        publish: false,
    };
    world.aws.lambda.update_code(&code).await.map(|_| ())
}

/// The commands that put the code back by hand, and tell the others that it is.
pub(super) fn by_hand(name: &FunctionName, passage: &Passage) -> String {
    let (bucket, key, alias) = (&passage.kept.bucket, passage.kept.object(&passage.before), Passage::alias());
    format!(
        "aws lambda update-function-code --function-name {name} --s3-bucket {bucket} --s3-key {key} && aws lambda \
         delete-alias --function-name {name} --name {alias}"
    )
}
