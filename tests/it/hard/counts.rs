//! What a release of one function costs: round trips, calls, bytes, connections.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::repeats::unneeded;
use super::{downloads, log_downloads};
use crate::strict::change_code;
use crate::support::{ALIAS, Aws, LATEST, Log, Stack, answering, released};

const NONE: BTreeMap<String, usize> = BTreeMap::new();

/// What a release did where each call takes a while.
fn measured(stack: &Stack, outcome: &str) -> Log {
    stack.proxy.set_latency(Duration::from_secs(1), Duration::ZERO);
    log_downloads(stack);
    let log = stack.logged(outcome);
    stack.proxy.clear_orders();
    assert_eq!(unneeded(&log), NONE, "{log:?}");
    log
}

tests! {
    a_release_to_latest_costs_little => costs_little(&released(&[], LATEST), LATEST);
    a_release_to_an_alias_costs_little => costs_little(&released(&["--alias", "live"], ALIAS), ALIAS);
}

fn costs_little(stack: &Stack, settings: &str) {
    nothing_changed(stack, settings);
    one_line_changed(stack);
    code_from_before_is_there(stack);
    the_live_code_is_unknown(stack);
    the_api_changed(stack);
}

fn nothing_changed(stack: &Stack, settings: &str) {
    let log = measured(stack, "unchanged");
    assert_eq!((log.depth(), log.sent_bytes(), log.writes().len()), (1, 0, 0), "{log:?}");
    let needless =
        log.iter().find(|call| call.service == "s3" || (call.service == "lambda" && call.action != "GetFunction"));
    assert!(needless.is_none(), "{needless:?}");
    stack.settings(&settings.replace("id = \"$API\"", "name = \"$NAME-api\""));
    let log = measured(stack, "unchanged");
    assert_eq!((log.depth(), log.sent_bytes()), (2, 0), "a name is looked up first: {log:?}");
    stack.settings(settings);
}

fn one_line_changed(stack: &Stack) {
    stack.write("lambda/app.py", answering(200, "two"));
    let log = measured(stack, "released");
    // Behind an alias the new version is invoked as well.
    assert!(log.depth() <= 8, "{log:?}");
    assert_eq!(downloads(&log), 0, "the live code's object says that its files are others: {log:?}");
    few_connections(&log);
    // The object of the live code shows the bucket; the put itself says whether a small archive is there.
    assert_eq!((log.calls("HeadBucket").len(), log.calls("HeadObject").len()), (0, 1), "{log:?}");
}

/// What the first release put is there.
fn code_from_before_is_there(stack: &Stack) {
    stack.write("lambda/app.py", answering(200, "one"));
    let log = measured(stack, "released");
    let put = &log.calls("PutObject")[0];
    assert_eq!((log.calls("PutObject").len(), put.status), (1, 412), "{log:?}");
    let looks = log.calls("HeadObject");
    assert!(
        looks.iter().any(|look| look.names == put.names && look.start > put.start),
        "its checksum is read: {log:?}"
    );
    assert!(log.depth() <= 9, "{} {log:?}", log.depth());
}

/// Somebody released by hand: their code is fetched and kept first, so that there is a way back.
fn the_live_code_is_unknown(stack: &Stack) {
    change_code(&stack.function("dev"), &answering(200, "by hand"));
    stack.write("lambda/app.py", answering(200, "three"));
    let log = measured(stack, "released");
    assert_eq!((log.calls("PutObject").len(), downloads(&log)), (2, 1), "{log:?}");
    assert_eq!(log.calls("HeadBucket").len(), 1, "no object shows that the bucket is there: {log:?}");
    assert!(log.depth() <= 9, "{} {log:?}", log.depth());
}

fn the_api_changed(stack: &Stack) {
    Aws::shared().add_mock(&stack.api, stack.root(), "health");
    let log = measured(stack, "released");
    assert_eq!(log.calls("GetResources").len(), 3, "for the plan, and around the deployment");
    // Looks, the policies of what the API calls, deployment, look again, look at the stage, stage, smoke test. The log takes
    // the two looks before the deployment for one.
    assert_eq!(log.depth(), 7, "{log:?}");
}

/// The calls of the first wave come at once, each on a connection of its own, so that all of these together cost the
/// time of one. What follows finds them open, but for one more of S3 in the second look, and the invocation, which waits
/// longer for its answer than other calls. A connection that is not back in its pool yet when the next call is made
/// costs another one: two of these are no reason to worry.
fn few_connections(log: &Log) {
    let first_end = log.iter().map(|call| call.end).min().unwrap();
    let (first, later): (Vec<_>, Vec<_>) = log.iter().partition(|call| call.start < first_end);
    let open: BTreeSet<_> = first.iter().map(|call| call.connection).collect();
    let new: BTreeSet<_> = later.iter().map(|call| call.connection).filter(|it| !open.contains(it)).collect();
    assert!(new.len() <= 4, "{new:?} of {log:?}");
}
