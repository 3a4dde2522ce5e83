//! New deployments of REST APIs, and the stages that serve them.

use super::run::{Run, StepError, ended};
use super::undo::Undo;
use crate::aws::{Answer, CallError};
use crate::error::{Failure, Problem};
use crate::model::{ApiKey, CreateDeployment, DeploymentId, FlushCache, PointStage, RestApiId};
use crate::plan::description_of;
use crate::world::Look;

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
    let description = description_of(&wanted.definition, &run.world.nonce);
    run.may_write()?;
    run.remember(Undo::Deployment(wanted.clone()));
    let id = make(run, wanted, &description).await?;
    let (definition, stage) = futures::join!(unchanged(run, wanted), still_serves(run, &wanted.api));
    definition?;
    stage?;
    run.done(format!("deployment {id} of {} made", wanted.api));
    run.deployed(&wanted.api, id);
    Ok(())
}

fn failed(id: &RestApiId, error: CallError) -> Problem {
    error.into_problem(format!("failed to make a deployment of REST API {id}"))
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

async fn still_serves(run: &Run<'_>, api: &ApiKey) -> Result<(), StepError> {
    let Some(point) = run.plan.stages.iter().find(|point| point.api == *api) else { return Ok(()) };
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

/// Repeats the call while AWS throttles it. Where the answer was lost, a deployment with our
/// description says that it was made.
async fn make(run: &Run<'_>, wanted: &CreateDeployment, description: &str) -> Result<DeploymentId, StepError> {
    let apis = &run.world.aws.rest_apis;
    let look = async || match apis.create_deployment(&wanted.id, description).await {
        Ok(Some(id)) => Ok(Look::Ready(id)),
        Err(error) if error.answer == Answer::Throttled => Ok(Look::NotYet(error.message)),
        Err(error) if error.answer != Answer::Unknown => Err(failed(&wanted.id, error)),
        Ok(None) | Err(_) => {
            let found = apis.deployments(&wanted.id).await.map_err(|error| failed(&wanted.id, error))?;
            let ours = found.into_iter().find(|deployment| deployment.description == description);
            Ok(ours.map_or(Look::NotYet("AWS gave no answer".to_owned()), |ours| Look::Ready(ours.id)))
        }
    };
    let result = run.wait(format!("a deployment of {}", wanted.api)).until(look).await;
    result.map_err(|error| ended(error, &format!("a deployment of REST API {}", wanted.id), "try again in a minute"))
}

pub(super) async fn point_stages(run: &Run<'_>) -> Result<(), Failure> {
    run.all(run.plan.stages.iter().map(|point| point_stage(run, point))).await
}

async fn point_stage(run: &Run<'_>, point: &PointStage) -> Result<(), StepError> {
    let deployment = run.deployment_of(&point.api)?;
    run.may_write()?;
    run.remember(Undo::Stage { point: point.clone(), to: deployment.clone() });
    let answer = run.world.aws.rest_apis.point_stage(&point.id, &point.stage, &deployment).await;
    let what = format!("stage {} of {}", point.stage, point.api);
    answer.map_err(|error| error.into_problem(format!("failed to point {what} at deployment {deployment}")))?;
    run.done(format!("{what} serves deployment {deployment}"));
    Ok(())
}

pub(super) async fn flush_caches(run: &Run<'_>) -> Result<(), Failure> {
    run.all(run.plan.flushes.iter().map(|flush| flush_cache(run, flush))).await
}

async fn flush_cache(run: &Run<'_>, flush: &FlushCache) -> Result<(), StepError> {
    run.may_write()?;
    let what = format!("the cache of stage {} of {}", flush.stage, flush.api);
    run.remember(Undo::Flush(flush.clone()));
    let answer = run.world.aws.rest_apis.flush_cache(&flush.id, &flush.stage).await;
    answer.map_err(|error| error.into_problem(format!("failed to flush {what}")))?;
    run.done(format!("{what} flushed"));
    Ok(())
}
