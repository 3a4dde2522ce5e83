//! Deletes again what a run made, the latest first, and only that.

use std::collections::BTreeMap;

use super::delete::{Deletion, TURN_TO_PUT_BACK};
use super::logs;
use super::run::PreviewRun;
use crate::aws::TaggedApi;
use crate::error::{Failure, Kind, Problem};
use crate::model::{ApiKey, FunctionName, NotPutBack, Phase, PreviewId, PreviewOutcome, PutBack};

/// Something that a run did, or may have done.
pub(super) enum Undo {
    /// Goes with what it is a part of.
    Nothing,
    /// Was there before this run, and is not put back.
    Changed {
        /// In words.
        what: String,
    },
    /// May be there, with the tag of this run.
    Function {
        /// Its name.
        name: FunctionName,
        /// Its ARN.
        arn: String,
    },
    /// The log group of a function may be there, with the tag of this run.
    LogGroup {
        /// The function's name.
        name: FunctionName,
        /// The function's ARN.
        arn: String,
    },
    /// May be there, with the tag of this run.
    Api {
        /// Its name.
        name: String,
        /// The API that it is a copy of.
        key: ApiKey,
    },
}

/// Deletes what this run made; the failure's kind says whether all is as it was.
pub(super) async fn put_back(run: &PreviewRun<'_>, failure: Failure) -> PreviewOutcome {
    run.began(Phase::PutBack);
    let deletion = Deletion { world: run.world, listener: run.listener, stops: Vec::new(), turn: TURN_TO_PUT_BACK };
    let (mut put_back, mut not_put_back) = (Vec::new(), Vec::<NotPutBack>::new());
    for undo in run.take_undo() {
        match one(run, &deletion, &undo).await {
            Ok(what) => put_back.extend(what.map(|what| PutBack { what })),
            Err(left) if not_put_back.contains(&left) => {}
            Err(left) => not_put_back.push(left),
        }
    }
    let kind = if not_put_back.is_empty() { Kind::Failed } else { Kind::NotPutBack };
    PreviewOutcome::Failed { failure: Failure { kind, ..failure }, put_back, not_put_back }
}

async fn one(run: &PreviewRun<'_>, deletion: &Deletion<'_>, undo: &Undo) -> Result<Option<String>, NotPutBack> {
    let is_ours = |_: &PreviewId, made_by: Option<&String>| made_by == Some(&run.world.nonce);
    match undo {
        Undo::Nothing => Ok(None),
        Undo::Changed { what } => {
            let why = "the preview was there before, and is brought up to date by the next run".to_owned();
            let command = format!("sls-release preview up --pr {}", run.plan.id.number);
            Err(NotPutBack { what: what.clone(), why, command })
        }
        Undo::Function { name, arn } => {
            let deleted = deletion.function(name, arn, is_ours).await;
            deleted.map_err(|problem| left(run, format!("function {name}"), problem))
        }
        Undo::LogGroup { name, arn } => {
            let is_ours = |tags: &BTreeMap<String, String>| tags.get(PreviewId::RUN) == Some(&run.world.nonce);
            let deleted = deletion.log_group(logs::group_of(name), logs::group_arn(arn, name), is_ours).await;
            deleted.map_err(|problem| left(run, format!("log group {}", logs::group_of(name)), problem))
        }
        Undo::Api { name, key } => api(run, deletion, name, key).await,
    }
}

/// Where the answer to its creation was lost, the run's own tag finds it.
async fn api(
    run: &PreviewRun<'_>,
    deletion: &Deletion<'_>,
    name: &str,
    key: &ApiKey,
) -> Result<Option<String>, NotPutBack> {
    let not_left = |problem| left(run, format!("API {name}"), problem);
    let listed = run.world.aws.rest_apis.tagged().await;
    let listed = listed.map_err(|error| not_left(error.into_problem("failed to look for it")))?;
    let has = |api: &TaggedApi, tag: &str, value: &str| api.tags.get(tag).is_some_and(|it| it == value);
    let is_it = |api: &&TaggedApi| has(api, PreviewId::RUN, &run.world.nonce) && has(api, PreviewId::API, key.as_str());
    let Some(ours) = listed.iter().find(is_it) else { return Ok(None) };
    let is_ours = |_: &PreviewId, made_by: Option<&String>| made_by == Some(&run.world.nonce);
    deletion.api(&ours.id, name, is_ours).await.map_err(not_left)
}

fn left(run: &PreviewRun<'_>, what: String, problem: Problem) -> NotPutBack {
    let PreviewId { repository, number, service } = &run.plan.id;
    let command = format!("sls-release preview down --pr {number} --repository {repository} --service {service}");
    NotPutBack { what, why: problem.why, command }
}
