//! What becomes of one REST API: a new deployment, or none.

use super::Api;
use crate::model::{
    CreateDeployment, DeploymentId, Endpoint, ObservedStage, Plan, PointStage, Reason, Redeploy, Sha256, Skip, Warning,
};

const MARK: &str = "sls-release: definition ";

/// The description of a deployment of this definition; `nonce` tells this run's from all others.
pub fn description_of(definition: &Sha256, nonce: &str) -> String {
    format!("{MARK}{} run {nonce}", definition.base64())
}

/// The definition's digest in a deployment's description; `None` where it is not ours.
pub fn definition_in(description: &str) -> Option<Sha256> {
    let (digest, _) = description.strip_prefix(MARK)?.split_once(' ')?;
    Sha256::from_base64(digest)
}

pub(super) fn decide(api: &Api<'_>, plan: &mut Plan) {
    let Some(stage) = &api.observed.stage else { return };
    report_endpoint(api, stage, plan);
    let Some(from) = &stage.deployment else { return };
    match reason(api, from) {
        Err(skip) => plan.skipped.push(skip),
        Ok(reason) => redeploy(api, stage, from, reason, plan),
    }
}

fn report_endpoint(api: &Api<'_>, stage: &ObservedStage, plan: &mut Plan) {
    if api.observed.execute_api_disabled {
        plan.warnings.push(Warning::ExecuteApiDisabled { api: api.key.clone() });
    } else {
        let (id, stage) = (api.observed.id.clone(), stage.name.clone());
        plan.endpoints.push(Endpoint { api: api.key.clone(), id, stage });
    }
}

fn reason(api: &Api<'_>, live: &DeploymentId) -> Result<Reason, Skip> {
    let key = api.key.clone();
    match api.settings.redeploy {
        Redeploy::Never => return Err(Skip::RedeployNever { api: key }),
        Redeploy::Always => return Ok(Reason::RedeployAlways),
        Redeploy::Changed => {}
    }
    let deployed = api.observed.deployments.iter().find(|deployment| deployment.id == *live);
    let definition = api.observed.definition.digest();
    match deployed.and_then(|deployment| definition_in(&deployment.description)) {
        None => Ok(Reason::DeployedElsewhere { deployment: live.clone() }),
        Some(deployed) if deployed == definition => Err(Skip::DefinitionUnchanged { api: key, definition }),
        Some(_) => Ok(Reason::DefinitionDiffers),
    }
}

fn redeploy(api: &Api<'_>, stage: &ObservedStage, from: &DeploymentId, reason: Reason, plan: &mut Plan) {
    plan.deployments.push(CreateDeployment {
        api: api.key.clone(),
        id: api.observed.id.clone(),
        definition: api.observed.definition.digest(),
        reason,
    });
    plan.stages.push(PointStage {
        api: api.key.clone(),
        id: api.observed.id.clone(),
        stage: stage.name.clone(),
        from: from.clone(),
    });
}
