//! One run at a time lets its code through `$LATEST`, and an alias tells the others.

use std::cell::RefCell;
use std::fs;

use super::latest::send;
use super::leave::{self, standing, write};
use super::run::StageRun;
use super::undo::Undo;
use crate::apply::run::{StepError, ended};
use crate::apply::write::conflicts;
use crate::aws::{Answer, CallError, FoundObject, GotFunction, Put};
use crate::error::Problem;
use crate::model::{ObservedCode, Passage, StagePlanFunction, Version};
use crate::world::{Look, WaitError};

/// A passage that has begun.
pub(super) struct Begun {
    pub(super) passage: Passage,
    /// `$LATEST` as it was looked at when nobody else could let code through any more.
    pub(super) latest: ObservedCode,
}

/// Waits for its turn; where another run does not go on, puts back what it left. Also the memory of it.
pub(super) async fn begin(run: &StageRun<'_>, function: &StagePlanFunction) -> Result<(Begun, usize), StepError> {
    let name = &function.name;
    let failed = format!("another run lets its code through $LATEST of {name}, and did not end");
    let mut remembered = None;
    loop {
        let seen = RefCell::new(None);
        let look = async || attempt(run, function, &seen, &mut remembered).await;
        match run.writes.wait(format!("the other run that lets its code through $LATEST of {name}")).until(look).await {
            Ok(Turn::Ours(begun)) => return Ok((*begun, remembered.unwrap_or_default())),
            Ok(Turn::AnotherRun) => {}
            // Nothing moved for as long as anything may take: that run was killed.
            Err(WaitError::Deadline(_)) if seen.borrow().is_some() => {
                if let Some(left) = seen.take() {
                    end(run, function, &left).await?;
                    run.writes.done(format!("what run {} left in $LATEST of {name} put back", left.run));
                }
            }
            Err(error) => return Err(ended(error, &failed, "try again in a minute")),
        }
    }
}

enum Turn {
    Ours(Box<Begun>),
    /// Another one than was seen at first.
    AnotherRun,
}

async fn attempt(
    run: &StageRun<'_>,
    function: &StagePlanFunction,
    seen: &RefCell<Option<Passage>>,
    remembered: &mut Option<usize>,
) -> Result<Look<Turn>, StepError> {
    run.writes.may_write()?;
    let name = &function.name;
    let Some(other) = standing(run.world, name).await.map_err(|error| failed_to_look(function, error))? else {
        return announced(run, function, remembered).await;
    };
    let other = other?;
    if other.run == run.world.nonce {
        // The answer was lost of the call that made it.
        end(run, function, &other).await?;
        return Ok(Look::NotYet("this run begins again".to_owned()));
    }
    let first = seen.borrow_mut().get_or_insert_with(|| other.clone()).clone();
    let words = || Look::NotYet(format!("run {} has not ended", other.run));
    Ok(if first == other { words() } else { Look::Ready(Turn::AnotherRun) })
}

/// Tells the others, and looks once more: one of them may have ended since the look before.
async fn announced(
    run: &StageRun<'_>,
    function: &StagePlanFunction,
    remembered: &mut Option<usize>,
) -> Result<Look<Turn>, StepError> {
    let look = async || latest(run, function).await.map_err(|error| failed_to_look(function, error));
    let Some(found) = look().await? else {
        return Ok(Look::NotYet("an update of it is in progress".to_owned()));
    };
    keep(run, function, &found).await?;
    let passage = Passage {
        pull_request: run.plan.id.number,
        run: run.world.nonce.clone(),
        before: found.code.sha256,
        after: function.version.sha256,
        kept: function.kept.clone(),
    };
    run.writes.may_write()?;
    let memory = run.writes.remember(Undo::Passage { function: function.clone(), passage: passage.clone() });
    *remembered = Some(memory);
    if let Err(error) = announce(run, function, &passage).await {
        return not_announced(run, memory, error);
    }
    match look().await? {
        Some(now) if now.code.sha256 == passage.before => {
            Ok(Look::Ready(Turn::Ours(Box::new(Begun { passage, latest: now.code }))))
        }
        _ => {
            end(run, function, &passage).await?;
            run.writes.forget(memory);
            Ok(Look::NotYet("somebody else changed it".to_owned()))
        }
    }
}

fn failed_to_look(function: &StagePlanFunction, error: CallError) -> StepError {
    error.into_problem(format!("failed to look at {}", function.name)).into()
}

