//! Previews by the strategy `stage` behind the strict proxy.

mod passing;
mod refused;
pub(super) mod scene;
mod sweep;

use serde_json::Value;

use super::scene::{call, down, list, up};
use crate::support::scene::{answering, archive_of};
use crate::support::strict::{Fault, When};
use crate::support::{Aws, Call, Run};
use scene::{everything, only_preview_is_new, scene, source};

#[test]
fn a_preview_answers_beside_its_stage() {
    let (stack, aws) = (scene(), Aws::shared());
    let before = everything(&stack);

    let run = up(&stack).exits(0);
    assert_eq!(run.outcome(), "released");
    let preview = &run.document()["previews"][0];
    assert_eq!(preview["functions"][0], format!("{}:pr-42", stack.function("dev")));
    assert_eq!(call(&run), (200, "pull request".to_owned()));
    assert_eq!(stack.call("/hello").body, "placeholder", "the stage answers with its own code");
    only_preview_is_new(&before, &everything(&stack));

    let stages = aws.block_on(aws.gateway.get_stages().rest_api_id(&stack.api).send()).unwrap().item.unwrap();
    let stage = stages.iter().find(|stage| stage.stage_name() == Some("pr-42")).unwrap();
    assert_eq!(stage.variables().unwrap()["alias"], "pr-42");
    assert_eq!(stage.tags().unwrap()["sls-release:repository"], stack.repository());
    assert_eq!(list(&stack)[0]["endpoints"], run.document()["endpoints"]);
}

#[test]
fn up_again_without_a_change_writes_nothing() {
    let stack = scene();
    let first = up(&stack).exits(0).document();
    stack.proxy.take_calls();
    let run = up(&stack).exits(0);
    assert_eq!(run.outcome(), "unchanged");
    assert_eq!(run.document()["endpoints"], first["endpoints"]);
    assert!(!stack.proxy.take_calls().iter().any(Call::is_write));
}

#[test]
fn changed_code_moves_the_alias_and_leaves_no_version_behind() {
    let stack = scene();
    let before = everything(&stack);
    up(&stack).exits(0);
    let first = everything(&stack);
    stack.write("lambda/app.py", source("next commit"));
    let run = up(&stack).exits(0);
    assert_eq!(call(&run), (200, "next commit".to_owned()));
    let after = everything(&stack);
    only_preview_is_new(&before, &after);
    assert_eq!((after.versions.len(), &after.stages), (first.versions.len(), &first.stages));
}

#[test]
fn code_that_was_published_before_does_not_pass_through_latest() {
    let stack = scene();
    stack.write("lambda/app.py", source("released"));
    stack.release(&[]).exits(0);
    let before = everything(&stack);
    stack.proxy.take_calls();
    let run = up(&stack).exits(0);
    assert_eq!(call(&run), (200, "released".to_owned()));
    let calls = stack.proxy.take_calls();
    assert!(calls.calls("UpdateFunctionCode").is_empty() && calls.calls("PublishVersion").is_empty(), "{calls:?}");
    assert_eq!(everything(&stack).versions, before.versions);
    down(&stack).exits(0);
    assert_eq!(everything(&stack), before);
}

#[test]
fn a_changed_definition_reaches_the_preview_and_is_told_where_the_stage_lacks_it() {
    let (stack, aws) = (scene(), Aws::shared());
    // From here on the stage's deployment says of which definition it is.
    stack.release(&[]).exits(0);
    assert!(!up(&stack).exits(0).stderr.contains("serves another definition"));
    let first = everything(&stack);
    aws.add_mock(&stack.api, stack.root(), "health");
    let run = up(&stack).exits(0);
    assert_eq!(super::scene::call_path(&run, "/health").0, 200);
    assert!(run.stderr.contains("stage dev of API public serves another definition than the API has now"), "{run:?}");
    assert_eq!(everything(&stack).state.deployments.len(), first.state.deployments.len());
    assert_eq!(up(&stack).exits(0).outcome(), "unchanged");
}

