use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sls_release::model::{ImageReference, ImageUri, Sha256};

use super::{Exchange, Message, Rule, Upstream, lambda_error};

/// Functions whose package type is Image. No container runs here: ministack gets a zip of the same code, and callers see the
/// image. Lambda takes one manifest, never an index, and writes its digest in hex; an image that is not in the repository does
/// not exist for it, and the package type never changes.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/images-create.html>,
/// <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html>
#[derive(Default)]
pub(crate) struct Images(Mutex<State>);

#[derive(Default)]
struct State {
    functions: BTreeSet<String>,
    /// By the digest of the manifest.
    zips: BTreeMap<String, Zip>,
}

/// The code of an image.
#[derive(Clone)]
struct Zip {
    bytes: Vec<u8>,
    /// The image, by its digest.
    uri: ImageUri,
}

impl Images {
    /// The package type of this function is Image from now on.
    pub(crate) fn package(&self, function: &str) {
        self.0.lock().unwrap().functions.insert(function.to_owned());
    }

    /// What the image does where it runs.
    pub(crate) fn runs(&self, uri: &ImageUri, zip: Vec<u8>) {
        let digest = uri.digest().expect("it is named by its digest").hex();
        self.0.lock().unwrap().zips.insert(digest, Zip { bytes: zip, uri: uri.clone() });
    }

    fn is_image(&self, function: &str) -> bool {
        self.0.lock().unwrap().functions.contains(function)
    }

    /// The code of the image that this URI names now, or how Lambda refuses it.
    fn zip(&self, uri: &str, upstream: &Upstream) -> Result<Zip, String> {
        let absent = || format!("Source image {uri} does not exist. Provide a valid source image.");
        let image = ImageUri::parse(uri).and_then(|uri| manifest(&uri, upstream)).ok_or_else(absent)?;
        let text = image["imageManifest"].as_str().unwrap_or_default();
        let zip = self.0.lock().unwrap().zips.get(&Sha256::of(text.as_bytes()).hex()).cloned();
        zip.ok_or_else(|| {
            format!("The image manifest, config or layer media type for the source image {uri} is not supported.")
        })
    }

    /// A function whose package type is Image has neither a runtime nor a handler.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>
    fn create(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let document = exchange.document();
        let uri = document["Code"]["ImageUri"].as_str()?;
        let refused = |message: &str| Some(lambda_error(400, "InvalidParameterValueException", message));
        let is_whole =
            document["PackageType"] == "Image" && document["Runtime"].is_null() && document["Handler"].is_null();
        if !is_whole {
            return refused("Runtime and Handler are not supported for functions created with container images.");
        }
        match self.zip(uri, exchange.upstream) {
            Err(message) => refused(&message),
            Ok(zip) => {
                exchange.request.edit(|body| {
                    body["Code"] = json!({ "ZipFile": STANDARD.encode(&zip.bytes) });
                    body["PackageType"] = "Zip".into();
                    body["Runtime"] = "python3.12".into();
                    body["Handler"] = "app.handler".into();
                });
                self.package(document["FunctionName"].as_str().unwrap_or_default());
                None
            }
        }
    }

    fn of_code(&self, sha256: &str) -> Option<Zip> {
        let state = self.0.lock().unwrap();
        state.zips.values().find(|zip| Sha256::of(&zip.bytes).base64() == sha256).cloned()
    }
}

/// What the repository has.
fn manifest(uri: &ImageUri, upstream: &Upstream) -> Option<Value> {
    let id = match uri.reference() {
        ImageReference::Tag(tag) => json!({ "imageTag": tag }),
        ImageReference::Digest(digest) => json!({ "imageDigest": format!("sha256:{}", digest.hex()) }),
    };
    let body = json!({ "repositoryName": uri.repository(), "imageIds": [id] });
    let answer = upstream.target("ecr", "AmazonEC2ContainerRegistry_V20150921.BatchGetImage", &body);
    answer.document()["images"].get(0).cloned()
}

impl Rule for Images {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let is_image = self.is_image(exchange.call.function());
        let document = exchange.document();
        if exchange.is_lambda(&["PublishVersion"]) && is_image {
            let digest = document["CodeSha256"].as_str().unwrap_or_default();
            let zip = self.0.lock().unwrap().zips.get(digest).map(|zip| Sha256::of(&zip.bytes).base64());
            exchange.request.edit(|body| body["CodeSha256"] = zip.map_or(body["CodeSha256"].clone(), Value::from));
        }
        if exchange.is_lambda(&["CreateFunction"]) {
            return self.create(exchange);
        }
        if !exchange.is_lambda(&["UpdateFunctionCode"]) {
            return None;
        }
        let refused = |message: &str| Some(lambda_error(400, "InvalidParameterValueException", message));
        match (document["ImageUri"].as_str(), is_image) {
            (None, false) => None,
            (Some(_), false) => refused("Please don't provide ImageUri when updating a function with packageType Zip."),
            (None, true) => refused("Please provide ImageUri when updating a function with packageType Image."),
            (Some(uri), true) => match self.zip(uri, exchange.upstream) {
                Err(message) => refused(&message),
                Ok(zip) => {
                    exchange.request.edit(|body| {
                        body.as_object_mut().unwrap().remove("ImageUri");
                        body["ZipFile"] = STANDARD.encode(&zip.bytes).into();
                    });
                    None
                }
            },
        }
    }

    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        if exchange.call.service != "lambda" || !answer.is_success() || !self.is_image(exchange.call.function()) {
            return;
        }
        answer.edit(|document| {
            let is_whole = document["Configuration"].is_object();
            let configuration = if is_whole { &mut document["Configuration"] } else { &mut *document };
            let Some(zip) = configuration["CodeSha256"].as_str().and_then(|sha256| self.of_code(sha256)) else {
                return;
            };
            show(configuration, &zip);
            if is_whole {
                let uri = zip.uri.to_string();
                document["Code"] = json!({ "RepositoryType": "ECR", "ImageUri": uri, "ResolvedImageUri": uri });
            }
        });
    }
}

fn show(configuration: &mut Value, zip: &Zip) {
    let Some(parts) = configuration.as_object_mut() else { return };
    parts.remove("Runtime");
    parts.remove("Handler");
    parts.insert("CodeSha256".to_owned(), zip.uri.digest().unwrap_or_else(|| Sha256::of(b"")).hex().into());
    parts.insert("CodeSize".to_owned(), 0.into());
    parts.insert("PackageType".to_owned(), "Image".into());
}
