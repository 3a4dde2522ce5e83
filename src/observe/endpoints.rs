//! What the endpoints answer as they stand, asked beside the other reads.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;

use super::{api_id, urls};
use crate::http::Miss;
use crate::model::{Qualifier, Settings, SmokeSettings, SmokeTarget, UrlAuth};
use crate::world::{Address, World};

/// Answers of endpoints, by the place of the smoke test in the settings: how long a good one took.
pub type Answers = BTreeMap<usize, Result<Duration, Miss>>;

/// Asks each endpoint once whose smoke test only reads.
///
/// <https://www.rfc-editor.org/rfc/rfc9110#name-safe-methods>
pub async fn answers(settings: &Settings, world: &World) -> Answers {
    let asked = settings.smoke.iter().enumerate().filter(|(_, smoke)| is_read(smoke));
    let asks = asked.map(async |(test, smoke)| {
        let address = address(settings, smoke, world).await?;
        Some((test, world.ask(&address, smoke, smoke.timeout).await))
    });
    join_all(asks).await.into_iter().flatten().collect()
}

/// Whether these answers show that the endpoints work: those that were asked answered well, and where the settings name
/// any, at least one was asked. Without an endpoint to ask, nothing is shown, and nothing is in doubt.
pub fn is_shown_by(answers: &Answers, settings: &Settings) -> bool {
    let has_endpoints = settings.smoke.iter().any(|smoke| !matches!(smoke.target, SmokeTarget::Event(_)));
    answers.values().all(Result::is_ok) && (!has_endpoints || !answers.is_empty())
}

fn is_read(smoke: &SmokeSettings) -> bool {
    ["GET", "HEAD"].contains(&smoke.method.as_str())
}

/// What is asked; an API's name and the URL of a function are looked up here as well, since nothing waits for this.
async fn address(settings: &Settings, smoke: &SmokeSettings, world: &World) -> Option<Address> {
    match &smoke.target {
        SmokeTarget::Event(_) => None,
        SmokeTarget::Url(url) => Some(Address::new(url.clone(), smoke)),
        SmokeTarget::Path { api, path } => {
            let api = settings.apis.get(api)?;
            let (_, id) = api_id(api, world).await.ok()??;
            Some(Address::new(world.url(&id, &api.stage.value, path), smoke))
        }
        SmokeTarget::FunctionUrl { function, path } => {
            let function = settings.functions.get(function)?;
            let mut all = urls(function, world).await.ok()?;
            let found = all.remove(&function.qualifier()).or_else(|| all.remove(&Qualifier::Latest))?;
            let is_guarded = found.auth == UrlAuth::Iam;
            Some(Address::of_function(world.function_url(&found.url, path), smoke, is_guarded))
        }
    }
}
