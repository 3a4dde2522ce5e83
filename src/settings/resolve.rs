//! From what was said to what is meant.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::document::{self, Table};
use super::file::SettingsFile;
use super::placeholders::Words;
use super::problems::Problems;
use super::{base, layers, names, near, preview, schema, smoke, tables};
use crate::error::{Failure, Problem};
use crate::model::{FunctionKey, FunctionName, FunctionSettings, Region, Request, Settings, Sourced, StageName};

/// Puts flags, environment, file and defaults together for one stage, and fills in the placeholders.
///
/// Precedence: flag, environment variable, `[stages.<stage>]`, file, default. Where `request.base` has settings, they are
/// the file, with what a pull request may say itself. Pure.
///
/// # Errors
/// [`crate::error::Kind::Usage`] with every problem that was found, in the order of the file.
pub fn resolve(request: &Request, file: &SettingsFile) -> Result<Settings, Failure> {
    let document = base::trusted(request, file)?.document;
    let mut problems = Problems::default();
    schema::check(&document, &mut problems);
    let stage = match layers::stage(request, &document) {
        Ok(stage) => stage,
        Err(problem) => return Err(problems.and(problem)),
    };
    let settings = for_stage(stage, request, file, &document, &mut problems);
    problems.into_result()?;
    Ok(settings)
}

/// The settings as far as they can be read; what cannot is among the problems.
fn for_stage(
    stage: StageName,
    request: &Request,
    file: &SettingsFile,
    document: &Table,
    problems: &mut Problems,
) -> Settings {
    let merged = document::for_stage(document, stage.as_str());
    let commit_optional = request.stage_optional;
    let words = Words { stage: stage.as_str(), commit: request.commit.as_deref(), commit_optional };
    something_to_release(&merged, problems);
    preview::check_request(request, problems);
    let functions = tables::functions(&merged, file, words, problems);
    names_differ(&functions, problems);
    Settings {
        region: region(request, &merged, problems),
        artifacts: tables::artifacts(request, &merged, words, problems),
        chosen: chosen(request, &merged, problems),
        apis: tables::apis(&merged, words, problems),
        smoke: smoke::smoke(&merged, words, problems),
        preview: preview::preview(request, &merged, words, problems),
        wait_timeout: layers::wait_timeout(request, &merged, problems),
        out_dir: layers::out_dir(request, file, &merged),
        usual_out_dir: layers::usual_out_dir(file, &merged),
        file: file.path.clone(),
        functions,
        stage,
    }
}

fn something_to_release(merged: &Table, problems: &mut Problems) {
    let is_empty = |key| merged.table(key).is_none_or(|table| table.entries.is_empty());
    if is_empty("functions") && is_empty("apis") {
        problems.missing(
            merged,
            Problem::new("there is no function and no API to release")
                .fix("add a `[functions.<key>]` or an `[apis.<key>]` table")
                .at(Some(merged.at.clone())),
        );
    }
}

fn region(request: &Request, merged: &Table, problems: &mut Problems) -> Option<Sourced<Region>> {
    let flag = ("--region", request.overrides.region.as_deref());
    let said = layers::first(request, flag, "SLS_RELEASE_REGION", merged.text("region"))?;
    problems.name(said, &names::REGION, Region::new)
}

/// The region that a flag or a variable names, where no settings file is read.
///
/// # Errors
/// [`crate::error::Kind::Usage`] where it is no region's name.
pub fn region_asked_for(request: &Request) -> Result<Option<Sourced<Region>>, Failure> {
    let mut problems = Problems::default();
    let flag = ("--region", request.overrides.region.as_deref());
    let said = layers::first(request, flag, "SLS_RELEASE_REGION", None);
    let region = said.and_then(|said| problems.name(said, &names::REGION, Region::new));
    problems.into_result().map(|()| region)
}

/// How long one wait for AWS may take, where no settings are read.
///
/// # Errors
/// As [`resolve`].
pub fn wait_timeout_asked_for(request: &Request) -> Result<Duration, Failure> {
    let mut problems = Problems::default();
    let timeout = layers::wait_timeout_asked_for(request, &mut problems);
    problems.into_result().map(|()| timeout.unwrap_or(layers::WAIT_TIMEOUT))
}

/// The functions to release, in the order of their keys, each once.
fn chosen(request: &Request, merged: &Table, problems: &mut Problems) -> Vec<FunctionKey> {
    let known: Vec<&str> = merged.tables("functions").map(|(key, ..)| key.as_str()).collect();
    if request.only.is_empty() {
        return known.into_iter().map(FunctionKey::new).collect();
    }
    let asked: BTreeSet<&FunctionKey> = request.only.iter().collect();
    for key in asked.iter().filter(|key| !known.contains(&key.as_str())) {
        let what = format!("unknown function `{key}` (from `--function`)");
        problems.missing(merged, Problem::new(what).fix(near::suggestion(key.as_str(), known.iter().copied())));
    }
    asked.into_iter().cloned().collect()
}

/// Two tables for one function in Lambda would overwrite each other's code.
fn names_differ(functions: &BTreeMap<FunctionKey, FunctionSettings>, problems: &mut Problems) {
    let mut seen: BTreeMap<&FunctionName, (&FunctionKey, &FunctionSettings)> = BTreeMap::new();
    for (key, function) in functions {
        if let Some(first) = seen.insert(&function.name.value, (key, function)) {
            problems.add(same_name(first, (key, function)));
        }
    }
}

fn same_name(one: (&FunctionKey, &FunctionSettings), two: (&FunctionKey, &FunctionSettings)) -> Problem {
    let line = |function: &FunctionSettings| function.name.location().map_or(0, |at| at.line);
    let (first, second) = if line(one.1) <= line(two.1) { (one, two) } else { (two, one) };
    let (first_line, name) = (line(first.1), &first.1.name.value);
    Problem::new(format!("function `{}` is `{name}` in Lambda, and so is `{}`", second.0, first.0))
        .why(format!("line {first_line} and line {} name the same function", line(second.1)))
        .fix("give one of them another `name`")
        .at(second.1.name.location())
}
