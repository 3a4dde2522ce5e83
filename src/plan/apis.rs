//! What becomes of one API: a new deployment, or none.

use super::stack::Api;
use crate::model::{
    Act, CreateDeployment, DeploymentId, Endpoint, ObservedStage, Plan, PointStage, Reason, Redeploy, Ref, Sha256,
    Skip, Warning, marks,
};

pub(super) fn decide(api: &Api<'_>, plan: &mut Plan) {
    let Some(stage) = &api.observed.stage else { return };
    report_endpoint(api, stage, plan);
    if stage.auto_deploy {
        plan.skipped.push(Skip::DeploysItself { api: api.key.clone() });
        let failed = stage.last_deployment.clone();
        plan.warnings.extend(failed.map(|message| Warning::DeploymentFailed { api: api.key.clone(), message }));
        return;
    }
    let Some(from) = &stage.deployment else { return };
    let definition = api.observed.definition.digest();
    match reason(api, from, definition) {
        Err(skip) => plan.skipped.push(skip),
        Ok(reason) => redeploy(api, stage, (from, definition), reason, plan),
    }
}

fn report_endpoint(api: &Api<'_>, stage: &ObservedStage, plan: &mut Plan) {
    if api.observed.execute_api_disabled {
        plan.warnings.push(Warning::ExecuteApiDisabled { api: api.key.clone() });
    } else {
        let (id, stage) = (Ref::Existing(api.observed.id.clone()), stage.name.clone());
        plan.endpoints.push(Endpoint { api: api.key.clone(), id, stage });
    }
}

fn reason(api: &Api<'_>, live: &DeploymentId, definition: Sha256) -> Result<Reason, Skip> {
    let key = api.key.clone();
    match api.settings.redeploy {
        Redeploy::Never => return Err(Skip::RedeployNever { api: key }),
        Redeploy::Always => return Ok(Reason::RedeployAlways),
        Redeploy::Changed => {}
    }
    match api.observed.live_deployment().and_then(|live| marks::definition_in(&live.description)) {
        None => Ok(Reason::DeployedElsewhere { deployment: live.clone() }),
        Some(deployed) if deployed == definition => Err(Skip::DefinitionUnchanged { api: key, definition }),
        Some(_) => Ok(Reason::DefinitionDiffers),
    }
}

fn redeploy(
    api: &Api<'_>,
    stage: &ObservedStage,
    (from, definition): (&DeploymentId, Sha256),
    why: Reason,
    plan: &mut Plan,
) {
    let (key, id) = (api.key.clone(), api.observed.id.clone());
    let kind = api.observed.kind;
    let create = CreateDeployment { api: key.clone(), kind, id: id.clone(), definition };
    plan.add(Act::CreateDeployment(create), why);
    let point = PointStage {
        api: key.clone(),
        kind,
        id,
        stage: stage.name.clone(),
        from: from.clone(),
        to: Ref::Made(key),
        definition,
        caches: api.cache().into_iter().collect(),
    };
    plan.add(Act::PointStage(point), Reason::NewDefinition);
}
