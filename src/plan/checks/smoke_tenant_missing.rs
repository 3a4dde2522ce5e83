//! What is sent to a function that keeps tenants apart names a tenant.

use crate::error::Problem;
use crate::model::Invoke;
use crate::plan::stack::Stack;

/// <https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html>
pub(super) fn check(invoke: &Invoke, stack: &Stack<'_>) -> Option<Problem> {
    let function = stack.functions.iter().find(|function| *function.key == invoke.function)?;
    let settings = stack.settings.smoke.get(invoke.test)?;
    (function.observed.latest.has_tenants && invoke.tenant.is_none()).then(|| {
        Problem::new(format!("the smoke test cannot invoke {}", invoke.name))
            .why("Lambda keeps the tenants of the function apart, and takes no call without the id of one")
            .fix("add the id of a tenant for tests to this smoke test: `tenant = \"smoke-test\"`")
            .at(settings.at.clone())
    })
}
