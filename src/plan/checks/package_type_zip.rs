//! A function that has an image in the settings runs a container image.

use super::refused;
use crate::error::Problem;
use crate::model::{FunctionSettings, GotFunction};
use crate::plan::stack::Function;

const WHY: &str = "its package type is Zip: its code is a zip, not a container image";
const FIX: &str =
    "set `source` instead of `image`, or create the function anew with an image: Lambda changes no package type";

pub(super) fn check(function: &Function<'_>) -> Option<Problem> {
    let has_zip = !function.observed.latest.is_image();
    let at = function.settings.source.location();
    (has_zip && function.artifact().is_none()).then(|| refused(function, WHY, FIX).at(at))
}

/// The same of a function that is copied.
pub(super) fn of_preview(function: &FunctionSettings, source: &GotFunction) -> Option<Problem> {
    (function.image().is_some() && !source.code.is_image()).then(|| {
        let problem = Problem::new(format!("function {} cannot be copied", function.name.value)).why(WHY).fix(FIX);
        problem.at(function.source.location()).check("package-type-zip")
    })
}
