//! What shows that a release works: the new version is invoked before its callers get it, then the endpoints are asked.

use serde_json::json;

use crate::strict::endpoints::{patch, uri};
use crate::support::rules::Tenants;
use crate::support::{ALIAS, BY_ENDPOINT, Ends, Fault, Run, Stack, When, answering, merge, released, signal};

const ALIASED: [&str; 2] = ["--alias", "live"];

fn stack() -> Stack {
    let stack = released(&ALIASED, ALIAS);
    stack.settings(&ALIAS.replace("20s", "1500ms"));
    stack
}

/// Releases what fails before its callers get it: the alias stays, and nothing of the run is left.
fn refused(stack: &Stack) -> Run {
    let before = stack.state(Some("live"));
    stack.proxy.take_calls();
    let run = stack.release(&[]).exits(4);
    let calls = stack.proxy.calls();
    assert!(calls.calls("UpdateAlias").is_empty() && calls.calls("UpdateStage").is_empty(), "{run:?}");
    assert_eq!(stack.state(Some("live")), before, "{run:?}");
    let what = run.document()["failure"]["problems"][0]["what"].as_str().unwrap().to_owned();
    assert!(what.contains("failed before its callers got it"), "{run:?}");
    run
}

fn why(run: &Run) -> String {
    run.document()["failure"]["problems"][0]["why"].as_str().unwrap().to_owned()
}

#[test]
fn broken_code_never_meets_a_caller() {
    let stack = stack();
    stack.settings(&ALIAS.replace("20s", "5s"));
    stack.write("lambda/app.py", answering(500, "broken"));
    let run = refused(&stack);
    assert!(why(&run).contains("it answered 500 instead of 200; its answer: broken"), "{run:?}");
    assert!(!why(&run).contains("(1 try)"), "an error may pass: {run:?}");
    assert_eq!(stack.call("/hello").body, "one");
}

#[test]
fn code_that_cannot_be_loaded_fails_at_once() {
    let stack = stack();
    stack.settings(ALIAS);
    let no_colon = "def handler(event, context)\n    return 1\n";
    for (source, said) in [("import nowhere\n", "nowhere"), (no_colon, "Runtime."), ("def other(): pass\n", "handler")]
    {
        stack.write("lambda/app.py", source);
        let run = refused(&stack);
        assert!(why(&run).contains("(1 try)"), "{run:?}");
        let own = run.document()["failure"]["problems"][0]["own_error"].as_str().unwrap().to_owned();
        assert!(own.contains(said) && !own.contains('\n'), "{run:?}");
    }
}

/// A connection that breaks, and a call too many, say nothing of the version.
#[test]
fn an_invocation_that_gets_no_answer_is_sent_again() {
    let stack = stack();
    stack.settings(ALIAS);
    stack.write("lambda/app.py", answering(200, "two"));
    stack.proxy.take_calls();
    stack.proxy.fault(When::Next("Invoke"), Fault::Reset);
    stack.proxy.fault(When::Next("Invoke"), Fault::Throttled);
    let run = stack.release(&[]).exits(0);
    let statuses: Vec<u16> = stack.proxy.take_calls().calls("Invoke").iter().map(|call| call.status).collect();
    assert_eq!(statuses, [0, 429, 200], "{run:?}");
    assert_eq!(stack.call("/hello").body, "two");
}

/// `ExecutedVersion` says which code ran.
#[test]
fn an_answer_of_another_version_proves_nothing() {
    let stack = stack();
    let live = stack.aws.alias(&stack.function("dev"), "live");
    stack.proxy.show_header("Invoke", "X-Amz-Executed-Version", &live);
    stack.write("lambda/app.py", answering(200, "two"));
    let run = refused(&stack);
    assert!(why(&run).contains(&format!("version {live} answered")), "{run:?}");
}

