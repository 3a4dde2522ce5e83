//! Previews that are not made, and why; nothing is written.

use aws_sdk_lambda::types::{FunctionCode, Runtime};
use serde_json::json;

use super::scene::{everything, scene, settings};
use crate::preview::scene::{SETTINGS, down, up};
use crate::support::scene::{answering, archive_of};
use crate::support::{Aws, Call, Run, Stack};

/// The refusal, in words; nothing was written.
#[track_caller]
fn refusal(stack: &Stack) -> String {
    stack.proxy.take_calls();
    let before = everything(stack);
    let repository = stack.repository();
    let run: Run = stack.run(&["preview", "up", "--pr", "42", "--stage", "dev", "--repository", &repository]).exits(3);
    assert!(!stack.proxy.take_calls().iter().any(Call::is_write));
    assert_eq!(everything(stack), before);
    let text = run.stderr[run.stderr.find("error:").unwrap()..].to_owned();
    let text = text.replace(&stack.repository(), "acme/REPO").replace(&stack.name, "NAME");
    text.replace(&stack.api, "API-ID")
}

#[test]
fn an_integration_without_a_variable_is_refused_with_the_change_in_terraform() {
    let stack = Stack::build(&["--alias", "live"]);
    stack.settings(&settings());
    stack.write("lambda/app.py", super::source("pull request"));
    insta::assert_snapshot!("preview_stage_without_variable", refusal(&stack));
}

#[test]
fn all_reasons_are_told_at_once() {
    let (stack, aws) = (Stack::build(&[]), Aws::shared());
    stack.settings(&settings().replace("latest_unused = true\n", "").replace("alias = \"live\"\n", ""));
    stack.write("lambda/app.py", super::source("pull request"));
    stack.proxy.show("ListEventSourceMappings", |mappings| {
        let source = "arn:aws:sqs:us-east-1:000000000000:jobs";
        let function = "arn:aws:lambda:us-east-1:000000000000:function:any";
        mappings["EventSourceMappings"] = json!([
            { "UUID": "1", "EventSourceArn": source, "FunctionArn": function },
            { "UUID": "2", "EventSourceArn": "other", "FunctionArn": format!("{function}:live") },
        ]);
    });
    stack.proxy.show("GetRestApi", |api| api["disableExecuteApiEndpoint"] = true.into());
    let call = aws.lambda.create_function_url_config().function_name(stack.function("dev"));
    aws.block_on(call.auth_type(aws_sdk_lambda::types::FunctionUrlAuthType::AwsIam).send()).unwrap();
    let deployment = aws.stage_deployment(&stack.api, "dev");
    for number in 1..10 {
        let call = aws.gateway.create_stage().rest_api_id(&stack.api).stage_name(format!("s{number}"));
        aws.block_on(call.deployment_id(&deployment).send()).unwrap();
    }
    insta::assert_snapshot!("preview_stage_all_reasons", refusal(&stack));
}

#[test]
fn an_alias_and_a_stage_of_others_are_left_alone() {
    let (stack, aws) = (scene(), Aws::shared());
    let (function, deployment) = (stack.function("dev"), aws.stage_deployment(&stack.api, "dev"));
    let call = aws.lambda.create_alias().function_name(&function).name("pr-42").function_version("1");
    aws.block_on(call.description("mine").send()).unwrap();
    let call = aws.gateway.create_stage().rest_api_id(&stack.api).stage_name("pr-42").deployment_id(deployment);
    aws.block_on(call.send()).unwrap();
    insta::assert_snapshot!("preview_stage_of_others", refusal(&stack));
    let before = everything(&stack);
    down(&stack).exits(0);
    assert_eq!(everything(&stack), before);
}

#[test]
fn the_preview_of_another_repository_is_left_alone() {
    let stack = scene();
    up(&stack).exits(0);
    let before = everything(&stack);
    let others = |verb: &str, more: &[&str]| {
        stack.run(&[&["preview", verb, "--pr", "42", "--repository", "other/repository"], more].concat())
    };
    others("down", &[]).exits(0);
    let refused = others("up", &["--stage", "dev"]).exits(3);
    assert!(refused.stderr.contains("stage pr-42 of API public does not belong to this preview"), "{refused:?}");
    assert_eq!(everything(&stack), before);
}

#[test]
fn a_variable_that_chooses_something_else_too_is_refused() {
    let (stack, aws) = (scene(), Aws::shared());
    aws.add_mock(&stack.api, stack.root(), "other");
    let uri = "https://${stageVariables.alias}.example.com/";
    crate::strict::endpoints::put_uri(aws, &stack, "other", uri, None);
    let refused = refusal(&stack);
    assert!(refused.contains("GET /other of API public uses the stage variable `alias`, too"), "{refused}");
}

#[test]
fn a_function_that_no_api_calls_may_be_called_as_it_likes() {
    let (stack, aws) = (scene(), Aws::shared());
    let name = stack.function("worker");
    let code = archive_of(&answering(200, "worker"));
    let call = aws.lambda.create_function().function_name(&name).runtime(Runtime::Python312).handler("app.handler");
    let call = call.role("arn:aws:iam::000000000000:role/other").code(FunctionCode::builder().zip_file(code).build());
    aws.block_on(call.send()).unwrap();
    let call = aws.lambda.add_permission().function_name(&name).statement_id("queue").action("lambda:InvokeFunction");
    aws.block_on(call.principal("sqs.amazonaws.com").send()).unwrap();
    let before = aws.code(&name, "$LATEST");
    let worker = "[functions.worker]\nsource = \"lambda\"\nname = \"$NAME-worker\"\n";
    stack.settings(&(settings() + worker));
    let run = up(&stack).exits(0);
    assert!(run.stderr.contains("no API calls function worker by a stage variable"), "{run:?}");
    assert_eq!((aws.code(&name, "$LATEST"), aws.find_alias(&name, "pr-42")), (before, None));
}

#[test]
fn what_an_alias_cannot_follow_is_refused_in_the_settings() {
    let stack = scene();
    stack.settings(&SETTINGS.replace("[preview]\n", "[preview]\nstrategy = \"stage\"\n"));
    let run = up(&stack).exits(2);
    assert!(run.stdout.contains("[preview] has `environment`, which strategy \\\"stage\\\" cannot follow"), "{run:?}");
}

#[test]
fn an_alias_that_stands_on_latest_would_answer_with_the_pull_requests_code() {
    let (stack, aws) = (scene(), Aws::shared());
    let call = aws.lambda.create_alias().function_name(stack.function("dev")).name("staging");
    aws.block_on(call.function_version("$LATEST").send()).unwrap();
    let refused = refusal(&stack);
    assert!(refused.contains("may be called without a qualifier"), "{refused}");
    assert!(refused.contains("by alias staging, which stands on $LATEST"), "{refused}");
}

#[test]
fn a_place_that_no_description_can_hold_is_refused() {
    let stack = scene();
    let long = format!("prefix = \"{}\"", "team/service/".repeat(9).trim_end_matches('/'));
    stack.settings(&settings().replace("prefix = \"hello\"", &long));
    let refused = refusal(&stack);
    assert!(refused.contains("is too long a place for the code of"), "{refused}");
    assert!(refused.contains("choose a shorter `prefix` in [artifacts]"), "{refused}");
}
