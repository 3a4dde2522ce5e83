//! Runs a plan: what a step does, and what an undo does, each one line.

use crate::engine::{OnError, StepError, Undone, back, failure_of, forward};
use crate::error::{Failure, Problem};
use crate::model::{Act, Made, NotPutBack, Plan, Step, Undo, UndoReport};
use crate::resources::{
    Context, alias, api, cache, code, deployment, endpoint, fixed_object, function, function_url, invocation,
    live_code, log_group, object, part, permission, stage, version,
};

/// A run that failed and was put back.
pub struct Reverted {
    /// Why; its kind shows whether everything was put back.
    pub failure: Failure,
    /// What became of what it had changed.
    pub undone: UndoReport,
}

/// Does every step of the plan. If one fails, or the run is cancelled, everything is put back.
pub async fn run(plan: &Plan, cx: &Context<'_>) -> Result<Made, Reverted> {
    let failed = forward(&cx.run, &plan.waves, OnError::PutBack, async |step| act(cx, step).await).await;
    if failed.is_empty() {
        return Ok(cx.run.memory.made(|made| made.clone()));
    }
    let failure = failure_of(failed, cx.run.world.cancel.is_cancelled());
    let undone = back(&cx.run, async |undo| put_back(cx, undo).await).await;
    Err(Reverted { failure: Failure { kind: undone.kind(), ..failure }, undone })
}

/// Does every step of a plan that deletes, whatever happens to the others. Returns what was deleted, and the problem of
/// each step that failed.
pub async fn delete<'p>(plan: &'p Plan, cx: &Context<'_>) -> (Made, Vec<(&'p Step, Problem)>) {
    let failed = forward(&cx.run, &plan.waves, OnError::GoOn, async |step| act(cx, step).await).await;
    let problem = |(step, error): (&'p Step, StepError)| match error {
        StepError::Problem(problem) => (step, problem),
        StepError::Stopped => {
            let problem = Problem::new(format!("failed to {}", step.act.title())).why("the run was cancelled");
            (step, problem.fix("run it again: what is deleted stays deleted"))
        }
    };
    (cx.run.memory.made(|made| made.clone()), failed.into_iter().map(problem).collect())
}

async fn act(cx: &Context<'_>, step: &Step) -> Result<(), StepError> {
    match &step.act {
        Act::Upload(upload) => object::upload(cx, upload).await,
        Act::ReplaceObject(replace) => fixed_object::replace(cx, replace).await,
        Act::KeepCode(keep) => object::keep(cx, keep).await,
        Act::FetchCode(fetch) => live_code::fetch(cx, fetch).await,
        Act::ChangeCode(change) => code::change(cx, change).await,
        Act::Invoke(one) => invocation::prove(cx, one).await,
        Act::CreateDeployment(create) => deployment::create(cx, create).await,
        Act::CreateAlias(create) => alias::create(cx, create).await,
        Act::MoveAlias(alias) => alias::move_to(cx, alias).await,
        Act::Permit(permit) => permission::add(cx, permit).await,
        Act::PointStage(point) => stage::point(cx, point).await,
        Act::FlushCache(cache) => cache::flush(cx, cache).await,
        Act::Smoke(smoke) => endpoint::smoke(cx, smoke).await,
        Act::CreateLogGroup(create) => log_group::create(cx, create).await,
        Act::CreateFunction(create) => function::create(cx, create).await,
        Act::ConfigureFunction(configure) => function::configure(cx, configure).await,
        Act::CreateApi(create) => api::create(cx, create).await,
        Act::WriteApi(write) => api::write(cx, write).await,
        Act::DeployStage(deploy) => deployment::deploy(cx, deploy).await,
        Act::TagApi(tag) => api::tag(cx, tag).await,
        Act::KeepCommit(keep) => function_url::keep(cx, keep).await,
        Act::GiveUrl(give) => function_url::give(cx, give).await,
        Act::DropCommits(drop) => function_url::drop_commits(cx, drop).await,
        Act::Delete(step) => part::remove(cx, step).await,
    }
}

async fn put_back(cx: &Context<'_>, undo: &Undo) -> Undone {
    match undo {
        Undo::Stage { api, kind, id, stage, from, left } => {
            stage::undo(cx, (api, *kind), (id, stage), from, left).await
        }
        Undo::Alias { name, alias, from, left } => alias::undo(cx, (name, alias), from.as_ref(), left).await,
        Undo::Permission(permit) => permission::undo(cx, permit).await,
        Undo::Code { change, key, version, left } => {
            code::undo(cx, change, (key.as_ref(), version.as_ref()), left).await
        }
        Undo::Version { name, before, is_image } => version::undo(cx, name, before.as_ref(), *is_image).await,
        Undo::Object(replace) => fixed_object::undo(cx, replace).await,
        Undo::Deployment(made) => deployment::undo(cx, made).await,
        Undo::Made { target, owner } => part::undo(cx, target, owner).await,
        Undo::Changed { what, preview } => Undone::Failed(NotPutBack {
            what: what.clone(),
            why: "the preview existed before, and the next run brings it up to date".to_owned(),
            command: cx.next_up(preview),
        }),
        Undo::Cache(cache) => cache::undo(cx, cache).await,
    }
}
