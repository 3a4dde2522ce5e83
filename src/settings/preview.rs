//! Reads `[preview]`.

use std::collections::BTreeMap;

use super::document::Table;
use super::names;
use super::near;
use super::placeholders::Words;
use super::problems::Problems;
use crate::error::Problem;
use crate::model::{
    FunctionKey, PreviewLimits, PreviewRole, PreviewSettings, Request, Secret, Source, Sourced, WhenFull,
};

/// How previews are made; `None` where nobody asks for them, or it cannot be read.
pub(super) fn preview(
    request: &Request,
    merged: &Table,
    words: Words<'_>,
    problems: &mut Problems,
) -> Option<PreviewSettings> {
    let table = merged.table("preview")?;
    let role = role(table, problems);
    let number = request.preview.number;
    let environment = environment(table, words, number, problems);
    let functions = functions(table, merged, words, number, problems);
    let service = table.text("service").and_then(|said| problems.name(said, &names::SERVICE, |service| service));
    let repository = table.text("repository");
    let repository = repository.and_then(|said| problems.name(said, &names::REPOSITORY, |repository| repository));
    Some(PreviewSettings {
        role: role?,
        environment,
        functions,
        service: service.map(|said| said.value),
        repository: repository.map(|said| said.value),
        limits: limits(table, problems),
        at: Some(table.at.clone()),
    })
}

/// The numbers of days for which CloudWatch keeps logs.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
const RETENTION_DAYS: [i64; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Where nobody says otherwise.
const LOG_RETENTION_DAYS: i64 = 14;

fn limits(table: &Table, problems: &mut Problems) -> PreviewLimits {
    let replace = table.text("when_full").is_some_and(|said| said.value == "replace-oldest");
    let days = table.integer("log_retention_days").unwrap_or(LOG_RETENTION_DAYS);
    if !RETENTION_DAYS.contains(&days) {
        let taken = RETENTION_DAYS.map(|days| days.to_string()).join(", ");
        let what = format!("invalid `log_retention_days` {days} in [{}]", table.name);
        let why = format!("CloudWatch keeps logs for one of these numbers of days: {taken}");
        let at = table.entries.get("log_retention_days").map(|entry| entry.at.clone());
        problems.add(Problem::new(what).why(why).at(at));
    }
    PreviewLimits {
        max_previews: table.integer("max_previews").and_then(|most| usize::try_from(most).ok()),
        when_full: if replace { WhenFull::ReplaceOldest } else { WhenFull::Refuse },
        log_retention_days: i32::try_from(days).unwrap_or_default(),
    }
}

/// A preview runs code that nobody has reviewed, so what that code may do is said, not guessed.
fn role(table: &Table, problems: &mut Problems) -> Option<PreviewRole> {
    match (table.text("role"), table.flag("share_role")) {
        (Some(said), Some(true)) => {
            problems.add(
                Problem::new(format!("[{}] has both `role` and `share_role`", table.name))
                    .fix("keep one of them")
                    .at(said.location()),
            );
            None
        }
        (Some(said), _) => problems.name(said, &names::ROLE, |role| role).map(PreviewRole::Own),
        (None, Some(true)) => Some(PreviewRole::Shared),
        (None, _) => {
            let why = "a preview runs code that nobody has reviewed: with the role of the function that is copied, it \
                       may do to the stage's data whatever that function may";
            problems.missing(
                table,
                Problem::new(format!("[{}] has neither `role` nor `share_role = true`", table.name))
                    .why(why)
                    .fix("add the ARN of a role that may do less, as `role`, or `share_role = true`")
                    .at(Some(table.at.clone())),
            );
            None
        }
    }
}

fn functions(
    table: &Table,
    merged: &Table,
    words: Words<'_>,
    number: Option<u64>,
    problems: &mut Problems,
) -> BTreeMap<FunctionKey, BTreeMap<String, Secret>> {
    let known: Vec<&str> = merged.tables("functions").map(|(key, ..)| key.as_str()).collect();
    let mut functions = BTreeMap::new();
    for (key, at, function) in table.tables("functions") {
        if !known.contains(&key.as_str()) {
            let what = format!("unknown function `{key}` in [{}.functions]", table.name);
            problems.add(Problem::new(what).fix(near::suggestion(key, known.iter().copied())).at(Some(at.clone())));
        }
        functions.insert(FunctionKey::new(key), environment(function, words, number, problems));
    }
    functions
}

/// Braces that are no placeholder of ours belong to the value.
fn environment(
    table: &Table,
    words: Words<'_>,
    number: Option<u64>,
    problems: &mut Problems,
) -> BTreeMap<String, Secret> {
    let Some(variables) = table.table("environment") else { return BTreeMap::new() };
    let mut environment = BTreeMap::new();
    for name in variables.entries.keys() {
        let Some(said) = variables.text(name) else { continue };
        let Some(value) = problems.keep(words.in_text(&said.value), said.location()) else { continue };
        let value = number.map_or(value.clone(), |number| value.replace("{pr}", &number.to_string()));
        environment.insert(name.clone(), Secret::new(value));
    }
    environment
}

/// `--service` and `--repository`, held to the same rules as in the file.
pub(super) fn check_request(request: &Request, problems: &mut Problems) {
    let flag = |name: &str, value: &Option<String>| {
        let source = Source::Flag(name.to_owned());
        value.clone().map(|value| Sourced { value, source })
    };
    let said = [
        (flag("--service", &request.preview.service), &names::SERVICE),
        (flag("--repository", &request.preview.repository), &names::REPOSITORY),
    ];
    for (said, rule) in said {
        if let Some(said) = said {
            problems.name(said, rule, |value| value);
        }
    }
}
