//! New versions that are invoked by their number, before their alias moves: broken code then never meets a caller.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::event;
use super::routes::{self, Route};
use super::stack::{Function, Stack};
use crate::model::{
    Act, FunctionKey, FunctionName, GoesLive, Invoke, LogSource, Plan, Reason, Ref, Settings, SmokeSettings,
    SmokeTarget, Version, marks,
};

/// Lambda's longest timeout, where it is not known.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html>
const LONGEST: Duration = Duration::from_mins(15);

/// What a smoke test sends to a function itself.
pub(super) struct Sent<'s, 'a> {
    pub(super) function: &'s Function<'a>,
    /// The method of the API that the request is for, and the request's path; `None` for an event of one's own.
    request: Option<(Route<'s, 'a>, &'s str)>,
}

/// Adds an invocation for each smoke test that can be sent to a function's new version.
pub(super) fn decide(stack: &Stack<'_>, plan: &mut Plan) {
    for (test, settings) in stack.settings.smoke.iter().enumerate() {
        let Ok(sent) = sent(stack, settings) else { continue }; // the check `smoke-before` refuses what was asked for
        if is_wanted(settings, &sent) && plan.code().any(|change| change.function == *sent.function.key) {
            let act = Act::Invoke(invoke(test, settings, &sent));
            plan.add(act, Reason::ProvesVersion);
        }
    }
}

/// Adds an invocation of a preview's function for each smoke test that is an event, and returns the events. `functions` are
/// those of the preview, each with its name and its timeout in seconds.
pub(super) fn of_preview(
    settings: &Settings,
    functions: &BTreeMap<&FunctionKey, (&FunctionName, Option<i32>)>,
    plan: &mut Plan,
) -> BTreeMap<usize, Value> {
    let mut events = BTreeMap::new();
    for (test, smoke) in settings.smoke.iter().enumerate() {
        let (SmokeTarget::Event(path), Some(key)) = (&smoke.target, &smoke.function) else { continue };
        let Some((name, seconds)) = functions.get(key) else { continue };
        let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let invoke = Invoke {
            test,
            function: key.clone(),
            name: (*name).clone(),
            version: Ref::Existing(Version::latest()),
            live: None,
            goes_live: GoesLive::AtUpdate,
            log: LogSource { function: (*name).clone(), group: marks::log_group(name) },
            event: path.display().to_string(),
            tenant: None,
            status: None,
            contains: smoke.contains.clone(),
            timeout: smoke.timeout,
            function_timeout: seconds.map_or(LONGEST, Duration::from_secs),
        };
        plan.add(Act::Invoke(invoke), Reason::ProvesVersion);
        events.extend(smoke.event.clone().map(|event| (test, event)));
    }
    events
}

/// The events of a plan's invocations.
pub(super) fn events(stack: &Stack<'_>, plan: &Plan) -> BTreeMap<usize, Value> {
    let tests =
        plan.steps().filter_map(|step| if let Act::Invoke(invoke) = &step.act { Some(invoke.test) } else { None });
    let event = |test: usize| {
        let settings = stack.settings.smoke.get(test)?;
        let sent = sent(stack, settings).ok()?;
        let event = match &sent.request {
            Some((route, path)) => {
                let (account, region) = (&sent.function.observed.account, &stack.observed.region);
                event::of_rest_api(&event::Request { route, settings, path, account, region })
            }
            None => settings.event.clone()?,
        };
        Some((test, event))
    };
    tests.filter_map(event).collect()
}

/// What a smoke test sends to the function itself, or why it cannot be sent.
pub(super) fn sent<'s, 'a>(stack: &'s Stack<'a>, settings: &'s SmokeSettings) -> Result<Sent<'s, 'a>, &'static str> {
    let (api, path) = match &settings.target {
        SmokeTarget::Path { api, path } => (api, path.as_str()),
        SmokeTarget::Url(_) => return Err("a `url` does not say which API it is of: use `path`"),
        SmokeTarget::Event(_) => {
            let function = stack.functions.iter().find(|function| Some(function.key) == settings.function.as_ref());
            let function = function.ok_or("its function is not released")?;
            return Ok(Sent { function, request: None });
        }
    };
    let route = routes::find(stack, api, &settings.method, path).ok_or("its path is none of the API's")?;
    let function = route.function.ok_or("its path calls no function that is released")?;
    let qualifier = function.qualifier();
    let calls_it = stack
        .calls_of(function.key)
        .any(|(_, call)| std::ptr::eq(call.integration, route.integration) && call.qualifier == qualifier);
    if function.settings.alias.is_none() {
        Err("its function has no alias, so that callers get new code at once")
    } else if !calls_it {
        Err("its path does not call the alias that is moved")
    } else if !route.integration.passes_requests {
        Err("its integration maps or streams the request, or is not AWS_PROXY")
    } else {
        Ok(Sent { function, request: Some((route, path)) })
    }
}

/// By default, what may be sent twice, and reaches the function as it is. The tenant of a request may be one that the API
/// itself names.
fn is_wanted(settings: &SmokeSettings, sent: &Sent<'_, '_>) -> bool {
    let reads = ["GET", "HEAD"].contains(&settings.method.as_str());
    let is_known = settings.tenant.is_some() || !sent.function.observed.latest.has_tenants;
    let is_same = sent.request.as_ref().is_none_or(|(route, _)| reads && is_known && route.integration.is_open);
    settings.before.unwrap_or(is_same)
}

fn invoke(test: usize, settings: &SmokeSettings, sent: &Sent<'_, '_>) -> Invoke {
    let Sent { function, request } = sent;
    let event = match (&settings.target, request) {
        (SmokeTarget::Event(path), _) => path.display().to_string(),
        (_, Some((route, _))) => format!("{} {}", settings.method, route.integration.path),
        (_, None) => String::new(),
    };
    let live = function.observed.alias.as_ref().map(|alias| alias.version.clone());
    let seconds = function.observed.latest.timeout_seconds;
    Invoke {
        test,
        function: function.key.clone(),
        name: function.observed.name.clone(),
        version: Ref::Made(function.key.clone()),
        live,
        goes_live: if function.settings.alias.is_some() { GoesLive::WithAlias } else { GoesLive::AtUpdate },
        log: function.log(),
        event,
        tenant: settings.tenant.clone().filter(|_| function.observed.latest.has_tenants),
        status: request.is_some().then_some(settings.status),
        contains: settings.contains.clone(),
        timeout: settings.timeout,
        function_timeout: seconds.map_or(LONGEST, |seconds| Duration::from_secs(seconds.into())),
    }
}
