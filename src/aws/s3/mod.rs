//! Artifacts in S3: looked for, put once, never overwritten, but for those under fixed keys.

mod fixed;
mod multipart;
mod sent;

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumMode, ServerSideEncryption};

use tempfile::NamedTempFile;
use tokio::sync::Semaphore;

use self::sent::{counted, telling};
use super::CONNECT;
use super::call_error::{Answer, Answered, CallError};
use crate::model::{
    AccountId, BucketName, CommitId, Encryption, ObjectFields, ObjectKey, ObservedBucket, ObservedObject, PART_BYTES,
    Sha256, marks,
};

/// The objects of one account and region.
pub struct S3 {
    client: Client,
    /// Sends each write as one call, so that the sender knows what a refusal means.
    once: Client,
    /// Bodies on their way, over all uploads: more would share the same line, and hold 16 MiB each.
    bodies: Semaphore,
}

/// Bodies on their way at once.
const BODIES: usize = 4;

/// Allows every call of an upload but its abortion.
const PUT: &str = "s3:PutObject";

/// How often an upload is sent that meets another one of the same key.
const CONFLICTS: u32 = 3;

/// An upload.
pub struct Put<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// The account that must own it.
    pub owner: Option<&'a AccountId>,
    /// How S3 is told to encrypt it; `None`: as the bucket does by default. A bucket's policy may demand it to be said:
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingServerSideEncryption.html>
    pub encryption: Option<&'a Encryption>,
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
    /// The commit that it was made of, where it is known; kept with the object.
    pub commit: Option<&'a CommitId>,
}

/// Names the object of an upload in a call, and the account that must own its bucket.
macro_rules! of_object {
    ($call:expr, $put:expr) => {
        $call
            .bucket($put.bucket.as_str())
            .key($put.key.as_str())
            .set_expected_bucket_owner($put.owner.map(ToString::to_string))
    };
}
use of_object;

