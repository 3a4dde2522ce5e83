//! Every function that is copied exists.

use crate::error::Problem;
use crate::model::{ObservedPreview, Settings};

pub(super) fn check(settings: &Settings, observed: &ObservedPreview) -> Vec<Problem> {
    let absent = observed.sources.iter().filter(|(_, source)| source.is_none());
    let problem = |function: &crate::model::FunctionSettings| {
        let alias = function.alias.as_ref().map(|alias| format!(" with alias {}", alias.value)).unwrap_or_default();
        Problem::new(format!("there is no function {}{alias} to copy", function.name.value))
            .why("a preview is a copy of a stage")
            .fix("deploy the stage's infrastructure first, or name another one with --stage")
            .at(function.name.location())
    };
    absent.filter_map(|(key, _)| settings.functions.get(key)).map(problem).collect()
}
