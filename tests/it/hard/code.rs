//! How code is kept: versions and keys of the bucket, references, versions that never become active.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};

use super::{impatient, written};
use crate::support::rules::{CodeSettings, NewVersion, Settings};
use crate::support::{ALIAS, Aws, LATEST, Stack, answering, released, unreleased};

#[test]
fn a_bucket_with_a_key_and_versions_keeps_each_object_once() {
    let stack = unreleased(&["--alias", "live"], ALIAS);
    encrypt(&stack);
    for text in ["one", "two", "one", "two"] {
        stack.proxy.take_calls();
        stack.releases(text);
        let (log, versions) = (stack.proxy.take_calls(), object_versions(&stack));
        let update = log.calls("UpdateFunctionCode")[0].document();
        let key = update["S3Key"].as_str().unwrap();
        assert_eq!(versions[key], [update["S3ObjectVersion"].as_str().unwrap()], "stored once, and named");
    }
    let versions = object_versions(&stack);
    assert_eq!(versions.len(), 3, "the placeholder, and two artifacts: {versions:?}");
    assert!(versions.values().all(|versions| versions.len() == 1), "{versions:?}");
    assert_eq!(stack.release(&[]).exits(0).outcome(), "unchanged");
}

/// The bucket encrypts with a key of its own, so that no `ETag` is an MD5.
fn encrypt(stack: &Stack) {
    let (aws, kms) = (Aws::shared(), ServerSideEncryption::AwsKms);
    let default = ServerSideEncryptionByDefault::builder().sse_algorithm(kms).kms_master_key_id("alias/artifacts");
    let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(default.build().unwrap());
    let configuration = ServerSideEncryptionConfiguration::builder().rules(rule.build()).build().unwrap();
    let call = aws.s3.put_bucket_encryption().bucket(stack.bucket());
    aws.block_on(call.server_side_encryption_configuration(configuration).send()).unwrap();
}

/// The ids of the versions of each object.
fn object_versions(stack: &Stack) -> BTreeMap<String, Vec<String>> {
    let aws = Aws::shared();
    let listed = aws.block_on(aws.s3.list_object_versions().bucket(stack.bucket()).send()).unwrap();
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for version in listed.versions() {
        let (key, id) = (version.key().unwrap().to_owned(), version.version_id().unwrap().to_owned());
        versions.entry(key).or_default().push(id);
    }
    versions
}

#[test]
fn a_reference_and_a_key_are_put_back_as_well() {
    for keeps_first in [true, false] {
        let stack = impatient(&["--alias", "live"], ALIAS);
        let function = stack.function("dev");
        if keeps_first {
            crate::strict::change_code(&function, &answering(200, "by hand"));
        }
        let key = Some("arn:aws:kms:us-east-1:000000000000:key/one".to_owned());
        let object = ["bucket", "key", "version"].map(str::to_owned);
        let rule = stack.proxy.rule::<CodeSettings>();
        rule.set(&function, Settings { reference: Some(object), key: key.clone() });
        let uploads = stack.fails(Some("live")).1.calls("PutObject").len();
        assert_eq!(uploads, if keeps_first { 2 } else { 1 }, "the live code is kept where it was not");
        let after = rule.of(&function);
        assert_eq!(after.key, key);
        let [bucket, key, version] = after.reference.expect("it refers to an object again");
        assert_eq!(bucket, stack.bucket());
        assert_eq!(object_versions(&stack)[&key], [version], "the live code's, at its version");
    }
}

#[test]
fn a_version_that_stays_pending_past_the_deadline_is_put_back() {
    let stack = released(&["--cache"], LATEST);
    Aws::shared().add_mock(&stack.api, stack.root(), "health");
    stack.write("lambda/app.py", answering(200, "two"));
    let before = stack.state(None);
    stack.proxy.take_calls();
    stack.proxy.rule::<NewVersion>().stays_pending(&stack.function("dev"));
    let run = stack.release(&["--wait-timeout", "2s"]).exits(4);
    assert!(run.stdout.contains("did not become active in time"), "{}", run.stdout);
    assert_eq!(stack.state(None), before, "the deployment that was made meanwhile is gone");
    let log = stack.proxy.take_calls();
    assert!(!written(&log).contains(&"UpdateStage"), "{log:?}");
    assert_eq!(stack.call("/health").status, 403);
}
