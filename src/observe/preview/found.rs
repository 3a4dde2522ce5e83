//! What AWS has of previews, by their tags.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::stream::{self, StreamExt, TryStreamExt};

use crate::aws::{self, Answer, CallError, NamedFunction, TaggedApi};
use crate::error::Failure;
use crate::model::{ApiKey, Endpoint, FunctionName, Moment, PreviewId, RestApiId, Silent, StandingPreview};
use crate::observe::preview_stage::{self, FoundStage};
use crate::observe::{ReadError, refuse};
use crate::world::{Look, Wait, WaitError, World};

/// Something of a preview that AWS has.
#[derive(Clone)]
pub struct FoundFunction {
    /// Its name.
    pub name: FunctionName,
    /// Its ARN.
    pub arn: String,
    /// Whose.
    pub preview: PreviewId,
    /// When it changed last.
    pub active: Option<Moment>,
}

/// An API of a preview that AWS has.
#[derive(Clone)]
pub struct FoundApi {
    /// Its id.
    pub id: RestApiId,
    /// Its name.
    pub name: String,
    /// The key of the API that it is a copy of.
    pub key: ApiKey,
    /// Whose.
    pub preview: PreviewId,
    /// When a run wrote to it last; else when it was made.
    pub active: Option<Moment>,
}

impl FoundApi {
    /// Where it answers.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint { api: self.key.clone(), id: self.id.clone(), stage: self.preview.stage() }
    }
}

/// A log group of a preview's function.
#[derive(Clone)]
pub struct FoundLogGroup {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Whose.
    pub preview: PreviewId,
}

/// All that AWS has of some previews.
pub struct Found {
    /// In the order of their names.
    pub functions: Vec<FoundFunction>,
    /// In the order of their ids.
    pub apis: Vec<FoundApi>,
    /// Stages of APIs that others made, in the order of the ids of these.
    pub stages: Vec<FoundStage>,
    /// Those of functions that may be gone already; only where they were looked for.
    pub log_groups: Vec<FoundLogGroup>,
}

impl Found {
    /// What of it belongs to this preview.
    #[must_use]
    pub fn of(&self, id: &PreviewId) -> Self {
        Self {
            functions: self.functions.iter().filter(|one| one.preview == *id).cloned().collect(),
            apis: self.apis.iter().filter(|one| one.preview == *id).cloned().collect(),
            stages: self.stages.iter().filter(|one| one.preview == *id).cloned().collect(),
            log_groups: self.log_groups.iter().filter(|one| one.preview == *id).cloned().collect(),
        }
    }

    /// Each preview once, in the order of repositories and numbers, with the time of the last change to any part.
    pub fn standing(&self) -> Vec<StandingPreview> {
        let functions = self.functions.iter().map(|one| (&one.preview, one.active));
        let stages = self.stages.iter().map(|one| (&one.preview, one.active));
        let parts = functions.chain(self.apis.iter().map(|one| (&one.preview, one.active))).chain(stages);
        let mut standing: BTreeMap<&PreviewId, Option<Moment>> = BTreeMap::new();
        for (id, active) in parts {
            let known = standing.entry(id).or_default();
            *known = (*known).max(active);
        }
        standing.into_iter().map(|(id, active)| StandingPreview { id: id.clone(), active }).collect()
    }
}

/// How many functions are asked for their tags at once: Lambda takes 15 such calls a second, of all that there are.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const AT_ONCE: usize = 8;

/// For one read of something of a preview, while AWS throttles.
pub(super) const PATIENCE: Duration = Duration::from_mins(2);

