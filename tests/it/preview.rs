//! Previews of pull requests behind the strict proxy. What AWS holds is read back past the program.

mod at_once;
mod broken;
mod decisions;
mod full;
mod images;
pub(crate) mod logs;
mod mistagged;
mod policy;
mod prune;
mod queue;
mod refused;
pub(crate) mod scene;
mod sent;
mod services;

use std::collections::HashMap;

use aws_sdk_lambda::types::{ApplicationLogLevel, Environment, LogFormat, LoggingConfig, TracingConfig, TracingMode};
use serde_json::{Value, json};

use crate::support::{ACCOUNT, Aws};
use scene::{SETTINGS, apis, call, down, functions, greeting, previewed, scene, standing, up};

#[test]
fn a_preview_answers_with_the_code_of_its_pull_request() {
    let (stack, aws) = (scene(), Aws::shared());
    let (before, source) = (stack.state(None), aws.environment(&stack.function("dev")));

    let run = up(&stack).exits(0);
    assert_eq!(run.outcome(), "released");
    let preview = &run.document()["previews"][0];
    assert_eq!((&preview["repository"], &preview["service"]), (&stack.repository().into(), &"hello".into()));
    assert_eq!(preview["functions"][0], *stack.function("dev-pr-42"));
    assert_eq!(call(&run), (200, greeting("pull request", "table-42")));
    assert_eq!(stack.call("/hello").body, "placeholder", "the stage answers with its own code");
    assert_eq!(stack.state(None), before);

    let copy = aws.environment(&stack.function("dev-pr-42"));
    assert_eq!((copy["TABLE_NAME"].as_str(), &copy["STAGE"]), ("table-42", &source["STAGE"]));
    let tags = scene::tags(&stack.function("dev-pr-42"));
    assert_eq!(tags["sls-release:repository"], stack.repository());
    assert_eq!(tags["sls-release:pull-request"], "42");
    assert_eq!(apis(&stack), [format!("{}-api-pr-42", stack.name)]);
    assert!(!run.stdout.contains("table-42") && !run.stderr.contains("table-42"), "no value is printed");
}

#[test]
fn up_again_without_a_change_writes_nothing() {
    let (stack, first) = previewed();
    stack.proxy.take_calls();
    let run = up(&stack).exits(0);
    assert_eq!(run.outcome(), "unchanged");
    assert_eq!(run.document()["endpoints"], first.document()["endpoints"]);
    stack.proxy.take_calls().writes_nothing();
}

#[test]
fn changed_code_reaches_the_preview_and_leaves_its_api_alone() {
    let (stack, first) = previewed();
    stack.write("lambda/app.py", scene::source("next commit"));
    stack.proxy.take_calls();
    let run = up(&stack).exits(0);
    assert_eq!(run.outcome(), "released");
    assert_eq!(call(&run), (200, greeting("next commit", "table-42")));
    assert_eq!(run.document()["endpoints"], first.document()["endpoints"]);
    let calls = stack.proxy.take_calls();
    assert!(!calls.iter().any(|call| call.is_write() && call.service == "apigateway"), "{calls:?}");
}

#[test]
fn a_changed_environment_reaches_the_preview() {
    let (stack, _) = previewed();
    stack.settings(&SETTINGS.replace("table-{pr}", "other-{pr}"));
    let run = up(&stack).exits(0);
    assert_eq!(call(&run), (200, greeting("pull request", "other-42")));
}

#[test]
fn tracing_and_logging_are_copied() {
    let (stack, aws) = (scene(), Aws::shared());
    let configure = || aws.lambda.update_function_configuration().function_name(stack.function("dev"));
    let copied = || {
        let call = aws.lambda.get_function_configuration().function_name(stack.function("dev-pr-42"));
        let found = aws.block_on(call.send()).unwrap();
        let (tracing, logging) = (found.tracing_config.unwrap().mode.unwrap(), found.logging_config.unwrap());
        (tracing, logging.log_format.unwrap(), logging.application_log_level)
    };
    let traced = TracingConfig::builder().mode(TracingMode::Active).build();
    let json = LoggingConfig::builder().log_format(LogFormat::Json).application_log_level(ApplicationLogLevel::Warn);
    let call = configure().tracing_config(traced).logging_config(json.build());
    aws.block_on(call.send()).unwrap();
    up(&stack).exits(0);
    assert_eq!(copied(), (TracingMode::Active, LogFormat::Json, Some(ApplicationLogLevel::Warn)));
    assert_eq!(up(&stack).exits(0).outcome(), "unchanged");

    let plain = TracingConfig::builder().mode(TracingMode::PassThrough).build();
    let text = LoggingConfig::builder().log_format(LogFormat::Text);
    aws.block_on(configure().tracing_config(plain).logging_config(text.build()).send()).unwrap();
    up(&stack).exits(0);
    let (tracing, format, _) = copied();
    assert_eq!((tracing, format), (TracingMode::PassThrough, LogFormat::Text));
}

