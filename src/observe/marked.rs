//! What AWS has of previews, by their marks.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt, TryStreamExt};

use super::{ReadError, patiently, refuse};
use crate::aws::{Answer, CallError, NamedFunction, TaggedApi, time};
use crate::error::Failure;
use crate::model::marks::{self, Marks};
use crate::model::{ApiKey, Marked, MarkedApi, MarkedFunction, MarkedLogGroup, Mistagged, PreviewId, Ref, Target};
use crate::world::World;

/// How many functions are asked for their tags at once: Lambda takes 15 such calls a second, of all that there are.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const AT_ONCE: usize = 8;

/// A part of a preview, or what carries the tags of one and is not a part of it.
pub(super) type Tagged<T> = Result<T, Mistagged>;

/// Everything whose tags name a preview that is `wanted`; functions are asked for their tags where their names end as
/// those of previews do, of this pull request where one is named.
pub async fn marked(
    world: &World,
    number: Option<u64>,
    wanted: impl Fn(&PreviewId) -> bool,
) -> Result<Marked, Failure> {
    let (functions, apis) = futures::join!(functions_of_previews(world, number), world.aws.rest_apis.list());
    let mut problems = Vec::new();
    let functions = functions.map_err(|error| problems.push(error)).unwrap_or_default();
    let apis = apis.map_err(|error| problems.push(error.into())).unwrap_or_default();
    refuse(problems)?;
    let mut found = Marked::default();
    for function in functions {
        found.sort(function, |found, function| found.functions.push(function));
    }
    for api in apis.into_iter().filter_map(api_of_preview) {
        found.sort(api, |found, api| found.apis.push(api));
    }
    found.functions.retain(|function| wanted(&function.preview));
    // A list whose pages move while it is read may have one of them twice.
    found.functions.sort_by(|one, other| one.name.cmp(&other.name));
    found.functions.dedup_by(|one, other| one.name == other.name);
    found.apis.retain(|api| wanted(&api.preview));
    found.apis.sort_by(|one, other| one.id.cmp(&other.id));
    found.apis.dedup_by(|one, other| one.id == other.id);
    found.mistagged.retain(|other| wanted(&other.preview));
    found.mistagged.sort_by(|one, other| one.what.cmp(&other.what));
    found.mistagged.dedup_by(|one, other| one.what == other.what);
    Ok(found)
}

impl Marked {
    /// Adds a part by `add`, or what is not a part.
    fn sort<T>(&mut self, tagged: Tagged<T>, add: impl FnOnce(&mut Self, T)) {
        match tagged {
            Ok(part) => add(self, part),
            Err(mistagged) => self.mistagged.push(mistagged),
        }
    }
}

/// The log groups of the pull request's functions whose tags name a preview that is `wanted`, and those that are not
/// parts of it. A function that is gone may have left one.
pub async fn log_groups(world: &World, number: u64, wanted: impl Fn(&PreviewId) -> bool) -> Result<Marked, CallError> {
    let ending = format!("-pr-{number}");
    let mut found = Marked::default();
    for (name, arn) in world.aws.logs.named(&ending).await? {
        if !name.starts_with("/aws/lambda/") || !name.ends_with(&ending) {
            continue;
        }
        let marks = world.aws.logs.tags(&arn).await?.and_then(|tags| Marks::of_tags(&tags));
        let Some(marks) = marks.filter(|marks| wanted(&marks.preview)) else { continue };
        let target = Target::LogGroup { name: name.clone(), arn: arn.clone(), function: None };
        let tagged = part(marks, &target).map(|Marks { preview, .. }| MarkedLogGroup { name, arn, preview });
        found.sort(tagged, |found, group| found.log_groups.push(group));
    }
    Ok(found)
}

/// Decides whether what carries these tags is a part of the preview that they name.
pub(super) fn part(marks: Marks, target: &Target) -> Tagged<Marks> {
    match marks.mismatch(target.carrier()) {
        None => Ok(marks),
        Some(why) => Err(Mistagged { what: target.to_string(), preview: marks.preview, why }),
    }
}

async fn functions_of_previews(world: &World, number: Option<u64>) -> Result<Vec<Tagged<MarkedFunction>>, ReadError> {
    let (named, indexed) = futures::join!(world.aws.lambda.names(), indexed(world, number));
    let (named, indexed) = (named?, &indexed?);
    let is_wanted = |function: &NamedFunction| {
        let found = marks::pull_request_of(&function.name);
        found.is_some_and(|found| number.is_none_or(|number| found == number))
    };
    let looks = named.into_iter().filter(is_wanted).map(|function| async move {
        let NamedFunction { name, arn, modified } = function;
        let tags = match indexed.get(&arn) {
            Some(tags) => Some(tags.clone()),
            None => tags(&arn, world).await?,
        };
        let Some(marks) = tags.and_then(|tags| Marks::of_tags(&tags)) else { return Ok::<_, ReadError>(None) };
        let tagged = part(marks, &Target::Function { name: name.clone(), arn: arn.clone() });
        Ok(Some(tagged.map(|Marks { preview, .. }| MarkedFunction { name, arn, preview, active: modified })))
    });
    let found: Vec<_> = stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

type Tags = BTreeMap<String, String>;

/// The tags of all functions of previews that the index has, by ARN: one call for a hundred of them, where Lambda takes
/// one for each. Nothing where one pull request is asked for, whose functions are few, and where the role may not read it.
async fn indexed(world: &World, number: Option<u64>) -> Result<BTreeMap<String, Tags>, CallError> {
    if number.is_some() {
        return Ok(BTreeMap::new());
    }
    match world.aws.tagging.functions(marks::REPOSITORY).await {
        Err(error) if !error.is_of_all_calls() => Ok(BTreeMap::new()),
        found => found,
    }
}

/// Many runs at once that look at many previews are throttled for longer than the SDK tries.
async fn tags(arn: &str, world: &World) -> Result<Option<Tags>, CallError> {
    let read = async || world.aws.lambda.tags(arn).await;
    let is_throttled =
        |tags: &Result<_, CallError>| tags.as_ref().is_err_and(|error| error.answer == Answer::Throttled);
    patiently("the tags of a function", world, read, is_throttled).await
}

/// Reads an API of the list; `None` where its tags name no preview.
pub(super) fn api_of_preview(found: TaggedApi) -> Option<Tagged<MarkedApi>> {
    let TaggedApi { id, name, tags, created } = found;
    let target = Target::Api { id: Ref::Existing(id.clone()), name: name.clone() };
    let Marks { preview, original, api, .. } = match part(Marks::of_tags(&tags)?, &target) {
        Ok(marks) => marks,
        Err(mistagged) => return Some(Err(mistagged)),
    };
    let active = tags.get(marks::UPDATED).and_then(|text| time::read(text)).or(created);
    Some(Ok(MarkedApi { id, name, key: api?, original: original?, preview, created, active }))
}

/// Returns the APIs of a list that are parts of this preview, as copies of the API of this key.
pub fn copies(apis: Vec<TaggedApi>, preview: &PreviewId, key: &ApiKey) -> Vec<MarkedApi> {
    let parts = apis.into_iter().filter_map(api_of_preview).filter_map(Result::ok);
    parts.filter(|api| api.preview == *preview && api.key == *key).collect()
}