/// Everything whose tags name a preview that is `wanted`; functions are asked for their tags where their names end as
/// those of previews do, of this pull request where one is named.
pub async fn tagged(world: &World, number: Option<u64>, wanted: impl Fn(&PreviewId) -> bool) -> Result<Found, Failure> {
    let (functions, apis) = futures::join!(functions_of_previews(world, number), world.aws.rest_apis.tagged());
    let mut problems = Vec::new();
    let mut found = Found { functions: Vec::new(), apis: Vec::new(), stages: Vec::new(), log_groups: Vec::new() };
    match functions {
        Ok(functions) => found.functions.extend(functions.into_iter().filter(|one| wanted(&one.preview))),
        Err(error) => problems.push(error),
    }
    match apis {
        Ok(apis) => {
            let is_of_preview = |api: &TaggedApi| PreviewId::of_tags(&api.tags).is_some();
            let (previews, others) = apis.into_iter().partition(is_of_preview);
            let previews: Vec<TaggedApi> = previews;
            let previews = previews.into_iter().filter_map(api_of_preview);
            found.apis.extend(previews.filter(|one| wanted(&one.preview)));
            let stages = preview_stage::tagged(&others, &wanted, world).await;
            found.stages = stages.map_err(|error| problems.push(error.into())).unwrap_or_default();
        }
        Err(error) => problems.push(error.into()),
    }
    found.functions.sort_by(|one, other| one.name.cmp(&other.name));
    found.apis.sort_by(|one, other| one.id.cmp(&other.id));
    found.stages.sort_by(|one, other| one.id.cmp(&other.id));
    refuse(problems).map(|()| found)
}

/// The log groups of the pull request's functions whose tags name a preview that is `wanted`. A function that is gone
/// may have left one.
pub async fn log_groups(
    world: &World,
    number: u64,
    wanted: impl Fn(&PreviewId) -> bool,
) -> Result<Vec<FoundLogGroup>, CallError> {
    let ending = format!("-pr-{number}");
    let mut found = Vec::new();
    for (name, arn) in world.aws.logs.named(&ending).await? {
        if !name.starts_with("/aws/lambda/") || !name.ends_with(&ending) {
            continue;
        }
        let preview = world.aws.logs.tags(&arn).await?.and_then(|tags| PreviewId::of_tags(&tags));
        found.extend(preview.filter(&wanted).map(|preview| FoundLogGroup { name, arn, preview }));
    }
    Ok(found)
}

async fn functions_of_previews(world: &World, number: Option<u64>) -> Result<Vec<FoundFunction>, ReadError> {
    let named = world.aws.lambda.names().await?;
    let is_wanted = |function: &NamedFunction| {
        let found = pull_request_of(&function.name);
        found.is_some_and(|found| number.is_none_or(|number| found == number))
    };
    let looks = named.into_iter().filter(is_wanted).map(|function| async move {
        let NamedFunction { name, arn, modified } = function;
        let tags = tags(&arn, world).await?;
        let preview = tags.and_then(|tags| PreviewId::of_tags(&tags));
        Ok::<_, ReadError>(preview.map(|preview| FoundFunction { name, arn, preview, active: modified }))
    });
    let found: Vec<_> = stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

async fn tags(arn: &str, world: &World) -> Result<Option<BTreeMap<String, String>>, CallError> {
    patiently("the tags of a function", world, async || world.aws.lambda.tags(arn).await).await
}

/// Many runs at once that look at many previews are throttled for longer than the SDK tries.
pub(in crate::observe) async fn patiently<T>(
    what: &str,
    world: &World,
    read: impl AsyncFn() -> Result<T, CallError>,
) -> Result<T, CallError> {
    let wait = Wait::new(what, PATIENCE, vec![world.cancel.clone()], &Silent);
    let look = async || match read().await {
        Err(error) if error.answer == Answer::Throttled => Ok(Look::NotYet(error.message)),
        other => other.map(Look::Ready),
    };
    match wait.until(look).await {
        Ok(found) => Ok(found),
        Err(WaitError::Final(error)) => Err(error),
        // Whoever cancelled hears of nothing else, and after the deadline AWS says once more what is wrong.
        Err(WaitError::Cancelled | WaitError::Deadline(_)) => read().await,
    }
}

/// The number that its name ends in, behind `-pr-`.
fn pull_request_of(name: &FunctionName) -> Option<u64> {
    let (_, number) = name.as_str().rsplit_once("-pr-")?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())?
}

pub(super) fn api_of_preview(api: TaggedApi) -> Option<FoundApi> {
    let (preview, key) = (PreviewId::of_tags(&api.tags)?, api.tags.get(PreviewId::API)?);
    let updated = api.tags.get(PreviewId::UPDATED).and_then(|text| aws::time::read(text));
    Some(FoundApi { id: api.id, name: api.name, key: ApiKey::new(key), preview, active: updated.or(api.created) })
}
