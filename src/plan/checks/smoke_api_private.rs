//! The smoke tests do not ask a private API by its public URL.

use crate::error::Problem;
use crate::model::SmokeSettings;
use crate::plan::stack::Api;

pub(super) fn check(smoke: &SmokeSettings, api: &Api<'_>) -> Option<Problem> {
    let types = api.observed.definition.document.pointer("/settings/endpoint_types")?.as_array()?;
    types.iter().any(|kind| kind == "PRIVATE").then(|| {
        Problem::new(format!("the smoke test cannot reach {}", api.key))
            .why("it is a private API, which answers within its VPC alone")
            .fix("set `url` under [smoke] to the name that this machine reaches it by, or send an event: `invoke`")
            .at(smoke.at.clone())
    })
}
