//! The stage serves a deployment, which can be put back.

use super::on_stage;
use crate::error::Problem;
use crate::plan::stack::Api;

pub(super) fn check(api: &Api<'_>) -> Option<Problem> {
    let stage = api
        .observed
        .stage
        .as_ref()
        .filter(|stage| stage.deployment.is_none() && !stage.has_canary && !stage.auto_deploy)?;
    let problem = Problem::new(format!("stage {} of {} serves no deployment", stage.name, api.key));
    Some(on_stage(api, problem.fix("deploy it once with Terraform")))
}