async fn announce(run: &StageRun<'_>, function: &StagePlanFunction, passage: &Passage) -> Result<(), CallError> {
    let (lambda, name) = (&run.world.aws.lambda, &function.name);
    let (alias, latest) = (Passage::alias(), Version::new("$LATEST"));
    let answer = lambda.create_described_alias(name, &alias, &latest, &passage.description()).await;
    match answer {
        Err(error) if matches!(error.answer, Answer::Unknown | Answer::Conflict) => {
            // The answer may have been lost, of this attempt or of the one before.
            match lambda.alias(name, &alias).await {
                Ok(Some(now)) if now.description == passage.description() => Ok(()),
                _ => Err(error),
            }
        }
        other => other,
    }
}

fn not_announced<T>(run: &StageRun<'_>, memory: usize, error: CallError) -> Result<Look<T>, StepError> {
    match error.answer {
        // It may be there all the same, which the next look shows, and putting back.
        Answer::Unknown => Ok(Look::NotYet(error.message)),
        Answer::Conflict | Answer::Throttled => {
            run.writes.forget(memory);
            Ok(Look::NotYet(error.message))
        }
        _ => {
            run.writes.forget(memory);
            Err(StepError::Problem(error.into_problem("failed to tell others of it by an alias")))
        }
    }
}

/// `$LATEST`; `None` while an update of it is in progress.
async fn latest(run: &StageRun<'_>, function: &StagePlanFunction) -> Result<Option<GotFunction>, CallError> {
    let found = run.world.aws.lambda.function(&function.name, None).await?;
    Ok(found.filter(|found| !found.code.is_busy()))
}

/// Makes sure that the code of `$LATEST` is in the bucket, so that it can be put back.
async fn keep(run: &StageRun<'_>, function: &StagePlanFunction, found: &GotFunction) -> Result<(), StepError> {
    let (sha256, bucket) = (&found.code.sha256, &function.kept.bucket);
    let key = function.kept.object(sha256);
    let failed =
        |why: String| Problem::new(format!("failed to keep the code of $LATEST of {}", function.name)).why(why);
    match run.world.aws.s3.object(bucket, &key).await {
        Ok(FoundObject::Present(object)) => {
            let whole = object.checksum_sha256.filter(|sum| !sum.contains('-'));
            if whole.is_some_and(|sum| sum != sha256.base64()) {
                let problem = failed(format!("object {key} holds other bytes than its name says"));
                return Err(problem.fix("delete the object").into());
            }
            run.uploaded(&key, object.version_id);
            return Ok(());
        }
        Ok(_) => {}
        Err(error) => return Err(failed(error.message).into()),
    }
    let file = tokio::select! {
        biased;
        () = run.world.cancel.cancelled() => return Err(StepError::Stopped),
        file = run.world.http.live_code(found.link.as_ref(), sha256) => file.map_err(failed)?,
    };
    let bytes = fs::metadata(file.path()).map_err(|error| failed(error.to_string()))?.len();
    let owner = Some(run.bucket_owner(&function.account));
    let put = Put { bucket, owner, key: &key, path: file.path(), bytes, sha256, contents: None };
    send(run, &put).await?;
    run.writes.done(format!("code of $LATEST of {} kept as {key}", function.name));
    Ok(())
}

/// Looks and writes until `$LATEST` holds what it held, and nothing tells of a passage any more.
pub(super) async fn end(run: &StageRun<'_>, function: &StagePlanFunction, passage: &Passage) -> Result<(), Problem> {
    let object_version = run.object_version(&passage.kept.object(&passage.before));
    leave::end(&run.putting_back(), &function.name, passage, object_version.as_deref()).await.map(|_| ())
}

/// The pull request's code into `$LATEST`.
pub(super) async fn enter(
    run: &StageRun<'_>,
    function: &StagePlanFunction,
    latest: &ObservedCode,
) -> Result<(), StepError> {
    let version = &function.version;
    let made = run.object_version(&version.object);
    let object_version = made.or_else(|| version.present.clone().flatten());
    let code = (run.bucket()?, &version.object, object_version.as_deref());
    let write = async || write(run.world, &function.name, latest, code).await;
    let done = async || {
        let now = run.world.aws.lambda.function(&function.name, None).await?;
        Ok(now.filter(|now| now.code.sha256 == version.sha256).map(|_| ()))
    };
    let failed = format!("failed to update the code of {}", function.name);
    run.writes.send(&failed, Undo::Nothing, conflicts, write, done).await
}
