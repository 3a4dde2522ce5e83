//! Tags get on what no preview made: people copy them, and Terraform's `default_tags` puts them on everything. What carries
//! tags that were not made for it is named, and neither changed nor deleted.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::logs::groups;
use super::scene::{
    SETTINGS, apis, call, down, functions, github, greeting, list, previewed, scene, standing, tags, up,
};
use crate::support::{Aws, Ends, Stack, answering, archive_of};

/// The tags of the API of this name.
fn tags_of_api(name: &str) -> HashMap<String, String> {
    let found = Aws::shared().api_documents(name);
    serde_json::from_value(found[0]["tags"].clone()).unwrap()
}

/// An API of the stack's owner that carries these tags; its id.
fn create_api(stack: &Stack, name: &str, tags: HashMap<String, String>) -> String {
    let (aws, name) = (Aws::shared(), stack.function(name));
    let call = aws.gateway.create_rest_api().name(name).set_tags(Some(tags));
    aws.block_on(call.send()).unwrap().id.unwrap()
}

/// A function of the stack's owner that carries these tags.
fn create_function(stack: &Stack, name: &str, tags: BTreeMap<String, String>) -> String {
    let name = stack.function(name);
    let tags = tags.into_iter().collect();
    Aws::shared().create_function(&name, archive_of(&answering(200, "production")), Some(tags));
    name
}

/// The API `production`, with all tags of the preview's.
fn production(stack: &Stack) -> String {
    let id = create_api(stack, "production", tags_of_api(&stack.function("api-pr-42")));
    format!("API {} ({id})", stack.function("production"))
}

#[test]
fn an_api_with_the_previews_tags_stays_and_is_named() {
    let (stack, first) = previewed();
    let production = production(&stack);
    stack.proxy.take_calls();
    let refused = up(&stack).exits(3);
    let problem = format!("{production} carries the tags of this preview, and is not a part of it");
    assert!(refused.stdout.contains(&problem), "{refused:?}");
    stack.proxy.take_calls().writes_nothing();
    assert_eq!(call(&first), (200, greeting("pull request", "table-42")));

    let run = down(&stack).exits(0);
    let why = format!("its tag `sls-release:name` is `{}`", stack.function("api-pr-42"));
    for text in [format!("{production} is left alone"), why, "delete it by hand if it was the preview's".to_owned()] {
        assert!(run.document()["warnings"].to_string().contains(&text), "{text}: {run:?}");
    }
    assert_eq!((functions(&stack), apis(&stack)), (vec![], vec![stack.function("production")]));
    // It is named each time, and is no preview.
    assert!(down(&stack).exits(0).stderr.contains(&format!("{production} is left alone")));
    assert_eq!(list(&stack), Vec::<serde_json::Value>::new());
}

/// Its tags name itself, but what they say that it is a copy of is no API, or its name is no copy's.
#[test]
fn an_api_whose_tags_fit_its_name_alone_stays_and_is_named() {
    let (stack, _) = previewed();
    let name = stack.function("api-pr-42");
    let with = |name: &str, tag: &str, value: String| {
        let mut tags = tags_of_api(&stack.function("api-pr-42"));
        tags.insert(tag.to_owned(), value);
        create_api(&stack, name, tags)
    };
    let of_function = format!("arn:aws:lambda:us-east-1:000000000000:function:{}", stack.function("dev"));
    let foreign = with("api-pr-42", "sls-release:original", of_function);
    let production = with("production", "sls-release:name", stack.function("production"));
    let run = down(&stack).exits(0);
    for (api, why) in [
        (format!("API {name} ({foreign})"), "which is no API and its stage"),
        (format!("API {} ({production})", stack.function("production")), "its name does not end with `-pr-42`"),
    ] {
        let named = |line: &str| line.contains(&api) && line.contains("is left alone") && line.contains(why);
        assert!(run.stderr.lines().any(named), "{api}: {run:?}");
    }
    assert_eq!((functions(&stack), apis(&stack)), (vec![], vec![name, stack.function("production")]));
}

#[test]
fn a_function_with_the_previews_tags_stays_and_is_named() {
    let (stack, _) = previewed();
    let production = create_function(&stack, "prod-pr-42", tags(&stack.function("dev-pr-42")));
    let run = down(&stack).exits(0);
    assert!(run.stderr.contains(&format!("function {production} is left alone")), "{run:?}");
    assert_eq!((functions(&stack), apis(&stack)), (vec![production], vec![]));
}

#[test]
fn a_log_group_with_the_previews_tags_stays_and_is_named() {
    let (stack, _) = previewed();
    let group = |function: &str| format!("/aws/lambda/{}", stack.function(function));
    let tags = Aws::shared().logs("ListTagsLogGroup", &json!({ "logGroupName": group("dev-pr-42") }))["tags"].take();
    let production = group("prod-pr-42");
    Aws::shared().logs("CreateLogGroup", &json!({ "logGroupName": production, "tags": tags }));
    let run = down(&stack).exits(0);
    assert!(run.stderr.contains(&format!("log group {production} is left alone")), "{run:?}");
    assert_eq!((functions(&stack), groups(&stack)), (vec![], vec![]));
    Aws::shared().logs("DeleteLogGroup", &json!({ "logGroupName": production }));
}

