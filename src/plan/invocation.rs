//! New versions that are invoked by their number, before their alias moves: broken code then never meets a caller.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::routes::{self, Route};
use super::stack::{Function, Stack};
use super::{first_event, second_event};
use crate::model::{
    Act, FunctionKey, FunctionName, FunctionUrl, GoesLive, Invoke, LogSource, PayloadFormat, Plan, Reason, Ref,
    Settings, SmokeSettings, SmokeTarget, UrlAuth, Version, marks,
};

/// Lambda's longest timeout, where it is not known.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html>
const LONGEST: Duration = Duration::from_mins(15);

/// What a smoke test sends to a function itself.
pub(super) struct Sent<'s, 'a> {
    pub(super) function: &'s Function<'a>,
    request: Request<'s, 'a>,
}

/// What the function gets.
enum Request<'s, 'a> {
    /// The request to a method of an API, and its path.
    Api(Route<'s, 'a>, &'s str),
    /// The request to a URL, and its path.
    Url(&'s FunctionUrl, &'s str),
    /// An event of one's own.
    Event,
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
            format: PayloadFormat::First,
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
            Request::Api(route, path) => {
                let (account, region) = (&sent.function.observed.account, &stack.observed.region);
                let request = first_event::Request { route, settings, path, account, region };
                match route.integration.format {
                    PayloadFormat::First => first_event::of_first_format(&request),
                    PayloadFormat::Second => second_event::of_http_api(&request),
                }
            }
            Request::Url(url, path) => second_event::of_url(url, settings, path, &sent.function.observed.account),
            Request::Event => settings.event.clone()?,
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
        SmokeTarget::FunctionUrl { path, .. } => return to_url(released(stack, settings)?, path),
        SmokeTarget::Event(_) => {
            return Ok(Sent { function: released(stack, settings)?, request: Request::Event });
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
        Ok(Sent { function, request: Request::Api(route, path) })
    }
}

/// The function that the settings name.
fn released<'s, 'a>(stack: &'s Stack<'a>, settings: &SmokeSettings) -> Result<&'s Function<'a>, &'static str> {
    let function = stack.functions.iter().find(|function| Some(function.key) == settings.function.as_ref());
    function.ok_or("its function is not released")
}

/// The request to the URL of the alias that is moved.
fn to_url<'s, 'a>(function: &'s Function<'a>, path: &'s str) -> Result<Sent<'s, 'a>, &'static str> {
    if function.settings.alias.is_none() {
        return Err("its function has no alias, so that callers get new code at once");
    }
    match function.observed.urls.get(&function.qualifier()) {
        None => Err("its URL is not one of the alias that is moved"),
        Some(url) if url.streams => Err("its URL streams the answer"),
        Some(url) => Ok(Sent { function, request: Request::Url(url, path) }),
    }
}

/// By default, what may be sent twice, and reaches the function as it is. The tenant of a request may be one that the API
/// itself names.
fn is_wanted(settings: &SmokeSettings, sent: &Sent<'_, '_>) -> bool {
    let reads = ["GET", "HEAD"].contains(&settings.method.as_str());
    let is_known = settings.tenant.is_some() || !sent.function.observed.latest.has_tenants;
    let is_same = match &sent.request {
        Request::Api(route, _) => reads && is_known && route.integration.is_open,
        // What IAM tells the function of the caller is not known.
        Request::Url(url, _) => reads && url.auth == UrlAuth::Open,
        Request::Event => true,
    };
    settings.before.unwrap_or(is_same)
}

fn invoke(test: usize, settings: &SmokeSettings, sent: &Sent<'_, '_>) -> Invoke {
    let Sent { function, request } = sent;
    let event = match request {
        Request::Api(route, _) => format!("{} {}", settings.method, route.integration.path),
        Request::Url(..) => format!("{} {}", settings.method, settings.target.shown()),
        Request::Event => settings.target.shown(),
    };
    let is_request = !matches!(request, Request::Event);
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
        status: is_request.then_some(settings.status),
        format: match request {
            Request::Api(route, _) => route.integration.format,
            Request::Url(..) => PayloadFormat::Second,
            Request::Event => PayloadFormat::First,
        },
        contains: settings.contains.clone(),
        timeout: settings.timeout,
        function_timeout: seconds.map_or(LONGEST, |seconds| Duration::from_secs(seconds.into())),
    }
}
