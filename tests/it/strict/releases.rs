//! Releases where AWS refuses, is slow, or loses an answer: they end well, or everything is as it was before.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_apigateway::types::AuthorizerType;
use serde_json::json;

use crate::support::rules::{Busy, CodeSettings, CodeSigning, DeploymentRate, NewVersion, Settings};
use crate::support::{
    ACCOUNT, ALIAS, Aws, Ends, Fault, LATEST, REGION, Stack, Strict, When, answering, noise, release_while, released,
    released_behind, unreleased,
};

#[test]
fn a_release_waits_for_somebody_elses_update() {
    let stack = released(&["--alias", "live"], ALIAS);
    stack.write("lambda/app.py", answering(200, "two"));
    stack.proxy.rule::<Busy>().make_busy(&stack.function("dev"), Duration::from_secs(3));
    let log = stack.logged("released");
    let update = log.calls("UpdateFunctionCode");
    assert_eq!(update.len(), 1, "it was seen in time");
    let looks = log.calls("GetFunction").into_iter().filter(|call| call.end <= update[0].start);
    assert!(looks.filter(|call| call.query("Qualifier").is_none()).count() > 2, "{log:?}");
    assert_eq!(stack.call("/hello").body, "two");
}

#[test]
fn an_update_that_begins_after_the_look_is_waited_for_too() {
    let stack = released(&["--alias", "live"], ALIAS);
    let function = stack.function("dev");
    stack.write("lambda/app.py", answering(200, "two"));
    stack.proxy.take_calls();
    let busy = stack.proxy.rule::<Busy>();
    let run = release_while(&stack, "PutObject", || busy.make_busy(&function, Duration::from_secs(2)));
    assert_eq!(run.exits(0).outcome(), "released");
    let log = stack.proxy.take_calls();
    let statuses: Vec<u16> = log.calls("UpdateFunctionCode").iter().map(|call| call.status).collect();
    assert_eq!((statuses.first(), statuses.last()), (Some(&409), Some(&200)));
    assert_eq!(stack.call("/hello").body, "two");
}

#[test]
fn a_version_that_fails_is_put_back() {
    for (options, settings, alias) in [(&[][..], LATEST, None), (&["--alias", "live"][..], ALIAS, Some("live"))] {
        let stack = released(options, settings);
        stack.write("lambda/app.py", answering(200, "two"));
        let before = stack.state(alias);
        stack.proxy.rule::<NewVersion>().fails(&stack.function("dev"), "the subnet has no addresses left");
        let run = stack.release(&[]).exits(4);
        assert!(run.stdout.contains("the subnet has no addresses left"), "{}", run.stdout);
        assert_eq!(stack.state(alias), before);
        // The same code again, once the subnet has addresses.
        stack.releases("two");
    }
}

#[test]
fn a_version_that_stays_pending_is_put_back() {
    let stack = released(&["--alias", "live"], ALIAS);
    stack.write("lambda/app.py", answering(200, "two"));
    let before = stack.state(Some("live"));
    stack.proxy.rule::<NewVersion>().stays_pending(&stack.function("dev"));
    let run = stack.release(&["--wait-timeout", "3s"]).exits(4);
    assert!(run.stdout.contains("Pending"), "{}", run.stdout);
    assert_eq!(stack.state(Some("live")), before);
}

#[test]
fn how_the_code_is_kept_stays_as_it_was() {
    let stack = released(&["--alias", "live"], ALIAS);
    let function = stack.function("dev");
    let key = Some("arn:aws:kms:us-east-1:000000000000:key/one".to_owned());
    let object = ["bucket", "key", "version"].map(str::to_owned);
    let rule = stack.proxy.rule::<CodeSettings>();
    rule.set(&function, Settings { reference: Some(object.clone()), key: key.clone() });
    stack.write("lambda/app.py", answering(200, "two"));
    assert_eq!(stack.release(&[]).exits(0).outcome(), "released");
    let after = rule.of(&function);
    assert_eq!(after.key, key);
    let [bucket, _, version] = after.reference.expect("it refers to its object still");
    assert_eq!(bucket, stack.bucket());
    assert_ne!(version, object[2], "the object of this release, at its version");
    assert!(!version.is_empty());
}