/// The log comes with the answer, without a permission for logs.
#[test]
fn what_a_version_logs_tells_why_it_answers_badly() {
    let stack = stack();
    let long = "x".repeat(400);
    let source = format!(
        "def handler(event, context):\n    print(\"[ERROR] ValueError: {long}\")\n    return {{\"statusCode\": 500, \"body\": \"\"}}\n"
    );
    stack.write("lambda/app.py", source);
    let run = refused(&stack);
    let own = run.document()["failure"]["problems"][0]["own_error"].as_str().unwrap().to_owned();
    assert!(own.starts_with("ValueError: xxx") && own.len() == 200, "{run:?}");
    assert!(stack.proxy.calls().calls("FilterLogEvents").is_empty(), "{run:?}");
    stack.write("lambda/app.py", answering(500, &long));
    let run = refused(&stack);
    assert!(why(&run).ends_with(&format!("its answer: {}", "x".repeat(300))), "{run:?}");
}

/// What API Gateway or its authorizer would add to the request, or make of it, is not known before.
#[test]
fn only_the_same_request_is_sent_before_the_alias_moves() {
    let stack = stack();
    stack.write("lambda/app.py", answering(200, "two"));
    stack.settings(&format!("{ALIAS}[smoke.headers]\nX-Api-Key = \"0123456789\"\n"));
    let plan = || stack.run(&["plan", "--stage", "dev", "--output", "json"]).exits(0);
    let invokes = |run: &Run| run.document()["plan"]["waves"].to_string().contains("\"type\":\"invoke\"");
    let first = plan();
    assert!(invokes(&first), "{first:?}");
    let cases = [
        json!({ "authorizationType": "CUSTOM", "authorizerId": "abc123" }),
        json!({ "authorizationType": "AWS_IAM" }),
        json!({ "apiKeyRequired": true }),
        json!({ "methodIntegration": { "requestParameters": { "integration.request.header.X-Who": "'me'" } } }),
        json!({ "methodIntegration": { "responseTransferMode": "STREAM" } }),
        json!({ "methodIntegration": { "type": "AWS" } }),
    ];
    for case in cases {
        stack.proxy.clear_orders();
        let patch = case.clone();
        stack.proxy.show("GetResources", move |page| {
            let resources = page["item"].as_array_mut().into_iter().flatten();
            for resource in resources.filter(|resource| resource["path"] == "/hello") {
                merge(&mut resource["resourceMethods"]["GET"], &patch);
            }
        });
        let run = plan();
        assert!(!invokes(&run), "{case}: {run:?}");
    }
}

#[test]
fn the_error_of_the_function_is_told() {
    let stack = stack();
    stack.write("lambda/app.py", "def handler(event, context):\n    raise ValueError(\"no table\\nsecond line\")\n");
    let run = refused(&stack);
    let problem = run.document()["failure"]["problems"][0].clone();
    assert_eq!(problem["own_error"], "ValueError: no table", "{run:?}");
    assert!(why(&run).contains("the function failed"), "{run:?}");
}

/// An event that no version takes says nothing of the new one.
#[test]
fn what_the_live_version_fails_on_too_is_a_warning() {
    let stack = stack();
    // It looks for what only a real request has.
    let source = |text: &str| {
        format!(
            "def handler(event, context):\n    if \"sls-release\" in str(event[\"requestContext\"][\"identity\"]):\n        \
             return {{\"statusCode\": 418, \"body\": \"\"}}\n    return {{\"statusCode\": 200, \"body\": \"{text}\"}}\n"
        )
    };
    stack.settings(&ALIAS.replace("timeout", "before = false\ntimeout"));
    stack.write("lambda/app.py", source("two"));
    stack.release(&[]).exits(0);
    stack.settings(ALIAS);
    stack.write("lambda/app.py", source("three"));
    let run = stack.release(&[]).exits(0);
    assert!(run.stderr.contains("but so it is with version 3, which callers have"), "{run:?}");
    assert_eq!(stack.call("/hello").body, "three");
}

