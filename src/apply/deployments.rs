//! New deployments of REST APIs, and the stages that serve them.

use super::run::{Run, StepError};
use super::undo::Undo;
use super::write::{conflicts, until_done};
use crate::aws::CallError;
use crate::error::{Failure, Problem};
use crate::model::{CreateDeployment, DeploymentId, FlushCache, PointStage, RestApiId};
use crate::plan::description_of;

/// One after the other: the account may make one per five seconds.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
pub(super) async fn create(run: &Run<'_>) -> Result<(), Failure> {
    let one_by_one = async {
        for deployment in &run.plan.deployments {
            one(run, deployment).await?;
        }
        Ok(())
    };
    run.all(std::iter::once(one_by_one)).await
}

async fn one(run: &Run<'_>, wanted: &CreateDeployment) -> Result<(), StepError> {
    unchanged(run, wanted).await?;
    let id = make(run, wanted).await?;
    unchanged(run, wanted).await?;
    run.done(format!("deployment {id} of {} made", wanted.api));
    run.deployed(&wanted.api, id);
    Ok(())
}

/// Where the answer was lost, a deployment with our description says that it was made.
async fn make(run: &Run<'_>, wanted: &CreateDeployment) -> Result<DeploymentId, StepError> {
    let apis = &run.world.aws.rest_apis;
    let description = description_of(&wanted.definition, &run.world.nonce);
    let write = async || apis.create_deployment(&wanted.id, &description).await;
    let done = async || {
        let found = apis.deployments(&wanted.id).await?;
        Ok(found.into_iter().find(|deployment| deployment.description == description).map(|ours| ours.id))
    };
    let failed = format!("failed to make a deployment of REST API {}", wanted.id);
    until_done(run, &failed, Undo::Deployment(wanted.clone()), conflicts, write, done).await
}

fn failed(id: &RestApiId, error: CallError) -> Problem {
    error.into_problem(format!("failed to look at REST API {id}"))
}

/// A definition that changes while it is deployed is half of somebody's `terraform apply`.
async fn unchanged(run: &Run<'_>, wanted: &CreateDeployment) -> Result<(), StepError> {
    let now = run.world.aws.rest_apis.api(&wanted.id).await.map_err(|error| failed(&wanted.id, error))?;
    if now.is_some_and(|now| now.definition.digest() == wanted.definition) {
        return Ok(());
    }
    Err(Problem::new(format!("the definition of REST API {} changed during the release", wanted.id))
        .why("somebody is applying a change to it")
        .fix("release again when they are done")
        .into())
}

pub(super) async fn point_stages(run: &Run<'_>) -> Result<(), Failure> {
    run.all(run.plan.stages.iter().map(|point| point_stage(run, point))).await
}

async fn point_stage(run: &Run<'_>, point: &PointStage) -> Result<(), StepError> {
    let deployment = run.deployment_of(&point.api)?;
    still_serves(run, point).await?;
    let apis = &run.world.aws.rest_apis;
    let what = format!("stage {} of {}", point.stage, point.api);
    let write = async || apis.point_stage(&point.id, &point.stage, &deployment).await;
    let done = async || {
        let now = apis.stage(&point.id, &point.stage).await?.and_then(|stage| stage.deployment);
        Ok((now.as_ref() == Some(&deployment)).then_some(()))
    };
    let undo = Undo::Stage { point: point.clone(), to: deployment.clone() };
    let failed = format!("failed to point {what} at deployment {deployment}");
    until_done(run, &failed, undo, conflicts, write, done).await?;
    run.done(format!("{what} serves deployment {deployment}"));
    Ok(())
}

/// API Gateway has no revisions: a look just before the write is the best there is.
async fn still_serves(run: &Run<'_>, point: &PointStage) -> Result<(), StepError> {
    let now = run.world.aws.rest_apis.stage(&point.id, &point.stage).await.map_err(|error| failed(&point.id, error))?;
    let serves = now.and_then(|stage| stage.deployment);
    if serves.as_ref() == Some(&point.from) {
        return Ok(());
    }
    let now = serves.map_or("nothing".to_owned(), |id| format!("deployment {id}"));
    Err(Problem::new(format!("stage {} of {} changed during the release", point.stage, point.id))
        .why(format!("it served deployment {}, now it serves {now}", point.from))
        .fix("somebody else is deploying: release again when they are done")
        .into())
}

pub(super) async fn flush_caches(run: &Run<'_>) -> Result<(), Failure> {
    run.all(run.plan.flushes.iter().map(|flush| flush_cache(run, flush))).await
}

async fn flush_cache(run: &Run<'_>, flush: &FlushCache) -> Result<(), StepError> {
    let what = format!("the cache of stage {} of {}", flush.stage, flush.api);
    let write = async || run.world.aws.rest_apis.flush_cache(&flush.id, &flush.stage).await;
    let done = async || Ok(None); // a second flush harms nothing
    until_done(run, &format!("failed to flush {what}"), Undo::Nothing, conflicts, write, done).await?;
    run.done(format!("{what} flushed"));
    Ok(())
}
