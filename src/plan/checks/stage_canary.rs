//! No canary of the stage is active.

use super::on_stage;
use crate::error::Problem;
use crate::plan::stack::Api;

pub(super) fn check(api: &Api<'_>) -> Option<Problem> {
    let stage = api.observed.stage.as_ref().filter(|stage| stage.has_canary)?;
    let problem = Problem::new(format!("stage {} of {} has an active canary", stage.name, api.key))
        .why("a canary serves part of the calls from another deployment")
        .fix("promote or delete the canary first");
    Some(on_stage(api, problem))
}
