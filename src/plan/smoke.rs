//! Which endpoints are asked at the end, and how.

use std::collections::BTreeSet;

use super::routes;
use super::stack::Stack;
use crate::model::{
    Act, ApiKey, Endpoint, FunctionKey, FunctionName, GoesLive, LogSource, Plan, Reason, Settings, Skip, Smoke,
    SmokeSettings, SmokeTarget, UrlEndpoint, Warning, marks,
};

/// How often a stage that nothing changes has to answer well.
const OF_WHAT_STANDS: u32 = 1;

/// Adds the smoke tests of a release. Where nothing changes, a run that was killed may have left a stage that does not
/// answer, so that each endpoint is asked once.
pub(super) fn of_release(stack: &Stack<'_>, plan: &mut Plan) {
    let stands = plan.is_empty();
    let live = plan.code().filter(|change| change.goes_live == GoesLive::AtUpdate);
    let live: Vec<_> = live.map(|change| Warning::LatestIsLive { function: change.function.clone() }).collect();
    plan.warnings.extend(live);
    if stack.settings.smoke.is_empty() {
        if stands {
            plan.skipped.push(Skip::SmokeUnneeded);
        } else {
            plan.warnings.push(Warning::NoSmoke);
        }
        return;
    }
    let log = |key: &FunctionKey| Some(stack.functions.iter().find(|function| function.key == key)?.log());
    let changed: Vec<LogSource> = plan.code().filter_map(|change| log(&change.function)).collect();
    let mut proven = BTreeSet::new();
    for (test, settings) in stack.settings.smoke.iter().enumerate() {
        let endpoint = match &settings.target {
            SmokeTarget::Event(_) => {
                let is_sent = plan.steps().any(|step| matches!(&step.act, Act::Invoke(sent) if sent.test == test));
                proven.extend(settings.function.clone().filter(|_| is_sent));
                continue;
            }
            SmokeTarget::Path { api, .. } if stack.other_apis.contains(&api) => {
                plan.skipped.push(Skip::SmokeApiNotChosen { api: api.clone() });
                continue;
            }
            SmokeTarget::Path { api, .. } => endpoint(api, plan),
            SmokeTarget::FunctionUrl { function, .. } if !stack.settings.chosen.contains(function) => {
                plan.skipped.push(Skip::SmokeFunctionNotChosen { function: function.clone() });
                continue;
            }
            SmokeTarget::FunctionUrl { .. } | SmokeTarget::Url(_) => None,
        };
        let function = proves(settings, stack);
        let logs = function.as_ref().and_then(log).map_or_else(|| changed.clone(), |log| vec![log]);
        let hits = if stands { OF_WHAT_STANDS } else { settings.hits };
        let function_url = of_function(settings, plan);
        add(Smoke { function_url, hits, ..smoke(test, settings, endpoint, logs) }, stands, plan);
        proven.extend(function.filter(|function| reaches(settings, function, stack)));
    }
    let unproven = plan.code().filter(|change| !proven.contains(&change.function));
    let unproven: Vec<_> = unproven.map(|change| Warning::NotProven { function: change.function.clone() }).collect();
    plan.warnings.extend(unproven);
}

/// Whether the request reaches what is released: the URL of a function beside its alias does not.
fn reaches(settings: &SmokeSettings, function: &FunctionKey, stack: &Stack<'_>) -> bool {
    let is_url = matches!(settings.target, SmokeTarget::FunctionUrl { .. });
    let released = stack.functions.iter().find(|one| one.key == function);
    !is_url || released.is_none_or(|one| one.observed.urls.contains_key(&one.qualifier()))
}

/// The function that a good answer proves: the one that the settings name, the one that the path calls, or the only
/// one that there is.
fn proves(settings: &SmokeSettings, stack: &Stack<'_>) -> Option<FunctionKey> {
    if let Some(said) = &settings.function {
        return Some(said.clone());
    }
    match &settings.target {
        SmokeTarget::Event(_) | SmokeTarget::FunctionUrl { .. } => None, // the settings name it
        SmokeTarget::Path { api, path } => {
            let route = routes::find(stack, api, &settings.method, path)?;
            Some(route.function?.key.clone())
        }
        SmokeTarget::Url(_) => {
            let mut all = stack.settings.functions.keys();
            all.next().filter(|_| all.next().is_none()).cloned()
        }
    }
}

/// Adds the smoke tests of a preview, which ask the preview's own APIs.
pub(super) fn of_preview(settings: &Settings, functions: &[FunctionName], plan: &mut Plan) {
    let logs = functions.iter().map(|name| LogSource { function: name.clone(), group: marks::log_group(name) });
    let logs: Vec<_> = logs.collect();
    if settings.smoke.is_empty() {
        plan.warnings.push(Warning::NoSmoke);
    }
    for (test, smoke) in settings.smoke.iter().enumerate() {
        match &smoke.target {
            SmokeTarget::Event(_) => {} // its function is invoked
            SmokeTarget::Url(_) => plan.warnings.push(Warning::SmokeUrlIsTheStages { target: smoke.target.shown() }),
            SmokeTarget::Path { api, .. } => {
                if let Some(endpoint) = endpoint(api, plan) {
                    add(self::smoke(test, smoke, Some(endpoint), logs.clone()), false, plan);
                }
            }
            SmokeTarget::FunctionUrl { .. } => {
                if let Some(function_url) = of_function(smoke, plan) {
                    let function_url = Some(function_url);
                    add(Smoke { function_url, ..self::smoke(test, smoke, None, logs.clone()) }, false, plan);
                }
            }
        }
    }
}

fn endpoint(api: &ApiKey, plan: &Plan) -> Option<Endpoint> {
    plan.endpoints.iter().find(|endpoint| endpoint.api == *api).cloned()
}

/// The URL that a smoke test asks, where it asks that of a function.
fn of_function(settings: &SmokeSettings, plan: &Plan) -> Option<UrlEndpoint> {
    let SmokeTarget::FunctionUrl { function, .. } = &settings.target else { return None };
    plan.function_urls.iter().find(|endpoint| endpoint.function == *function).cloned()
}

fn smoke(test: usize, settings: &SmokeSettings, endpoint: Option<Endpoint>, logs: Vec<LogSource>) -> Smoke {
    Smoke {
        test,
        endpoint,
        function_url: None,
        target: settings.target.shown(),
        hits: settings.hits,
        timeout: settings.timeout,
        status: settings.status,
        contains: settings.contains.clone(),
        logs,
    }
}

fn add(smoke: Smoke, stands: bool, plan: &mut Plan) {
    let why = match (stands, &smoke.contains) {
        (true, _) => Reason::ShowsThatItStands,
        (false, Some(_)) => Reason::ProvesRelease,
        (false, None) => Reason::ProvesEndpoint,
    };
    plan.add(Act::Smoke(smoke), why);
}
