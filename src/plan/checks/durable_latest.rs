//! The callers of a durable function use an alias or a version.

use super::refused;
use crate::error::Problem;
use crate::model::Qualifier;
use crate::plan::stack::{Function, Stack};

/// An execution goes on with the code that it began with only behind a version or an alias.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html>
pub(super) fn check(function: &Function<'_>, stack: &Stack<'_>) -> Option<Problem> {
    let calls_latest = stack.calls_of(function.key).any(|(_, call)| call.qualifier == Qualifier::Latest);
    let uses_latest = function.settings.alias.is_none() || calls_latest;
    (function.observed.latest.durable && uses_latest).then(|| {
        refused(
            function,
            "it is durable: executions that began on $LATEST would continue on other code",
            "let its callers use an alias, and set `alias`",
        )
    })
}
