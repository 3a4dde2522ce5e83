//! Everything that must hold before the first write. Everything that does not is reported at once.
//!
//! Each check is a file, and its id in kebab-case is the file's name: JSON contains it, and docs/checks.md explains it.

mod alias_not_set;
mod alias_settling;
mod alias_unused;
mod alias_weights;
mod api_calls_no_function;
mod api_missing;
mod bucket_unusable;
mod capacity_provider;
pub(in crate::plan) mod code_needs_bucket;
mod code_signing;
mod code_too_large;
mod durable_latest;
mod fixed_key;
mod function_missing;
mod handler_missing;
mod image_live_missing;
mod image_unusable;
mod object_mismatch;
mod package_type_image;
mod package_type_zip;
mod preview_api_twice;
pub(in crate::plan) mod preview_call_by_role;
pub(in crate::plan) mod preview_call_not_copied;
mod preview_endpoint_disabled;
mod preview_environment_hidden;
mod preview_fields_unknown;
mod preview_function_kind;
mod preview_function_missing;
mod preview_http_api;
mod preview_mistagged;
mod preview_name_taken;
mod preview_name_too_long;
mod preview_other_original;
mod preview_private_api;
mod preview_resource_policy;
mod preview_stage_missing;
mod preview_tenants;
mod runtime_blocked;
mod smoke_api_private;
mod smoke_before;
mod smoke_endpoint_disabled;
mod smoke_function_url_missing;
mod smoke_key_missing;
mod smoke_tenant_missing;
mod stage_canary;
mod stage_missing;
mod stage_without_deployment;
mod statement_taken;
mod update_in_progress;

use super::stack::{Api, Function, Stack};
use crate::error::Problem;
use crate::model::{
    Act, ApiKind, CodeCall, Observed, ObservedPreview, Plan, PreviewId, Settings, Smoke, SmokeSettings, SmokeTarget,
};

/// The problems that were found, each with the id of its check.
#[derive(Default)]
struct Refusals(Vec<Problem>);

impl Refusals {
    /// Adds what the check in this file found.
    fn add(&mut self, file: &str, problems: impl IntoIterator<Item = Problem>) {
        self.0.extend(problems.into_iter().map(|problem| problem.check(&file.replace('_', "-"))));
    }
}

/// Runs the check in this file.
macro_rules! check {
    ($found:ident, $file:ident($($argument:expr),*)) => {
        $found.add(stringify!($file), $file::check($($argument),*))
    };
}

/// What the settings name and AWS does not have.
pub(super) fn missing(settings: &Settings, observed: &Observed) -> Vec<Problem> {
    let mut found = Refusals::default();
    check!(found, bucket_unusable(settings, observed));
    check!(found, function_missing(settings, observed));
    check!(found, api_missing(settings, observed));
    found.0
}

/// Returns all problems that forbid a release.
pub(super) fn release(stack: &Stack<'_>, plan: &Plan) -> Vec<Problem> {
    let mut found = Refusals::default();
    for function in &stack.functions {
        of_function(function, stack, plan, &mut found);
    }
    for api in &stack.apis {
        check!(found, stage_missing(api));
        check!(found, stage_canary(api));
        check!(found, stage_without_deployment(api));
        check!(found, api_calls_no_function(api, stack));
    }
    for step in plan.steps() {
        match &step.act {
            Act::Permit(permit) => check!(found, statement_taken(permit, stack)),
            Act::Invoke(invoke) => check!(found, smoke_tenant_missing(invoke, stack)),
            _ => {}
        }
    }
    for (settings, api, path) in plan.smoke().filter_map(|smoke| asked(stack, smoke)) {
        check!(found, smoke_api_private(settings, api));
        check!(found, smoke_endpoint_disabled(settings, api));
        check!(found, smoke_key_missing(settings, api, path, stack));
    }
    for smoke in plan.smoke() {
        check!(found, smoke_function_url_missing(smoke, stack));
    }
    for settings in &stack.settings.smoke {
        check!(found, smoke_before(settings, stack, plan));
    }
    found.0
}

