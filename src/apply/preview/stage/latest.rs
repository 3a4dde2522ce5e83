//! Versions of the pull request's code: each is published of `$LATEST`, which holds its own code again right after.

use std::time::Instant;

use futures::FutureExt;

use super::run::StageRun;
use super::undo::Undo;
use super::{leave, passage};
use crate::apply::preview::functions::{APPEARS, gone};
use crate::apply::preview::writes::Writes;
use crate::apply::run::{StepError, ended};
use crate::apply::write::conflicts;
use crate::aws::{Answer, Put};
use crate::error::{Failure, Problem};
use crate::model::{Event, ObservedCode, StagePlanFunction, Version, VersionStep};
use crate::world::Look;

/// Artifacts into the bucket, where a version is to be made of them and they are not there yet.
pub(super) async fn upload(run: &StageRun<'_>) -> Result<(), Failure> {
    let wanted = |function: &&StagePlanFunction| {
        function.version.step == VersionStep::Publish && function.version.present.is_none()
    };
    run.writes.all(run.plan.functions.iter().filter(wanted).map(|function| artifact(run, function))).await
}

async fn artifact(run: &StageRun<'_>, function: &StagePlanFunction) -> Result<(), StepError> {
    run.writes.may_write()?;
    let Some(artifact) = run.artifacts.get(&function.key) else {
        return Err(Problem::new(format!("the plan uploads {}, which was not packed", function.key)).into());
    };
    let what = function.version.object.to_string();
    run.listener.hear(Event::UploadStarted { what: what.clone(), bytes: artifact.zipped_bytes });
    let put = Put {
        bucket: run.bucket()?,
        owner: Some(run.bucket_owner(&function.account)),
        key: &function.version.object,
        path: &artifact.path,
        bytes: artifact.zipped_bytes,
        sha256: &artifact.sha256,
        contents: None,
    };
    send(run, &put).await?;
    run.listener.hear(Event::UploadFinished { what });
    Ok(())
}

/// A signal breaks it off.
pub(super) async fn send(run: &StageRun<'_>, put: &Put<'_>) -> Result<(), StepError> {
    let sent = |bytes| run.listener.hear(Event::Uploaded { what: put.key.to_string(), bytes });
    let version = run.world.aws.s3.put(put, &sent, run.world.cancel.cancelled()).await;
    let version = version.map_err(|error| match run.writes.may_write() {
        Ok(()) => error.into_problem(format!("failed to upload {}", put.key)).into(),
        Err(stopped) => stopped,
    })?;
    run.uploaded(put.key, version);
    Ok(())
}

/// A version of each function that its alias does not stand on yet, and that can be called.
pub(super) async fn versions(run: &StageRun<'_>) -> Result<(), Failure> {
    run.writes.all(run.plan.functions.iter().map(|function| one(run, function).boxed_local())).await
}

async fn one(run: &StageRun<'_>, function: &StagePlanFunction) -> Result<(), StepError> {
    if function.left_in_latest {
        end_left(run, function).await?;
    }
    let version = match &function.version.step {
        VersionStep::Stands => return Ok(()),
        VersionStep::Published(version) => version.clone(),
        VersionStep::Publish => publish(run, function).await?,
    };
    active(&run.writes, function, &version).await?;
    run.published(&function.key, version);
    Ok(())
}

/// Puts back what an earlier run left.
async fn end_left(run: &StageRun<'_>, function: &StagePlanFunction) -> Result<(), StepError> {
    let (name, number, patience) = (&function.name, run.plan.id.number, run.settings.wait_timeout);
    let left = leave::left(run.world, run.listener, name, number, patience).await;
    run.writes.may_write()?;
    let Some(passage) = left? else { return Ok(()) };
    for done in leave::end(&run.putting_back(), name, &passage, None).await? {
        run.writes.done(done);
    }
    Ok(())
}

/// Whatever happens while the code is in `$LATEST`, it does not stay there.
async fn publish(run: &StageRun<'_>, function: &StagePlanFunction) -> Result<Version, StepError> {
    let (passage, remembered) = passage::begin(run, function).await?;
    let published = by_way_of_latest(run, function, &passage).await;
    // From here on the latest first would put this back as well: a second look does no harm.
    let ended = passage::end(run, function, &passage.passage).await;
    if ended.is_ok() {
        run.writes.forget(remembered);
    }
    let version = published?;
    ended?;
    run.writes.done(format!("version {version} of {} published, and $LATEST holds its own code again", function.name));
    Ok(version)
}

async fn by_way_of_latest(
    run: &StageRun<'_>,
    function: &StagePlanFunction,
    passage: &passage::Begun,
) -> Result<Version, StepError> {
    let (lambda, name, version) = (&run.world.aws.lambda, &function.name, &function.version);
    if passage.latest.sha256 != version.sha256 {
        passage::enter(run, function, &passage.latest).await?;
        settled(&run.writes, function).await?;
    }
    let undo = Undo::Version { function: function.clone() };
    let write = async || lambda.publish_described(name, &version.sha256, &version.description).await;
    // Where nothing changed since, Lambda answers with the version that it published before.
    let done = async || write().await.map(Some);
    run.writes.send(&format!("failed to publish a version of {name}"), undo, conflicts, write, done).await
}

/// Waits until Lambda has done what it was asked to.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>
async fn settled(run: &Writes<'_, Undo>, function: &StagePlanFunction) -> Result<(), StepError> {
    ready(run, function, None, format!("$LATEST of {}", function.name)).await
}

async fn active(run: &Writes<'_, Undo>, function: &StagePlanFunction, version: &Version) -> Result<(), StepError> {
    ready(run, function, Some(version), format!("version {version} of {}", function.name)).await
}

async fn ready(
    run: &Writes<'_, Undo>,
    function: &StagePlanFunction,
    version: Option<&Version>,
    what: String,
) -> Result<(), StepError> {
    let began = Instant::now();
    let look = async || {
        let found = run.world.aws.lambda.function(&function.name, version.map(Version::as_str)).await;
        match found {
            Err(error) if error.answer == Answer::Throttled => Ok(Look::NotYet(error.message)),
            Err(error) => Err(StepError::Problem(error.into_problem(format!("failed to look at {what}")))),
            Ok(None) if began.elapsed() < APPEARS => Ok(Look::NotYet("it is not there yet".to_owned())),
            Ok(None) => Err(gone(&what).into()),
            Ok(Some(found)) => state(&what, function, found.code).map_err(StepError::Problem),
        }
    };
    let failed = format!("{what} did not become ready");
    run.wait(what.clone()).until(look).await.map_err(|error| ended(error, &failed, "try again in a minute"))
}

fn state(what: &str, function: &StagePlanFunction, code: ObservedCode) -> Result<Look<()>, Problem> {
    if code.is_busy() {
        return Ok(Look::NotYet("an update of it is in progress".to_owned()));
    }
    if code.state == "Failed" || code.last_update_status == "Failed" {
        return Err(Problem::new(format!("{what} cannot be called")).why(code.status_reason));
    }
    if code.sha256 != function.version.sha256 {
        let why = format!("its CodeSha256 is {}, not {}", code.sha256.base64(), function.version.sha256.base64());
        let problem = Problem::new(format!("{what} holds other code than the pull request's")).why(why);
        return Err(problem.fix("somebody else released at the same time: run it again"));
    }
    Ok(Look::Ready(()))
}