#[test]
fn who_may_not_invoke_is_warned_and_releases() {
    let stack = stack();
    stack.proxy.deny("lambda:InvokeFunction");
    stack.write("lambda/app.py", answering(200, "two"));
    let run = stack.release(&[]).exits(0);
    assert!(
        run.stderr.contains("is not proven by GET /hello") && run.stderr.contains("lambda:InvokeFunction"),
        "{run:?}"
    );
    assert_eq!(stack.call("/hello").body, "two");
}

/// The event has what a real one has.
#[test]
fn the_event_is_that_of_api_gateway() {
    let stack = stack();
    let path =
        "import json\ndef handler(event, context):\n    return {\"statusCode\": 200, \"body\": json.dumps(event)}\n";
    let settings = ALIAS.replace("path = \"/hello\"", "path = \"/hello?name=Ada%20L&x=1&x=2\"\ncontains = \"never\"");
    stack.settings(&settings.replace("20s", "100ms"));
    stack.write("lambda/app.py", format!("{path}# one\n"));
    stack.settings(&settings.replace("contains = \"never\"\n", ""));
    let run = stack.release(&[]).exits(0);
    assert_eq!(run.document()["released"]["invoked"][0]["event"], "GET /hello", "{run:?}");
    let sent = stack.proxy.calls().calls("Invoke").last().unwrap().body.clone();
    let sent: serde_json::Value = serde_json::from_slice(&sent).unwrap();
    let real: serde_json::Value = serde_json::from_str(&stack.call("/hello?name=Ada%20L&x=1&x=2").body).unwrap();
    let same = [
        "resource",
        "path",
        "httpMethod",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "body",
        "isBase64Encoded",
    ];
    for key in same {
        assert_eq!(sent[key], real[key], "{key}");
    }
    for key in ["accountId", "apiId", "stage", "resourceId", "resourcePath", "httpMethod", "path", "protocol"] {
        assert_eq!(sent["requestContext"][key], real["requestContext"][key], "{key}");
    }
    let missing =
        real["requestContext"].as_object().unwrap().keys().filter(|key| sent["requestContext"].get(*key).is_none());
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&String>::new());
}

/// `/people/{name}` on a stage with a variable.
#[test]
fn the_event_has_the_parameters_of_the_path_and_the_variables_of_the_stage() {
    let stack = stack();
    let (aws, function) = (stack.aws, stack.function("dev"));
    let people = aws.add_resource(&stack.api, stack.root(), "people");
    let name = aws.add_resource(&stack.api, &people, "{name}");
    aws.add_method(&stack.api, &name, "GET");
    aws.put_proxy(&stack.api, &name, "GET", &uri(&format!("{function}:live")), None);
    patch(aws, &stack, "/variables/table", "users");
    stack.settings(&ALIAS.replace("\"/hello\"", "\"/people/Ada%20L\""));
    let echo =
        "import json\ndef handler(event, context):\n    return {\"statusCode\": 200, \"body\": json.dumps(event)}\n";
    stack.write("lambda/app.py", echo);
    stack.proxy.take_calls();
    let run = stack.release(&[]).exits(0);
    assert_eq!(run.document()["released"]["invoked"][0]["event"], "GET /people/{name}", "{run:?}");
    let sent = stack.proxy.calls().calls("Invoke").last().unwrap().body.clone();
    let sent: serde_json::Value = serde_json::from_slice(&sent).unwrap();
    let real: serde_json::Value = serde_json::from_str(&stack.call("/people/Ada%20L").body).unwrap();
    assert_eq!(sent["pathParameters"], json!({ "name": "Ada L" }));
    assert_eq!(sent["stageVariables"], json!({ "table": "users" }));
    for key in ["resource", "pathParameters", "stageVariables"] {
        assert_eq!(sent[key], real[key], "{key}");
    }
}

