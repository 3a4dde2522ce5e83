//! No call is made twice without need.

use std::collections::BTreeMap;

use crate::support::{Call, Log};

/// What an API's definition is made of.
const DEFINITION: [&str; 6] =
    ["GetRestApi", "GetResources", "GetAuthorizers", "GetModels", "GetRequestValidators", "GetGatewayResponses"];

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

/// How often a read may be made for the same target: more than once only beside a write to the same API.
fn allowed_times(log: &Log, read: &Call) -> usize {
    let (times, beside) = match read.action {
        // API Gateway has no revisions: what a deployment froze is what was planned only where the definition was the
        // same just before it and just after it. The first time is the look of the plan.
        action if DEFINITION.contains(&action) => (3, "CreateDeployment"),
        // For the same reason: somebody may have pointed the stage elsewhere since the look of the plan.
        "GetStage" => (2, "UpdateStage"),
        _ => return 1,
    };
    let is_needed = log.writes().iter().any(|write| write.action == beside && write.name(0) == read.name(0));
    if is_needed { times } else { 1 }
}
