//! No call is made twice without need.

use std::collections::BTreeMap;

use crate::support::{Call, Log};

/// A read that may be made again.
struct Repeat {
    /// The read.
    action: &'static str,
    /// How often it may be made for the same target, all in all.
    times: usize,
    /// The write to the same API or function without which once is enough.
    beside: &'static [&'static str],
}

/// What an API's definition is made of.
const DEFINITION: [&str; 6] =
    ["GetRestApi", "GetResources", "GetAuthorizers", "GetModels", "GetRequestValidators", "GetGatewayResponses"];

/// Each repeated read that is allowed, with its reason.
fn allowed() -> Vec<Repeat> {
    // API Gateway has no revisions: what a deployment froze is what was planned only where the definition was the
    // same just before it and just after it. The first time is the look of the plan.
    let definition = DEFINITION.map(|action| Repeat { action, times: 3, beside: &["CreateDeployment"] });
    let others = [
        // For the same reason: somebody may have pointed the stage elsewhere since the look of the plan.
        Repeat { action: "GetStage", times: 2, beside: &["UpdateStage"] },
    ];
    definition.into_iter().chain(others).collect()
}

/// A new version is asked for until it is active: Lambda has no call that waits.
/// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>
fn is_poll_of_a_version(call: &Call) -> bool {
    let number = |qualifier: String| qualifier.parse::<u32>().is_ok();
    call.action == "GetFunction" && call.query("Qualifier").is_some_and(number)
}

/// Lambda and API Gateway refused it for now, so nothing was learned.
fn was_throttled(call: &Call) -> bool {
    call.status == 429
}

/// The reads that were made more often than anything justifies, with their numbers.
pub(super) fn unneeded(log: &Log) -> BTreeMap<String, usize> {
    let mut times: BTreeMap<String, (usize, &Call)> = BTreeMap::new();
    let reads = log.iter().filter(|call| !call.is_write() && !call.is_to_endpoint());
    for call in reads.filter(|call| !was_throttled(call) && !is_poll_of_a_version(call)) {
        times.entry(format!("{} {}", call.method, call.target)).or_insert((0, call)).0 += 1;
    }
    times.retain(|_, (times, call)| *times > allowed_times(log, call));
    times.into_iter().map(|(target, (times, _))| (target, times)).collect()
}

fn allowed_times(log: &Log, read: &Call) -> usize {
    let repeats = allowed();
    let repeat = repeats.iter().find(|repeat| repeat.action == read.action);
    let same = |call: &&Call| call.name(0) == read.name(0);
    let is_needed = |repeat: &&Repeat| {
        log.writes().iter().filter(|call| same(call)).any(|write| repeat.beside.contains(&write.action))
    };
    repeat.filter(is_needed).map_or(1, |repeat| repeat.times)
}
