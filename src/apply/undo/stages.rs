//! Stages and deployments as they were.

use super::Undone;
use super::restore::{Seen, Thing};
use crate::apply::run::Run;
use crate::model::{CreateDeployment, DeploymentId, FlushCache, PointStage};
use crate::plan::description_of;

pub(super) async fn point(run: &Run<'_>, point: &PointStage, to: &DeploymentId) -> Undone {
    let PointStage { api, id, stage, from } = point;
    let thing = Thing::new(
        run,
        format!("stage {stage} of REST API {id}"),
        format!("stage {stage} of {api} serves deployment {from} again"),
        &format!(
            "apigateway update-stage --rest-api-id {id} --stage-name {stage} --patch-operations \
             op=replace,path=/deploymentId,value={from}"
        ),
        &format!("apigateway get-stage --rest-api-id {id} --stage-name {stage}"),
    );
    let apis = &run.world.aws.rest_apis;
    let look = async || {
        let now = apis.stage(id, stage).await?.and_then(|stage| stage.deployment);
        Ok(match now {
            Some(now) if now == *from => Seen::AsBefore,
            Some(now) if now == *to => Seen::Ours(()),
            Some(now) => Seen::SomebodyElses(format!("it serves deployment {now}")),
            None => Seen::SomebodyElses("it is gone".to_owned()),
        })
    };
    thing.restore(look, async |()| apis.point_stage(id, stage, from).await).await
}

/// Comes after everything else: what is cached from then on is answered by the code before.
pub(super) async fn flush(run: &Run<'_>, flush: &FlushCache) -> Undone {
    let FlushCache { id, stage, .. } = flush;
    let thing = Thing::new(
        run,
        format!("the cache of stage {stage} of REST API {id}"),
        format!("the cache of stage {stage} of {} flushed", flush.api),
        &format!("apigateway flush-stage-cache --rest-api-id {id} --stage-name {stage}"),
        &format!("apigateway get-stage --rest-api-id {id} --stage-name {stage}"),
    );
    // A cache cannot be looked at, so that it was flushed is all there is to see.
    let flushed = std::cell::Cell::new(false);
    let look = async || Ok(if flushed.get() { Seen::AsBefore } else { Seen::Ours(()) });
    let write = async |()| {
        run.world.aws.rest_apis.flush_cache(id, stage).await?;
        flushed.set(true);
        Ok(())
    };
    thing.restore(look, write).await
}

/// Every deployment that carries this run's description; there are none where the call never arrived.
pub(super) async fn deployment(run: &Run<'_>, wanted: &CreateDeployment) -> Undone {
    let CreateDeployment { api, id, .. } = wanted;
    let description = description_of(&wanted.definition, &run.world.nonce);
    let ours =
        format!("apigateway get-deployments --rest-api-id {id} --query \"items[?description=='{description}']\"");
    let thing = Thing::new(
        run,
        format!("the deployment of REST API {id} that this run made"),
        format!("the deployment of {api} that this run made is deleted"),
        &ours,
        &ours,
    );
    let apis = &run.world.aws.rest_apis;
    let look = async || {
        let found = apis.deployments(id).await?.into_iter().find(|deployment| deployment.description == description);
        Ok(found.map_or(Seen::AsBefore, |ours| Seen::Ours(ours.id)))
    };
    let write = async |ours: DeploymentId| apis.delete_deployment(id, &ours).await;
    thing.restore(look, write).await
}
