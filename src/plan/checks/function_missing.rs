//! Every chosen function exists.

use crate::error::Problem;
use crate::model::{Observed, Settings};

pub(super) fn check(settings: &Settings, observed: &Observed) -> Vec<Problem> {
    let absent =
        settings.chosen_functions().filter(|(key, _)| observed.functions.get(key).is_some_and(Option::is_none));
    let problem = |name: &crate::model::Sourced<crate::model::FunctionName>| {
        Problem::new(format!("function {} does not exist in {}", name.value, observed.region))
            .why("a release changes the code of functions that exist, and creates none")
            .fix("create it with Terraform first, or correct `name` or the region")
            .at(name.location())
    };
    absent.map(|(_, function)| problem(&function.name)).collect()
}