/// The group belongs to somebody who tagged it as the group of another function.
#[test]
fn a_log_group_of_a_deleted_function_stays_where_its_tags_are_of_another() {
    let stack = scene();
    let group = format!("/aws/lambda/{}", stack.function("dev-pr-42"));
    let tags = json!({
        "sls-release:repository": stack.repository(), "sls-release:pull-request": "42", "sls-release:service": "hello",
        "sls-release:name": "/aws/lambda/other-pr-42",
    });
    Aws::shared().logs("CreateLogGroup", &json!({ "logGroupName": group, "tags": tags }));
    up(&stack).exits(0);
    let run = down(&stack).exits(0);
    assert!(run.stderr.contains(&format!("log group {group} is left alone")), "{run:?}");
    assert_eq!(groups(&stack), [(group, None)]);
}

#[test]
fn a_renamed_api_stays_and_is_named() {
    let (stack, _) = previewed();
    let (aws, name) = (Aws::shared(), stack.function("renamed"));
    let id = aws.apis(&stack.function("api-pr-42")).into_keys().next().unwrap();
    let operation = aws_sdk_apigateway::types::PatchOperation::builder()
        .op(aws_sdk_apigateway::types::Op::Replace)
        .path("/name")
        .value(&name);
    let call = aws.gateway.update_rest_api().rest_api_id(&id).patch_operations(operation.build());
    aws.block_on(call.send()).unwrap();
    let run = down(&stack).exits(0);
    assert!(run.stderr.contains(&format!("API {name} ({id}) is left alone")), "{run:?}");
    assert!(run.stderr.contains("it was renamed, or its tags were copied"), "{run:?}");
    assert_eq!((functions(&stack), apis(&stack)), (vec![], vec![name]));
}

#[test]
fn parts_without_the_tags_of_their_origin_stay_and_are_named() {
    let (stack, _) = previewed();
    let name = stack.function("dev-pr-42");
    let arn = format!("arn:aws:lambda:us-east-1:000000000000:function:{name}");
    let aws = Aws::shared();
    let untag = aws.lambda.untag_resource().resource(arn).tag_keys("sls-release:name");
    aws.block_on(untag.send()).unwrap();
    let refused = up(&stack).exits(3);
    assert!(refused.stdout.contains(&format!("function {name} exists, and does not belong to this preview")));
    let run = down(&stack).exits(0);
    assert!(run.stderr.contains(&format!("function {name} is left alone")), "{run:?}");
    assert!(run.stderr.contains("it has no tag `sls-release:name`"), "{run:?}");
    assert_eq!((functions(&stack), apis(&stack)), (vec![name], vec![]));
}

#[test]
fn an_api_of_the_previews_name_without_tags_is_left_alone() {
    let stack = scene();
    let id = create_api(&stack, "api-pr-42", HashMap::new());
    let run = up(&stack).exits(3);
    let problem = format!("API {} ({id}) exists, and does not belong to this preview", stack.function("api-pr-42"));
    assert!(run.stdout.contains(&problem), "{run:?}");
    down(&stack).exits(0);
    assert_eq!(apis(&stack), [stack.function("api-pr-42")]);
}

/// Deletions queue: somebody may rename an API meanwhile.
#[test]
fn what_is_renamed_after_the_first_look_stays() {
    let (stack, _) = previewed();
    let (looks, preview, name) = (AtomicUsize::new(0), stack.function("api-pr-42"), stack.function("production"));
    stack.proxy.show("GetRestApis", move |page| {
        let is_first = looks.fetch_add(1, Ordering::Relaxed) == 0;
        let apis = page["item"].as_array_mut().into_iter().flatten();
        for api in apis.filter(|api| !is_first && api["name"] == preview.as_str()) {
            api["name"] = name.clone().into();
        }
    });
    let run = down(&stack).exits(0);
    assert!(run.stderr.contains("is left alone: it was changed by another run or person since"), "{run:?}");
    assert_eq!((functions(&stack), apis(&stack)), (vec![], vec![stack.function("api-pr-42")]));
}

#[test]
fn prune_leaves_what_only_carries_the_tags() {
    let (stack, _) = previewed();
    let production = production(&stack);
    let github = github(&stack, &[(42, "closed")]);
    let run = stack.preview_command("prune", &[]).envs(github.environment()).ended().exits(0);
    assert!(run.stderr.contains(&format!("{production} is left alone")), "{run:?}");
    assert_eq!((functions(&stack), apis(&stack)), (vec![], vec![stack.function("production")]));
}

#[test]
fn a_preview_that_makes_room_leaves_what_only_carries_its_tags() {
    let (stack, _) = previewed();
    stack.settings(&SETTINGS.replace("[preview]\n", "[preview]\nmax_previews = 1\nwhen_full = \"refuse\"\n"));
    let production = production(&stack);
    let github = github(&stack, &[(42, "closed"), (43, "open")]);
    let mut up = stack.preview_command("up", &["--pr", "43", "--stage", "dev"]);
    let run = up.envs(github.environment()).ended().exits(0);
    assert!(run.stderr.contains(&format!("{production} is left alone")), "{run:?}");
    assert_eq!(standing(&stack), [43]);
    assert!(apis(&stack).contains(&stack.function("production")));
}
