//! Reads `[smoke]`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::document::Table;
use super::names::{self, Rule};
use super::placeholders::Words;
use super::problems::Problems;
use super::{layers, near, tables};
use crate::error::Problem;
use crate::model::{ApiKey, SmokeSettings, SmokeTarget, Sourced};

const METHOD: &str = "GET";
const STATUS: u16 = 200;
const HITS: u32 = 3;
const TIMEOUT: Duration = Duration::from_secs(30);

/// How the endpoint is proven; `None` where nobody asks for it, or it cannot be read.
pub(super) fn smoke(merged: &Table, words: Words<'_>, problems: &mut Problems) -> Option<SmokeSettings> {
    let table = merged.table("smoke")?;
    let target = target(table, merged, words, problems);
    let contains = text(table, "contains", Some(&names::CONTAINS), words, problems);
    let body = text(table, "body", None, words, problems);
    let method = table.text("method").and_then(|said| problems.name(said, &names::METHOD, |method| method));
    let headers = headers(table, words, problems);
    let target = target?;
    Some(SmokeSettings {
        at: target.location(),
        target: target.value,
        method: method.map_or_else(|| METHOD.to_owned(), |method| method.value),
        headers,
        body: body.map(|body| body.value),
        status: table.integer("status").and_then(|status| status.try_into().ok()).unwrap_or(STATUS),
        proves_release: table.text("contains").is_some_and(|said| said.value.contains("{commit}")),
        contains: contains.map(|contains| contains.value),
        hits: table.integer("hits").and_then(|hits| hits.try_into().ok()).unwrap_or(HITS),
        timeout: layers::duration_in(table, "timeout").unwrap_or(TIMEOUT),
    })
}

fn target(table: &Table, merged: &Table, words: Words<'_>, problems: &mut Problems) -> Option<Sourced<SmokeTarget>> {
    let (key, _) = tables::either(table, "path", "url", "/", problems)?;
    if key == "url" {
        no_api(table, problems);
        let url = text(table, "url", Some(&names::SMOKE_URL), words, problems)?;
        return Some(url.map(SmokeTarget::Url));
    }
    let path = text(table, "path", Some(&names::SMOKE_PATH), words, problems);
    let api = api(table, merged, problems);
    let (path, api) = (path?, api?);
    Some(path.map(|path| SmokeTarget::Path { api, path }))
}

fn no_api(table: &Table, problems: &mut Problems) {
    if let Some(entry) = table.entries.get("api") {
        let what = format!("[{}] has both `url` and `api`", table.name);
        problems.add(
            Problem::new(what)
                .why("a `url` is whole, and belongs to no API")
                .fix("drop `api`, or use `path`")
                .at(Some(entry.key_at.clone())),
        );
    }
}

/// The API whose stage has the path: the one that is named, or the only one.
fn api(table: &Table, merged: &Table, problems: &mut Problems) -> Option<ApiKey> {
    let known: Vec<&str> = merged.tables("apis").map(|(key, ..)| key.as_str()).collect();
    match (table.text("api"), known.as_slice()) {
        (Some(said), _) if known.contains(&said.value.as_str()) => return Some(ApiKey::new(said.value)),
        (Some(said), _) => {
            let what = format!("unknown API `{}` in [{}]", said.value, table.name);
            let fix = near::suggestion(&said.value, known.iter().copied());
            problems.missing(merged, Problem::new(what).fix(fix).at(said.location()));
        }
        (None, [only]) => return Some(ApiKey::new(*only)),
        (None, []) => problems.missing(
            merged,
            Problem::new(format!("[{}] has a `path`, but there is no API that it is on", table.name))
                .fix("add an `[apis.<key>]` table, or use `url`")
                .at(Some(table.at.clone())),
        ),
        (None, [first, ..]) => problems.missing(
            table,
            Problem::new(format!("[{}] does not say which API its `path` is on", table.name))
                .why(format!("there are {}", near::list(known.iter().copied())))
                .fix(format!("add it, such as `api = \"{first}\"`"))
                .at(Some(table.at.clone())),
        ),
    }
    None
}

fn headers(table: &Table, words: Words<'_>, problems: &mut Problems) -> BTreeMap<String, String> {
    let Some(headers) = table.table("headers") else { return BTreeMap::new() };
    let names = headers.entries.keys();
    names.filter_map(|name| Some((name.clone(), header_value(headers, name, words, problems)?))).collect()
}

/// A header's value may be secret, so the message does not repeat it.
fn header_value(headers: &Table, name: &str, words: Words<'_>, problems: &mut Problems) -> Option<String> {
    let value = text(headers, name, None, words, problems)?;
    if value.value.chars().any(char::is_control) {
        let problem = Problem::new(format!("the value of header `{name}` holds a control character"));
        problems.add(problem.at(value.location()));
        return None;
    }
    Some(value.value)
}

fn text(
    table: &Table,
    key: &str,
    rule: Option<&Rule>,
    words: Words<'_>,
    problems: &mut Problems,
) -> Option<Sourced<String>> {
    let said = table.text(key)?;
    let value = problems.keep(words.in_text(&said.value), said.location())?;
    let filled = Sourced { value, source: said.source };
    match rule {
        Some(rule) if !words.waits_for_stage(&filled.value) => problems.name(filled, rule, |text| text),
        _ => Some(filled),
    }
}