#[test]
fn of_two_functions_the_unchanged_one_does_not_pass_through_latest() {
    let (stack, aws) = (scene::of_two_functions(), Aws::shared());
    let (one, other) = (stack.function("dev"), stack.function("other"));
    stack.release(&[]).exits(0);
    let versions = aws.versions(&other);
    let before = everything(&stack);
    stack.write("lambda/app.py", source("pull request"));
    stack.proxy.take_calls();
    let run = up(&stack).exits(0);
    assert_eq!(call(&run), (200, "pull request".to_owned()));
    assert_eq!(super::scene::call_path(&run, "/other"), (200, "other".to_owned()));
    let calls = stack.proxy.take_calls();
    let changed = calls.calls("UpdateFunctionCode");
    assert!(!changed.is_empty() && changed.iter().all(|call| call.function() == one), "{changed:?}");
    assert_eq!(aws.versions(&other), versions);
    assert_eq!(aws.alias(&other, "pr-42"), aws.alias(&other, "live"));
    down(&stack).exits(0);
    assert_eq!(everything(&stack), before);
    assert!(aws.find_alias(&other, "pr-42").is_none());
}

#[test]
fn a_changed_variable_of_the_stage_reaches_the_preview() {
    let stack = scene();
    up(&stack).exits(0);
    scene::set_variable(&stack, "colour", "blue");
    up(&stack).exits(0);
    assert_eq!(everything(&stack).stages["pr-42"].1, [("alias", "pr-42"), ("colour", "blue")].map(scene::texts).into());
    assert_eq!(up(&stack).exits(0).outcome(), "unchanged");
}

#[test]
fn a_changed_configuration_needs_a_version_but_no_other_code_in_latest() {
    let (stack, aws) = (scene(), Aws::shared());
    stack.write("lambda/app.py", source("released"));
    stack.release(&[]).exits(0);
    up(&stack).exits(0);
    let function = stack.function("dev");
    let update = aws.lambda.update_function_configuration().function_name(&function).memory_size(512);
    aws.block_on(update.send()).unwrap();
    let before = everything(&stack);
    stack.proxy.take_calls();
    let run = up(&stack).exits(0);
    assert_eq!(call(&run), (200, "released".to_owned()));
    let calls = stack.proxy.take_calls();
    assert!(calls.calls("UpdateFunctionCode").is_empty(), "{calls:?}");
    let after = everything(&stack);
    assert_eq!((after.latest, &after.aliases["live"]), (before.latest, &before.aliases["live"]));
    assert_ne!(after.aliases["pr-42"], after.aliases["live"]);
}

#[test]
fn down_leaves_nothing_and_may_be_repeated() {
    let stack = scene();
    let before = everything(&stack);
    up(&stack).exits(0);
    // The closing of a pull request needs no checkout.
    std::fs::remove_file(stack.folder().join("sls-release.toml")).unwrap();
    let run = down(&stack).exits(0);
    assert_eq!(run.outcome(), "deleted");
    let deleted = run.document()["previews"][0]["deleted"].to_string();
    for what in ["permission", "alias pr-42", "version", "stage pr-42", "deployment"] {
        assert!(deleted.contains(what), "{what}: {deleted}");
    }
    assert_eq!(everything(&stack), before);
    stack.proxy.take_calls();
    let run = down(&stack).exits(0);
    assert_eq!(run.document()["previews"], Value::Null);
    assert!(!stack.proxy.take_calls().iter().any(Call::is_write));
}

#[test]
fn two_pull_requests_with_the_same_code_share_a_version_until_the_last_is_closed() {
    let stack = scene();
    let before = everything(&stack);
    up(&stack).exits(0);
    let other = stack.preview("up", &["--pr", "4", "--stage", "dev"]).exits(0);
    down(&stack).exits(0);
    assert_eq!(call(&other), (200, "pull request".to_owned()));
    stack.preview("down", &["--pr", "4"]).exits(0);
    assert_eq!(everything(&stack), before);
}

#[test]
fn what_somebody_else_released_meanwhile_stays() {
    let (stack, aws) = (scene(), Aws::shared());
    let held = stack.proxy.hold(When::Next("PublishVersion"));
    let repository = stack.repository();
    let arguments = ["preview", "up", "--pr", "42", "--stage", "dev", "--repository", &repository];
    let child = stack.command(&arguments).spawn().unwrap();
    held.wait_until_reached();
    let (function, theirs) = (stack.function("dev"), archive_of(&answering(200, "theirs")));
    aws.block_on(aws.lambda.update_function_code().function_name(&function).zip_file(theirs).send()).unwrap();
    let latest = aws.code(&function, "$LATEST");
    held.let_go();
    let run: crate::support::Run = child.wait_with_output().unwrap().into();
    run.exits(0);
    assert_eq!(aws.code(&function, "$LATEST"), latest);
}