#[test]
fn an_event_of_ones_own_proves_a_function_without_a_path() {
    let stack = stack();
    let settings = ALIAS.replace("[smoke]", "[[smoke]]").replace("timeout", "before = false\ntimeout");
    stack.settings(&format!(
        "{settings}[[smoke]]\ninvoke = \"events/job.json\"\ncontains = \"did it\"\ntimeout = \"1s\"\n"
    ));
    stack.write("events/job.json", "{\"job\": 7}");
    let source = |text: &str| {
        format!(
            "def handler(event, context):\n    if \"job\" in event:\n        return \"{text} \" + str(event[\"job\"])\n    return {{\"statusCode\": 200, \"body\": \"{text}\"}}\n"
        )
    };
    stack.write("lambda/app.py", source("did it"));
    stack.release(&[]).exits(0);
    stack.write("lambda/app.py", source("did not"));
    let run = refused(&stack);
    assert!(why(&run).contains("its answer does not contain `did it`"), "{run:?}");
    stack.write("lambda/app.py", source("now did it"));
    let run = stack.release(&[]).exits(0);
    assert_eq!(run.document()["released"]["invoked"][0]["event"], json!("events/job.json"), "{run:?}");
}

/// Lambda takes no call of such a function without the id of a tenant.
#[test]
fn a_function_that_keeps_tenants_apart_is_invoked_for_the_one_that_the_settings_name() {
    let stack = stack();
    stack.proxy.rule::<Tenants>().isolate(&stack.function("dev"));
    let settings = |lines: &str| stack.settings(&ALIAS.replace("timeout", &format!("{lines}timeout")));
    stack.proxy.take_calls();
    stack.releases("two");
    assert!(stack.proxy.take_calls().calls("Invoke").is_empty(), "the API may name the tenant of a request");
    stack.write("lambda/app.py", answering(200, "three"));
    settings("before = true\n");
    let run = stack.release(&[]).exits(3);
    stack.proxy.take_calls().writes_nothing();
    assert!(run.stdout.contains("takes no call without the id of one"), "{run:?}");
    assert!(run.document()["failure"]["problems"][0]["fix"].as_str().unwrap().contains("tenant = \"smoke-test\""));
    settings("tenant = \"smoke-test\"\n");
    let run = stack.release(&[]).exits(0);
    assert_eq!(stack.proxy.take_calls().calls("Invoke").len(), 1, "{run:?}");
    assert_eq!(run.document()["released"]["invoked"][0]["event"], "GET /hello", "{run:?}");
}

#[test]
fn an_event_that_is_no_json_is_pointed_at() {
    let stack = stack();
    let settings = ALIAS.replace("path = \"/hello\"", "invoke = \"job.json\"");
    stack.settings(&settings);
    let run = stack.release(&[]).exits(2);
    let problem = run.document()["failure"]["problems"][0].clone();
    assert_eq!((&problem["at"]["file"], &problem["at"]["line"]), (&json!("sls-release.toml"), &json!(14)), "{run:?}");
    stack.run(&["package"]).exits(0);
    stack.write("job.json", "{\n  \"job\": }");
    let run = stack.release(&[]).exits(2);
    let problem = run.document()["failure"]["problems"][0].clone();
    assert_eq!((&problem["at"]["file"], &problem["at"]["line"]), (&json!("job.json"), &json!(2)), "{run:?}");
}

/// A run that was killed may have left this.
#[test]
fn a_stage_that_does_not_answer_is_no_success_where_nothing_changes() {
    let stack = stack();
    stack.release(&[]).exits(0);
    stack.settings(&ALIAS.replace("20s", "1500ms").replace("\"/hello\"", "\"/nowhere\""));
    stack.proxy.take_calls();
    let run = stack.release(&[]).exits(4);
    assert!(why(&run).contains("instead of 200"), "{run:?}");
    assert!(stack.proxy.calls().writes().is_empty(), "{run:?}");
    stack.proxy.take_calls();
    stack.run(&["plan", "--stage", "dev"]).exits(0);
    assert!(stack.proxy.calls().calls("InvokeApi").is_empty(), "`plan` asks nothing");
}

