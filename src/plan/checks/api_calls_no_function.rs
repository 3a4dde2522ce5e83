//! The API calls some function of the settings.

use std::collections::BTreeSet;

use crate::error::Problem;
use crate::model::FunctionName;
use crate::plan::stack::{Api, Stack};

pub(super) fn check(api: &Api<'_>, stack: &Stack<'_>) -> Option<Problem> {
    let variables = &api.observed.stage.as_ref()?.variables;
    let targets = api.observed.definition.integrations.iter().filter_map(|one| one.lambda_target(variables));
    let called: BTreeSet<_> = targets.map(|target| target.function).collect();
    let is_absent = called.iter().any(|name| is_absent(name, stack)); // which is a refusal of its own
    let is_ours = !api.calls.is_empty() || !api.authorizers.is_empty();
    if called.is_empty() || is_ours || stack.functions.is_empty() || is_absent {
        return None;
    }
    let called: Vec<_> = called.iter().map(FunctionName::as_str).collect();
    Some(
        Problem::new(format!("REST API {} calls none of the functions in the settings", api.key))
            .why(format!("its integrations call {}", called.join(", ")))
            .fix("correct `name` of the function, or the API's `id`")
            .at(api.settings.api.location()),
    )
}

/// Whether the settings name the function and AWS has none.
fn is_absent(name: &FunctionName, stack: &Stack<'_>) -> bool {
    let is_named = stack.settings.functions.values().any(|function| function.name.value == *name);
    is_named && !stack.functions.iter().any(|function| function.observed.name == *name)
}
