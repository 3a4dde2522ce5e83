//! Lambda shows the environment that is copied.

use crate::error::Problem;
use crate::model::{FunctionKey, GotFunction};

pub(super) fn check(key: &FunctionKey, source: &GotFunction) -> Option<Problem> {
    let why = source.environment_hidden.as_ref()?;
    Some(
        Problem::new(format!("function {key} cannot be copied"))
            .why(format!("Lambda does not show its environment: {why}"))
            .fix("allow this role `kms:Decrypt` and `kms:Encrypt` on the key of the function's environment"),
    )
}
