//! What moto 5.2.5 leaves out or gets wrong and a release needs, put right on the way.
//!
//! What else it does differently is left as it is, and nothing here asserts on it (files of moto's package `moto`):
//!
//! - `awslambda/models.py`: stale revisions of functions and aliases, and a wrong `CodeSha256` of `PublishVersion`, are
//!   accepted; the policy of an alias is that of its version, with the function's statements; an update is done at once.
//! - `s3/`: a wrong checksum is accepted; `HeadObject` tells no checksum of an object that was put whole, and that of
//!   one put in parts without the number of parts.
//! - `apigateway/`: a deployment that a stage serves can be deleted, a stage can serve one that does not exist, and
//!   `FlushStageCache` is not there.

use serde_json::Value;

use crate::support::Message;
use crate::support::rules::{Exchange, Rule};

/// Moto gives a function no `RevisionId` (`awslambda/models.py`, `LambdaFunction.get_configuration`); AWS does.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html>
pub(super) struct Revisions;

impl Rule for Revisions {
    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        if exchange.is_lambda(&["GetFunction"]) {
            answer.edit(|document| give(&mut document["Configuration"]));
        }
        if exchange.is_lambda(&["UpdateFunctionCode", "PublishVersion"]) {
            answer.edit(give);
        }
    }
}

/// Another one with each change of the code.
fn give(configuration: &mut Value) {
    if configuration.is_object() {
        configuration["RevisionId"] = configuration["CodeSha256"].clone();
    }
}

/// Moto links the code to a host of AWS's own, and has nothing there; the object that the code came from is in the
/// bucket of the stack.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html>
pub(super) struct CodeLinks {
    /// Moto's endpoint.
    pub(super) endpoint: String,
}

impl Rule for CodeLinks {
    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        if exchange.is_lambda(&["GetFunction"]) {
            let bucket = exchange.call.function().replace("-dev", "-artifacts");
            answer.edit(|document| self.point(&mut document["Code"], &bucket));
        }
    }
}

impl CodeLinks {
    fn point(&self, code: &mut Value, bucket: &str) {
        let key = code["Location"].as_str().and_then(|link| link.split_once(".amazonaws.com/"));
        if let Some((_, key)) = key {
            code["Location"] = format!("{}/{bucket}/{key}", self.endpoint).into();
        }
    }
}

/// Moto names the root of its answer to `GetBucketVersioning` otherwise than AWS (`s3/responses.py`), so that the SDK cannot
/// read it.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html>
pub(super) struct Versioning;

impl Rule for Versioning {
    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        let is_enabled = String::from_utf8_lossy(&answer.body).contains(">Enabled<");
        if exchange.call.action == "GetBucketVersioning" && is_enabled {
            let root = "VersioningConfiguration";
            answer.body = format!("<{root}><Status>Enabled</Status></{root}>").into_bytes();
        }
    }
}
