//! Stages and deployments as they were.

use super::{Target, Undone};
use crate::apply::run::Run;
use crate::model::{CreateDeployment, DeploymentId, FlushCache, PointStage};
use crate::plan::description_of;

pub(super) async fn point(run: &Run<'_>, point: &PointStage, to: &DeploymentId) -> Undone {
    let PointStage { id, stage, from, .. } = point;
    let command = format!(
        "apigateway update-stage --rest-api-id {id} --stage-name {stage} --patch-operations \
         op=replace,path=/deploymentId,value={from}"
    );
    let target = Target::new(run, format!("stage {stage} of REST API {id}"), &command);
    let now = match run.world.aws.rest_apis.stage(id, stage).await {
        Ok(now) => now.and_then(|stage| stage.deployment),
        Err(error) => return target.failed(error),
    };
    if now.as_ref() == Some(from) {
        return Undone::Nothing;
    }
    if now.as_ref() != Some(to) {
        let now = now.map_or("it is gone".to_owned(), |id| format!("it serves deployment {id}"));
        return target.somebody_else(&now);
    }
    let answer = run.world.aws.rest_apis.point_stage(id, stage, from).await;
    target.done(answer, format!("stage {stage} of {} serves deployment {from} again", point.api))
}

/// Comes after code, aliases and stages: what is cached from then on is the code before.
pub(super) async fn flush(run: &Run<'_>, flush: &FlushCache) -> Undone {
    let FlushCache { id, stage, .. } = flush;
    let command = format!("apigateway flush-stage-cache --rest-api-id {id} --stage-name {stage}");
    let target = Target::new(run, format!("the cache of stage {stage} of REST API {id}"), &command);
    let answer = run.world.aws.rest_apis.flush_cache(id, stage).await;
    target.done(answer, format!("the cache of stage {stage} of {} is empty", flush.api))
}

/// Every deployment that carries this run's description; there are none where the call never arrived.
pub(super) async fn deployment(run: &Run<'_>, wanted: &CreateDeployment) -> Undone {
    let id = &wanted.id;
    let description = description_of(&wanted.definition, &run.world.nonce);
    let command =
        format!("apigateway get-deployments --rest-api-id {id} --query 'items[?description==`{description}`]'");
    let list = Target::new(run, format!("the deployments of REST API {id}"), &command);
    let found = match run.world.aws.rest_apis.deployments(id).await {
        Ok(found) => found,
        Err(error) => return list.failed(error),
    };
    let mut undone = Undone::Nothing;
    for ours in found.into_iter().filter(|deployment| deployment.description == description) {
        let command = format!("apigateway delete-deployment --rest-api-id {id} --deployment-id {}", ours.id);
        let target = Target {
            run,
            what: format!("deployment {} of REST API {id}", ours.id),
            command: format!("aws {command} --region {}", run.plan.region),
        };
        let answer = run.world.aws.rest_apis.delete_deployment(id, &ours.id).await;
        undone = target.done(answer, format!("deployment {} of {} deleted", ours.id, wanted.api));
        if matches!(undone, Undone::Left(_)) {
            break;
        }
    }
    undone
}
