//! Buckets and objects.

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use super::{behind, refusal, refused};
use crate::support::rules::{BucketOwner, BucketRegion, Encryption, PartSize};
use crate::support::{ACCOUNT, Aws, LATEST, Stack, Strict, answering, noise, unreleased};

const MIB: usize = 1024 * 1024;

#[test]
fn a_bucket_of_another_account_is_denied() {
    let (stack, aws, _) = behind(Strict::new().with(BucketOwner), &[]);
    let head = |owner: &str| aws.s3.head_bucket().bucket(stack.bucket()).expected_bucket_owner(owner).send();
    assert_eq!(refusal(aws.block_on(head("123456789012"))).0, 403);
    aws.block_on(head(ACCOUNT)).unwrap();
    let put = |owner: &str| {
        let call = aws.s3.put_object().bucket(stack.bucket()).key("key").expected_bucket_owner(owner);
        aws.block_on(call.body(b"one".to_vec().into()).send())
    };
    refused(put("123456789012"), 403, "AccessDenied");
    assert!(aws.objects(stack.bucket()).is_empty());
    put(ACCOUNT).unwrap();
}

#[test]
fn a_bucket_of_another_region_is_a_redirect() {
    let (stack, aws, _) = behind(Strict::new().with(BucketRegion::default()), &[]);
    stack.proxy.rule::<BucketRegion>().set(stack.bucket(), "eu-west-1");
    let error = aws.block_on(aws.s3.head_bucket().bucket(stack.bucket()).send()).unwrap_err();
    let answer = error.raw_response().unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers().get("x-amz-bucket-region")), (301, Some("eu-west-1")));
    let get = aws.s3.get_object().bucket(stack.bucket()).key("key").send();
    assert_eq!(refusal(aws.block_on(get)).1, "PermanentRedirect");
}

#[test]
fn every_part_but_the_last_has_a_least_size() {
    let (stack, aws, _) = behind(Strict::new().with(PartSize::default()), &[]);
    refused(upload(&aws, &stack, "small", &[5 * MIB, 5 * MIB - 1, 5 * MIB]), 400, "EntityTooSmall");
    assert!(aws.objects(stack.bucket()).is_empty());
    upload(&aws, &stack, "whole", &[5 * MIB, 1]).unwrap();
    upload(&aws, &stack, "single", &[1]).unwrap();
    assert_eq!(aws.objects(stack.bucket()).len(), 2);
}

type Completed = Result<
    aws_sdk_s3::operation::complete_multipart_upload::CompleteMultipartUploadOutput,
    aws_sdk_s3::error::SdkError<aws_sdk_s3::operation::complete_multipart_upload::CompleteMultipartUploadError>,
>;

fn upload(aws: &Aws, stack: &Stack, key: &str, parts: &[usize]) -> Completed {
    let begin = aws.s3.create_multipart_upload().bucket(stack.bucket()).key(key).send();
    let id = aws.block_on(begin).unwrap().upload_id.unwrap();
    let mut done = CompletedMultipartUpload::builder();
    for (number, bytes) in (1..).zip(parts) {
        let call = aws.s3.upload_part().bucket(stack.bucket()).key(key).upload_id(&id).part_number(number);
        let tag = aws.block_on(call.body(vec![0; *bytes].into()).send()).unwrap().e_tag;
        done = done.parts(CompletedPart::builder().part_number(number).set_e_tag(tag).build());
    }
    let call = aws.s3.complete_multipart_upload().bucket(stack.bucket()).key(key).upload_id(&id);
    aws.block_on(call.multipart_upload(done.build()).send())
}

/// More than one part.
const LARGE: usize = 20 * MIB;

#[test]
fn a_bucket_may_demand_that_an_upload_says_how_it_is_encrypted() {
    let stack = unreleased(&[], LATEST);
    let said = |key: &str| {
        let head = stack.aws.s3.head_object().bucket(stack.bucket()).key(key).send();
        stack.aws.block_on(head).unwrap().server_side_encryption
    };
    stack.proxy.rule::<Encryption>().demand(stack.bucket(), "aws:kms");
    let run = stack.release(&[]).exits(4);
    assert!(run.stdout.contains("a policy forbids s3:PutObject"), "{run:?}");
    assert!(run.stdout.contains("set `encryption` under [artifacts]"), "{run:?}");
    assert!(stack.aws.objects(stack.bucket()).is_empty());

    stack.settings(
        &LATEST.replace("prefix = \"hello\"", "prefix = \"hello\"\nencryption = \"aws:kms\"\nkms_key = \"alias/acme\""),
    );
    for (source, action) in [(None, "PutObject"), (Some(noise(LARGE)), "CreateMultipartUpload")] {
        if let Some(noise) = source {
            stack.write("lambda/noise.bin", noise);
        }
        stack.write("lambda/app.py", answering(200, action));
        stack.proxy.take_calls();
        assert_eq!(stack.release(&[]).exits(0).outcome(), "released");
        assert!(!stack.proxy.take_calls().calls(action).is_empty(), "{action}");
        assert_eq!(stack.call("/hello").body, action);
    }
    assert!(stack.aws.objects(stack.bucket()).keys().all(|key| said(key).is_some()), "each object says it");
}
