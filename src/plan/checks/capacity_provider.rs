//! The function does not run on a capacity provider, where unqualified calls go to `$LATEST.PUBLISHED`.

use super::refused;
use crate::error::Problem;
use crate::plan::stack::Function;

pub(super) fn check(function: &Function<'_>) -> Option<Problem> {
    let latest = &function.observed.latest;
    latest.on_capacity_provider.then(|| {
        refused(
            function,
            "it runs on a capacity provider, where unqualified calls go to $LATEST.PUBLISHED",
            "leave it out of the settings",
        )
    })
}
