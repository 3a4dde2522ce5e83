//! The report inside GitHub Actions: workflow commands, step outputs.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;

use super::document::{Document, Ending};
use super::escape;
use super::human;
use super::page::Screen;
use crate::error::{Kind, Location, Problem};
use crate::model::{Artifact, FunctionKey, LeftAlone, NotPutBack, Plan};

/// The title of what has no better one.
const TITLE: &str = "sls-release";

/// What is going to be done, folded, and its warnings.
pub(super) fn plan(plan: &Plan) -> String {
    let warnings: String = plan.warnings.iter().map(|it| annotation("warning", &it.to_string())).collect();
    group(&human::title(plan), &human::plan_body(plan)) + &warnings
}

/// Returns a notice, a warning or an error without a place: `level` is the command's name.
pub(super) fn annotation(level: &str, text: &str) -> String {
    command(level, &[("title", TITLE)], text)
}

/// `::add-mask::`: the runner shows stars instead of it from now on.
pub(super) fn mask(secret: &str) -> String {
    command("add-mask", &[], secret)
}

/// The end of a run, with its plan unless that `is_plan_shown` already.
pub(super) fn end(document: &Document<'_>, is_plan_shown: bool) -> String {
    let shown = document.plan.as_ref().filter(|_| !is_plan_shown).map(plan).unwrap_or_default();
    shown + &ending(document)
}

fn ending(document: &Document<'_>) -> String {
    let result = human::result(document, false, Screen::default());
    match document.outcome {
        Ending::Planned => {
            let title = document.plan.as_ref().map(human::title);
            annotation("notice", title.as_deref().unwrap_or(result.trim_end()))
        }
        Ending::Unchanged | Ending::Listed | Ending::Deleted | Ending::NothingDone | Ending::Superseded => {
            annotation("notice", result.trim_end())
        }
        Ending::Released => group("released", &result) + &endpoint_notice(document),
        Ending::Packaged => group("artifacts", &human::result(document, true, Screen::default())),
        Ending::Failed => failure(document),
    }
}

fn endpoint_notice(document: &Document<'_>) -> String {
    let title = match (document.previews().first(), &document.stage) {
        (Some(preview), _) => format!("preview of pull request {}", preview.pull_request),
        (None, Some(stage)) => format!("released to stage {stage}"),
        (None, None) => "released".to_owned(),
    };
    command("notice", &[("title", &title)], document.first_endpoint().unwrap_or("released"))
}

fn failure(document: &Document<'_>) -> String {
    let errors: String = document.failure.into_iter().flat_map(|it| &it.problems).map(error).collect();
    let left: String = document.not_put_back.iter().map(not_put_back).collect();
    let theirs: String = document.left_alone.iter().map(left_alone).collect();
    errors
        + &left
        + &theirs
        + &group("in which state it was left", human::state(document, Screen::default()).trim_start())
}

fn error(problem: &Problem) -> String {
    let place: Vec<(&str, String)> = problem.at.as_deref().into_iter().flat_map(place).collect();
    let mut properties: Vec<(&str, &str)> = place.iter().map(|(name, value)| (*name, value.as_str())).collect();
    properties.push(("title", TITLE));
    let texts = [problem.what.as_str(), &problem.why, &problem.fix];
    let lines: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    command("error", &properties, &lines.join("\n"))
}

fn place(at: &Location) -> [(&'static str, String); 3] {
    [("file", at.file.display().to_string()), ("line", at.line.to_string()), ("col", at.column.to_string())]
}

fn not_put_back(left: &NotPutBack) -> String {
    command("error", &[("title", "not put back")], &format!("{}\n{}\nrun: {}", left.what, left.why, left.command))
}

fn left_alone(left: &LeftAlone) -> String {
    let text = format!("{}\n{}\nlook: {}", left.what, left.why, left.command);
    command("warning", &[("title", "left alone")], &text)
}

fn group(title: &str, body: &str) -> String {
    if body.is_empty() {
        return String::new();
    }
    let newline = if body.ends_with('\n') { "" } else { "\n" };
    format!("{}{body}{newline}::endgroup::\n", command("group", &[], title))
}

fn command(name: &str, properties: &[(&str, &str)], data: &str) -> String {
    let properties: Vec<String> =
        properties.iter().map(|(key, value)| format!("{key}={}", escape::command_property(value))).collect();
    let space = if properties.is_empty() { "" } else { " " };
    format!("::{name}{space}{}::{}\n", properties.join(","), escape::command_data(data))
}

/// The step's outputs, in the form of the file that `GITHUB_OUTPUT` names.
pub(super) fn outputs(document: &Document<'_>) -> io::Result<String> {
    let delimiter = random_delimiter();
    values(document)?.iter().map(|(name, value)| output(name, value, &delimiter)).collect()
}

fn values(document: &Document<'_>) -> io::Result<Vec<(&'static str, String)>> {
    let mut values = vec![("changed", changed(document).to_string())];
    values.extend(document.first_endpoint().map(|url| ("endpoint", url.to_owned())));
    values.extend(document.release_id().map(|id| ("release", id)));
    values.extend(document.artifacts.as_ref().map(|artifacts| ("sha256", digests(artifacts))));
    if let Some(plan) = &document.plan {
        values.push(("plan", serde_json::to_string(plan)?));
    }
    if matches!(document.outcome, Ending::Released | Ending::Unchanged) {
        values.push(("versions", serde_json::to_string(&document.versions())?));
    }
    Ok(values)
}

/// `KEY=DIGEST` a line, as `--expect-sha256` takes it.
fn digests(artifacts: &BTreeMap<FunctionKey, Artifact>) -> String {
    let lines = artifacts.iter().map(|(key, artifact)| format!("{key}={}", artifact.sha256.hex()));
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether the stage is another one than before; for a plan, whether a release would make it so.
fn changed(document: &Document<'_>) -> bool {
    match document.outcome {
        Ending::Planned => document.plan.as_ref().is_some_and(|plan| !plan.is_empty()),
        Ending::Released => true,
        Ending::Deleted => !document.previews().is_empty(),
        Ending::Failed => document.failure.is_some_and(|failure| failure.kind == Kind::NotPutBack),
        Ending::Unchanged | Ending::Packaged | Ending::Listed | Ending::NothingDone | Ending::Superseded => false,
    }
}

/// One output; a value that holds the delimiter could add outputs of its own, and is an error.
///
/// <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#multiline-strings>
pub fn output(name: &str, value: &str, delimiter: &str) -> io::Result<String> {
    if value.contains(delimiter) || name.contains(delimiter) {
        return Err(io::Error::other(format!("the output {name} holds the delimiter {delimiter}")));
    }
    Ok(format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"))
}

/// Returns a text that the author of the values cannot guess: each `RandomState` has random keys of the system.
fn random_delimiter() -> String {
    let word = || RandomState::new().build_hasher().finish();
    format!("sls_release_{:016x}{:016x}", word(), word())
}
