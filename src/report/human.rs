//! The report for people: a page for standard output, a page for standard error.

use super::comparison;
use super::document::{Document, Ending};
use super::explanation;
use super::page::{Look, Page};
use super::preview;
use super::steps;
use super::units;
use crate::error::{Kind, Problem};
use crate::model::{
    Artifact, Entry, LeftAlone, NotPutBack, Plan, PutBack, Released, ReleasedFunction, Skip, SmokeProof, SmokeResult,
};

/// The result, for standard output; empty after a failure.
pub(super) fn result(document: &Document<'_>, verbose: bool, colour: bool) -> String {
    let mut page = Page::new(colour);
    match document.outcome {
        Ending::Deleted | Ending::Listed => preview::previews(&mut page, document),
        _ if !document.previews.is_empty() => preview::previews(&mut page, document),
        Ending::Planned => document.plan.into_iter().for_each(|plan| whole_plan(&mut page, plan)),
        Ending::Unchanged => unchanged(&mut page, document, verbose),
        Ending::Released => document.released.into_iter().for_each(|it| released(&mut page, document, it, verbose)),
        Ending::Packaged => artifacts(&mut page, document, verbose),
        Ending::Superseded => page.labelled(0, Look::Good, "superseded:", document.reason.unwrap_or_default()),
        Ending::NothingDone => page.labelled(0, Look::Good, "nothing done:", document.reason.unwrap_or_default()),
        Ending::Failed => {}
    }
    page.finish()
}

/// What went wrong and what was put back, for standard error; empty after a success.
pub(super) fn failure(document: &Document<'_>, colour: bool) -> String {
    let mut page = Page::new(colour);
    document.failure.into_iter().flat_map(|it| &it.problems).for_each(|it| problem(&mut page, it));
    page.finish() + &state(document, colour)
}

/// In which state a failure left the stage.
pub(super) fn state(document: &Document<'_>, colour: bool) -> String {
    let mut page = Page::new(colour);
    put_back(&mut page, document.put_back);
    left_alone(&mut page, document.left_alone);
    not_put_back(&mut page, document.not_put_back);
    if let Some(words) = state_words(document) {
        page.blank();
        page.line(0, Look::Plain, words);
    }
    page.finish()
}

/// What a release is going to do, for standard error: without what needs nothing, unless `verbose`.
pub(super) fn announcement(plan: &Plan, verbose: bool, colour: bool) -> String {
    let mut page = Page::new(colour);
    if verbose {
        whole_plan(&mut page, plan);
    } else if !plan.is_empty() {
        page.line(0, Look::Heading, &title(plan));
        plan_steps(&mut page, plan);
        warnings(&mut page, plan);
    } else {
        return String::new();
    }
    page.blank();
    page.finish()
}

/// The steps and what needs nothing, without title and warnings.
pub(super) fn plan_body(plan: &Plan) -> String {
    let mut page = Page::new(false);
    plan_steps(&mut page, plan);
    skips(&mut page, plan);
    page.finish().trim_start().to_owned()
}

/// `plan for stage dev in eu-central-1: 7 writes`.
pub(super) fn title(plan: &Plan) -> String {
    let writes = if plan.is_empty() { "nothing to do".to_owned() } else { units::counted(plan.writes(), "write") };
    format!("plan for stage {} in {}: {writes}", plan.stage, plan.region)
}

fn whole_plan(page: &mut Page, plan: &Plan) {
    page.line(0, Look::Heading, &title(plan));
    plan_steps(page, plan);
    skips(page, plan);
    warnings(page, plan);
}

fn skips(page: &mut Page, plan: &Plan) {
    if !plan.skipped.is_empty() {
        page.blank();
        page.line(0, Look::Heading, "nothing to do for");
    }
    plan.skipped.iter().for_each(|skip| page.line(2, Look::Dim, &skip.to_string()));
}

fn plan_steps(page: &mut Page, plan: &Plan) {
    let subjects = steps::by_subject(plan);
    let last = subjects.values().flatten().map(|step| step.number).max();
    let width = last.map_or(0, |last| last.to_string().len());
    for (subject, steps) in subjects {
        page.blank();
        page.line(0, Look::Heading, &subject.to_string());
        for step in steps {
            page.line(2, Look::Plain, &format!("{:>width$}. {}", step.number, step.what));
            if let Some(until) = &step.until {
                page.line(width + 4, Look::Plain, &format!("until {until}"));
            }
            page.line(width + 4, Look::Dim, &format!("because: {}", step.why));
        }
    }
}

