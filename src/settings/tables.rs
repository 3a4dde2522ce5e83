//! Reads `[artifacts]`, `[functions.*]` and `[apis.*]`.

use std::collections::BTreeMap;

use super::document::{Entry, Table};
use super::file::SettingsFile;
use super::names::{self, Rule};
use super::placeholders::Words;
use super::problems::Problems;
use super::{archive, layers};
use crate::error::{Location, Problem};
use crate::model::{
    AccountId, AliasName, ApiKey, ApiName, ApiSettings, ArtifactStore, BucketName, FunctionKey, FunctionName,
    FunctionSettings, Redeploy, Request, RestApiId, Source, Sourced, StageName,
};

/// The bucket; `None` where nobody names one, which is enough for `package`.
pub(super) fn artifacts(
    request: &Request,
    merged: &Table,
    words: Words<'_>,
    problems: &mut Problems,
) -> Option<ArtifactStore> {
    let empty = Table { name: "artifacts".into(), at: merged.at.clone(), entries: BTreeMap::new() };
    let table = merged.table("artifacts");
    let flag = ("--bucket", request.overrides.bucket.as_deref());
    let in_file = table.and_then(|table| table.text("bucket"));
    let bucket = layers::first(request, flag, "SLS_RELEASE_BUCKET", in_file);
    if let (None, Some(table)) = (&bucket, table) {
        missing(table, "bucket", "my-artifacts", problems);
    }
    let table = table.unwrap_or(&empty);
    let prefix = prefix(table, words, problems);
    let owner = owner(table, problems);
    let bucket = filled(bucket?, &names::BUCKET, BucketName::new, words, problems)?;
    Some(ArtifactStore { bucket, prefix, owner })
}

fn prefix(table: &Table, words: Words<'_>, problems: &mut Problems) -> String {
    let said = table.text("prefix").map(|said| said.map(|prefix| prefix.trim_matches('/').to_owned()));
    said.and_then(|said| filled(said, &names::PREFIX, String::from, words, problems))
        .map(|prefix| prefix.value)
        .unwrap_or_default()
}

fn owner(table: &Table, problems: &mut Problems) -> Option<AccountId> {
    Some(problems.name(table.text("owner")?, &names::OWNER, AccountId::new)?.value)
}

/// The functions that can be read; the others are among the problems.
pub(super) fn functions(
    merged: &Table,
    file: &SettingsFile,
    words: Words<'_>,
    problems: &mut Problems,
) -> BTreeMap<FunctionKey, FunctionSettings> {
    let mut functions = BTreeMap::new();
    for (key, key_at, table) in merged.tables("functions") {
        if let Some(function) = function((key, key_at), table, file, words, problems) {
            functions.insert(FunctionKey::new(key), function);
        }
    }
    functions
}

fn function(
    (key, key_at): (&str, &Location),
    table: &Table,
    file: &SettingsFile,
    words: Words<'_>,
    problems: &mut Problems,
) -> Option<FunctionSettings> {
    let source = archive::code_source(table, file, words, problems);
    let name = function_name((key, key_at), table, words, problems);
    let alias = match table.text("alias") {
        Some(said) => Some(filled(said, &names::ALIAS, AliasName::new, words, problems)?),
        None => None,
    };
    Some(FunctionSettings {
        source: source?,
        include: table.texts("include").unwrap_or_else(|| vec![Sourced::default_of("**".into())]),
        exclude: table.texts("exclude").unwrap_or_default(),
        archive: archive::format(table, file, problems),
        name: name?,
        alias,
    })
}

/// The name in Lambda; without one the key is the name, and the place to change is the key's.
fn function_name(
    (key, key_at): (&str, &Location),
    table: &Table,
    words: Words<'_>,
    problems: &mut Problems,
) -> Option<Sourced<FunctionName>> {
    let Some(said) = table.text("name") else {
        let key = Sourced { value: key.to_owned(), source: Source::File(key_at.clone()) };
        return (names::KEY.holds)(&key.value).then(|| problems.name(key, &names::FUNCTION, FunctionName::new))?;
    };
    filled(said, &names::FUNCTION, FunctionName::new, words, problems)
}

