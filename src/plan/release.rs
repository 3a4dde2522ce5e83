//! The plan of a release.

use super::desired::Desired;
use super::stack::{Api, Stack};
use super::{apis, checks, function_urls, functions, invocation, permissions, smoke};
use crate::error::{Failure, Kind};
use crate::model::{
    Act, FunctionKey, Inputs, LiveCode, ObjectKey, Observed, OlderCommit, Plan, Planned, Reason, Settings, Skip, Step,
    Warning,
};

/// The plan that makes what is desired live, or every reason why there can be none.
///
/// # Errors
/// [`Kind::Refused`] with all problems.
pub fn release(desired: Desired<'_>, settings: &Settings, observed: &Observed) -> Result<Planned, Failure> {
    let stack = Stack::of(settings, desired, observed);
    let mut problems = checks::missing(settings, observed);
    let mut plan = Plan::new(settings.stage.clone(), observed.region.clone());
    plan.account = stack.functions.first().map(|function| function.observed.account.clone());
    for function in &stack.functions {
        functions::decide(function, &stack, &mut plan);
        function_urls::decide(function, &mut plan);
    }
    for api in &stack.apis {
        apis::decide(api, &mut plan);
    }
    permissions::decide(&stack, &mut plan);
    invocation::decide(&stack, &mut plan);
    flush_caches(&stack, &mut plan);
    skip_the_rest(&stack, &mut plan);
    smoke::of_release(&stack, &mut plan);
    warn_of_older_commit(observed, &mut plan);
    problems.extend(checks::release(&stack, &plan));
    if !problems.is_empty() {
        return Err(Failure { kind: Kind::Refused, problems });
    }
    let events = invocation::events(&stack, &plan);
    Ok(Planned { inputs: Inputs { events, ..inputs(desired, settings, observed) }, plan })
}

fn warn_of_older_commit(observed: &Observed, plan: &mut Plan) {
    if let Some(OlderCommit { commit, live }) = observed.older_commit.clone().filter(|_| plan.code().next().is_some()) {
        plan.warnings.push(Warning::OlderCommit { commit, live });
    }
}

/// A cached answer of the code from before would outlive the release.
fn flush_caches(stack: &Stack<'_>, plan: &mut Plan) {
    for cache in stack.apis.iter().filter_map(Api::cache) {
        let is_stale = |step: &Step| match &step.act {
            Act::ChangeCode(change) => change.caches.contains(&cache),
            Act::PointStage(point) => point.caches.contains(&cache),
            _ => false,
        };
        if plan.steps().any(is_stale) {
            plan.add(Act::FlushCache(cache), Reason::CacheIsStale);
        }
    }
}

fn skip_the_rest(stack: &Stack<'_>, plan: &mut Plan) {
    let settings = stack.settings;
    let not_chosen = settings.functions.keys().filter(|key| !settings.chosen.contains(key));
    plan.skipped.extend(not_chosen.map(|key| Skip::FunctionNotChosen { function: key.clone() }));
    plan.skipped.extend(stack.other_apis.iter().map(|key| Skip::ApiNotChosen { api: (*key).clone() }));
}

fn inputs(desired: Desired<'_>, settings: &Settings, observed: &Observed) -> Inputs {
    let functions = || observed.functions.iter().filter_map(|(key, found)| Some((key, found.as_ref()?)));
    let live = |key: &FunctionKey, link| {
        let contents = observed.contents.get(key);
        let file = contents.and_then(|contents| contents.live_file.clone());
        LiveCode { link, file, contents: contents.and_then(|contents| contents.live) }
    };
    let fixed = settings.functions.values().filter_map(|function| Some(&function.key.as_ref()?.value));
    let fields = |key: &ObjectKey| Some((key.clone(), observed.objects.get(key)?.as_ref()?.fields.clone()));
    Inputs {
        object_fields: fixed.filter_map(fields).collect(),
        contents: observed.contents.iter().map(|(key, contents)| (key.clone(), contents.packed)).collect(),
        live: functions().map(|(key, found)| (key.clone(), live(key, found.code_link.clone()))).collect(),
        ..Inputs::new(settings, desired.functions, functions().next().map(|(_, function)| &function.account))
    }
}
