//! Deletes what belongs to previews: each thing is looked at once more before it goes.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;

use super::logs::{group_arn, group_of};
use crate::aws::{Answer, CallError};
use crate::error::Problem;
use crate::model::{Event, FunctionName, Listener, PreviewId, RestApiId};
use crate::observe::preview::{Found, FoundApi, FoundFunction, FoundLogGroup};
use crate::observe::preview_stage::FoundStage;
use crate::world::{Cancellation, Look, Wait, WaitError, World};

/// For one deletion. An account deletes one API in thirty seconds: this is a queue of forty.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
pub(super) const TURN: Duration = Duration::from_mins(20);

/// The same where a run that failed takes back what it made: somebody waits for its end, and what is left is named.
pub(super) const TURN_TO_PUT_BACK: Duration = Duration::from_mins(5);

/// The longest pause between two attempts.
const PAUSE: Duration = Duration::from_secs(10);

/// How often a deletion is sent whose answers get lost.
const LOST_ANSWERS: u32 = 4;

type Tags = BTreeMap<String, String>;

/// How things are deleted.
pub(super) struct Deletion<'a> {
    pub(super) world: &'a World,
    pub(super) listener: &'a dyn Listener,
    pub(super) stops: Vec<Cancellation>,
    /// For one deletion.
    pub(super) turn: Duration,
}

/// What `preview down` deleted, in words, and whose it was; and what it could not delete.
#[derive(Default)]
pub struct Deleted {
    /// By preview.
    pub gone: Vec<(PreviewId, String)>,
    /// With the problem of each.
    pub left: Vec<(PreviewId, Problem)>,
}

/// Deletes all of this. What is gone already is no problem. A run that lets code through `$LATEST` and moves nothing
/// for `patience` was killed.
pub async fn down(found: &Found, patience: Duration, world: &World, listener: &dyn Listener) -> Deleted {
    let deletion = Deletion { world, listener, stops: vec![world.cancel.clone()], turn: TURN };
    let apis = async {
        // One after the other: they have to take turns anyway.
        let mut ended = Vec::new();
        for FoundApi { id, name, preview, .. } in &found.apis {
            let is_ours = |now: &PreviewId, _: Option<&String>| now == preview;
            ended.push((preview, deletion.api(id, name, is_ours).await));
        }
        ended
    };
    let functions = join_all(found.functions.iter().map(|FoundFunction { name, arn, preview, .. }| {
        let is_ours = move |now: &PreviewId, _: Option<&String>| now == preview;
        deletion.function(name, arn, is_ours).map(move |ended| (preview, ended))
    }));
    let of_stage = |stage| super::stage::delete_stage(&deletion, stage, patience).boxed_local();
    let stages = join_all(found.stages.iter().map(of_stage));
    let (apis, functions, stages) = futures::join!(apis, functions, stages);
    let mut deleted = Deleted::default();
    for (FoundStage { preview, .. }, ended) in found.stages.iter().zip(stages) {
        match ended {
            Ok(all) => deleted.gone.extend(all.into_iter().map(|what| (preview.clone(), what))),
            Err(problem) => deleted.left.push((preview.clone(), problem)),
        }
    }
    for (preview, ended) in apis.into_iter().chain(functions) {
        match ended {
            Ok(what) => deleted.gone.extend(what.map(|what| (preview.clone(), what))),
            Err(problem) => deleted.left.push((preview.clone(), problem)),
        }
    }
    deleted.gone.extend(log_groups(found, &deleted.left, &deletion).await);
    deleted
}

/// The log groups of functions that are gone. One that Lambda made itself carries no tags: it goes with the function
/// that it is named after, whose own tags were ours. What stays is a warning: it costs little, and harms nobody.
async fn log_groups(found: &Found, left: &[(PreviewId, Problem)], deletion: &Deletion<'_>) -> Vec<(PreviewId, String)> {
    let is_gone = |function: &&FoundFunction| left.iter().all(|(preview, _)| *preview != function.preview);
    let untagged = found.functions.iter().filter(is_gone).map(|FoundFunction { name, arn, preview, .. }| {
        let is_ours = move |tags: &Tags| tags.is_empty() || PreviewId::of_tags(tags).as_ref() == Some(preview);
        deletion
            .log_group(group_of(name), group_arn(arn, name), is_ours)
            .map(move |ended| (preview, ended))
            .boxed_local()
    });
    let tagged = found.log_groups.iter().map(|FoundLogGroup { name, arn, preview }| {
        let is_ours = move |tags: &Tags| PreviewId::of_tags(tags).as_ref() == Some(preview);
        deletion.log_group(name.clone(), arn.clone(), is_ours).map(move |ended| (preview, ended)).boxed_local()
    });
    let mut gone = Vec::new();
    for (preview, ended) in join_all(untagged).await.into_iter().chain(join_all(tagged).await) {
        match ended {
            Ok(what) => gone.extend(what.map(|what| (preview.clone(), what))),
            Err(problem) => deletion.listener.hear(Event::Warning(format!("{}: {}", problem.what, problem.why))),
        }
    }
    gone
}

