//! The preview's stage of each API.

use super::run::StageRun;
use super::undo::Undo;
use crate::apply::preview::apis::{touched, updated};
use crate::apply::run::StepError;
use crate::apply::write::{conflicts, never};
use crate::aws::NewStage;
use crate::error::{Failure, Problem};
use crate::model::{DeploymentId, Event, ObservedStage, PreviewId, StagePlanApi, StageStep};
use crate::plan::preview::stage::deployment_description;

/// One after the other: the account may make one deployment per five seconds.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
pub(super) async fn make(run: &StageRun<'_>) -> Result<(), Failure> {
    let one_by_one = async {
        for api in &run.plan.apis {
            one(run, api).await?;
        }
        Ok(())
    };
    run.writes.all(std::iter::once(one_by_one)).await
}

async fn one(run: &StageRun<'_>, api: &StagePlanApi) -> Result<(), StepError> {
    match &api.step {
        StageStep::Nothing => Ok(()),
        StageStep::Create => {
            let deployment = deploy(run, api).await?;
            create(run, api, &deployment).await
        }
        StageStep::Update { from, deploys } => {
            let made = if *deploys { Some(deploy(run, api).await?) } else { None };
            change(run, api, from, made).await
        }
    }
}

/// A definition that changes while it is deployed is half of somebody's `terraform apply`.
async fn deploy(run: &StageRun<'_>, api: &StagePlanApi) -> Result<DeploymentId, StepError> {
    let apis = &run.world.aws.rest_apis;
    let description = deployment_description(&api.definition, &run.world.nonce, &run.plan.id);
    let write = async || apis.create_deployment(&api.id, &description).await;
    let done = async || {
        let found = apis.deployments(&api.id).await?;
        Ok(found.into_iter().find(|deployment| deployment.description == description).map(|ours| ours.id))
    };
    let undo = Undo::Deployment { id: api.id.clone(), description: description.clone() };
    let failed = format!("failed to make a deployment of API {}", api.key);
    let deployment = run.writes.send(&failed, undo, conflicts, write, done).await?;
    let now = apis.api(&api.id).await.map_err(|error| error.into_problem(format!("failed to look at {}", api.key)))?;
    if now.is_some_and(|now| now.definition.digest() == api.definition) {
        return Ok(deployment);
    }
    let problem = Problem::new(format!("the definition of API {} changed meanwhile", api.key));
    Err(problem.why("somebody is applying a change to it").fix("run it again when they are done").into())
}

/// Where the answer was lost, the run's own tag says that it was this run that made it.
async fn create(run: &StageRun<'_>, api: &StagePlanApi, deployment: &DeploymentId) -> Result<(), StepError> {
    let (apis, stage) = (&run.world.aws.rest_apis, run.plan.id.stage());
    let mut tags = run.plan.id.tags(&run.world.nonce);
    tags.insert(PreviewId::API.to_owned(), api.key.to_string());
    tags.extend(updated(run.world));
    let new = NewStage { id: &api.id, stage: &stage, deployment, variables: &api.variables, tags: &tags };
    let done = async || {
        let stages = apis.stages(&api.id).await?.unwrap_or_default();
        Ok(stages.iter().any(|one| one.stage.name == stage && one.tags == tags).then_some(()))
    };
    let what = format!("stage {stage} of API {}", api.key);
    let undo = Undo::NewStage { id: api.id.clone() };
    let failed = format!("failed to create {what}");
    run.writes.send(&failed, undo, never, async || apis.create_stage(&new).await, done).await?;
    run.writes.done(format!("{what} made"));
    Ok(())
}

async fn change(
    run: &StageRun<'_>,
    api: &StagePlanApi,
    from: &ObservedStage,
    made: Option<DeploymentId>,
) -> Result<(), StepError> {
    let apis = &run.world.aws.rest_apis;
    let deployment = made.or_else(|| from.deployment.clone());
    let to = ObservedStage { deployment, variables: api.variables.clone(), ..from.clone() };
    let done = async || {
        let now = apis.stage(&api.id, &to.name).await?;
        Ok(now.is_some_and(|now| now.deployment == to.deployment && now.variables == to.variables).then_some(()))
    };
    let what = format!("stage {} of API {}", to.name, api.key);
    let undo = Undo::ChangedStage { id: api.id.clone(), from: from.clone(), to: to.clone() };
    let write = async || apis.change_stage(&api.id, from, &to).await;
    run.writes.send(&format!("failed to change {what}"), undo, conflicts, write, done).await?;
    run.writes.done(format!("{what} changed"));
    Ok(())
}

/// Says when a stage that was there before, or what it calls, is written to, for whoever looks for idle previews: before
/// the functions, which may have to take turns. Without it the preview is as good as with it.
pub(super) async fn touch(run: &StageRun<'_>) {
    if run.plan.is_empty() {
        return;
    }
    let Some(partition) = run.plan.functions.iter().find_map(|function| function.arn.split(':').nth(1)) else { return };
    let (region, stage) = (&run.world.aws.region, run.plan.id.stage());
    for api in run.plan.apis.iter().filter(|api| api.step != StageStep::Create) {
        let tags = touched(run.world, &run.plan.id);
        let arn = format!("arn:{partition}:apigateway:{region}::/restapis/{}/stages/{stage}", api.id);
        if let Err(error) = run.world.aws.rest_apis.tag(&arn, tags).await {
            let why =
                format!("stage {stage} of API {} does not say when it was written to: {}", api.key, error.message);
            run.listener.hear(Event::Warning(why));
        }
    }
}
