//! A multipart upload of fixed parts, so that its checksum can be computed again from the file.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>

use std::io;
use std::path::Path;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::sent::{counted, telling};
use super::{BODIES, PUT, Put, S3, of_object, stoppable, unreadable};
use crate::aws::call_error::{Answered, CallError};
use crate::model::{PART_BYTES, Sha256};

impl S3 {
    pub(super) async fn put_parts(
        &self,
        put: &Put<'_>,
        sent: &(dyn Fn(u64) + Sync),
        stop: impl Future<Output = ()>,
    ) -> Result<Option<String>, CallError> {
        let upload = self.begin(put).await?;
        let result = match stoppable(put, self.send_parts(put, &upload, sent), stop).await {
            Ok(parts) => self.complete(put, &upload, parts).await,
            Err(error) => Err(error),
        };
        if result.is_err() {
            self.abort(put, &upload).await;
        }
        result
    }

    async fn begin(&self, put: &Put<'_>) -> Result<String, CallError> {
        let call = of_object!(self.client.create_multipart_upload(), put)
            .content_type("application/zip")
            .set_server_side_encryption(put.server_side_encryption())
            .set_ssekms_key_id(put.kms_key())
            .set_metadata(put.metadata())
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .checksum_type(ChecksumType::Composite);
        let answer = call.send().await.answered(PUT, put.resource())?;
        Ok(answer.upload_id.unwrap_or_default())
    }

    async fn send_parts(
        &self,
        put: &Put<'_>,
        upload: &str,
        sent: &(dyn Fn(u64) + Sync),
    ) -> Result<Vec<CompletedPart>, CallError> {
        let parts = stream::iter(0..put.bytes.div_ceil(PART_BYTES))
            .map(|index| async move { self.send_part(put, upload, index, sent).await });
        parts.buffered(BODIES).try_collect().await
    }

    async fn send_part(
        &self,
        put: &Put<'_>,
        upload: &str,
        index: u64,
        sent: &(dyn Fn(u64) + Sync),
    ) -> Result<CompletedPart, CallError> {
        let _permit = self.bodies.acquire().await;
        let bytes = read_part(put.path, index).await.map_err(|error| unreadable(put, &error))?;
        let checksum = Sha256::of(&bytes).base64();
        let (body, told) = counted(ByteStream::from(bytes));
        let number = i32::try_from(index + 1).unwrap_or(i32::MAX);
        let call = of_object!(self.client.upload_part(), put)
            .upload_id(upload)
            .part_number(number)
            .checksum_sha256(&checksum)
            .body(body);
        let answer = telling(call.send(), told, sent).await.answered(PUT, put.resource())?;
        Ok(CompletedPart::builder().part_number(number).checksum_sha256(checksum).set_e_tag(answer.e_tag).build())
    }

    async fn complete(
        &self,
        put: &Put<'_>,
        upload: &str,
        parts: Vec<CompletedPart>,
    ) -> Result<Option<String>, CallError> {
        let call = of_object!(self.client.complete_multipart_upload(), put)
            .upload_id(upload)
            .if_none_match("*")
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build());
        let answer = call.send().await.answered(PUT, put.resource())?;
        Ok(answer.version_id.filter(|version| version != "null"))
    }

    /// Parts that are never completed cost money until a lifecycle rule removes them.
    async fn abort(&self, put: &Put<'_>, upload: &str) {
        let call = of_object!(self.client.abort_multipart_upload(), put);
        let answer = call.upload_id(upload).send().await;
        if let Err(error) = answer.done("s3:AbortMultipartUpload", put.resource()) {
            let (bucket, key) = (put.bucket, put.key);
            let problem = error.into_problem(format!(
                "the parts of {bucket}/{key} are kept, and paid for, until the bucket's lifecycle or `aws s3api \
                 abort-multipart-upload --bucket {bucket} --key {key} --upload-id {upload}` removes them"
            ));
            tracing::warn!("{}: {}; {}", problem.what, problem.why, problem.fix);
        }
    }
}

async fn read_part(path: &Path, index: u64) -> io::Result<Bytes> {
    let mut file = tokio::fs::File::open(path).await?;
    file.seek(io::SeekFrom::Start(index * PART_BYTES)).await?;
    let mut bytes = Vec::new();
    file.take(PART_BYTES).read_to_end(&mut bytes).await?;
    Ok(bytes.into())
}
