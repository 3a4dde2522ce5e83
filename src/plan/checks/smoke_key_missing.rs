//! The smoke tests send a key to methods that need one.

use crate::error::Problem;
use crate::model::SmokeSettings;
use crate::plan::routes;
use crate::plan::stack::{Api, Stack};

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-key-source.html>
const HEADER: &str = "x-api-key";

pub(super) fn check(smoke: &SmokeSettings, api: &Api<'_>, path: &str, stack: &Stack<'_>) -> Option<Problem> {
    let route = routes::find(stack, api.key, &smoke.method, path)?;
    let source = api.observed.definition.document.pointer("/settings/api_key_source");
    let is_by_header = source.is_none_or(|source| source != "AUTHORIZER");
    let has_key = smoke.headers.keys().any(|name| name.eq_ignore_ascii_case(HEADER));
    (route.integration.needs_key && is_by_header && !has_key).then(|| {
        Problem::new(format!("the smoke test cannot reach {} {}", smoke.method, route.integration.path))
            .why("the method needs an API key, and no header has one")
            .fix("add it: `headers = { X-Api-Key = \"{env.SMOKE_KEY}\" }`, or ask another path")
            .at(smoke.at.clone())
    })
}
