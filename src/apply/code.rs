//! New code, a version of it, and the wait until Lambda runs it.

use super::run::{Run, StepError, ended};
use super::undo::Undo;
use crate::aws::{Answer, CallError, NewCode};
use crate::error::{Failure, Problem};
use crate::model::{ChangeCode, CodeStep, FunctionName, ObjectKey, ObservedCode, Version};
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

/// `UpdateFunctionCode`. After a lost answer the code may be there: then its version is asked for.
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
    run.may_write()?;
    run.remember(Undo::Code(change.clone()));
    match unless_busy(run, &change.name, async || run.world.aws.lambda.update_code(&code).await).await? {
        Ok((version, _)) => Ok(version),
        Err(error) if matches!(error.answer, Answer::Changed | Answer::Unknown) => {
            if has_our_code(run, change).await? {
                publish(run, change).await
            } else {
                Err(failed(change, error))
            }
        }
        Err(error) => Err(failed(change, error)),
    }
}

fn failed(change: &ChangeCode, error: CallError) -> StepError {
    error.into_problem(format!("failed to update the code of {}", change.name)).into()
}

async fn has_our_code(run: &Run<'_>, change: &ChangeCode) -> Result<bool, StepError> {
    let latest = run.world.aws.lambda.function(&change.name, None).await.map_err(|error| failed(change, error))?;
    Ok(latest.is_some_and(|latest| latest.code.sha256 == change.after))
}

async fn publish(run: &Run<'_>, change: &ChangeCode) -> Result<Version, StepError> {
    // The revision guards a plain publish; after an update it is another one already.
    let revision = (change.step == CodeStep::Publish).then_some(&change.revision);
    run.may_write()?;
    let call = async || run.world.aws.lambda.publish(&change.name, &change.after, revision).await;
    let answer = unless_busy(run, &change.name, call).await?;
    answer.map_err(|error| error.into_problem(format!("failed to publish a version of {}", change.name)).into())
}

/// Repeats a write for as long as Lambda says that an update is in progress.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>
async fn unless_busy<T>(
    run: &Run<'_>,
    name: &FunctionName,
    write: impl AsyncFn() -> Result<T, CallError>,
) -> Result<Result<T, CallError>, StepError> {
    let look = async || match write().await {
        Err(error) if error.answer == Answer::Conflict => Ok(Look::NotYet(error.message)),
        answer => Ok(Look::Ready(answer)),
    };
    let what = format!("the update of {name} that is in progress");
    let result = run.wait(what).until(look).await;
    result.map_err(|error| {
        ended(error, &format!("the end of the update of {name} that is in progress"), "try again later")
    })
}

/// Waits until the version runs, and checks that it is our code.
async fn active(run: &Run<'_>, change: &ChangeCode, version: &Version) -> Result<(), StepError> {
    let name = &change.name;
    let look = async || {
        let found = run.world.aws.lambda.function(name, Some(version.as_str())).await;
        let found =
            found.map_err(|error| error.into_problem(format!("failed to look at version {version} of {name}")))?;
        match found {
            None => Ok(Look::NotYet(format!("version {version} is not there yet"))),
            Some(found) => state(change, version, &found.code),
        }
    };
    let result = run.wait(format!("version {version} of {name}")).until(look).await;
    result.map_err(|error| {
        ended(
            error,
            &format!("version {version} of {name} becoming active"),
            "raise `wait_timeout`, or see the function's state in the console",
        )
    })
}

fn state(change: &ChangeCode, version: &Version, code: &ObservedCode) -> Result<Look<()>, Problem> {
    let name = &change.name;
    if code.state == "Failed" || code.last_update_status == "Failed" {
        return Err(Problem::new(format!("version {version} of {name} failed")).why(code.status_reason.clone()));
    }
    if code.state != "Active" || code.last_update_status != "Successful" {
        return Ok(Look::NotYet(format!("its state is {}, its update {}", code.state, code.last_update_status)));
    }
    if code.sha256 != change.after {
        return Err(Problem::new(format!("version {version} of {name} holds other code than was released"))
            .why(format!("its CodeSha256 is {}, not {}", code.sha256.base64(), change.after.base64()))
            .fix("somebody else released at the same time: release again"));
    }
    Ok(Look::Ready(()))
}
