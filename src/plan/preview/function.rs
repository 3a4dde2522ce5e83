//! A function of a preview.

use std::collections::BTreeMap;

use super::environment::{Configured, CopiedFunction};
use crate::model::{
    Artifact, ArtifactStore, ExistingFunction, FunctionConfiguration, FunctionKey, FunctionName, GotFunction, ImageUri,
    ObjectKey, Sha256, Warning, marks,
};
use crate::plan::stack::Code;

/// A function of the preview: what it is a copy of, what it is to run, and what there is of it.
pub(super) struct Function<'a> {
    pub(super) key: &'a FunctionKey,
    pub(super) name: FunctionName,
    pub(super) arn: String,
    code: Code<'a>,
    pub(super) source: &'a GotFunction,
    pub(super) existing: Option<&'a ExistingFunction>,
    pub(super) configuration: FunctionConfiguration,
    pub(super) rewritten: BTreeMap<String, FunctionName>,
    pub(super) warnings: Vec<Warning>,
    /// `None` without a bucket, and for an image.
    pub(super) object: Option<ObjectKey>,
}

impl<'a> Function<'a> {
    /// A copy that runs this code.
    pub(super) fn of(
        key: &'a FunctionKey,
        code: Code<'a>,
        copied: &CopiedFunction<'a>,
        configured: Configured,
        existing: Option<&'a ExistingFunction>,
        store: Option<&ArtifactStore>,
    ) -> Self {
        let Configured { configuration, rewritten, warnings } = configured;
        let object = match (code, store) {
            (Code::Archive(artifact), Some(store)) => {
                Some(marks::preview_object_key(&store.prefix, key, &artifact.sha256))
            }
            _ => None,
        };
        let (name, arn, source) = (copied.copy.clone(), copied.copy_arn.clone(), copied.source);
        Self { key, name, arn, code, source, existing, configuration, rewritten, warnings, object }
    }

    /// Its zip; `None` where it runs an image.
    pub(super) fn artifact(&self) -> Option<&'a Artifact> {
        if let Code::Archive(artifact) = self.code { Some(artifact) } else { None }
    }

    /// The image by its digest. One that Lambda would not take is refused by a check.
    pub(super) fn image(&self) -> Option<ImageUri> {
        let Code::Image(image) = self.code else { return None };
        Some(image.named.with_digest(image.digest()?))
    }

    /// The digest of its code.
    pub(super) fn sha256(&self) -> Sha256 {
        let image = || self.image().and_then(|image| image.digest());
        self.artifact().map(|artifact| artifact.sha256).or_else(image).unwrap_or(self.source.code.sha256)
    }
}
