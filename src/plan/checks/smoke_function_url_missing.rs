//! A function whose URL a smoke test asks has one.

use crate::error::Problem;
use crate::model::{Smoke, SmokeTarget};
use crate::plan::stack::Stack;

/// <https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html>
pub(super) fn check(smoke: &Smoke, stack: &Stack<'_>) -> Option<Problem> {
    let settings = stack.settings.smoke.get(smoke.test)?;
    let SmokeTarget::FunctionUrl { function, .. } = &settings.target else { return None };
    let function = stack.functions.iter().find(|found| found.key == function)?;
    smoke.function_url.is_none().then(|| {
        let name = &function.observed.name;
        let on = match &function.settings.alias {
            Some(alias) => format!("neither alias {} of {name} nor the function itself has a URL", alias.value),
            None => format!("{name} has no URL"),
        };
        Problem::new(format!("the smoke test cannot ask the URL of {}", function.key))
            .why(on)
            .fix("create it with Terraform (`aws_lambda_function_url`), or send an event instead: `invoke`")
            .at(settings.at.clone())
    })
}
