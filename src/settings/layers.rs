//! Flag over environment over file: who said it first.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::document::Table;
use super::file::SettingsFile;
use super::problems::{Problems, checked, origin};
use super::{duration, names, near, placeholders};
use crate::error::Problem;
use crate::model::{Request, Source, Sourced, StageName};

pub(super) const WAIT_TIMEOUT: Duration = Duration::from_mins(5);
const OUT_DIR: &str = "target/sls-release";

/// The first of a flag, an environment variable and the file that says something.
///
/// An empty variable says nothing: that is how a CI system writes an input nobody gave.
pub(super) fn first(
    request: &Request,
    (flag, said): (&str, Option<&str>),
    variable: &str,
    file: Option<Sourced<String>>,
) -> Option<Sourced<String>> {
    let flag = said.map(|value| Sourced { value: value.to_owned(), source: Source::Flag(flag.to_owned()) });
    flag.or_else(|| from_environment(request, variable)).or(file)
}

fn from_environment(request: &Request, variable: &str) -> Option<Sourced<String>> {
    let value = request.environment.get(variable).filter(|value| !value.is_empty())?;
    Some(Sourced { value: value.clone(), source: Source::Environment(variable.to_owned()) })
}

/// The stage that is meant, if somebody said one that can be meant; [`placeholders::STAGE`] where none is needed.
pub(super) fn stage(request: &Request, document: &Table) -> Result<StageName, Problem> {
    let flag = ("--stage", request.overrides.stage.as_deref());
    let said = match first(request, flag, "SLS_RELEASE_STAGE", document.text("stage")) {
        Some(said) => said,
        None if request.stage_optional => return Ok(StageName::new(placeholders::STAGE)),
        None => {
            return Err(Problem::new("no stage was given")
                .fix("say which, such as `--stage dev`; to the action, by the input `stage`"));
        }
    };
    let stage = checked(said, &names::STAGE, StageName::new)?;
    slip(&stage, document).map_or(Ok(stage.value), Err)
}

/// Stages need no declaration (`pr-42` has none), but one that is nearly a declared one is a slip of the hand.
fn slip(stage: &Sourced<StageName>, document: &Table) -> Option<Problem> {
    let declared = &document.table("stages")?.entries;
    let name = stage.value.as_str();
    if declared.contains_key(name) {
        return None;
    }
    let near = near::nearest(name, declared.keys().map(String::as_str))?;
    Some(
        Problem::new(format!("unknown stage `{name}`{}", origin(&stage.source)))
            .why("the settings file declares one of nearly this name, and not this one")
            .fix(format!("did you mean `{near}`? If not, declare it: `[stages.{name}]`"))
            .at(stage.location()),
    )
}

/// How long one wait for AWS may take.
pub(super) fn wait_timeout(request: &Request, document: &Table, problems: &mut Problems) -> Duration {
    wait_timeout_asked_for(request, problems).or_else(|| duration_in(document, "wait_timeout")).unwrap_or(WAIT_TIMEOUT)
}

/// The same by a flag or a variable.
pub(super) fn wait_timeout_asked_for(request: &Request, problems: &mut Problems) -> Option<Duration> {
    if request.overrides.wait_timeout.is_some() {
        return request.overrides.wait_timeout;
    }
    let said = from_environment(request, "SLS_RELEASE_WAIT_TIMEOUT")?;
    let invalid = |why| Problem::new(format!("invalid duration `{}`{}", said.value, origin(&said.source))).why(why);
    problems.keep(duration::parse(&said.value).map_err(invalid), None)
}

/// A duration from the file; the schema has reported a bad one by then.
pub(super) fn duration_in(table: &Table, key: &str) -> Option<Duration> {
    duration::parse(&table.text(key)?.value).ok()
}

/// Where archives go: the file's word is relative to the file, a flag's or a variable's to the current folder.
pub(super) fn out_dir(request: &Request, file: &SettingsFile, document: &Table) -> PathBuf {
    let variable = || from_environment(request, "SLS_RELEASE_OUT_DIR").map(|said| said.value.into());
    request.out_dir.clone().or_else(variable).unwrap_or_else(|| usual_out_dir(file, document))
}

/// Where archives go by the file's word or by default.
pub(super) fn usual_out_dir(file: &SettingsFile, document: &Table) -> PathBuf {
    let from_file = document.text("out_dir").map(|said| said.value).filter(|value| !value.is_empty());
    beside(file, from_file.as_deref().unwrap_or(OUT_DIR))
}

/// A path as the settings file means it: from its own folder.
pub(super) fn beside(file: &SettingsFile, path: &str) -> PathBuf {
    file.path.parent().unwrap_or(Path::new("")).join(path)
}
