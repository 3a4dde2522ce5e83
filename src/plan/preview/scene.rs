//! What the plan of `preview up` is made of.

use crate::model::{ObservedPreview, PreviewId, PreviewSettings, Settings};

/// What the plan is made of.
pub(super) struct Preview<'a> {
    pub(super) id: &'a PreviewId,
    pub(super) settings: &'a Settings,
    pub(super) wanted: &'a PreviewSettings,
    pub(super) observed: &'a ObservedPreview,
}