/// A copy that may not call out by IPv6 would not reach what the stage reaches.
#[test]
fn a_network_is_copied_with_its_ipv6() {
    let stack = scene();
    let network = json!({
        "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"], "VpcId": "vpc-1", "Ipv6AllowedForDualStack": true,
    });
    stack.proxy.show("GetFunction", move |function| function["Configuration"]["VpcConfig"] = network.clone());
    stack.proxy.take_calls();
    up(&stack).exits(0);
    let calls = stack.proxy.take_calls();
    let created: Value = serde_json::from_slice(&calls.calls("CreateFunction")[0].body).unwrap();
    let wanted = json!({ "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"], "Ipv6AllowedForDualStack": true });
    assert_eq!(created["VpcConfig"], wanted);
    assert_eq!(up(&stack).exits(0).outcome(), "unchanged");
}

/// A call of a sibling would reach the stage.
#[test]
fn a_variable_that_names_a_copied_function_names_its_copy() {
    let (stack, aws) = (scene(), Aws::shared());
    let (name, copy) = (stack.function("dev"), stack.function("dev-pr-42"));
    let arn = |name: &str| format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}");
    let text = format!("https://queue.example/{name}?key=s3cret");
    let variables = [("WORKER", name.clone()), ("BY_ARN", arn(&name)), ("BY_VERSION", arn(&format!("{name}:7")))];
    let variables = variables.into_iter().chain([("WITHIN", text.clone()), ("TABLE_NAME", name.clone())]);
    let variables = variables.map(|(name, value)| (name.to_owned(), value)).collect();
    let environment = Environment::builder().set_variables(Some(variables)).build();
    aws.block_on(aws.lambda.update_function_configuration().function_name(&name).environment(environment).send())
        .unwrap();

    let run = up(&stack).exits(0);
    let copied = aws.block_on(aws.lambda.get_function_configuration().function_name(&copy).send()).unwrap();
    let copied = copied.environment.unwrap().variables.unwrap();
    assert_eq!((&copied["WORKER"], &copied["TABLE_NAME"]), (&copy, &"table-42".to_owned()));
    assert_eq!((&copied["BY_ARN"], &copied["BY_VERSION"]), (&arn(&copy), &arn(&copy)));
    assert_eq!(copied["WITHIN"], text);
    assert!(run.stderr.contains("the environment variable WITHIN contains the name of"), "{run:?}");
    let shown = run.stdout.clone() + &run.stderr;
    assert!(shown.contains(&format!("WORKER names {copy}")) && !shown.contains("s3cret"), "{run:?}");
    assert_eq!(up(&stack).exits(0).outcome(), "unchanged");
}

#[test]
fn each_part_gets_the_tags_of_the_settings() {
    let (stack, aws) = (scene(), Aws::shared());
    stack.settings(&format!("{SETTINGS}[preview.tags]\nteam = \"shop {{stage}}\"\n\"cost:center\" = \"pr-{{pr}}\"\n"));
    up(&stack).exits(0);
    let apis = aws.block_on(aws.gateway.get_rest_apis().limit(500).send()).unwrap().items.unwrap();
    let api = apis.into_iter().find(|api| api.name() == Some(&format!("{}-api-pr-42", stack.name))).unwrap();
    let group = format!("/aws/lambda/{}", stack.function("dev-pr-42"));
    let group = aws.logs("ListTagsLogGroup", &json!({ "logGroupName": group }));
    let group: HashMap<String, String> = serde_json::from_value(group["tags"].clone()).unwrap();
    let function: HashMap<_, _> = scene::tags(&stack.function("dev-pr-42")).into_iter().collect();
    for tags in [function, api.tags.unwrap(), group] {
        assert_eq!((tags["team"].as_str(), tags["cost:center"].as_str()), ("shop dev", "pr-42"));
        assert_eq!(tags["sls-release:repository"], stack.repository());
    }
}

