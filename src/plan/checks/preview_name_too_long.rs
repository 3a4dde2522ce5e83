//! The names of the preview's functions are within Lambda's limit.

use crate::error::Problem;
use crate::model::{FunctionSettings, PreviewId};

/// The most characters that the name of a function may have.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>
const LIMIT: usize = 64;

pub(super) fn check(function: &FunctionSettings, id: &PreviewId) -> Option<Problem> {
    let name = id.function_name(&function.name.value);
    let length = name.as_str().len();
    (length > LIMIT).then(|| {
        Problem::new(format!("{name} is too long a name for a function"))
            .why(format!("it has {length} characters; Lambda takes {LIMIT}"))
            .fix("give the function a shorter name")
            .at(function.name.location())
    })
}