impl Deletion<'_> {
    /// Deletes a function whose tags say that it is ours; `None` where there is none.
    pub(super) async fn function(
        &self,
        name: &FunctionName,
        arn: &str,
        is_ours: impl Fn(&PreviewId, Option<&String>) -> bool,
    ) -> Result<Option<String>, Problem> {
        let lambda = &self.world.aws.lambda;
        let look = async || {
            let tags = lambda.tags(arn).await?;
            let preview = tags.as_ref().and_then(PreviewId::of_tags);
            let run = tags.as_ref().and_then(|tags| tags.get(PreviewId::RUN));
            Ok(preview.is_some_and(|preview| is_ours(&preview, run)))
        };
        self.until_gone(&format!("function {name}"), look, async || lambda.delete(name).await).await
    }

    /// Deletes a log group whose tags, or whose lack of them, say that it is ours; `None` where there is none.
    pub(super) async fn log_group(
        &self,
        name: String,
        arn: String,
        is_ours: impl Fn(&Tags) -> bool,
    ) -> Result<Option<String>, Problem> {
        let logs = &self.world.aws.logs;
        let look = async || {
            let Some(tags) = logs.tags(&arn).await? else { return Ok(false) };
            Ok(is_ours(&tags))
        };
        self.until_gone(&format!("log group {name}"), look, async || logs.delete(&name).await).await
    }

    /// Deletes an API whose tags say that it is ours; `None` where there is none.
    pub(super) async fn api(
        &self,
        id: &RestApiId,
        name: &str,
        is_ours: impl Fn(&PreviewId, Option<&String>) -> bool,
    ) -> Result<Option<String>, Problem> {
        let apis = &self.world.aws.rest_apis;
        let look = async || {
            let found = apis.tagged().await?.into_iter().find(|api| api.id == *id);
            let preview = found.as_ref().and_then(|api| PreviewId::of_tags(&api.tags));
            let run = found.as_ref().and_then(|api| api.tags.get(PreviewId::RUN));
            Ok(preview.is_some_and(|preview| is_ours(&preview, run)))
        };
        self.until_gone(&format!("API {name} ({id})"), look, async || apis.delete(id).await).await
    }

    /// Looks and deletes until it is gone, or somebody else's.
    pub(super) async fn until_gone(
        &self,
        what: &str,
        is_there: impl AsyncFn() -> Result<bool, CallError>,
        delete: impl AsyncFn() -> Result<(), CallError>,
    ) -> Result<Option<String>, Problem> {
        let failed = format!("failed to delete {what}");
        self.until_undone(&failed, &format!("{what} deleted"), is_there, delete).await
    }

    /// Looks and writes until it is no longer there; `done` says so, where this wrote.
    pub(super) async fn until_undone(
        &self,
        failed: &str,
        done: &str,
        is_there: impl AsyncFn() -> Result<bool, CallError>,
        undo: impl AsyncFn() -> Result<(), CallError>,
    ) -> Result<Option<String>, Problem> {
        let (mut sent, mut lost) = (false, 0);
        let attempt = async || {
            let there = match is_there().await {
                Ok(there) => there,
                Err(error) => return again(error, &mut lost, failed),
            };
            if !there {
                return Ok(Look::Ready(sent.then(|| done.to_owned())));
            }
            match undo().await {
                Ok(()) => {
                    sent = true;
                    Ok(Look::NotYet("it was sent, and is looked at again".to_owned()))
                }
                Err(error) => {
                    sent |= error.answer == Answer::Unknown;
                    again(error, &mut lost, failed)
                }
            }
        };
        let wait = Wait::new(format!("AWS to say: {done}"), self.turn, self.stops.clone(), self.listener);
        let wait = Wait { longest: PAUSE, ..wait };
        wait.until(attempt).await.map_err(|error| match error {
            WaitError::Final(problem) => problem,
            WaitError::Cancelled => Problem::new(failed).why("the run was cancelled"),
            WaitError::Deadline(seen) => Problem::new(failed).why(seen).fix("run it again: what is gone stays gone"),
        })
    }
}

fn again<T>(error: CallError, lost: &mut u32, failed: &str) -> Result<Look<T>, Problem> {
    let may_pass = match error.answer {
        Answer::Unknown | Answer::NotFound => *lost < LOST_ANSWERS,
        Answer::Throttled | Answer::Conflict | Answer::Changed => true,
        Answer::Denied | Answer::Refused => false,
    };
    *lost += u32::from(matches!(error.answer, Answer::Unknown | Answer::NotFound));
    if may_pass { Ok(Look::NotYet(error.message)) } else { Err(error.into_problem(failed)) }
}
