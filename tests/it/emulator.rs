//! Whole releases against a real local AWS. What AWS holds is read back past the program.

use std::fs;

use serde_json::Value;
use sls_release::model::Sha256;

use crate::support::{ALIAS, Aws, Call, LATEST, Stack, answering, fixtures, noise, released, unreleased};

/// Two functions behind one API.
const TWO: &str = r#"
region = "us-east-1"
[artifacts]
bucket = "$NAME-artifacts"
[functions.one]
source = "one"
name = "$NAME-one"
[functions.two]
source = "two"
name = "$NAME-two"
[apis.public]
id = "$API"
stage = "{stage}"
[smoke]
path = "/one"
timeout = "20s"
"#;

/// The most that one part of an upload holds.
const PART_BYTES: usize = 16 * 1024 * 1024;

#[test]
fn the_first_release_replaces_the_placeholder() {
    let stack = Stack::build(&[]);
    stack.settings(&LATEST.replace("id = \"$API\"", "name = \"$NAME-api\""));
    for file in ["app.py", "visits.py"] {
        stack.write(&format!("lambda/{file}"), fs::read(fixtures().join("hello/lambda").join(file)).unwrap());
    }
    let (aws, function) = (Aws::shared(), stack.function("dev"));
    let (before, environment) = (stack.state(None), aws.environment(&function));

    let run = stack.release(&[]).exits(0);
    assert_eq!(run.outcome(), "released");
    let released = &run.document()["released"];
    assert_eq!(released["functions"][0]["function"], "hello");
    assert_eq!(released["functions"][0]["name"], *function);
    assert_eq!(released["functions"][0]["version"].to_string().trim_matches('"'), "1");
    assert!(released["endpoints"].to_string().contains(&stack.api));
    let smoke = &released["smoke"][0];
    assert!(smoke["first_answer_ms"].is_u64() && smoke["last_answer_ms"].is_u64(), "of two answers: {smoke}");

    let answer: Value = serde_json::from_str(&stack.call("/hello").body).unwrap();
    assert_eq!(answer["greeting"], "hello");
    assert!(answer["visits"]["count"].as_u64().unwrap() > 2, "two hits of the smoke test came before: {answer}");
    assert_eq!(aws.versions(&function), ["1"]);
    let code = aws.code(&function, "$LATEST");
    assert_eq!(aws.code(&function, "1"), code);
    assert_eq!(object_size(&stack, &code.0), Some(code.1));
    assert!(object_size(&stack, &before.latest[&function]).is_some(), "the placeholder is kept, to put it back");
    assert_ne!(aws.stage_deployment(&stack.api, "dev"), before.deployment);
    assert_eq!(aws.environment(&function), environment);
}

#[test]
fn changed_code_is_released() {
    let stack = released(&[], LATEST);
    let deployment = stack.state(None).deployment;
    stack.releases("two");
    assert_eq!(Aws::shared().versions(&stack.function("dev")), ["1", "2"]);
    assert_eq!(stack.state(None).deployment, deployment, "the API has not changed");
}

#[test]
fn nothing_changed_means_no_write_and_no_byte() {
    for (options, settings) in [(&[][..], LATEST), (&["--alias", "live"][..], ALIAS)] {
        let stack = released(options, settings);
        let calls = stack.logged("unchanged");
        assert!(!calls.is_empty(), "it asks AWS");
        calls.writes_nothing();
        assert_eq!(calls.sent_bytes(), 0, "{calls:?}");
    }
}

#[test]
fn new_file_times_are_no_change() {
    let stack = released(&[], LATEST);
    stack.write("lambda/app.py", answering(200, "one"));
    assert_eq!(stack.release(&[]).exits(0).outcome(), "unchanged");
}

#[test]
fn a_changed_api_alone_gets_a_deployment_and_no_version() {
    let stack = released(&[], LATEST);
    let before = stack.state(None);
    Aws::shared().add_mock(&stack.api, stack.root(), "health");
    assert_eq!(stack.call("/health").status, 403, "nothing is served before it is deployed");
    assert_eq!(stack.release(&[]).exits(0).outcome(), "released");

    assert_eq!(stack.call("/health").status, 200);
    let after = stack.state(None);
    assert_eq!(after.deployments.len(), before.deployments.len() + 1);
    assert!(!before.deployments.contains(&after.deployment), "the stage points at the new one");
    assert_eq!(after.latest, before.latest);
    assert_eq!(Aws::shared().versions(&stack.function("dev")), ["1"]);
    assert_eq!(stack.release(&[]).exits(0).outcome(), "unchanged");
}

#[test]
fn two_functions_share_one_deployment() {
    let stack = two_functions();
    let before = stack.state(None);
    assert_eq!(stack.release(&[]).exits(0).outcome(), "released");
    let after = stack.state(None);
    assert_eq!(after.answers["/one"], (200, "one".to_owned()));
    assert_eq!(after.answers["/two"], (200, "two".to_owned()));
    assert_eq!(after.deployments.len(), before.deployments.len() + 1);

    // A permission that was lost is added again, though nothing else of its function changes.
    stack.aws.forbid(&stack.function("one"), None, "AllowAPIGatewayInvoke");
    assert_eq!(stack.call("/one").status, 500);
    stack.write("two/app.py", answering(200, "two again"));
    assert_eq!(stack.release(&[]).exits(0).outcome(), "released");
    assert_eq!((stack.call("/one").body, stack.call("/two").body), ("one".to_owned(), "two again".to_owned()));
}