/// The APIs that can be read; the others are among the problems.
pub(super) fn apis(merged: &Table, words: Words<'_>, problems: &mut Problems) -> BTreeMap<ApiKey, ApiSettings> {
    let mut apis = BTreeMap::new();
    for (key, _, table) in merged.tables("apis") {
        let (found, stage) = (api_name(table, words, problems), api_stage(table, words, problems));
        if let (Some(api), Some(stage)) = (found, stage) {
            apis.insert(ApiKey::new(key), ApiSettings { api, stage, redeploy: redeploy(table) });
        }
    }
    apis
}

fn api_name(table: &Table, words: Words<'_>, problems: &mut Problems) -> Option<Sourced<ApiName>> {
    match either(table, "id", "name", "a1b2c3d4e5", problems)? {
        ("id", said) => filled(said, &names::API_ID, |id| ApiName::Id(RestApiId::new(id)), words, problems),
        (_, said) => filled(said, &names::API_NAME, ApiName::Name, words, problems),
    }
}

fn api_stage(table: &Table, words: Words<'_>, problems: &mut Problems) -> Option<Sourced<StageName>> {
    let Some(said) = table.text("stage") else { return Some(Sourced::default_of(StageName::new(words.stage))) };
    filled(said, &names::STAGE, StageName::new, words, problems)
}

fn redeploy(table: &Table) -> Redeploy {
    match table.text("redeploy").as_ref().map(|said| said.value.as_str()) {
        Some("always") => Redeploy::Always,
        Some("never") => Redeploy::Never,
        _ => Redeploy::Changed,
    }
}

/// Fills in the placeholders of a name, then checks it; one that waits for its stage cannot be checked.
fn filled<T>(
    said: Sourced<String>,
    rule: &Rule,
    make: impl FnOnce(String) -> T,
    words: Words<'_>,
    problems: &mut Problems,
) -> Option<Sourced<T>> {
    let value = problems.keep(words.in_name(&said.value), said.location())?;
    let filled = Sourced { value, source: said.source };
    if words.waits_for_stage(&filled.value) { Some(filled.map(make)) } else { problems.name(filled, rule, make) }
}

/// The one of two keys that is there, with its name; both or neither is a problem.
pub(super) fn either(
    table: &Table,
    one: &'static str,
    other: &'static str,
    example: &str,
    problems: &mut Problems,
) -> Option<(&'static str, Sourced<String>)> {
    match (table.entries.get(one), table.entries.get(other)) {
        (Some(first), Some(second)) => problems.add(both(table, (one, first), (other, second))),
        (Some(_), None) => return Some((one, table.text(one)?)),
        (None, Some(_)) => return Some((other, table.text(other)?)),
        (None, None) => problems.missing(
            table,
            Problem::new(format!("[{}] has neither `{one}` nor `{other}`", table.name))
                .why("one of the two says what is meant")
                .fix(format!("add one of them, such as `{one} = \"{example}\"`"))
                .at(Some(table.at.clone())),
        ),
    }
    None
}

fn both(table: &Table, (one, first): (&str, &Entry), (other, second): (&str, &Entry)) -> Problem {
    let place = |entry: &Entry| (entry.key_at.line, entry.key_at.column);
    let later = if place(first) > place(second) { first } else { second };
    Problem::new(format!("[{}] has both `{one}` and `{other}`", table.name))
        .fix("keep one of them")
        .at(Some(later.key_at.clone()))
}

fn missing(table: &Table, key: &str, example: &str, problems: &mut Problems) {
    problems.missing(
        table,
        Problem::new(format!("[{}] has no `{key}`", table.name))
            .fix(format!("add it, such as `{key} = \"{example}\"`"))
            .at(Some(table.at.clone())),
    );
}