impl S3 {
    pub(super) fn new(config: &SdkConfig, custom_endpoint: bool) -> Self {
        // The read timeout would count the sending of the body; the SDK's own watch over stalled streams
        // ends an upload that no longer moves.
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).disable_read_timeout().build();
        let config = aws_sdk_s3::config::Builder::from(config)
            .force_path_style(custom_endpoint) // only AWS itself resolves `<bucket>.<host>`
            .timeout_config(timeouts)
            .build();
        let once = config.to_builder().retry_config(RetryConfig::disabled()).build();
        Self { client: Client::from_conf(config), once: Client::from_conf(once), bodies: Semaphore::new(BODIES) }
    }

    /// `HeadBucket`.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>
    pub async fn bucket(&self, bucket: &BucketName, owner: Option<&AccountId>) -> Result<ObservedBucket, CallError> {
        let call = self.client.head_bucket().bucket(bucket.as_str());
        let answer = call.set_expected_bucket_owner(owner.map(ToString::to_string)).send().await;
        let Err(error) = answer.done("s3:ListBucket", bucket.as_str()) else { return Ok(ObservedBucket::Present) };
        match error.answer {
            Answer::NotFound => Ok(ObservedBucket::Missing),
            Answer::Denied => Ok(ObservedBucket::Forbidden(format!("s3:ListBucket on {bucket}: {}", error.message))),
            _ if is_elsewhere(&error) => Ok(ObservedBucket::Elsewhere),
            _ => Err(error),
        }
    }

    /// `HeadObject`; `None` where there is no object. S3 answers 403 where `s3:GetObject` is missing, and for an absent object also where
    /// `s3:ListBucket` is: the look at the bucket, which follows where anything is to be released, tells which.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>
    pub async fn object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        owner: Option<&AccountId>,
    ) -> Result<Option<ObservedObject>, CallError> {
        let call = self.client.head_object().bucket(bucket.as_str()).key(key.as_str());
        let call = call.set_expected_bucket_owner(owner.map(ToString::to_string));
        let answer = call.checksum_mode(ChecksumMode::Enabled).send().await;
        match answer.answered("s3:GetObject", format!("{bucket}/{key}")) {
            Ok(found) => Ok(Some(ObservedObject {
                bytes: u64::try_from(found.content_length.unwrap_or(0)).unwrap_or(0),
                contents: found.metadata().and_then(|all| Sha256::from_hex(all.get(marks::CONTENTS)?)),
                commit: found.metadata().and_then(|all| CommitId::read(all.get(marks::COMMIT)?)),
                version_id: found.version_id.filter(|version| version != "null"),
                checksum_sha256: found.checksum_sha256,
                etag: found.e_tag.map(|tag| tag.trim_matches('"').to_owned()),
                fields: ObjectFields {
                    content_type: found.content_type,
                    metadata: found.metadata.unwrap_or_default().into_iter().collect(),
                    tags: BTreeMap::new(),
                },
            })),
            Err(error) if error.answer == Answer::NotFound || is_elsewhere(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// `GetObject` into a temporary file. `Err` describes why it failed, or is not the object with this digest: whoever may
    /// write to the bucket may write anything.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
    pub async fn get(&self, bucket: &BucketName, key: &ObjectKey, sha256: &Sha256) -> Result<NamedTempFile, String> {
        let mut file = NamedTempFile::new().map_err(|error| error.to_string())?;
        let answer = self.client.get_object().bucket(bucket.as_str()).key(key.as_str()).send().await;
        let found = answer.answered("s3:GetObject", format!("{bucket}/{key}"));
        let mut body = found.map_err(|error| error.into_problem("").why)?.body;
        let mut digest = Sha256::stream();
        while let Some(chunk) = body.try_next().await.map_err(|error| error.to_string())? {
            digest.update(&chunk);
            file.write_all(&chunk).map_err(|error| error.to_string())?;
        }
        let is_it = digest.finish() == *sha256;
        is_it.then_some(file).ok_or_else(|| format!("the object {key} has another SHA-256 than its name"))
    }

    /// Puts the file where nothing is yet: one `PutObject` up to [`PART_BYTES`], else a multipart upload.
    /// Returns the object's version, where the bucket keeps versions; if another client put the same
    /// key first, theirs is kept.
    ///
    /// `sent` is called with how many bytes were sent, again where an attempt is repeated. If `stop` completes first, the upload is aborted and leaves
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

    /// Checks that the object that another client put first is the same.
    async fn there_already(&self, put: &Put<'_>) -> Result<Option<String>, CallError> {
        let Some(found) = self.object(put.bucket, put.key, put.owner).await? else {
            return Err(refused(put, "an object was there, and is gone again".to_owned()));
        };
        if found.may_hold(put.bytes, put.sha256) {
            return Ok(found.version_id);
        }
        Err(refused(put, "an object exists that does not match the SHA-256 in its name".to_owned()))
    }

    async fn put_whole(&self, put: &Put<'_>, sent: &(dyn Fn(u64) + Sync)) -> Result<Option<String>, CallError> {
        let call = self.client.put_object().if_none_match("*").content_type("application/zip");
        self.send_whole(put, call.set_metadata(put.metadata()), sent).await
    }

    /// Sends the file by one call, with its digest and how it is encrypted. Returns the object's version, where the bucket
    /// keeps versions.
    async fn send_whole(
        &self,
        put: &Put<'_>,
        call: PutObjectFluentBuilder,
        sent: &(dyn Fn(u64) + Sync),
    ) -> Result<Option<String>, CallError> {
        let _permit = self.bodies.acquire().await;
        let body = ByteStream::from_path(put.path).await.map_err(|error| unreadable(put, &error))?;
        let (body, told) = counted(body);
        let call = of_object!(call, put)
            .set_server_side_encryption(put.server_side_encryption())
            .set_ssekms_key_id(put.kms_key())
            .checksum_sha256(put.sha256.base64())
            .body(body);
        let answer = telling(call.send(), told, sent).await.answered(PUT, put.resource())?;
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

    fn server_side_encryption(&self) -> Option<ServerSideEncryption> {
        self.encryption.map(|encryption| ServerSideEncryption::from(encryption.kind.as_str()))
    }

    fn kms_key(&self) -> Option<String> {
        self.encryption.and_then(|encryption| encryption.kms_key.clone())
    }

    fn metadata(&self) -> Option<HashMap<String, String>> {
        let contents = self.contents.map(|contents| (marks::CONTENTS.to_owned(), contents.hex()));
        let commit = self.commit.map(|commit| (marks::COMMIT.to_owned(), commit.to_string()));
        let all: HashMap<_, _> = contents.into_iter().chain(commit).collect();
        (!all.is_empty()).then_some(all)
    }
}

fn unreadable(put: &Put<'_>, error: &dyn std::error::Error) -> CallError {
    refused(put, format!("failed to read {}: {error}", put.path.display()))
}

fn refused(put: &Put<'_>, message: String) -> CallError {
    CallError::found(PUT, put.resource(), Answer::Refused, message)
}

/// S3 sends those who ask in another region elsewhere; `HEAD` has no body that would name the region.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingRouting.html>
fn is_elsewhere(error: &CallError) -> bool {
    error.answer == Answer::Refused
        && (error.code == "PermanentRedirect" || error.message.starts_with("HTTP status 301"))
}