fn warnings(page: &mut Page, plan: &Plan) {
    if !plan.warnings.is_empty() {
        page.blank();
    }
    for warning in &plan.warnings {
        page.wrapped(Look::Warning, "warning:", &warning.to_string());
    }
}

fn unchanged(page: &mut Page, document: &Document<'_>, verbose: bool) {
    let stage = document.stage.map(ToString::to_string).unwrap_or_default();
    page.labelled(
        0,
        Look::Good,
        "nothing to do:",
        &format!("stage {stage} {}", document.plan.map_or("", unchanged_words)),
    );
    endpoints(page, document);
    for skip in document.plan.into_iter().filter(|_| verbose).flat_map(|plan| &plan.skipped) {
        page.line(2, Look::Dim, &skip.to_string());
    }
}

/// What the stage has already, as far as it was looked at.
fn unchanged_words(plan: &Plan) -> &'static str {
    let (mut code, mut left_out) = (false, false);
    for skip in &plan.skipped {
        code |= matches!(skip, Skip::CodeUnchanged { .. } | Skip::SameContent { .. });
        left_out |= matches!(skip, Skip::FunctionNotChosen { .. });
    }
    match (code, left_out) {
        (true, false) => "runs this code already",
        (true, true) => "runs this code of the chosen functions already; --function left out the others",
        (false, _) => "has no function to release, and no API that needs a deployment",
    }
}

fn released(page: &mut Page, document: &Document<'_>, released: &Released, verbose: bool) {
    let stage = document.stage.map(ToString::to_string).unwrap_or_default();
    let time = units::duration(released.duration);
    page.labelled(0, Look::Good, "released", &format!("to stage {stage} in {time}"));
    let mut rows: Vec<Vec<String>> = released.functions.iter().map(|it| function_row(it, verbose)).collect();
    rows.extend(api_rows(released).into_iter().map(Vec::from));
    rows.extend(smoke_rows(released.smoke.as_ref()));
    page.table(2, &rows);
}

/// Where no smoke test was asked for.
pub(super) const UNPROVEN: &str = "no smoke test: nothing proves that the endpoint answers";

fn function_row(function: &ReleasedFunction, verbose: bool) -> Vec<String> {
    let alias = function.alias.as_ref().map_or_else(|| "no alias".to_owned(), |alias| format!("alias {alias}"));
    let row = [
        format!("function {}", function.function),
        function.name.to_string(),
        format!("version {}", function.version),
        alias,
    ];
    row.into_iter().chain(verbose.then(|| function.sha256.base64())).collect()
}

fn api_rows(released: &Released) -> Vec<[String; 2]> {
    let deployments = released.deployments.iter().map(|(api, id)| [format!("API {api}"), format!("deployment {id}")]);
    let endpoints = released.endpoints.iter().map(|(api, url)| [format!("endpoint {api}"), url.clone()]);
    deployments.chain(endpoints).collect()
}

/// The URL, and what its answers prove.
fn smoke_rows(smoke: Option<&SmokeResult>) -> Vec<Vec<String>> {
    let Some(smoke) = smoke else { return vec![vec![UNPROVEN.to_owned()]] };
    let row = |label: &str, text: String| vec![label.to_owned(), text];
    let mut rows = vec![row("smoke", smoke.url.clone()), row("", smoke_words(smoke))];
    rows.extend(hint(smoke.proof).map(|hint| row("", hint.to_owned())));
    rows
}

fn endpoints(page: &mut Page, document: &Document<'_>) {
    for (api, endpoint) in document.endpoints.into_iter().flatten() {
        page.line(2, Look::Plain, &format!("endpoint {api}  {endpoint}"));
    }
}

/// What the smoke test showed, and what that proves: to stand after its URL.
pub(super) fn smoke_words(smoke: &SmokeResult) -> String {
    let hits = if smoke.hits == 1 { String::new() } else { format!(", {} times in a row", smoke.hits) };
    let proof = match smoke.proof {
        SmokeProof::ThisRelease => "this release answers",
        SmokeProof::Health => "the endpoint answers, but perhaps not this release",
    };
    format!("answered {}{hits}: {proof}", smoke.status)
}

/// How to prove more the next time.
pub(super) fn hint(proof: SmokeProof) -> Option<&'static str> {
    (proof == SmokeProof::Health).then_some("set `contains` under [smoke] to prove that this release answers")
}

