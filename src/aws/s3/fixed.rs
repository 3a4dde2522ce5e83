//! Objects under fixed keys, which another tool owns: each put is a new version, and the one from before stays.

use std::collections::BTreeMap;

use aws_sdk_s3::types::BucketVersioningStatus;
use url::form_urlencoded::Serializer;

use super::{Put, S3};
use crate::aws::call_error::{Answered, CallError};
use crate::model::{BucketName, ObjectFields, ObjectKey};

impl S3 {
    /// `GetBucketVersioning`: whether each put is a new version.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html>
    pub async fn keeps_versions(&self, bucket: &BucketName) -> Result<bool, CallError> {
        let answer = self.client.get_bucket_versioning().bucket(bucket.as_str()).send().await;
        let answer = answer.answered("s3:GetBucketVersioning", bucket.as_str())?;
        Ok(answer.status == Some(BucketVersioningStatus::Enabled))
    }

    /// `GetObjectTagging`; empty where there is no object.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html>
    pub async fn tags(&self, bucket: &BucketName, key: &ObjectKey) -> Result<BTreeMap<String, String>, CallError> {
        let answer = self.client.get_object_tagging().bucket(bucket.as_str()).key(key.as_str()).send().await;
        let found = answer.or_absent("s3:GetObjectTagging", format!("{bucket}/{key}"))?;
        Ok(found.into_iter().flat_map(|found| found.tag_set).map(|tag| (tag.key, tag.value)).collect())
    }

    /// `PutObject`, if the object still has this entity tag, or, without one, if there is none. Returns the new version.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
    pub async fn replace(
        &self,
        put: &Put<'_>,
        etag: Option<&str>,
        fields: &ObjectFields,
        sent: &(dyn Fn(u64) + Sync),
    ) -> Result<Option<String>, CallError> {
        let call = self
            .once
            .put_object()
            .set_if_match(etag.map(|etag| format!("\"{etag}\"")))
            .set_if_none_match(etag.is_none().then(|| "*".to_owned()))
            .content_type(fields.content_type.as_deref().unwrap_or("application/zip"))
            .set_metadata(Some(fields.metadata.clone().into_iter().collect()))
            .set_tagging(tagging(&fields.tags));
        self.send_whole(put, call, sent).await
    }

    /// `DeleteObject` of one version, for good; the object is then as it was before that version.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html>
    pub async fn delete_version(&self, bucket: &BucketName, key: &ObjectKey, version: &str) -> Result<(), CallError> {
        let call = self.once.delete_object().bucket(bucket.as_str()).key(key.as_str()).version_id(version);
        call.send().await.done("s3:DeleteObjectVersion", format!("{bucket}/{key}"))
    }
}

/// Tags as the header `x-amz-tagging` has them: a query.
fn tagging(tags: &BTreeMap<String, String>) -> Option<String> {
    let query = || Serializer::new(String::new()).extend_pairs(tags).finish();
    (!tags.is_empty()).then(query)
}
