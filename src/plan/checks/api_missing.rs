//! Every API of the settings exists.

use crate::error::Problem;
use crate::model::{ApiKind, ApiName, Observed, Settings, Sourced};

pub(super) fn check(settings: &Settings, observed: &Observed) -> Vec<Problem> {
    let absent = settings.apis.iter().filter(|(key, _)| observed.apis.get(key).is_some_and(Option::is_none));
    absent.map(|(_, api)| problem(&api.api, api.kind, observed)).collect()
}

fn problem(api: &Sourced<ApiName>, kind: Option<ApiKind>, observed: &Observed) -> Problem {
    let kind = kind.map_or("API".to_owned(), |kind| kind.to_string());
    let name = match &api.value {
        ApiName::Id(id) => format!("{kind} {id} does not exist in {}", observed.region),
        ApiName::Name(name) => format!("there is no {kind} named {name} in {}", observed.region),
    };
    Problem::new(name)
        .why("a release redeploys APIs that exist, and creates none")
        .fix("correct `id` or `name`, or the region")
        .at(api.location())
}
