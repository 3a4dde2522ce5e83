//! The API has the stage.

use super::on_stage;
use crate::error::Problem;
use crate::plan::stack::Api;

pub(super) fn check(api: &Api<'_>) -> Option<Problem> {
    let name = &api.settings.stage.value;
    api.observed.stage.is_none().then(|| {
        let problem = Problem::new(format!("REST API {} has no stage {name}", api.observed.id))
            .why("a release changes which deployment a stage serves, and creates no stage")
            .fix("create the stage with Terraform first, or correct `stage`");
        on_stage(api, problem)
    })
}
