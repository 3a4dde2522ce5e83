//! From what was said to what is meant.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::document::{self, Table};
use super::file::SettingsFile;
use super::problems::Problems;
use super::reader::Reader;
use super::{base, image, layers, names, near, schema};
use crate::error::{Failure, Problem};
use crate::model::{
    Common, FunctionKey, FunctionName, FunctionSettings, Region, Settings, SettingsInput, Sourced, StageName,
};

/// Puts flags, environment, file and defaults together for one stage, and fills in the placeholders.
///
/// Precedence: flag, environment variable, `[stages.<stage>]`, file, default. Where there are settings of a base
/// branch, they are the file, with what a pull request may say itself. Pure.
///
/// # Errors
/// [`crate::error::Kind::Usage`] with every problem that was found, in the order of the file.
pub fn resolve(input: &SettingsInput<'_>, file: &SettingsFile) -> Result<Settings, Failure> {
    let document = base::trusted(input.common.base.as_ref(), file)?.0;
    let mut problems = Problems::default();
    schema::check(&document, &mut problems);
    let stage = match layers::stage(input, &document) {
        Ok(stage) => stage,
        Err(problem) => return Err(problems.and(problem)),
    };
    let settings = for_stage(stage, input, file, &document, &mut problems);
    problems.into_result()?;
    Ok(settings)
}

/// The settings as far as they can be read; what cannot is among the problems.
fn for_stage(
    stage: StageName,
    input: &SettingsInput<'_>,
    file: &SettingsFile,
    document: &Table,
    problems: &mut Problems,
) -> Settings {
    let merged = document::for_stage(document, stage.as_str());
    something_to_release(&merged, problems);
    image::check_keys(&input.common.overrides.images, &merged, problems);
    let mut reader =
        Reader { input, file, merged: &merged, stage: stage.as_str(), problems, secrets: RefCell::default() };
    input.owner.into_iter().for_each(|owner| reader.check_owner(owner));
    let functions = reader.functions();
    names_differ(&functions, reader.problems);
    let (named_out_dir, usual_out_dir) =
        (layers::named_out_dir(input, file, &merged), layers::usual_out_dir(file, &merged));
    Settings {
        region: region(input.common, merged.text("region"), reader.problems),
        artifacts: reader.artifacts(),
        chosen: chosen(input.only, &merged, reader.problems),
        apis: reader.apis(),
        smoke: reader.smoke_tests(),
        secrets: reader.secrets.take(),
        preview: reader.preview(),
        wait_timeout: layers::wait_timeout(input.common, &merged, reader.problems),
        is_out_dir_named: named_out_dir.is_some(),
        out_dir: named_out_dir.unwrap_or_else(|| usual_out_dir.clone()),
        usual_out_dir,
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
                .fix("add a `[functions.<key>]` or an `[apis.<key>]` table"),
        );
    }
}

fn region(common: &Common, in_file: Option<Sourced<String>>, problems: &mut Problems) -> Option<Sourced<Region>> {
    let flag = ("--region", common.overrides.region.as_deref());
    let said = layers::first(common, flag, "SLS_RELEASE_REGION", in_file)?;
    Some(problems.name(said, &names::REGION)?.map(Region::new))
}

/// The region that a flag or a variable names, where no settings file is read.
///
/// # Errors
/// [`crate::error::Kind::Usage`] where it is no region's name.
pub(crate) fn region_asked_for(common: &Common) -> Result<Option<Sourced<Region>>, Failure> {
    let mut problems = Problems::default();
    let region = region(common, None, &mut problems);
    problems.into_result().map(|()| region)
}

/// The functions to release, in the order of their keys, each once.
fn chosen(only: &[FunctionKey], merged: &Table, problems: &mut Problems) -> Vec<FunctionKey> {
    let known: Vec<&str> = merged.tables("functions").map(|(key, ..)| key.as_str()).collect();
    if only.is_empty() {
        return known.into_iter().map(FunctionKey::new).collect();
    }
    let asked: BTreeSet<&FunctionKey> = only.iter().collect();
    for key in asked.iter().filter(|key| !known.contains(&key.as_str())) {
        let what = format!("unknown function `{key}` (from `--function`)");
        problems.unless_misspelt(merged, Problem::new(what).fix(near::suggestion(key.as_str(), &known)));
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
