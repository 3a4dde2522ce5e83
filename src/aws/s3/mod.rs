//! Artifacts in S3: looked for, put once, never overwritten.

mod multipart;

use std::collections::HashMap;
use std::path::Path;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumMode;

use tokio::sync::Semaphore;

use super::CONNECT;
use super::call_error::{Answer, CallError};
use crate::model::{AccountId, BucketName, ObjectKey, ObservedBucket, ObservedObject, PART_BYTES, Sha256};

/// The objects of one account and region.
pub struct S3 {
    client: Client,
    /// Bodies on their way, over all uploads: more would share the same line, and hold 16 MiB each.
    bodies: Semaphore,
}

/// Bodies on their way at once.
const BODIES: usize = 4;

/// How often an upload is sent that meets another one of the same key.
const CONFLICTS: u32 = 3;

/// What a look at an object showed.
pub enum FoundObject {
    /// It is there.
    Present(ObservedObject),
    /// There is none.
    Absent,
    /// S3 does not say whether there is one.
    Hidden(CallError),
}

/// An upload.
pub struct Put<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// The account that must own it.
    pub owner: Option<&'a AccountId>,
    /// The key.
    pub key: &'a ObjectKey,
    /// The file to send.
    pub path: &'a Path,
    /// Its size.
    pub bytes: u64,
    /// Its digest, checked by S3 on arrival where it is sent as one.
    pub sha256: &'a Sha256,
    /// The digest of its contents, where it is known; kept with the object.
    pub contents: Option<Sha256>,
}

/// The name under which an object carries the digest of its contents, in hex: `x-amz-meta-sls-release-contents`.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>
const CONTENTS: &str = "sls-release-contents";

