//! The APIs of a preview.

use std::collections::BTreeMap;

use super::run::PreviewRun;
use super::undo::Undo;
use crate::apply::run::StepError;
use crate::apply::write::conflicts;
use crate::aws::{StageDeployment, TaggedApi, time};
use crate::error::Failure;
use crate::model::{DeploymentId, Event, Phase, PreviewApi, PreviewId, RestApiId};
use crate::plan::description_of;
use crate::world::World;

/// One after the other: the account may make one API per three seconds, and one deployment per five.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
pub(super) async fn make(run: &PreviewRun<'_>) -> Result<(), Failure> {
    run.began(Phase::Api);
    let one_by_one = async {
        for api in run.plan.apis.iter().filter(|api| api.standing.is_none() || api.deploys) {
            one(run, api).await?;
        }
        Ok(())
    };
    run.all(std::iter::once(one_by_one)).await
}

async fn one(run: &PreviewRun<'_>, api: &PreviewApi) -> Result<(), StepError> {
    let id = match &api.standing {
        Some(id) => id.clone(),
        None => create(run, api).await?,
    };
    run.made_api(&api.key, id.clone());
    overwrite(run, api, &id).await?;
    deploy(run, api, &id).await?;
    if api.standing.is_some() {
        touch(run, api, &id).await;
    }
    let how = if api.standing.is_some() { "updated" } else { "made" };
    run.done(format!("API {} {how}", api.name));
    Ok(())
}

/// Where the answer was lost, the run's own tag says that it was this run that made it.
async fn create(run: &PreviewRun<'_>, api: &PreviewApi) -> Result<RestApiId, StepError> {
    let apis = &run.world.aws.rest_apis;
    let mut tags = run.plan.id.tags(&run.world.nonce);
    tags.insert(PreviewId::API.to_owned(), api.key.to_string());
    tags.extend(updated(run.world));
    let done = async || {
        let ours = |found: &TaggedApi| found.tags == tags;
        Ok(apis.tagged().await?.into_iter().find(ours).map(|found| found.id))
    };
    let undo = Undo::Api { name: api.name.clone(), key: api.key.clone() };
    let failed = format!("failed to create API {}", api.name);
    run.send_in_turn(&failed, undo, conflicts, async || apis.create(&api.name, &tags).await, done).await
}

/// A second time does no harm.
async fn overwrite(run: &PreviewRun<'_>, api: &PreviewApi, id: &RestApiId) -> Result<(), StepError> {
    let apis = &run.world.aws.rest_apis;
    let failed = format!("failed to write the definition of API {}", api.name);
    let write = async || apis.overwrite(id, &api.document).await;
    run.send_in_turn(&failed, changed(api), conflicts, write, async || Ok(None)).await
}

async fn deploy(run: &PreviewRun<'_>, api: &PreviewApi, id: &RestApiId) -> Result<DeploymentId, StepError> {
    let apis = &run.world.aws.rest_apis;
    let (stage, description) = (run.plan.id.stage(), description_of(&api.definition, &run.world.nonce));
    let new = StageDeployment { id, stage: &stage, description: &description, variables: &api.variables };
    let done = async || {
        let found = apis.deployments(id).await?;
        let ours = found.into_iter().find(|deployment| deployment.description == description).map(|ours| ours.id);
        let serves = apis.stage(id, &stage).await?.and_then(|stage| stage.deployment);
        Ok(ours.filter(|ours| serves.as_ref() == Some(ours)))
    };
    let failed = format!("failed to deploy API {}", api.name);
    run.send_in_turn(&failed, changed(api), conflicts, async || apis.deploy(&new).await, done).await
}

/// When this run began.
pub(super) fn updated(world: &World) -> Option<(String, String)> {
    time::rfc3339(world.began).map(|now| (PreviewId::UPDATED.to_owned(), now))
}

/// The same for what is there already. The repository's tag goes with it, since it is by this tag of the request that a
/// policy lets a run tag something.
pub(super) fn touched(world: &World, id: &PreviewId) -> BTreeMap<String, String> {
    let repository = (PreviewId::REPOSITORY.to_owned(), id.repository.clone());
    updated(world).into_iter().chain([repository]).collect()
}

/// Says when the API was written to, for whoever looks for idle previews. Without it the preview is as good as with it.
async fn touch(run: &PreviewRun<'_>, api: &PreviewApi, id: &RestApiId) {
    let tags = touched(run.world, &run.plan.id);
    let Some(partition) = run.plan.functions.iter().find_map(|function| function.arn.split(':').nth(1)) else { return };
    let arn = format!("arn:{partition}:apigateway:{}::/restapis/{id}", run.world.aws.region);
    if let Err(error) = run.world.aws.rest_apis.tag(&arn, tags).await {
        let why = format!("API {} does not say when it was written to: {}", api.name, error.message);
        run.listener.hear(Event::Warning(why));
    }
}

/// What this run made goes as a whole.
fn changed(api: &PreviewApi) -> Undo {
    match api.standing {
        Some(_) => Undo::Changed { what: format!("API {}", api.name) },
        None => Undo::Nothing,
    }
}
