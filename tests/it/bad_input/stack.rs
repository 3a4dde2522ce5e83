//! A stack that is not as the settings say, or that a release could not put back: refused before the first write.

use std::fs::{self, File};

use aws_sdk_lambda::types::{AliasRoutingConfiguration, Runtime};
use serde_json::json;

use super::{named, refused, says_of};
use crate::support::rules::BucketRegion;
use crate::support::{ALIAS, Aws, LATEST, Stack, unreleased};

#[test]
fn what_the_settings_name_is_missing() {
    let stack = unreleased(&[], LATEST);
    for (name, said, instead) in [
        ("bucket_missing", "bucket = \"$NAME-artifacts\"", "bucket = \"$NAME-nowhere\""),
        ("function_missing", "name = \"$NAME-{stage}\"", "name = \"$NAME-nobody\""),
        ("api_id_missing", "id = \"$API\"", "id = \"0123456789\""),
        ("api_name_missing", "id = \"$API\"", "name = \"$NAME-nothing\""),
        ("stage_missing", "stage = \"{stage}\"", "stage = \"nowhere\""),
        ("region_wrong", "region = \"us-east-1\"", "region = \"eu-west-1\""),
    ] {
        assert!(LATEST.contains(said));
        stack.settings(&LATEST.replace(said, instead));
        refused(name, &stack);
    }
}

#[test]
fn two_apis_with_one_name() {
    let stack = unreleased(&[], &LATEST.replace("id = \"$API\"", "name = \"$NAME-api\""));
    let twin = stack.aws.create_api(&format!("{}-api", stack.name));
    stack.proxy.take_calls();
    let run = stack.run(&["--stage", "dev"]);
    let run = named(&named(&run, &twin, "<id>"), &stack.api, "<id>");
    assert!(says_of("two_apis_with_one_name", 3, &stack, &run).writes().is_empty());
}

tests! {
    bucket_in_another_region => refused_where("bucket_in_another_region", |stack| {
        stack.proxy.rule::<BucketRegion>().set(stack.bucket(), "eu-west-1");
    });
    handler_missing_from_the_zip => refused_where("handler_missing", |stack| {
        fs::rename(stack.folder().join("lambda/app.py"), stack.folder().join("lambda/main.py")).unwrap();
    });
    too_large => refused_where("too_large", |stack| {
        File::create(stack.folder().join("lambda/model.bin")).unwrap().set_len(251 * 1024 * 1024).unwrap();
    });
    container_image => refused_where("container_image", |stack| {
        stack.proxy.show("GetFunction", |answer| {
            answer["Configuration"]["PackageType"] = "Image".into();
            answer["Code"] =
                json!({ "RepositoryType": "ECR", "ImageUri": "000000000000.dkr.ecr.us-east-1.amazonaws.com/a" });
            for absent in ["Runtime", "Handler"] {
                answer["Configuration"].as_object_mut().unwrap().remove(absent);
            }
        });
    });
    stage_with_a_canary => refused_where("canary", |stack| {
        stack.proxy.show("GetStage", |stage| {
            stage["canarySettings"] = json!({ "percentTraffic": 10.0, "deploymentId": "abc123", "useStageCache": false });
        });
    });
    blocked_runtime => refused_where("blocked_runtime", |stack| {
        let (aws, function) = (Aws::shared(), stack.function("dev"));
        let old = aws.lambda.update_function_configuration().function_name(&function).runtime(Runtime::from("python3.6"));
        aws.block_on(old.send()).unwrap();
    });
}

/// A first release, after this was done.
#[track_caller]
fn refused_where(name: &str, change: impl FnOnce(&Stack)) {
    let stack = unreleased(&[], LATEST);
    change(&stack);
    refused(name, &stack);
}

#[test]
fn leftover_weights() {
    let stack = unreleased(&["--alias", "live"], ALIAS);
    let (aws, function) = (Aws::shared(), stack.function("dev"));
    aws.change_code(&function, crate::strict::archive("canary"), true);
    let routing = AliasRoutingConfiguration::builder().additional_version_weights("2", 0.1).build();
    let alias = aws.lambda.update_alias().function_name(&function).name("live").routing_config(routing);
    aws.block_on(alias.send()).unwrap();
    refused("leftover_weights", &stack);
}

#[test]
fn integration_calls_another_function() {
    let (stack, other) = (unreleased(&[], LATEST), Stack::build(&[]));
    stack.settings(&LATEST.replace("$NAME-{stage}", &other.function("dev")));
    stack.proxy.take_calls();
    let run = named(&stack.run(&["--stage", "dev"]), &other.name, "<other>");
    assert!(says_of("integration_calls_another_function", 3, &stack, &run).writes().is_empty());
}

#[test]
fn alias_that_nobody_calls() {
    let stack = unreleased(&["--alias", "live"], &ALIAS.replace("\"live\"", "\"blue\""));
    refused("alias_that_nobody_calls", &stack);
    let stack = unreleased(&[], ALIAS);
    refused("alias_while_latest_is_called", &stack);
}

#[test]
fn alias_that_is_called_but_missing_is_created() {
    let stack = unreleased(&["--alias", "live"], ALIAS);
    let (aws, function) = (Aws::shared(), stack.function("dev"));
    aws.delete_alias(&function, "live");
    stack.run(&["--stage", "dev"]).exits(0);
    assert_eq!(aws.alias(&function, "live"), "2");
    assert_eq!((stack.call("/hello").status, stack.call("/hello").body.as_str()), (200, "one"));
}

#[test]
fn code_signing_is_enforced() {
    const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdef0";
    let stack = unreleased(&[], LATEST);
    stack.proxy.show("GetFunctionCodeSigningConfig", |answer| answer["CodeSigningConfigArn"] = ARN.into());
    stack.proxy.show("GetCodeSigningConfig", |answer| {
        *answer = json!({ "CodeSigningConfig": {
            "CodeSigningConfigArn": ARN,
            "CodeSigningConfigId": "csc-0123456789abcdef0",
            "LastModified": "2026-01-01T00:00:00Z",
            "AllowedPublishers": { "SigningProfileVersionArns": [] },
            "CodeSigningPolicies": { "UntrustedArtifactOnDeployment": "Enforce" },
        }});
    });
    refused("code_signing_enforced", &stack);
}

#[test]
fn every_reason_at_once() {
    let stack = unreleased(
        &[],
        &LATEST.replace("$NAME-artifacts", "$NAME-nowhere").replace("{stage}\"\n[smoke]", "x\"\n[smoke]"),
    );
    fs::rename(stack.folder().join("lambda/app.py"), stack.folder().join("lambda/main.py")).unwrap();
    refused("every_reason_at_once", &stack);
}
