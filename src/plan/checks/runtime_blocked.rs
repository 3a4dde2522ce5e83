//! AWS still updates functions of this runtime.

use super::refused;
use crate::error::Problem;
use crate::plan::stack::Function;

/// Runtimes whose functions can no longer be updated. Lambda answers that the runtime is "no longer supported for
/// creating or updating".
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html#runtime-support-policy>
const BLOCKED: [&str; 20] = [
    "dotnetcore1.0",
    "dotnetcore2.0",
    "dotnetcore2.1",
    "dotnetcore3.1",
    "go1.x",
    "java8",
    "nodejs",
    "nodejs4.3",
    "nodejs4.3-edge",
    "nodejs6.10",
    "nodejs8.10",
    "nodejs10.x",
    "nodejs12.x",
    "nodejs14.x",
    "provided",
    "python2.7",
    "python3.6",
    "python3.7",
    "ruby2.5",
    "ruby2.7",
];

pub(super) fn check(function: &Function<'_>) -> Option<Problem> {
    let runtime = function.observed.latest.runtime.as_deref()?;
    BLOCKED.contains(&runtime).then(|| {
        refused(
            function,
            &format!("AWS no longer updates functions of runtime {runtime}"),
            "move it to a supported runtime with Terraform",
        )
    })
}