#[test]
fn code_that_cannot_be_put_back_is_named_with_the_command() {
    let stack = scene();
    let before = everything(&stack);
    let held = stack.proxy.hold(When::Next("PublishVersion"));
    let repository = stack.repository();
    let arguments = ["preview", "up", "--pr", "42", "--stage", "dev", "--repository", &repository, "--output", "json"];
    let child = stack.command(&arguments).spawn().unwrap();
    held.wait_until_reached();
    stack.proxy.fault(When::Action("UpdateFunctionCode"), Fault::Denied);
    held.let_go();
    let run: crate::support::Run = child.wait_with_output().unwrap().into();
    let left = run.exits(5).document()["not_put_back"].to_string();
    for command in ["update-function-code", "delete-alias"] {
        let command = format!("aws lambda {command} --function-name {}", stack.function("dev"));
        assert!(left.contains(&command), "{left}");
    }

    // The stage stays, since it leads there.
    stack.proxy.clear_orders();
    stack.preview("down", &["--pr", "42", "--wait-timeout", "1s"]).exits(0);
    assert_eq!(everything(&stack), before);
}

/// Its tag tells of a change that only an alias took part in.
#[test]
fn what_nobody_touched_for_long_is_pruned() {
    let stack = scene();
    let before = everything(&stack);
    up(&stack).exits(0);
    stack.write("lambda/app.py", source("next commit"));
    stack.proxy.take_calls();
    up(&stack).exits(0);
    let calls = stack.proxy.take_calls().0;
    let at = |action: &str| calls.iter().position(|call| call.action == action).unwrap();
    assert!(at("TagResource") < at("UpdateFunctionCode"), "while it takes turns, it is no idle one");
    let tagged = &calls[at("TagResource")];
    let tags = &tagged.document()["tags"];
    assert!(tags["sls-release:updated"].as_str().unwrap().ends_with('Z'), "{tags}");

    let prune = || stack.preview("prune", &["--older-than", "14d"]).exits(0);
    assert_eq!(prune().outcome(), "nothing_done");
    stack.proxy.show("GetStages", |page| {
        for stage in page["item"].as_array_mut().into_iter().flatten() {
            if stage["stageName"] == "pr-42" {
                stage["tags"]["sls-release:updated"] = "2020-02-02T00:00:00Z".into();
            }
        }
    });
    assert_eq!(prune().document()["previews"][0]["pull_request"], 42);
    stack.proxy.clear_orders();
    assert_eq!(everything(&stack), before);
}

/// With its own stage and nine previews an API has all the stages that it may have.
#[test]
fn the_oldest_preview_makes_room_on_a_full_api() {
    let (stack, aws) = (scene(), Aws::shared());
    let limits = "[preview]\nmax_previews = 2\nwhen_full = \"replace-oldest\"\n";
    stack.settings(&scene::settings().replace("[preview]\n", limits));
    let deployment = aws.stage_deployment(&stack.api, "dev");
    for number in 1..8 {
        let call = aws.gateway.create_stage().rest_api_id(&stack.api).stage_name(format!("s{number}"));
        aws.block_on(call.deployment_id(&deployment).send()).unwrap();
    }
    for (number, text) in [("4", "pull request"), ("5", "another one")] {
        stack.write("lambda/app.py", source(text));
        stack.preview("up", &["--pr", number, "--stage", "dev"]).exits(0);
    }
    // The same code as in the first one, whose version goes with it.
    stack.write("lambda/app.py", source("pull request"));
    let github = super::github::GitHub::start(&stack, &[(4, "open"), (5, "open"), (42, "open")]);
    let repository = stack.repository();
    let arguments = ["preview", "up", "--pr", "42", "--stage", "dev", "--repository", &repository, "--output", "json"];
    let run: Run = github.known_to(&mut stack.command(&arguments)).output().unwrap().into();
    assert_eq!(call(&run.exits(0)), (200, "pull request".to_owned()));
    let numbers: Vec<_> = list(&stack).iter().map(|preview| preview["pull_request"].clone()).collect();
    assert_eq!(numbers, [5, 42]);
    let told = github.comments();
    assert!(told.len() == 1 && told[0].0 == 4 && told[0].1.contains("It made room for that of #42"), "{told:?}");
}