#[test]
fn a_release_waits_for_its_turn_to_deploy() {
    // Long enough that a slow machine still comes too early.
    let slow = Strict::all().without::<DeploymentRate>().with(DeploymentRate::one_per(Duration::from_secs(4)));
    let stack = released_behind(slow, &[], LATEST);
    Aws::shared().add_mock(&stack.api, stack.root(), "health");
    stack.proxy.take_calls();
    let run = release_while(&stack, "GetStage", || {
        let other = Aws::at(&stack.proxy.side_door);
        // Its own turn comes only after that of the release before.
        while other.block_on(other.gateway.create_deployment().rest_api_id(&stack.api).send()).is_err() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    assert_eq!(run.exits(0).outcome(), "released");
    assert_eq!(stack.call("/health").status, 200);
    let log = stack.proxy.take_calls();
    let statuses: Vec<u16> = log.calls("CreateDeployment").iter().map(|call| call.status).collect();
    assert_eq!((statuses.first(), statuses.last()), (Some(&429), Some(&201)));
}

/// Lambda may be busy with the function for a moment.
#[test]
fn an_alias_that_lambda_is_busy_with_is_moved_later() {
    let stack = released(&["--alias", "live"], ALIAS);
    stack.write("lambda/app.py", answering(200, "two"));
    stack.proxy.take_calls();
    stack.proxy.fault(When::Next("UpdateAlias"), Fault::Conflict);
    let log = stack.logged("released");
    let statuses: Vec<u16> = log.calls("UpdateAlias").iter().map(|call| call.status).collect();
    assert_eq!(statuses, [409, 200]);
    assert_eq!(stack.call("/hello").body, "two");
}

/// What somebody else uses of the account's calls meanwhile is no reason to put back.
#[test]
fn a_throttled_read_in_the_middle_is_tried_again() {
    let stack = released(&["--alias", "live"], ALIAS);
    stack.write("lambda/app.py", answering(200, "two"));
    Aws::shared().add_mock(&stack.api, stack.root(), "health");
    stack.proxy.take_calls();
    let held = stack.proxy.hold(When::Next("CreateDeployment"));
    let mut command = stack.command(&["--stage", "dev", "--output", "json"]);
    let child = command.env("AWS_MAX_ATTEMPTS", "1").spawn().unwrap();
    held.wait_until_reached();
    stack.proxy.fault(When::Action("GetResources"), Fault::Throttled);
    held.let_go();
    let throttled = || stack.proxy.calls().calls("GetResources").iter().filter(|call| call.status == 429).count();
    let patience = std::time::Instant::now() + Duration::from_mins(1);
    while throttled() < 3 {
        assert!(std::time::Instant::now() < patience, "it was not read again: {:?}", stack.proxy.calls());
        std::thread::sleep(Duration::from_millis(20));
    }
    stack.proxy.clear_orders();
    assert_eq!(child.ended().exits(0).outcome(), "released");
    assert_eq!(stack.call("/hello").body, "two");
}

/// `AddPermission` comes right after `CreateAlias`.
#[test]
fn a_new_alias_that_lambda_does_not_know_yet_gets_its_permission() {
    let stack = Stack::build(&["--alias", "live"]);
    let aws = Aws::shared();
    aws.block_on(aws.lambda.delete_alias().function_name(stack.function("dev")).name("live").send()).unwrap();
    stack.settings(ALIAS);
    stack.write("lambda/app.py", answering(200, "two"));
    let log = stack.logged("released");
    let statuses: BTreeSet<u16> = log.calls("AddPermission").iter().map(|call| call.status).collect();
    assert_eq!(statuses, [201, 404, 409].into());
}

#[test]
fn a_lost_answer_to_a_write_does_no_harm() {
    let stack = released(&["--alias", "live", "--cache"], ALIAS);
    let (mut number, aws) = (0, Aws::shared());
    for fault in [Fault::NotDone, Fault::DoneButFailed, Fault::DoneButReset] {
        for action in ["PutObject", "UpdateFunctionCode", "CreateDeployment", "UpdateStage", "UpdateAlias"] {
            number += 1;
            let text = format!("number {number}");
            stack.write("lambda/app.py", answering(200, &text));
            aws.add_mock(&stack.api, stack.root(), &format!("mock{number}"));
            let before = stack.state(Some("live"));
            stack.proxy.fault(When::Next(action), fault);
            let run = stack.release(&[]);
            let after = stack.state(Some("live"));
            match run.code {
                Some(0) => assert_eq!(after.answers["/hello"], (200, text), "{action} {fault:?}"),
                Some(4) => assert_eq!(after, before, "{action} {fault:?}: {run:?}"),
                _ => panic!("{action} {fault:?}: {run:?}"),
            }
            assert_eq!(run.code, Some(0), "{action} {fault:?}: {}", run.document()["problems"]);
            assert_eq!(after.deployments.len(), before.deployments.len() + 1, "{action} {fault:?}");
        }
    }
}

/// The completion is repeated, and finds no upload any more, since its parts are an object by now.
#[test]
fn a_lost_answer_to_the_completion_of_an_upload_does_no_harm() {
    let stack = released(&[], LATEST);
    for (number, fault) in (1..).zip([Fault::NotDone, Fault::DoneButFailed, Fault::DoneButReset]) {
        let text = format!("large {number}");
        stack.write("lambda/app.py", answering(200, &text));
        stack.write("lambda/noise.bin", noise(17 * 1024 * 1024));
        let before = Aws::shared().objects(stack.bucket()).len();
        stack.proxy.take_calls();
        stack.proxy.fault(When::Next("CompleteMultipartUpload"), fault);
        assert_eq!(stack.release(&[]).exits(0).outcome(), "released", "{fault:?}");
        assert_eq!(stack.call("/hello").body, text);
        let log = stack.proxy.take_calls();
        assert_eq!(log.calls("CompleteMultipartUpload").len(), 2, "{fault:?}");
        assert_eq!(Aws::shared().objects(stack.bucket()).len(), before + 1, "{fault:?}");
    }
}

#[test]
fn a_denied_write_is_named_and_put_back() {
    for action in ["lambda:UpdateFunctionCode", "lambda:UpdateAlias", "apigateway:POST", "apigateway:PATCH"] {
        let stack = released(&["--alias", "live"], ALIAS);
        stack.write("lambda/app.py", answering(200, "two"));
        Aws::shared().add_mock(&stack.api, stack.root(), "health");
        let before = stack.state(Some("live"));
        stack.proxy.deny(action);
        let run = stack.release(&[]).exits(4);
        assert!(run.stdout.contains(action), "{}", run.stdout);
        assert_eq!(stack.state(Some("live")), before);
    }
}

#[test]
fn calls_come_after_one_another_only_where_they_must() {
    let stack = released(&["--alias", "live"], ALIAS);
    stack.proxy.set_latency(Duration::from_millis(400), Duration::ZERO);
    assert_eq!(stack.logged("unchanged").depth(), 1, "it looks once");

    stack.write("lambda/app.py", answering(200, "two"));
    let log = stack.logged("released");
    // Two looks, upload, update, wait, invocation, alias, smoke test.
    assert_eq!(log.depth(), 8, "{log:?}");
    assert_eq!(log.writes().len(), 3);
}

#[test]
fn a_region_without_code_signing_is_released_to_silently() {
    let stack = released(&["--alias", "live"], ALIAS);
    stack.write("lambda/app.py", answering(200, "two"));
    stack.proxy.rule::<CodeSigning>().make_unavailable();
    stack.proxy.take_calls();
    let run = stack.release(&[]).exits(0);
    assert_eq!(run.outcome(), "released");
    assert!(!run.document()["plan"]["warnings"].to_string().contains("CodeSigning"), "{run:?}");
    let statuses: Vec<u16> =
        stack.proxy.take_calls().calls("GetFunctionCodeSigningConfig").iter().map(|call| call.status).collect();
    assert_eq!(statuses, [403]);
    assert_eq!(stack.call("/hello").body, "two");
}

#[test]
fn a_full_code_storage_says_what_to_do() {
    let stack = released(&["--alias", "live"], ALIAS);
    stack.write("lambda/app.py", answering(200, "two"));
    let before = stack.state(Some("live"));
    stack.proxy.fault(When::Action("UpdateFunctionCode"), Fault::CodeStorageFull);
    let run = stack.release(&[]).exits(4);
    assert!(run.stdout.contains("ask for a higher quota of Lambda's code storage"), "{run:?}");
    assert_eq!(stack.state(Some("live")), before);
}

/// It is unknown, and not empty.
#[test]
fn an_environment_that_lambda_does_not_show_is_told() {
    let stack = released(&["--alias", "live"], ALIAS);
    stack.proxy.show("GetFunction", |answer| {
        let error = json!({ "ErrorCode": "AccessDeniedException", "Message": "kms:Decrypt is not allowed" });
        answer["Configuration"]["Environment"] = json!({ "Error": error });
    });
    let run = stack.release(&[]).exits(0);
    assert_eq!(run.outcome(), "unchanged");
    let warnings = run.document()["plan"]["warnings"].to_string();
    assert!(warnings.contains("kms:Decrypt"), "{warnings}");
}

#[test]
fn an_authorizer_of_a_new_alias_may_call_it() {
    let stack = unreleased(&["--alias", "live"], ALIAS);
    let (aws, function) = (stack.aws, stack.function("dev"));
    aws.delete_alias(&function, "live");
    let arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}:live");
    let uri = format!("arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations");
    let call = aws.gateway.create_authorizer().rest_api_id(&stack.api).name("guard").r#type(AuthorizerType::Token);
    let call = call.authorizer_uri(uri).identity_source("method.request.header.Authorization");
    let id = aws.block_on(call.send()).unwrap().id.unwrap();
    stack.release(&[]).exits(0);
    let policy = serde_json::to_string(&aws.policy(&function, Some("live"))).unwrap();
    let source = format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{}/authorizers/{id}", stack.api);
    assert!(policy.contains(&source), "{policy}");
    stack.write("lambda/app.py", answering(200, "two"));
    stack.proxy.take_calls();
    stack.release(&[]).exits(0);
    assert!(stack.proxy.take_calls().calls("AddPermission").is_empty(), "it is there already");
}
