//! Previews that are not made, and why; nothing is written.

use super::scene::{SETTINGS, apis, call, down, greeting, previewed, scene, tags, up};
use crate::support::{Aws, Run, Stack, answering, archive_of, unreleased};

/// The refusal, in words; nothing was written.
#[track_caller]
fn refusal(stack: &Stack) -> String {
    stack.proxy.take_calls();
    let run: Run = up(stack).exits(3);
    stack.proxy.take_calls().writes_nothing();
    run.document()["failure"]["problems"].to_string()
}

#[test]
fn a_function_of_the_previews_name_without_its_tags_is_left_alone() {
    let (stack, aws) = (scene(), Aws::shared());
    let name = stack.function("dev-pr-42");
    let tags_of_others = [("team".to_owned(), "others".to_owned())];
    aws.create_function(&name, archive_of(&answering(200, "mine")), Some(tags_of_others.clone().into()));
    let before = aws.code(&name, "$LATEST");

    let refused = refusal(&stack);
    assert!(refused.contains(&format!("function {name} exists, and does not belong to this preview")), "{refused}");
    down(&stack).exits(0);
    assert_eq!(aws.code(&name, "$LATEST"), before);
    assert_eq!(tags(&name), tags_of_others.into());
    assert_eq!(apis(&stack), Vec::<String>::new());
}

#[test]
fn the_preview_of_another_repository_is_left_alone() {
    let (stack, run) = previewed();
    let others = |verb: &str, more: &[&str]| {
        stack.run(&[&["preview", verb, "--pr", "42", "--repository", "other/repository"], more].concat())
    };
    others("down", &[]).exits(0);
    let refused = others("up", &["--stage", "dev"]).exits(3);
    assert!(refused.stderr.contains(&format!("pull request 42 of {}", stack.repository())), "{refused:?}");
    assert_eq!(call(&run), (200, greeting("pull request", "table-42")));
}

#[test]
fn all_reasons_are_told_at_once() {
    let stack = unreleased(&["--function", "$NAME-dev=/hello", "--function", "$NAME-other=/other"], SETTINGS);
    stack.proxy.show("GetRestApi", |api| {
        api["policy"] = "{}".into();
        api["disableExecuteApiEndpoint"] = true.into();
    });
    stack.proxy.show("GetFunction", |function| {
        function["Configuration"]["FileSystemConfigs"] =
            serde_json::json!([{ "Arn": "arn:aws:elasticfilesystem:x", "LocalMountPath": "/mnt/data" }]);
        function["Configuration"]["Environment"] = serde_json::json!({
            "Error": { "ErrorCode": "AccessDeniedException", "Message": "Lambda was unable to decrypt" }
        });
        function["Configuration"]["TenancyConfig"] = serde_json::json!({ "TenantIsolationMode": "PER_TENANT" });
        function["Configuration"]["RuntimeSource"] = serde_json::json!({ "Owner": "Customer" });
        function["Configuration"]["SwitchedOff"] = serde_json::json!({ "Mode": "" });
        function["Configuration"]["LoggingConfig"]["Sampling"] = 7.into();
    });
    let refused = refusal(&stack);
    let reasons = [
        "has a resource policy",
        "the default endpoint of API public is disabled",
        "mounts a file system",
        "Lambda keeps its tenants apart (`TenancyConfig`), and its copy would mix them",
        "its configuration has `LoggingConfig.Sampling`, `RuntimeSource`, which this version",
        "Lambda does not show its environment: AccessDeniedException: Lambda was unable to decrypt",
        "GET /other of API public cannot be copied",
    ];
    for reason in reasons {
        assert!(refused.contains(reason), "{reason}: {refused}");
    }
}

#[test]
fn a_lambda_authorizer_that_is_not_copied_is_refused() {
    let stack = scene();
    stack.proxy.show("GetExport", |document| {
        let uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/\
                   arn:aws:lambda:us-east-1:000000000000:function:guard/invocations";
        document["components"]["securitySchemes"]["guard"] = serde_json::json!({
            "type": "apiKey", "name": "Authorization", "in": "header",
            "x-amazon-apigateway-authorizer": { "type": "token", "authorizerUri": uri },
        });
    });
    let refused = refusal(&stack);
    assert!(refused.contains("authorizer guard of API public cannot be copied"), "{refused}");
    assert!(refused.contains("it calls function guard, which would not be copied"), "{refused}");
}

/// A queue or a table behind a method is the stage's own.
#[test]
fn a_method_that_calls_another_service_by_a_role_is_refused() {
    let stack = scene();
    stack.proxy.show("GetExport", |document| {
        document["paths"]["/jobs"]["post"] = serde_json::json!({
            "x-amazon-apigateway-integration": {
                "type": "aws", "httpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:sqs:path/000000000000/jobs",
                "credentials": "arn:aws:iam::000000000000:role/api-to-queue",
            },
        });
        document["paths"]["/health"]["get"] =
            serde_json::json!({ "x-amazon-apigateway-integration": { "type": "mock" } });
    });
    let refused = refusal(&stack);
    assert!(refused.contains("POST /jobs of API public cannot be copied"), "{refused}");
    assert!(refused.contains("arn:aws:apigateway:us-east-1:sqs:path/000000000000/jobs"), "{refused}");
    assert!(!refused.contains("/health"), "{refused}");
}

#[test]
fn without_a_word_on_the_role_there_is_no_preview() {
    let stack = scene();
    stack.settings(&SETTINGS.replace("share_role = true\n", ""));
    let run = up(&stack).exits(2);
    assert!(run.stdout.contains("[preview] has neither `role` nor `share_role = true`"), "{run:?}");
}
