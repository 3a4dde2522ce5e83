//! A function whose code is a container image has an image in the settings.

use super::refused;
use crate::error::Problem;
use crate::plan::stack::Function;

pub(super) fn check(function: &Function<'_>) -> Option<Problem> {
    (function.observed.latest.is_image() && function.artifact().is_some()).then(|| {
        refused(
            function,
            "its package type is Image: its code is a container image, not a zip",
            "set `image` instead of its source, such as `image = \"{env.IMAGE}\"`, or pass --image",
        )
        .at(function.settings.source.location())
    })
}