/// Two functions of one stage; only one answers.
#[test]
fn each_smoke_test_is_asked_and_what_none_reaches_is_named() {
    let stack = stack();
    let two = ALIAS.replace("[smoke]", "[[smoke]]").replace("20s", "2s");
    let unknown = format!("{two}[[smoke]]\npath = \"/nowhere\"\ntimeout = \"1s\"\n");
    stack.settings(&unknown);
    stack.write("lambda/app.py", answering(200, "two"));
    let run = stack.release(&[]).exits(4);
    assert!(why(&run).contains("instead of 200"), "{run:?}");
    assert_eq!(stack.call("/hello").body, "one");
    let other =
        ALIAS.replace("path = \"/hello\"", "path = \"/nowhere\"\nstatus = 403").replace("timeout", "hits = 1\ntimeout");
    stack.settings(&other);
    let run = stack.release(&[]);
    assert_eq!(run.document()["plan"]["warnings"][0]["warning"], "not_proven", "{run:?}");
}

/// A function that answers with what it was sent.
const ECHO: &str = "def handler(event, context):\n    return {\"statusCode\": 200, \"body\": str([event[\"headers\"], \
                    event[\"queryStringParameters\"]])}\n";

#[test]
fn a_request_may_hold_values_of_the_environment_and_nothing_shows_them() {
    let stack = stack();
    let settings = ALIAS.replace("\"/hello\"", "\"/hello?key={env.SMOKE_QUERY}\"");
    stack.settings(&format!("{settings}[smoke.headers]\nX-Smoke = \"Bearer {{env.SMOKE_KEY}}\"\n"));
    stack.write("lambda/app.py", ECHO);
    let run = stack.release(&[]).exits(2);
    assert!(run.stdout.contains("SMOKE_QUERY is not set") && run.stdout.contains("SMOKE_KEY is not set"), "{run:?}");
    let release = |arguments: &[&str]| {
        let mut command = stack.command(arguments);
        command.env("SMOKE_KEY", "k3y-of-the-test").env("SMOKE_QUERY", "a&b=c d").ended()
    };
    let run = release(&["--stage", "dev", "--output", "github"]).exits(0);
    assert!(run.stdout.contains("::add-mask::k3y-of-the-test"), "{run:?}");
    assert_eq!(run.stdout.matches("k3y-of-the-test").count(), 1, "{run:?}");
    let calls = stack.proxy.calls();
    let asked = calls.calls("InvokeApi");
    let asked = asked.last().unwrap();
    assert!(asked.target.ends_with("/hello?key=a%26b%3Dc%20d"), "{}", asked.target);
    let wrong = format!("{settings}contains = \"never\"\n[smoke.headers]\nX-Smoke = \"Bearer {{env.SMOKE_KEY}}\"\n");
    stack.settings(&wrong.replace("20s", "500ms"));
    let run = release(&["--stage", "dev", "--output", "json"]).exits(4);
    assert!(run.stdout.contains("***") && !run.stdout.contains("k3y-of") && !run.stdout.contains("a&b"), "{run:?}");
}

#[test]
fn a_request_may_be_signed() {
    let stack = stack();
    stack.settings(&ALIAS.replace("timeout", "sign = true\ncontains = \"/execute-api/aws4_request\"\ntimeout"));
    stack.write("lambda/app.py", ECHO);
    let run = stack.release(&[]);
    assert_eq!((run.code, run.outcome().as_str()), (Some(0), "released"), "{run:?}");
}