#[test]
fn a_changed_definition_keeps_the_endpoint() {
    let (stack, first) = previewed();
    Aws::shared().add_mock(&stack.api, stack.root(), "health");
    stack.deploy();
    let run = up(&stack).exits(0);
    assert_eq!(run.document()["endpoints"], first.document()["endpoints"]);
    assert_eq!(scene::call_path(&run, "/health").0, 200);
    assert_eq!(call(&run), (200, greeting("pull request", "table-42")));
    assert_eq!(up(&stack).exits(0).outcome(), "unchanged");
}

#[test]
fn down_leaves_nothing_and_may_be_repeated() {
    let (stack, _) = previewed();
    // The closing of a pull request needs no checkout.
    std::fs::remove_file(stack.folder().join("sls-release.toml")).unwrap();
    let before = stack.state(None);
    let run = down(&stack).exits(0);
    assert_eq!(run.outcome(), "deleted");
    assert_eq!(run.document()["previews"][0]["deleted"].as_array().unwrap().len(), 3);
    assert_eq!((functions(&stack), apis(&stack)), (Vec::new(), Vec::new()));
    assert_eq!(stack.state(None), before);

    stack.proxy.take_calls();
    let run = down(&stack).exits(0);
    assert_eq!(run.document()["previews"], serde_json::json!([]));
    stack.proxy.take_calls().writes_nothing();
}

#[test]
fn down_leaves_the_preview_of_another_pull_request() {
    let (stack, _) = previewed();
    let other = stack.up(4).exits(0);
    assert_eq!(standing(&stack), [4, 42]);
    down(&stack).exits(0);
    assert_eq!(functions(&stack), [stack.function("dev-pr-4")]);
    assert_eq!(call(&other), (200, greeting("pull request", "table-4")));
}

#[test]
fn a_preview_of_an_alias_copies_what_the_alias_stands_on() {
    let stack = scene::built(&["--alias", "live"]);
    stack.settings(&format!("{SETTINGS}alias = \"live\"\n"));
    let run = up(&stack).exits(0);
    assert_eq!(call(&run), (200, greeting("pull request", "table-42")));
}

#[test]
fn people_read_which_preview_it_is_and_where_it_answers() {
    let stack = scene();
    let repository = stack.repository();
    let preview = |arguments: &[&str]| stack.run(&[&["preview"], arguments, &["--repository", &repository]].concat());
    let shown = |arguments: &[&str]| {
        let text = preview(arguments).exits(0).stdout.replace(&stack.name, "NAME");
        text.replace(&stack.proxy.endpoint, "AWS")
    };
    let up = shown(&["up", "--pr", "42", "--stage", "dev"]);
    let api = up.split("/restapis/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let again = shown(&["up", "--pr", "42", "--stage", "dev"]);
    let all = [up, again, shown(&["list"]), shown(&["down", "--pr", "42"]), shown(&["list"])];
    insta::assert_snapshot!("people_read", all.join("---\n").replace(&api, "API-ID"));
}

#[test]
fn the_report_says_what_differs_from_the_stage_and_where_the_time_went() {
    let stack = scene();
    let document = up(&stack).exits(0).document();
    let change = &document["changes"]["hello"];
    assert_eq!(change["name"], stack.function("dev-pr-42"));
    assert_eq!(change["files"]["verdict"], "other_files");
    assert!(change["before_bytes"].as_u64().unwrap() > 0, "{change}");
    assert_eq!(change["files"]["changed"], serde_json::json!(["app.py"]), "{change}");
    let phases: Vec<_> = document["phases"].as_array().unwrap().iter().map(|phase| phase["phase"].clone()).collect();
    let expected = ["pack", "look", "upload", "functions", "api", "prove"];
    assert!(expected.iter().filter(|name| phases.contains(&Value::from(**name))).count() > 3, "{phases:?}");
    assert_eq!(document["previews"][0]["skipped"], Value::Null);

    let again = up(&stack).exits(0).document();
    let skipped = again["previews"][0]["skipped"].as_array().unwrap().clone();
    assert_eq!(skipped.len(), 2, "the function and the API: {skipped:?}");
    assert_eq!(again["changes"]["hello"]["files"]["verdict"], "other_files");
}
