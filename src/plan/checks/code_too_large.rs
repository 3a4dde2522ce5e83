//! The unzipped code and its layers are within Lambda's limit.

use super::refused;
use crate::error::Problem;
use crate::model::{Artifact, UNZIPPED_LIMIT};
use crate::plan::stack::Function;

/// A layer's zip is the least that it unzips to, so this refuses nothing that Lambda would take.
pub(super) fn check(function: &Function<'_>, artifact: &Artifact) -> Option<Problem> {
    let layers: u64 = function.observed.latest.layers.iter().map(|layer| layer.zipped_bytes).sum();
    let bytes = artifact.unzipped_bytes + layers;
    (bytes > UNZIPPED_LIMIT).then(|| {
        let why =
            format!("it would be at least {bytes} bytes unzipped, layers included; Lambda allows {UNZIPPED_LIMIT}");
        refused(function, &why, "leave files out with `exclude`; `sls-release package -v` lists them")
            .at(function.settings.source.location())
    })
}
