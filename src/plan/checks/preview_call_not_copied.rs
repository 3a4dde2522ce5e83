//! Every function that the API calls is copied.

use crate::error::Problem;
use crate::model::{ApiKey, FunctionName};

/// `caller` is a method or an authorizer: "GET /hello".
pub(in crate::plan) fn problem(api: &ApiKey, caller: &str, function: &FunctionName) -> Problem {
    Problem::new(format!("{caller} of API {api} cannot be copied"))
        .why(format!("it calls function {function}, which would not be copied"))
        .fix("add the function to the settings: the preview would call the stage's")
        .check("preview-call-not-copied")
}
