//! Layers of settings: a flag overrides the environment, which overrides the file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::document::Table;
use super::file::SettingsFile;
use super::problems::{Problems, another, checked, origin};
use super::{duration, names, near, placeholders};
use crate::error::Problem;
use crate::model::{Common, SettingsInput, Source, Sourced, StageName};

const WAIT_TIMEOUT: Duration = Duration::from_mins(5);
const OUT_DIR: &str = "target/sls-release";

/// Returns the value of a flag, an environment variable or the file, in this order.
///
/// An empty variable counts as not set, because CI systems set inputs without a value to it.
pub(super) fn first(
    common: &Common,
    (flag, said): (&str, Option<&str>),
    variable: &str,
    file: Option<Sourced<String>>,
) -> Option<Sourced<String>> {
    let flag = said.map(|value| Sourced { value: value.to_owned(), source: Source::Flag(flag.to_owned()) });
    flag.or_else(|| from_environment(common, variable)).or(file)
}

fn from_environment(common: &Common, variable: &str) -> Option<Sourced<String>> {
    let value = common.environment.get(variable).filter(|value| !value.is_empty())?;
    Some(Sourced { value: value.clone(), source: Source::Environment(variable.to_owned()) })
}

/// Returns the stage, or [`placeholders::STAGE`] if none is given and none is needed.
pub(super) fn stage(input: &SettingsInput<'_>, document: &Table) -> Result<StageName, Problem> {
    let flag = ("--stage", input.common.overrides.stage.as_deref());
    let said = match first(input.common, flag, "SLS_RELEASE_STAGE", document.text("stage")) {
        Some(said) => said,
        None if input.is_stage_optional => return Ok(StageName::new(placeholders::STAGE)),
        None => {
            return Err(Problem::new("no stage was given").fix(
                "pass `--stage`, for example `--stage dev`, or set SLS_RELEASE_STAGE or the action's input `stage`",
            ));
        }
    };
    let stage = checked(said, &names::STAGE)?.map(StageName::new);
    slip(&stage, document).map_or(Ok(stage.value), Err)
}

/// Reports a stage that is probably a typo. Stages need no declaration, but a name similar to a declared one does.
fn slip(stage: &Sourced<StageName>, document: &Table) -> Option<Problem> {
    let declared = &document.table("stages")?.entries;
    let name = stage.value.as_str();
    if declared.contains_key(name) {
        return None;
    }
    let near = near::nearest(name, declared.keys().map(String::as_str))?;
    Some(
        Problem::new(format!("unknown stage `{name}`{}", origin(&stage.source)))
            .why("the settings file declares a stage with a similar name, but not this one")
            .fix(format!("did you mean `{near}`? If not, declare it: `[stages.{name}]`"))
            .at(stage.location()),
    )
}

/// Returns the limit for a single wait for AWS.
pub(super) fn wait_timeout(common: &Common, document: &Table, problems: &mut Problems) -> Duration {
    let variable = || {
        let said = from_environment(common, "SLS_RELEASE_WAIT_TIMEOUT")?;
        let what = format!("invalid duration `{}`{}", said.value, origin(&said.source));
        let invalid = |why| Problem::new(what).why(why).fix(another(&said.source));
        problems.keep(duration::parse(&said.value).map_err(invalid), None)
    };
    let in_file = || duration_in(document, "wait_timeout");
    common.overrides.wait_timeout.or_else(variable).or_else(in_file).unwrap_or(WAIT_TIMEOUT)
}

/// Reads a duration from the file. An invalid one counts as absent, because the schema check has reported it.
pub(super) fn duration_in(table: &Table, key: &str) -> Option<Duration> {
    duration::parse(&table.text(key)?.value).ok()
}

/// Returns the folder for archives if a flag, a variable or the file names one. In the file it is relative to the file; as
/// a flag or variable, to the current folder.
pub(super) fn named_out_dir(input: &SettingsInput<'_>, file: &SettingsFile, document: &Table) -> Option<PathBuf> {
    let variable = || from_environment(input.common, "SLS_RELEASE_OUT_DIR").map(|said| said.value.into());
    input.out_dir.map(Path::to_path_buf).or_else(variable).or_else(|| out_dir_in(file, document))
}

/// Returns the folder for archives from the file, or the default.
pub(super) fn usual_out_dir(file: &SettingsFile, document: &Table) -> PathBuf {
    out_dir_in(file, document).unwrap_or_else(|| beside(file, OUT_DIR))
}

fn out_dir_in(file: &SettingsFile, document: &Table) -> Option<PathBuf> {
    let from_file = document.text("out_dir").map(|said| said.value).filter(|value| !value.is_empty())?;
    Some(beside(file, &from_file))
}

/// Resolves a path of the settings file, which is relative to the file's folder.
pub(super) fn beside(file: &SettingsFile, path: &str) -> PathBuf {
    file.path.parent().unwrap_or(Path::new("")).join(path)
}
