//! No update of the function is in progress.

use super::refused;
use crate::error::Problem;
use crate::plan::stack::Function;

pub(super) fn check(function: &Function<'_>) -> Option<Problem> {
    let is_busy = function.observed.latest.is_busy();
    is_busy.then(|| refused(function, "an update of it is still in progress", "try again when it has ended"))
}
