//! New code, a version of it, and the wait until Lambda runs it.

use super::run::{Run, StepError, ended};
use super::undo::Undo;
use super::write::{conflicts, until_done};
use crate::aws::{Answer, CallError, NewCode};
use crate::error::{Failure, Problem};
use crate::model::{ChangeCode, CodeStep, ObjectKey, ObservedCode, Version};
use crate::world::Look;

pub(super) async fn change(run: &Run<'_>) -> Result<(), Failure> {
    run.all(run.plan.code.iter().map(|change| one(run, change))).await
}

async fn one(run: &Run<'_>, change: &ChangeCode) -> Result<(), StepError> {
    let version = match &change.step {
        CodeStep::Update { key, object_version } => update(run, change, key, object_version.clone()).await?,
        CodeStep::Publish => publish(run, change).await?,
    };
    active(run, change, &version).await?;
    run.done(format!("version {version} of {} published", change.name));
    run.published(&change.function, version);
    Ok(())
}

/// `UpdateFunctionCode`. Where its answer was lost and our code is there, its version is asked for.
async fn update(
    run: &Run<'_>,
    change: &ChangeCode,
    key: &ObjectKey,
    object_version: Option<String>,
) -> Result<Version, StepError> {
    let object_version = object_version.or_else(|| run.object_version(key));
    let code = NewCode {
        name: &change.name,
        bucket: run.bucket()?,
        key,
        object_version: object_version.as_deref(),
        revision: &change.revision,
        architecture: change.architecture.as_deref(),
        source_kms_key: change.source_kms_key.as_deref(),
        storage_mode: change.storage_mode.as_deref(),
        publish: true,
    };
    let lambda = &run.world.aws.lambda;
    let write = async || lambda.update_code(&code).await;
    let done = async || match lambda.function(&change.name, None).await? {
        Some(latest) if latest.code.sha256 == change.after => published(run, change).await.map(Some),
        _ => Ok(None),
    };
    let failed = format!("failed to update the code of {}", change.name);
    until_done(run, &failed, Undo::Code(change.clone()), conflicts, write, done).await
}

async fn publish(run: &Run<'_>, change: &ChangeCode) -> Result<Version, StepError> {
    let write = async || run.world.aws.lambda.publish(&change.name, &change.after, Some(&change.revision)).await;
    let done = async || published(run, change).await.map(Some);
    let failed = format!("failed to publish a version of {}", change.name);
    until_done(run, &failed, Undo::Nothing, conflicts, write, done).await
}

/// The version of our code: where nothing changed since it was published, Lambda publishes no other.
/// The revision has changed by then, but the hash still guards the call.
async fn published(run: &Run<'_>, change: &ChangeCode) -> Result<Version, CallError> {
    run.world.aws.lambda.publish(&change.name, &change.after, None).await
}

/// Waits until the version runs, and checks that it is our code.
async fn active(run: &Run<'_>, change: &ChangeCode, version: &Version) -> Result<(), StepError> {
    let name = &change.name;
    let look = async || {
        let found = run.world.aws.lambda.function(name, Some(version.as_str())).await;
        match found {
            Err(error) if error.answer == Answer::Throttled => Ok(Look::NotYet(error.message)),
            Err(error) => Err(error.into_problem(format!("failed to look at version {version} of {name}")).into()),
            Ok(None) => Ok(Look::NotYet(format!("version {version} is not there yet"))),
            Ok(Some(found)) => state(change, version, &found.code).map_err(StepError::from),
        }
    };
    let result = run.wait(format!("version {version} of {name}")).until(look).await;
    let what = format!("version {version} of {name} did not become active");
    result.map_err(|error| ended(error, &what, "raise `wait_timeout`, or see the function's state in the console"))
}

fn state(change: &ChangeCode, version: &Version, code: &ObservedCode) -> Result<Look<()>, Problem> {
    let name = &change.name;
    if code.state == "Failed" || code.last_update_status == "Failed" {
        return Err(Problem::new(format!("version {version} of {name} failed")).why(code.status_reason.clone()));
    }
    if code.state == "Inactive" {
        return Err(Problem::new(format!("version {version} of {name} is inactive"))
            .why("Lambda put it to sleep because nobody called it, and only a call wakes it")
            .fix(format!(
                "call it once, then release again: `aws lambda invoke --function-name {name} --qualifier {version} \
                 answer.json`"
            )));
    }
    if code.state != "Active" || code.last_update_status != "Successful" {
        return Ok(Look::NotYet(format!("its state is {}, its update {}", code.state, code.last_update_status)));
    }
    if code.sha256 != change.after {
        return Err(Problem::new(format!("version {version} of {name} holds other code than was released"))
            .why(format!("its CodeSha256 is {}, not {}", code.sha256.base64(), change.after.base64()))
            .fix("somebody else released at the same time, or wrote the artifact's object: release again"));
    }
    Ok(Look::Ready(()))
}
