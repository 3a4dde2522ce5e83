//! Functions whose code is under a fixed key, in an object that Terraform owns.

use aws_sdk_s3::types::{BucketVersioningStatus, Tag, Tagging, VersioningConfiguration};

use super::{statuses, written};
use crate::support::{ALIAS, Aws, BY_ENDPOINT, Stack, answering, fixed_key, release_while, released, unreleased};

const KEY: &str = "terraform/function.zip";

/// An object of Terraform's, with what it sets on it, and a stack that was not released to.
fn with_terraforms_object(settings: &str) -> Stack {
    let stack = unreleased(&["--alias", "live"], &fixed_key(settings));
    let call = stack.aws.s3.put_object().bucket(stack.bucket()).key(KEY).content_type("application/octet-stream");
    let call = call.metadata("built-by", "terraform").tagging("team=a%20b&cost=1").body(b"placeholder".to_vec().into());
    stack.aws.block_on(call.send()).unwrap();
    stack
}

type Pairs = Vec<(String, String)>;

/// Content type, metadata and tags.
fn fields(stack: &Stack) -> (String, Pairs, Pairs) {
    let (aws, bucket) = (stack.aws, stack.bucket());
    let head = aws.block_on(aws.s3.head_object().bucket(bucket).key(KEY).send()).unwrap();
    let tags = aws.block_on(aws.s3.get_object_tagging().bucket(bucket).key(KEY).send()).unwrap().tag_set;
    let mut tags: Vec<_> = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
    tags.sort();
    (head.content_type.unwrap(), head.metadata.unwrap_or_default().into_iter().collect(), tags)
}

#[test]
fn a_release_puts_a_new_version_with_what_terraform_set() {
    let stack = with_terraforms_object(ALIAS);
    let before = (stack.object(KEY).unwrap(), fields(&stack));
    let log = stack.logged("released");
    assert_eq!(written(&log)[..3], ["PutObject", "PutObject", "UpdateFunctionCode"], "the live code is kept");
    assert_eq!(stack.call("/hello").body, "one");
    let (object, now) = (stack.object(KEY).unwrap(), fields(&stack));
    assert_ne!(object, before.0);
    assert_eq!(now, before.1, "as Terraform set it");
    let update = log.calls("UpdateFunctionCode")[0].document();
    assert_eq!((update["S3Key"].as_str(), update["S3ObjectVersion"].as_str()), (Some(KEY), object.1.as_deref()));
    let log = stack.logged("unchanged");
    assert!(log.iter().all(|call| call.service != "s3"), "nothing changes, so that no object is looked at");
}

#[test]
fn a_new_object_has_nothing_beside_its_bytes() {
    let stack = released(&["--alias", "live"], &fixed_key(ALIAS));
    assert_eq!(fields(&stack), ("application/zip".to_owned(), Vec::new(), Vec::new()));
}

#[test]
fn a_release_that_fails_leaves_the_object_as_it_was() {
    for is_there in [true, false] {
        let settings = &BY_ENDPOINT.replace("20s", "2s");
        let stack = if is_there {
            with_terraforms_object(settings)
        } else {
            unreleased(&["--alias", "live"], &fixed_key(settings))
        };
        let before = (stack.object(KEY), is_there.then(|| fields(&stack)));
        let (_, log) = stack.fails(Some("live"));
        assert_eq!(statuses(&log, "DeleteObject"), [204]);
        assert_eq!((stack.object(KEY), is_there.then(|| fields(&stack))), before);
    }
}

#[test]
fn an_object_that_somebody_else_changed_stays() {
    let stack = released(&["--alias", "live"], &fixed_key(ALIAS));
    let before = stack.state(Some("live"));
    stack.write("lambda/app.py", answering(200, "two"));
    let put = || {
        let call = stack.aws.s3.put_object().bucket(stack.bucket()).key(KEY).body(b"theirs".to_vec().into());
        stack.aws.block_on(call.send()).unwrap();
    };
    // The look at the object has been answered by then.
    let run = release_while(&stack, "GetBucketVersioning", || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        put();
    });
    let run = run.exits(4);
    assert!(run.stdout.contains(&format!("failed to put a new version of {KEY}")), "{run:?}");
    assert_eq!(stack.state(Some("live")), before);
    let theirs = stack.aws.s3.get_object().bucket(stack.bucket()).key(KEY).send();
    let theirs = stack.aws.block_on(async { theirs.await.unwrap().body.collect().await.unwrap().to_vec() });
    assert_eq!(theirs, b"theirs");
}

#[test]
fn a_bucket_without_versions_is_refused() {
    let stack = unreleased(&["--alias", "live"], &fixed_key(ALIAS));
    let off = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended).build();
    let call = stack.aws.s3.put_bucket_versioning().bucket(stack.bucket()).versioning_configuration(off).send();
    Aws::shared().block_on(call).unwrap();
    let run = stack.release(&[]).exits(3);
    assert_eq!(run.document()["failure"]["problems"][0]["check"], "fixed-key");
    assert!(stack.proxy.take_calls().writes().is_empty());
}

/// Terraform changes tags without a new version, and the next release keeps them.
#[test]
fn tags_that_came_later_stay() {
    let stack = released(&["--alias", "live"], &fixed_key(ALIAS));
    let tag = Tag::builder().key("team").value("b").build().unwrap();
    let tags = Tagging::builder().tag_set(tag).build().unwrap();
    let call = stack.aws.s3.put_object_tagging().bucket(stack.bucket()).key(KEY).tagging(tags).send();
    stack.aws.block_on(call).unwrap();
    stack.releases("two");
    assert_eq!(fields(&stack).2, [("team".to_owned(), "b".to_owned())]);
}
