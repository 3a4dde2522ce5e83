//! Every API that is copied has its stage.

use crate::error::Problem;
use crate::model::{ObservedPreview, Settings};

pub(super) fn check(settings: &Settings, observed: &ObservedPreview) -> Vec<Problem> {
    let absent = observed.source_apis.iter().filter(|(_, source)| source.is_none());
    let known = absent.filter_map(|(key, _)| settings.apis.get_key_value(key));
    let problem = |(key, api): (&crate::model::ApiKey, &crate::model::ApiSettings)| {
        Problem::new(format!("API {key} has no stage {} to copy", api.stage.value))
            .why("a preview is a copy of what a stage serves")
            .fix("deploy the API to this stage first, or name another one with --stage")
            .at(api.api.location())
    };
    known.map(problem).collect()
}
