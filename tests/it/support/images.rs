//! Container images of a stack's function: what its repository has, and what runs.

use serde_json::{Value, json};
use sls_release::model::{ImageUri, Sha256};
use zip::CompressionMethod;

use super::rules::Images;
use super::{ACCOUNT, ALIAS, REGION, Stack, answering, without_bucket, zip_of};

const ONE: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The settings of a function whose image has the tag `live`, and of its API.
pub(crate) fn image_settings() -> String {
    let source = "source = \"lambda\"\n";
    let settings = without_bucket(ALIAS);
    assert!(settings.contains(source));
    let image = format!("image = \"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/$NAME/hello:live\"\n");
    settings.replace(source, &image)
}

impl Stack {
    /// Makes the stack's function one of package type Image, which answers `zero`, by its alias as well.
    pub(crate) fn runs_images(&self) {
        let function = self.function("dev");
        self.call_ecr("CreateRepository", &json!({ "repositoryName": self.image_repository() }));
        self.push("live", &answering(200, "zero"));
        self.aws.change_code(&function, code("zero").into(), true);
        let newest = self.aws.newest(&function).unwrap();
        if self.aws.find_alias(&function, "live").is_some() {
            self.aws.move_alias(&function, "live", &newest);
        }
        self.proxy.rule::<Images>().package(&function);
    }

    /// The name of its repository.
    pub(crate) fn image_repository(&self) -> String {
        format!("{}/hello", self.name)
    }

    /// The URI of an image in the stack's repository.
    pub(crate) fn image(&self, reference: &str) -> String {
        format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{}{reference}", self.image_repository())
    }

    /// Pushes an image that runs this source; the tag leads to it from now on. Returns its digest.
    pub(crate) fn push(&self, tag: &str, source: &str) -> String {
        let zip = zip_of(CompressionMethod::Deflated, [("app.py", source.as_bytes(), 0o644)]);
        let config = format!("sha256:{}", Sha256::of(&zip).hex());
        let manifest = json!({ "schemaVersion": 2, "mediaType": ONE, "config": { "digest": config }, "layers": [] });
        let digest = self.put(tag, ONE, &manifest);
        let uri = ImageUri::parse(&self.image(&format!("@{digest}"))).unwrap();
        self.proxy.rule::<Images>().runs(&uri, zip);
        digest
    }

    /// Pushes an index, as buildx does: an image for this processor, and what attests it.
    pub(crate) fn push_index(&self, tag: &str, architecture: &str, digest: &str) -> String {
        let of = |architecture: &str, os: &str, digest: &str| json!({ "mediaType": ONE, "digest": digest, "platform": { "architecture": architecture, "os": os } });
        let attestation = format!("sha256:{}", Sha256::of(b"attestation").hex());
        let manifests = [of(architecture, "linux", digest), of("unknown", "unknown", &attestation)];
        self.put(tag, INDEX, &json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests }))
    }

    fn put(&self, tag: &str, kind: &str, manifest: &Value) -> String {
        let text = manifest.to_string();
        let body = json!({ "repositoryName": self.image_repository(), "imageTag": tag, "imageManifest": text, "imageManifestMediaType": kind });
        self.call_ecr("PutImage", &body);
        format!("sha256:{}", Sha256::of(text.as_bytes()).hex())
    }

    /// Deletes an image, as a lifecycle policy does.
    pub(crate) fn delete_image(&self, digest: &str) {
        let body = json!({ "repositoryName": self.image_repository(), "imageIds": [{ "imageDigest": digest }] });
        self.call_ecr("BatchDeleteImage", &body);
    }

    fn call_ecr(&self, action: &str, body: &Value) {
        self.aws.target("ecr", &format!("AmazonEC2ContainerRegistry_V20150921.{action}"), body);
    }
}

/// The zip of what answers this text.
fn code(text: &str) -> Vec<u8> {
    zip_of(CompressionMethod::Deflated, [("app.py", answering(200, text).as_bytes(), 0o644)])
}
