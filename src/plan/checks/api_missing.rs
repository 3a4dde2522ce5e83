//! Every API of the settings exists.

use crate::error::Problem;
use crate::model::{ApiName, Observed, Settings, Sourced};

pub(super) fn check(settings: &Settings, observed: &Observed) -> Vec<Problem> {
    let absent = settings.apis.iter().filter(|(key, _)| observed.apis.get(key).is_some_and(Option::is_none));
    absent.map(|(_, api)| problem(&api.api, observed)).collect()
}

fn problem(api: &Sourced<ApiName>, observed: &Observed) -> Problem {
    let name = match &api.value {
        ApiName::Id(id) => format!("REST API {id} does not exist in {}", observed.region),
        ApiName::Name(name) => format!("there is no REST API named {name} in {}", observed.region),
    };
    Problem::new(name)
        .why("a release redeploys APIs that exist, and creates none")
        .fix("correct `id` or `name`, or the region")
        .at(api.location())
}
