//! Hard cases of a release: somebody else changes things meanwhile, AWS keeps code in a special way, and a stack of
//! twenty functions on three APIs.

mod callers;
mod code;
mod contents;
mod counts;
mod fixed;
mod fleet;
#[cfg(feature = "system-tools")]
mod large;
mod meanwhile;
mod platform;
mod provisioned;
mod repeats;
mod sent;
mod stages;
mod terraform;
mod versions;

use crate::support::{Call, Log, Run, Stack, released};

/// A stack with a good release, whose next smoke test has little patience: it is to fail.
fn impatient(options: &[&str], settings: &str) -> Stack {
    let stack = released(options, settings);
    stack.settings(&settings.replace("20s", "2s"));
    stack.proxy.take_calls();
    stack
}

/// Leads links to code by way of the proxy, so that its log has each download.
fn log_downloads(stack: &Stack) {
    show_downloads_at(stack, &stack.proxy.endpoint);
}

/// Links to live code lead to this host.
pub(crate) fn show_downloads_at(stack: &Stack, endpoint: &str) {
    let endpoint = endpoint.to_owned();
    stack.proxy.show("GetFunction", move |answer| {
        let link = answer["Code"]["Location"].as_str().unwrap_or_default();
        if let Some((_, path)) = link.split_once("/_ministack/") {
            answer["Code"]["Location"] = format!("{endpoint}/_ministack/{path}").into();
        }
    });
}

/// Downloads of live code.
fn downloads(log: &Log) -> usize {
    log.iter().filter(|call| call.path().starts_with("/_ministack/lambda-code/")).count()
}

/// Status of each call of an action, in order.
fn statuses(log: &Log, action: &str) -> Vec<u16> {
    log.calls(action).into_iter().map(|call| call.status).collect()
}

/// The actions of all that changed anything, in order.
fn written(log: &Log) -> Vec<&'static str> {
    log.writes().into_iter().filter(|call| call.status < 300).map(|call| call.action).collect()
}

/// What a run says about what it left behind; `null` where that is nothing.
fn left_behind(run: &Run) -> String {
    run.document()["not_put_back"].to_string()
}

/// Where a call stands in the log.
fn place(log: &Log, is_it: impl Fn(&Call) -> bool) -> usize {
    log.iter().position(is_it).expect("the call was made")
}