fn of_function(function: &Function<'_>, stack: &Stack<'_>, plan: &Plan, found: &mut Refusals) {
    check!(found, package_type_image(function));
    check!(found, package_type_zip(function));
    check!(found, image_unusable(function, stack));
    check!(found, capacity_provider(function));
    check!(found, durable_latest(function, stack));
    check!(found, alias_settling(function));
    check!(found, alias_weights(function));
    check!(found, alias_unused(function, stack));
    let Some(change) = plan.code().find(|change| change.function == *function.key) else { return };
    check!(found, alias_not_set(function, stack));
    check!(found, update_in_progress(function));
    match &change.call {
        CodeCall::Publish => {}
        CodeCall::Image { .. } => check!(found, image_live_missing(function)),
        CodeCall::Update { .. } => {
            check!(found, code_signing(function));
            check!(found, runtime_blocked(function));
            let Some(artifact) = function.artifact() else { return };
            check!(found, code_too_large(function, artifact));
            check!(found, code_needs_bucket(function, artifact, stack));
            check!(found, fixed_key(function, stack));
            check!(found, handler_missing(function, artifact));
            check!(found, object_mismatch(function, artifact, stack));
        }
    }
}

/// Returns all problems that forbid a preview.
pub(super) fn preview(id: &PreviewId, settings: &Settings, observed: &ObservedPreview) -> Vec<Problem> {
    let mut found = Refusals::default();
    check!(found, preview_function_missing(settings, observed));
    check!(found, preview_stage_missing(settings, observed));
    for (key, source) in &observed.sources {
        let Some(function) = settings.functions.get(key) else { continue };
        check!(found, preview_name_too_long(function, id));
        let name = id.function_name(&function.name.value);
        let existing = observed.functions.get(key);
        let is_taken = existing.and_then(|existing| preview_name_taken::function(&name, existing, id));
        found.add("preview_name_taken", is_taken);
        if let Some(source) = source {
            check!(found, preview_function_kind(key, function, source));
            check!(found, preview_environment_hidden(key, source));
            check!(found, preview_tenants(key, source));
            check!(found, preview_fields_unknown(key, source));
            found.add("package_type_zip", package_type_zip::of_preview(function, source));
            let image = observed.images.get(key);
            let unusable = |image| image_unusable::of_preview(function, image, source, &observed.region);
            found.add("image_unusable", image.and_then(unusable));
        }
    }
    for smoke in &settings.smoke {
        found.add("smoke_function_url_missing", smoke_function_url_missing::of_preview(smoke, observed));
    }
    check!(found, preview_mistagged(observed));
    for (key, source) in &observed.source_apis {
        let Some(source) = source else { continue };
        if source.kind == ApiKind::Http {
            check!(found, preview_http_api(key, source));
            continue;
        }
        found.add("preview_name_taken", preview_name_taken::api(key, source, id, observed));
        if let Some(api) = settings.apis.get(key) {
            check!(found, preview_other_original(key, api, source, id, observed));
        }
        check!(found, preview_resource_policy(key, source));
        check!(found, preview_private_api(key, source));
        check!(found, preview_endpoint_disabled(key, source));
        check!(found, preview_api_twice(key, observed));
    }
    found.0
}

/// The settings of a smoke test that asks an API's stage, that API, and the path.
fn asked<'s, 'a>(stack: &'s Stack<'a>, smoke: &Smoke) -> Option<(&'s SmokeSettings, &'s Api<'a>, &'s str)> {
    let settings = stack.settings.smoke.get(smoke.test)?;
    let SmokeTarget::Path { api, path } = &settings.target else { return None };
    Some((settings, stack.apis.iter().find(|found| found.key == api)?, path))
}

fn refused(function: &Function<'_>, why: &str, fix: &str) -> Problem {
    Problem::new(format!("function {} cannot be released", function.observed.name))
        .why(why)
        .fix(fix)
        .at(function.settings.name.location())
}

/// Points at the setting that names the stage, or the API.
fn on_stage(api: &Api<'_>, problem: Problem) -> Problem {
    problem.at(api.settings.stage.location().or_else(|| api.settings.api.location()))
}
