//! The function has no setting that its copy would lack without a word.

use crate::error::Problem;
use crate::model::{FunctionKey, GotFunction};

pub(super) fn check(key: &FunctionKey, source: &GotFunction) -> Option<Problem> {
    let fields: Vec<_> = source.unknown_fields.iter().map(|field| format!("`{field}`")).collect();
    (!fields.is_empty()).then(|| {
        Problem::new(format!("function {key} cannot be copied"))
            .why(format!("its configuration has {}, which this version of sls-release does not copy", fields.join(", ")))
            .fix("update sls-release, or leave the function out of the settings and preview an API that does not call it")
    })
}