#[test]
fn only_the_chosen_function_is_released() {
    let stack = two_functions();
    let before = stack.state(None);
    assert_eq!(stack.release(&["--function", "one"]).exits(0).outcome(), "released");
    let after = stack.state(None);
    assert_eq!(after.answers["/one"], (200, "one".to_owned()));
    assert_eq!(after.answers["/two"], (200, "placeholder".to_owned()));
    assert_eq!(after.latest[&stack.function("two")], before.latest[&stack.function("two")]);
}

#[test]
fn an_alias_moves_to_the_new_version() {
    let stack = released(&["--alias", "live"], ALIAS);
    let function = stack.function("dev");
    // The stack has published the placeholder.
    assert_eq!(Aws::shared().alias(&function, "live"), "2");
    assert_eq!(stack.call("/hello").body, "one");

    stack.write("lambda/app.py", answering(200, "two"));
    let run = stack.release(&[]).exits(0);
    assert_eq!(run.document()["released"]["functions"][0]["version"].to_string().trim_matches('"'), "3");
    assert_eq!(Aws::shared().alias(&function, "live"), "3");
    assert_eq!(stack.call("/hello").body, "two");
}

#[test]
fn a_cache_is_flushed() {
    let stack = released(&["--alias", "live", "--cache"], ALIAS);
    stack.write("lambda/app.py", answering(200, "two"));
    let flush = format!("/restapis/{}/stages/dev/cache/data", stack.api);
    let flushes = stack.logged("released").iter().filter(|call| call.target == flush).count();
    assert_eq!(flushes, 1, "an alias that moves changes what a cached stage should answer");
}

#[test]
fn a_large_package_goes_up_in_parts() {
    let stack = Stack::build(&[]);
    stack.settings(LATEST);
    stack.write("lambda/app.py", answering(200, "large"));
    stack.write("lambda/noise.bin", noise(40 * 1024 * 1024));
    assert_eq!(stack.release(&[]).exits(0).outcome(), "released");

    assert_eq!(stack.call("/hello").body, "large");
    let (sha256, bytes) = Aws::shared().code(&stack.function("dev"), "$LATEST");
    assert!(bytes > 40 * 1024 * 1024);
    assert_eq!(object_size(&stack, &sha256), Some(bytes));
    let calls = stack.proxy.take_calls();
    let parts: Vec<&Call> = calls.iter().filter(|call| call.target.contains("partNumber=")).collect();
    assert_eq!(parts.len(), usize::try_from(bytes).unwrap().div_ceil(PART_BYTES));
    // aws-chunked framing comes on top.
    assert!(parts.iter().all(|part| part.sent_bytes < PART_BYTES + 64 * 1024), "{parts:?}");
}

#[test]
fn plan_tells_and_writes_nothing() {
    let stack = unreleased(&[], LATEST);
    let before = stack.state(None);
    let plan = ["plan", "--stage", "dev", "--output", "json", "--exit-code"];

    let run = stack.run(&plan).exits(10);
    assert_eq!(run.outcome(), "planned");
    assert!(run.document()["plan"].is_object());
    stack.proxy.take_calls().writes_nothing();
    assert_eq!(stack.state(None), before);
    stack.run(&["plan", "--stage", "dev"]).exits(0);

    stack.release(&[]).exits(0);
    stack.run(&plan).exits(0);
}

#[test]
fn package_needs_no_aws_and_makes_the_same_bytes_again() {
    let stack = unreleased(&[], LATEST);
    let digest = || {
        let run = stack.run(&["package", "--stage", "dev", "--output", "json", "--out-dir", "out"]).exits(0);
        let artifact = run.document()["artifacts"]["hello"].clone();
        let archive = fs::read(stack.folder().join(artifact["path"].as_str().unwrap())).unwrap();
        assert_eq!(artifact["sha256"], Sha256::of(&archive).base64());
        artifact["sha256"].clone()
    };
    assert_eq!(digest(), digest());
    assert!(stack.folder().join("out").is_dir());
    assert_eq!(stack.proxy.take_calls().0, []);

    stack.release(&[]).exits(0);
    assert_eq!(digest(), Aws::shared().code(&stack.function("dev"), "$LATEST").0);
}

/// A stack with two functions that answer `placeholder`, and sources that answer `one` and `two`.
fn two_functions() -> Stack {
    let stack = Stack::build(&["--function", "$NAME-one=/one", "--function", "$NAME-two=/two"]);
    stack.settings(TWO);
    stack.write("one/app.py", answering(200, "one"));
    stack.write("two/app.py", answering(200, "two"));
    stack
}

/// The size of the object whose key holds this digest.
fn object_size(stack: &Stack, sha256: &str) -> Option<i64> {
    let hex = Sha256::from_base64(sha256).unwrap().hex();
    Aws::shared().objects(stack.bucket()).into_iter().find(|(key, _)| key.contains(&hex)).map(|(_, size)| size)
}
