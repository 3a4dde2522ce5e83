//! Code signing does not refuse unsigned code.

use super::refused;
use crate::error::Problem;
use crate::plan::stack::Function;

pub(super) fn check(function: &Function<'_>) -> Option<Problem> {
    function.observed.signing_enforced.then(|| {
        refused(
            function,
            "its code signing configuration refuses unsigned code",
            "sign the artifact and release it with your signing pipeline, or set the policy to Warn",
        )
    })
}
