//! The smoke tests can reach the API's own endpoint.

use crate::error::Problem;
use crate::model::SmokeSettings;
use crate::plan::stack::Api;

pub(super) fn check(smoke: &SmokeSettings, api: &Api<'_>) -> Option<Problem> {
    api.observed.execute_api_disabled.then(|| {
        Problem::new(format!("the smoke test cannot reach {}", api.key))
            .why("its execute-api endpoint is disabled")
            .fix(
                "set `url` under [smoke] to your own domain, instead of `path`; a domain with mutual TLS cannot be asked: \
                 send an event there, `invoke`",
            )
            .at(smoke.at.clone())
    })
}