fn artifacts(page: &mut Page, document: &Document<'_>, verbose: bool) {
    for (index, (function, artifact)) in document.artifacts.into_iter().flatten().enumerate() {
        if index > 0 {
            page.blank();
        }
        page.line(0, Look::Heading, &format!("function {function}"));
        page.table(2, &artifact_rows(artifact));
        if verbose {
            page.table(4, &entry_rows(artifact));
        }
        if let Some(found) = document.comparisons.get(function) {
            comparison::show(page, found, verbose);
        }
        if let Some(found) = document.explanations.get(function) {
            explanation::show(page, found, verbose);
        }
    }
}

fn artifact_rows(artifact: &Artifact) -> [[String; 2]; 6] {
    [
        ("path", artifact.path.display().to_string()),
        ("zipped", sized(artifact.zipped_bytes)),
        ("unzipped", sized(artifact.unzipped_bytes)),
        ("source_code_hash", artifact.sha256.base64()),
        ("etag", artifact.md5.as_ref().map_or("of several parts", |md5| md5.hex()).to_owned()),
        ("entries", artifact.entries.len().to_string()),
    ]
    .map(|(name, value)| [name.to_owned(), value])
}

fn sized(bytes: u64) -> String {
    if bytes < 1024 { units::bytes(bytes) } else { format!("{} ({bytes} bytes)", units::bytes(bytes)) }
}

fn entry_rows(artifact: &Artifact) -> Vec<[String; 4]> {
    let row = |entry: &Entry| {
        let mode = format!("{:04o}", entry.mode & 0o7777);
        [mode, units::bytes(entry.bytes), units::bytes(entry.compressed_bytes), entry.name.clone()]
    };
    artifact.entries.iter().map(row).collect()
}

/// What and why are a line each, since AWS says much of them; our own advice may need several.
fn problem(page: &mut Page, problem: &Problem) {
    page.labelled(0, Look::Bad, "error:", &problem.what);
    if !problem.why.is_empty() {
        page.labelled(2, Look::Heading, "why:", &problem.why);
    }
    if !problem.fix.is_empty() {
        page.labelled_lines(2, Look::Heading, "fix:", &problem.fix);
    }
    if let Some(at) = &problem.at {
        page.labelled(2, Look::Heading, "at:", &at.to_string());
    }
}

fn put_back(page: &mut Page, done: &[PutBack]) {
    if !done.is_empty() {
        page.blank();
        page.line(0, Look::Heading, "put back:");
    }
    for item in done {
        page.line(2, Look::Plain, &item.what);
    }
}

fn left_alone(page: &mut Page, left: &[LeftAlone]) {
    if !left.is_empty() {
        page.blank();
        page.line(0, Look::Warning, "left to somebody else:");
    }
    for item in left {
        page.line(2, Look::Plain, &item.what);
        page.labelled(4, Look::Heading, "why:", &item.why);
        page.labelled(4, Look::Heading, "look:", &item.command);
    }
}

fn not_put_back(page: &mut Page, left: &[NotPutBack]) {
    if !left.is_empty() {
        page.blank();
        page.line(0, Look::Bad, "NOT put back:");
    }
    for item in left {
        page.line(2, Look::Plain, &item.what);
        page.labelled(4, Look::Heading, "why:", &item.why);
        page.labelled(4, Look::Heading, "run:", &item.command);
    }
}

/// In which state a failure left the stage, in one sentence; `None` where the problem says it all.
pub(super) fn state_words(document: &Document<'_>) -> Option<&'static str> {
    match document.failure?.kind {
        Kind::Failed if document.is_preview && !document.put_back.is_empty() => {
            Some("everything was put back: nothing of this run is left")
        }
        Kind::NotPutBack if document.is_preview => Some("the preview is NOT as it should be: run the commands above"),
        Kind::Usage => None,
        Kind::Internal => Some("this is a defect of sls-release: please report it"),
        Kind::Refused => Some("nothing was written to AWS"),
        Kind::Failed if !document.left_alone.is_empty() => {
            Some("what this run changed was put back, but for what somebody else changed since or may need")
        }
        Kind::Failed if document.put_back.is_empty() => Some("nothing had to be put back"),
        Kind::Failed => Some("everything was put back: the stage is as it was"),
        Kind::NotPutBack => Some("the stage is NOT as it was: run the commands above"),
    }
}
