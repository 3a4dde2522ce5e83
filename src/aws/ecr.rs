//! Container images in private repositories.
//!
//! <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/Welcome.html>

use aws_config::SdkConfig;
use aws_sdk_ecr::Client;
use aws_sdk_ecr::config::Builder;
use aws_sdk_ecr::types::{Image, ImageFailureCode, ImageIdentifier};
use serde_json::Value;

use super::call_error::{Answer, Answered, CallError, retries};
use crate::model::{ImageReference, ImageUri, ObservedManifest, Sha256};

const READ: &str = "ecr:BatchGetImage";

/// One image, in the formats of Docker and of OCI.
const IMAGES: [&str; 2] =
    ["application/vnd.docker.distribution.manifest.v2+json", "application/vnd.oci.image.manifest.v1+json"];

/// A list of images.
const INDEXES: [&str; 2] =
    ["application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.oci.image.index.v1+json"];

/// The images of one region.
pub struct Ecr {
    client: Client,
}

impl Ecr {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::from_conf(Builder::from(config).retry_partition(retries()).build()) }
    }

    /// `BatchGetImage` of one image: what its name stands for.
    ///
    /// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html>
    pub async fn manifest(&self, uri: &ImageUri) -> Result<ObservedManifest, CallError> {
        let id = match uri.reference() {
            ImageReference::Tag(tag) => ImageIdentifier::builder().image_tag(tag),
            ImageReference::Digest(digest) => ImageIdentifier::builder().image_digest(in_full(&digest)),
        };
        let accepted = [IMAGES, INDEXES].concat().into_iter().map(str::to_owned).collect();
        let call = self.client.batch_get_image().registry_id(uri.account().as_str()).repository_name(uri.repository());
        let call = call.image_ids(id.build()).set_accepted_media_types(Some(accepted));
        let Some(answer) = call.send().await.or_absent(READ, uri.to_string())? else {
            return Ok(ObservedManifest::Absent);
        };
        if let Some(image) = answer.images().first() {
            return Ok(manifest(image, uri));
        }
        let failure = answer.failures().first();
        match failure.and_then(|failure| failure.failure_code()) {
            None | Some(ImageFailureCode::ImageNotFound) => Ok(ObservedManifest::Absent),
            Some(code) => {
                let why = failure.and_then(|failure| failure.failure_reason()).unwrap_or_default();
                Err(CallError::found(READ, uri.to_string(), Answer::Refused, format!("{}: {why}", code.as_str())))
            }
        }
    }
}

fn manifest(image: &Image, uri: &ImageUri) -> ObservedManifest {
    let text = image.image_manifest().unwrap_or_default();
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let is_index = |kind: &str| INDEXES.contains(&kind);
    if image.image_manifest_media_type().is_some_and(is_index) || document["manifests"].is_array() {
        return ObservedManifest::Index { platforms: platforms(&document) };
    }
    let named = image.image_id().and_then(|id| id.image_digest()).and_then(digest);
    ObservedManifest::Image { digest: named.or(uri.digest()).unwrap_or_else(|| Sha256::of(text.as_bytes())) }
}

/// The images of an index. What attests one has the platform `unknown/unknown`.
///
/// <https://docs.docker.com/build/metadata/attestations/attestation-storage/>
fn platforms(index: &Value) -> Vec<(String, Sha256)> {
    let known = |manifest: &Value| {
        let text = |name: &str| manifest["platform"][name].as_str().filter(|name| *name != "unknown");
        let platform = format!("{}/{}", text("os")?, text("architecture")?);
        Some((platform, digest(manifest["digest"].as_str()?)?))
    };
    index["manifests"].as_array().into_iter().flatten().filter_map(known).collect()
}

fn digest(text: &str) -> Option<Sha256> {
    Sha256::from_hex(text.strip_prefix("sha256:")?)
}

fn in_full(digest: &Sha256) -> String {
    format!("sha256:{}", digest.hex())
}
