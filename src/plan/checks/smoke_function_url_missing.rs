//! A function whose URL a smoke test asks has one.

use crate::error::Problem;
use crate::model::{FunctionKey, GotFunction, ObservedPreview, Smoke, SmokeSettings, SmokeTarget};
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
        problem(settings, function.key, &on)
    })
}

/// The same of a preview, whose functions have URLs where those have one that they are copies of.
pub(super) fn of_preview(smoke: &SmokeSettings, observed: &ObservedPreview) -> Option<Problem> {
    let SmokeTarget::FunctionUrl { function, .. } = &smoke.target else { return None };
    let name = |source: &GotFunction| source.arn.rsplit(':').next().unwrap_or_default().to_owned();
    let source = observed.sources.get(function)?.as_ref()?;
    let is_missing = !observed.source_urls.contains(function);
    is_missing.then(|| problem(smoke, function, &format!("{} has no URL", name(source))))
}

fn problem(smoke: &SmokeSettings, function: &FunctionKey, why: &str) -> Problem {
    Problem::new(format!("the smoke test cannot ask the URL of {function}"))
        .why(why)
        .fix("create it with Terraform (`aws_lambda_function_url`), or send an event instead: `invoke`")
        .at(smoke.at.clone())
}
