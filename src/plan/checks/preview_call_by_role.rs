//! No method or authorizer of the API calls by a role.

use crate::error::Problem;
use crate::model::{ApiKey, FunctionName};

/// A function; `caller` is a method or an authorizer: "GET /hello".
pub(in crate::plan) fn function(api: &ApiKey, caller: &str, function: &FunctionName) -> Problem {
    Problem::new(format!("{caller} of API {api} cannot be copied"))
        .why(format!("it calls function {function} by a role, which need not allow to call its copy"))
        .fix("let the policy of the function allow the call instead of a role")
        .check("preview-call-by-role")
}

/// Another service, by the URI of its integration.
pub(in crate::plan) fn service(api: &ApiKey, caller: &str, uri: &str) -> Problem {
    Problem::new(format!("{caller} of API {api} cannot be copied"))
        .why(format!("it calls another service by a role: `{uri}`"))
        .fix("preview an API without it: the copy would use the stage's own data")
        .check("preview-call-by-role")
}
