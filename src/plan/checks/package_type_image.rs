//! The function is a zip, not a container image.

use super::refused;
use crate::error::Problem;
use crate::plan::stack::Function;

pub(super) fn check(function: &Function<'_>) -> Option<Problem> {
    (function.observed.latest.package_type == "Image").then(|| {
        refused(
            function,
            "its package type is Image: its code is a container image, not a zip",
            "release the image with your container tooling, and leave this function out of the settings",
        )
    })
}
