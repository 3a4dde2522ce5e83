//! What the plan of `preview up` is made of.

use std::collections::BTreeMap;

use crate::model::{
    Artifact, ExistingFunction, FunctionConfiguration, FunctionKey, FunctionName, GotFunction, ObjectKey,
    ObservedPreview, PreviewId, PreviewSettings, Settings, Warning,
};

/// What the plan is made of.
pub(super) struct Preview<'a> {
    pub(super) id: &'a PreviewId,
    pub(super) settings: &'a Settings,
    pub(super) wanted: &'a PreviewSettings,
    pub(super) observed: &'a ObservedPreview,
}

/// A function of the preview.
pub(super) struct Function<'a> {
    pub(super) key: &'a FunctionKey,
    pub(super) name: FunctionName,
    pub(super) arn: String,
    pub(super) artifact: &'a Artifact,
    pub(super) source: &'a GotFunction,
    pub(super) existing: Option<&'a ExistingFunction>,
    pub(super) configuration: FunctionConfiguration,
    pub(super) rewritten: BTreeMap<String, FunctionName>,
    pub(super) warnings: Vec<Warning>,
    /// `None` without a bucket.
    pub(super) object: Option<ObjectKey>,
}
