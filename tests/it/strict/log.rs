//! What is counted of the calls of a run.

use std::time::{Duration, Instant};

use super::behind;
use crate::support::{Call, Log, Message, Strict};

#[test]
fn a_call_is_known_by_its_names() {
    let (stack, aws, function) = behind(Strict::new(), &["--alias", "live"]);
    aws.alias(&function, "live");
    aws.stage_deployment(&stack.api, "dev");
    let put = aws.s3.put_object().bucket(stack.bucket()).key("a/b c").body(vec![1; 10].into());
    aws.block_on(put.send()).unwrap();
    aws.block_on(aws.lambda.publish_version().function_name(&function).description("text").send()).unwrap();
    let log = stack.proxy.take_calls();
    let known: Vec<(&str, &str, String)> =
        log.iter().map(|call| (call.service.as_str(), call.action, call.names.join(" "))).collect();
    let wanted = [
        ("lambda", "GetAlias", format!("{function} live")),
        ("apigateway", "GetStage", format!("{} dev", stack.api)),
        ("s3", "PutObject", format!("{} a/b c", stack.bucket())),
        ("lambda", "PublishVersion", function),
    ];
    assert_eq!(known, wanted);
    assert_eq!(log[3].document()["Description"], "text");
    assert_eq!(log.writes().len(), 2);
    assert_eq!(log.calls("PutObject")[0].number, 3);
    assert_eq!(log.sent_bytes(), log[2].sent_bytes + log[3].sent_bytes);
    assert!(log[2].sent_bytes >= 10);
    assert!((1..=3).contains(&log.connections()), "{}", log.connections());
    assert_eq!(stack.proxy.take_calls().0, []);
}

#[test]
fn depth_is_the_longest_chain() {
    // Two chains at once, of two and of three calls.
    let calls = [
        call("GET", "/a", 0, 10),
        call("GET", "/b", 0, 30),
        call("GET", "/c", 12, 20),
        call("GET", "/d", 22, 28),
        call("GET", "/e", 31, 60),
    ];
    assert_eq!(log(&calls[..2]).depth(), 1);
    assert_eq!(log(&calls[..4]).depth(), 3);
    assert_eq!(log(&calls).depth(), 4);
    assert_eq!(log(&[]).depth(), 0);
}

#[test]
fn the_polls_of_one_wait_count_once() {
    let polls = |path| [call("GET", path, 10, 20), call("GET", path, 30, 40), call("GET", path, 50, 60)];
    let mut calls = vec![call("PUT", "/2015-03-31/functions/one/code", 0, 5)];
    calls.extend(polls("/2015-03-31/functions/one"));
    assert_eq!(log(&calls).depth(), 2);
    // At the same time somebody waits for another function.
    calls.extend(polls("/2015-03-31/functions/two"));
    calls.push(call("PUT", "/2015-03-31/functions/two/code", 21, 24));
    assert_eq!(log(&calls).depth(), 4, "write, read, write, read of `two`");
}

#[test]
fn a_read_after_a_write_to_the_same_thing_counts() {
    let read = |start| call("GET", "/2015-03-31/functions/one", start, start + 1);
    let write = call("PUT", "/2015-03-31/functions/one/code", 4, 5);
    assert_eq!(log(&[read(0), read(2), write.clone(), read(6), read(8)]).depth(), 3);
    let hit = |start| call("GET", "/restapis/x/dev/_user_request_/hello", start, start + 1);
    assert_eq!(log(&[hit(0), hit(2), write, hit(6), hit(8)]).depth(), 3);
}

fn log(calls: &[Call]) -> Log {
    let mut calls = calls.to_vec();
    calls.sort_by_key(|call| call.start);
    Log(calls)
}

/// A call to Lambda, or to an endpoint, at these milliseconds.
fn call(method: &str, target: &str, start: u64, end: u64) -> Call {
    static ZERO: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let at = |time| *ZERO.get_or_init(Instant::now) + Duration::from_millis(time);
    let service = if target.contains("/_user_request_") { "execute-api" } else { "lambda" };
    let names = target.split('/').nth(3).map(str::to_owned).into_iter().collect();
    let call = Call::new(&Message::request(method, target, Vec::new()), 0, 0);
    Call { service: service.to_owned(), names, status: 200, start: at(start), end: at(end), ..call }
}
