//! The preview's API is a copy of the API and stage that these settings name.

use crate::error::Problem;
use crate::model::{ApiKey, ApiSettings, ExistingApi, ObservedPreview, PreviewId, SourceApi, marks};

pub(super) fn check(
    key: &ApiKey,
    api: &ApiSettings,
    source: &SourceApi,
    id: &PreviewId,
    observed: &ObservedPreview,
) -> Vec<Problem> {
    let wanted = marks::api_original(&source.id, &api.stage.value);
    let existing = observed.apis.get(key).into_iter().flatten();
    let others = existing.filter(|existing| existing.original != wanted);
    others.map(|other| problem(key, other, &wanted, id).at(api.api.location())).collect()
}

fn problem(
    key: &ApiKey,
    ExistingApi { id: api, name, original, .. }: &ExistingApi,
    wanted: &str,
    id: &PreviewId,
) -> Problem {
    let (service, number) = (&id.service, id.number);
    Problem::new(format!(
        "API {name} ({api}) of this preview is a copy of {original}, and these settings copy {wanted}"
    ))
    .why(format!("another settings file, or another stage, made it for the service {service} and the key {key}"))
    .fix(format!(
        "set `service` in [preview] where two settings files share one; to copy another API or stage in the place of \
             this one, run `sls-release preview down --pr {number}` first"
    ))
}