/// `plan` and `release` say before the first write what the endpoint would refuse.
#[test]
fn the_smoke_test_of_a_stage_that_cannot_be_reached_is_refused() {
    let stack = stack();
    stack.write("lambda/app.py", answering(200, "two"));
    stack.settings(&ALIAS.replace("timeout", "before = true\nmethod = \"POST\"\ntimeout"));
    let run = stack.run(&["plan", "--stage", "dev"]).exits(3);
    assert!(run.stderr.contains("its path is none of the API's"), "{run:?}");
    stack.settings(ALIAS);
    stack.proxy.show("GetRestApi", |api| {
        api["endpointConfiguration"]["types"] = json!(["PRIVATE"]);
        api["disableExecuteApiEndpoint"] = true.into();
    });
    let run = stack.run(&["plan", "--stage", "dev"]).exits(3);
    assert!(run.stderr.contains("it is a private API"), "{run:?}");
    assert!(run.stderr.contains("its execute-api endpoint is disabled"), "{run:?}");
    assert!(run.stderr.contains("a domain with mutual TLS cannot be asked"), "{run:?}");
}

/// A request that writes is not sent before it is known that nothing changes.
#[test]
fn only_requests_that_read_are_sent_while_aws_is_asked() {
    let stack = stack();
    for (method, status, is_early) in [("GET", 200, true), ("POST", 403, false)] {
        let lines = format!("method = \"{method}\"\nstatus = {status}\ntimeout");
        stack.settings(&ALIAS.replace("timeout", &lines));
        stack.proxy.set_latency(std::time::Duration::from_millis(100), std::time::Duration::ZERO);
        let log = stack.logged("unchanged");
        let asked = log.calls("InvokeApi")[0].start;
        let read = log.iter().filter(|call| !call.is_to_endpoint()).map(|call| call.end).max().unwrap();
        assert_eq!(asked < read, is_early, "{method}: {log:?}");
    }
}

/// `LoggingConfig` may name another group than `/aws/lambda/<name>`.
#[test]
fn the_log_is_read_where_the_function_writes_it() {
    let stack = released(&ALIASED, BY_ENDPOINT);
    stack.settings(&BY_ENDPOINT.replace("20s", "500ms"));
    stack.write("lambda/app.py", answering(500, "broken"));
    stack.proxy.show("GetFunction", |function| {
        function["Configuration"]["LoggingConfig"] = json!({ "LogFormat": "Text", "LogGroup": "/shop/hello" });
    });
    stack.proxy.take_calls();
    let run = stack.release(&[]).exits(4);
    let fix = run.document()["failure"]["problems"][0]["fix"].as_str().unwrap().to_owned();
    assert!(fix.contains("`aws logs tail /shop/hello`"), "{run:?}");
    let calls = stack.proxy.take_calls();
    let read = String::from_utf8(calls.calls("FilterLogEvents")[0].body.clone()).unwrap();
    assert!(read.contains("\"logGroupName\":\"/shop/hello\""), "{read}");
}

/// An endpoint answers 502 whatever its function said.
#[test]
fn the_log_tells_what_the_endpoint_does_not() {
    let stack = released(&ALIASED, BY_ENDPOINT);
    stack.settings(&BY_ENDPOINT.replace("20s", "1500ms"));
    stack.write("lambda/app.py", "def handler(event, context):\n    raise ValueError(\"no table\")\n");
    let run = stack.release(&[]).exits(4);
    let problem = run.document()["failure"]["problems"][0].clone();
    assert!(why(&run).contains("it answered 502 instead of 200"), "{run:?}");
    assert_eq!(problem["own_error"], format!("{}: ValueError: no table", stack.function("dev")), "{run:?}");
}

/// However long the endpoint takes.
#[test]
fn a_signal_ends_the_look_at_what_stands() {
    let stack = stack();
    let asked = stack.proxy.hold(When::Next("InvokeApi"));
    let child = stack.command(&["--stage", "dev", "--output", "json"]).spawn().unwrap();
    asked.wait_until_reached();
    signal(&child, "-TERM");
    let run = child.ended().exits(4);
    assert!(run.stdout.contains("the run was cancelled"), "{run:?}");
    asked.let_go();
}
