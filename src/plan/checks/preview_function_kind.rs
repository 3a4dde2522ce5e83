//! The function is of a kind that can be copied.

use crate::error::Problem;
use crate::model::{FunctionKey, FunctionSettings, GotFunction};

pub(super) fn check(key: &FunctionKey, function: &FunctionSettings, source: &GotFunction) -> Vec<Problem> {
    let code = &source.code;
    let reasons = [
        (code.is_image() && function.image().is_none(), "it is a container image, and the settings have no `image`"),
        (code.durable, "it is a durable function"),
        (code.on_capacity_provider, "it runs on a capacity provider"),
        (source.has_file_system, "it mounts a file system, which its copy would share"),
    ];
    let refused = reasons.into_iter().filter(|(holds, _)| *holds);
    let problem = |why| {
        Problem::new(format!("function {key} cannot be copied"))
            .why(why)
            .fix("leave it out of the settings, and preview an API that does not call it")
    };
    refused.map(|(_, why)| problem(why)).collect()
}
