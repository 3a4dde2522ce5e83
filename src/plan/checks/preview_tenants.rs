//! The function does not keep tenants apart. A copy would run them in the same execution environments.

use crate::error::Problem;
use crate::model::{FunctionKey, GotFunction};

/// <https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html>
pub(super) fn check(key: &FunctionKey, source: &GotFunction) -> Option<Problem> {
    source.code.has_tenants.then(|| {
        Problem::new(format!("function {key} cannot be copied"))
            .why("Lambda keeps its tenants apart (`TenancyConfig`), and its copy would mix them")
            .fix("leave it out of the settings, and preview an API that does not call it")
    })
}