impl S3 {
    pub(super) fn new(config: &SdkConfig, custom_endpoint: bool) -> Self {
        // The read timeout would count the sending of the body; the SDK's own watch over stalled streams
        // ends an upload that no longer moves.
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).disable_read_timeout().build();
        let config = aws_sdk_s3::config::Builder::from(config)
            .force_path_style(custom_endpoint) // only AWS itself resolves `<bucket>.<host>`
            .timeout_config(timeouts)
            .build();
        Self { client: Client::from_conf(config), bodies: Semaphore::new(BODIES) }
    }

    /// `HeadBucket`.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>
    pub async fn bucket(&self, bucket: &BucketName, owner: Option<&AccountId>) -> Result<ObservedBucket, CallError> {
        let call = self.client.head_bucket().bucket(bucket.as_str());
        let error = match call.set_expected_bucket_owner(owner.map(ToString::to_string)).send().await {
            Ok(_) => return Ok(ObservedBucket::Present),
            Err(error) => CallError::new("s3:ListBucket", bucket.as_str(), &error),
        };
        match error.answer {
            Answer::NotFound => Ok(ObservedBucket::Missing),
            Answer::Denied => Ok(ObservedBucket::Forbidden(format!("s3:ListBucket on {bucket}: {}", error.message))),
            Answer::Refused if is_elsewhere(&error) => Ok(ObservedBucket::Elsewhere),
            _ => Err(error),
        }
    }

    /// `HeadObject`. S3 answers 403 where `s3:GetObject` is missing, and for an absent object also where
    /// `s3:ListBucket` is: the look at the bucket, which follows where anything is to be released, tells which.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>
    pub async fn object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<FoundObject, CallError> {
        let call = self.client.head_object().bucket(bucket.as_str()).key(key.as_str());
        match call.checksum_mode(ChecksumMode::Enabled).send().await {
            Ok(found) => Ok(FoundObject::Present(ObservedObject {
                bytes: u64::try_from(found.content_length.unwrap_or(0)).unwrap_or(0),
                contents: found.metadata().and_then(|all| all.get(CONTENTS)).and_then(|hex| Sha256::from_hex(hex)),
                version_id: found.version_id.filter(|version| version != "null"),
                checksum_sha256: found.checksum_sha256,
            })),
            Err(error) => {
                let error = CallError::new("s3:GetObject", format!("{bucket}/{key}"), &error);
                match error.answer {
                    Answer::NotFound => Ok(FoundObject::Absent),
                    Answer::Denied => Ok(FoundObject::Hidden(error)),
                    Answer::Refused if is_elsewhere(&error) => Ok(FoundObject::Absent),
                    _ => Err(error),
                }
            }
        }
    }

    /// Puts the file where nothing is yet: one `PutObject` up to [`PART_BYTES`], else a multipart upload.
    /// Returns the object's version, where the bucket keeps versions; where somebody else put the same
    /// key first, theirs stands.
    ///
    /// `sent` hears how many bytes arrived; when `stop` ends first, the upload is broken off and leaves
    /// nothing. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
    pub async fn put(
        &self,
        put: &Put<'_>,
        sent: &(dyn Fn(u64) + Sync),
        stop: impl Future<Output = ()>,
    ) -> Result<Option<String>, CallError> {
        tokio::pin!(stop);
        let mut conflicts = 0;
        loop {
            let result = if put.bytes <= PART_BYTES {
                stoppable(put, self.put_whole(put, sent), &mut stop).await
            } else {
                self.put_parts(put, sent, &mut stop).await
            };
            match result {
                Err(error) if error.answer == Answer::Changed => return self.there_already(put).await,
                // A completion that was repeated after its answer was lost: the parts are an object by now.
                Err(error) if error.code == "NoSuchUpload" => return self.there_already(put).await.or(Err(error)),
                // Another upload of the same key is under way: "on a 409 failure you should retry the upload".
                Err(error) if error.answer == Answer::Conflict && conflicts < CONFLICTS => conflicts += 1,
                result => return result,
            }
        }
    }

    /// The object that somebody else put first must be the same.
    async fn there_already(&self, put: &Put<'_>) -> Result<Option<String>, CallError> {
        let found = match self.object(put.bucket, put.key).await? {
            FoundObject::Present(found) => found,
            FoundObject::Hidden(error) => return Err(error),
            FoundObject::Absent => return Err(refused(put, "an object was there, and is gone again".to_owned())),
        };
        let whole = found.checksum_sha256.filter(|sum| !sum.contains('-'));
        if found.bytes == put.bytes && whole.is_none_or(|sum| sum == put.sha256.base64()) {
            return Ok(found.version_id);
        }
        Err(refused(put, "an object is there that holds other bytes than its name says".to_owned()))
    }

    async fn put_whole(&self, put: &Put<'_>, sent: &(dyn Fn(u64) + Sync)) -> Result<Option<String>, CallError> {
        let _permit = self.bodies.acquire().await;
        let body = ByteStream::from_path(put.path).await.map_err(|error| unreadable(put, &error))?;
        let call = self
            .client
            .put_object()
            .bucket(put.bucket.as_str())
            .key(put.key.as_str())
            .set_expected_bucket_owner(put.owner.map(ToString::to_string))
            .if_none_match("*")
            .content_type("application/zip")
            .set_metadata(put.metadata())
            .checksum_sha256(put.sha256.base64())
            .body(body);
        let answer = call.send().await.map_err(|error| CallError::new("s3:PutObject", put.resource(), &error))?;
        sent(put.bytes);
        Ok(answer.version_id.filter(|version| version != "null"))
    }
}

async fn stoppable<T>(
    put: &Put<'_>,
    work: impl Future<Output = Result<T, CallError>>,
    stop: impl Future<Output = ()>,
) -> Result<T, CallError> {
    tokio::select! {
        result = work => result,
        () = stop => Err(refused(put, "the run was cancelled".to_owned())),
    }
}

impl Put<'_> {
    fn resource(&self) -> String {
        format!("{}/{}", self.bucket, self.key)
    }

    fn metadata(&self) -> Option<HashMap<String, String>> {
        self.contents.map(|contents| [(CONTENTS.to_owned(), contents.hex())].into())
    }
}

fn unreadable(put: &Put<'_>, error: &dyn std::error::Error) -> CallError {
    refused(put, format!("failed to read {}: {error}", put.path.display()))
}

fn refused(put: &Put<'_>, message: String) -> CallError {
    CallError {
        action: "s3:PutObject",
        resource: put.resource(),
        answer: Answer::Refused,
        code: String::new(),
        message,
    }
}

/// S3 sends those who ask in another region elsewhere; `HEAD` has no body that would name the region.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingRouting.html>
fn is_elsewhere(error: &CallError) -> bool {
    error.code == "PermanentRedirect" || error.message.starts_with("HTTP status 301")
}
