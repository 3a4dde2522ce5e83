//! The report for people: a page for standard output, a page for standard error.

use super::comparison;
use super::document::{Document, Ending};
use super::explanation;
use super::page::{Look, Page, Screen};
use super::units;
use super::words;
use crate::error::{Kind, Problem};
use crate::model::{
    Artifact, CommitUrl, Entry, Plan, PreviewReport, Released, ReleasedFunction, Skip, SmokeResult, short_digest,
};

/// The result, for standard output; empty after a failure.
pub(super) fn result(document: &Document<'_>, verbose: bool, screen: Screen) -> String {
    let mut page = Page::new(screen);
    match document.outcome {
        Ending::Deleted | Ending::Listed => previews(&mut page, document),
        _ if !document.previews().is_empty() => previews(&mut page, document),
        Ending::Planned => document.plan.iter().for_each(|plan| whole_plan(&mut page, plan, true)),
        Ending::Unchanged => unchanged(&mut page, document, verbose),
        Ending::Released => document.released.into_iter().for_each(|it| released(&mut page, document, it, verbose)),
        Ending::Packaged => artifacts(&mut page, document, verbose),
        Ending::Superseded => page.labelled(0, Look::Good, "superseded:", document.reason.unwrap_or_default()),
        Ending::NothingDone => page.labelled(0, Look::Good, "nothing done:", document.reason.unwrap_or_default()),
        Ending::Failed => {}
    }
    page.finish()
}

/// The previews that a run made, deleted or found.
fn previews(page: &mut Page, document: &Document<'_>) {
    if document.previews().is_empty() {
        let is_list = document.outcome == Ending::Listed;
        let none =
            if is_list { "there are no previews" } else { "there is no such preview, so that nothing was deleted" };
        page.line(0, Look::Plain, none);
    }
    for preview in document.previews() {
        page.line(0, Look::Heading, &preview_title(document.outcome, preview));
        if let Some(reason) = &preview.reason {
            page.line(2, Look::Plain, reason);
        }
        if document.outcome == Ending::Deleted {
            preview.deleted.iter().for_each(|what| page.line(2, Look::Plain, what));
            continue;
        }
        if preview.endpoints.is_empty() && preview.function_urls.is_empty() && document.outcome != Ending::Planned {
            page.line(2, Look::Plain, words::NO_ENDPOINT);
        }
        for (api, url) in &preview.endpoints {
            page.line(2, Look::Plain, &format!("{api}: {url}"));
        }
        for (function, url) in &preview.function_urls {
            page.line(2, Look::Plain, &format!("{function}: {url}"));
        }
        for CommitUrl { commit, function, url } in &preview.commits {
            page.line(2, Look::Dim, &format!("commit {commit} of {function}: {url}"));
        }
        for function in &preview.functions {
            page.line(2, Look::Dim, &format!("function {function}"));
        }
        for invoked in &preview.invoked {
            page.line(2, Look::Dim, &format!("{} {}", invoked.function, words::invoked(invoked)));
        }
        for smoke in &preview.smoke {
            page.line(2, Look::Dim, &format!("{} {}", smoke.url, words::smoke(smoke)));
        }
    }
}

fn preview_title(ending: Ending, preview: &PreviewReport) -> String {
    let what = match ending {
        Ending::Released => "the preview is up",
        Ending::Unchanged => "the preview is up, and nothing had to be done",
        Ending::Deleted => "the preview is deleted",
        Ending::Planned => "the preview would be deleted",
        _ => "preview",
    };
    let PreviewReport { repository, pull_request, service, .. } = preview;
    format!("{what}: pull request {pull_request} of {repository}, service {service}")
}

/// What went wrong and what was put back, for standard error; empty after a success.
pub(super) fn failure(document: &Document<'_>, screen: Screen) -> String {
    let mut page = Page::new(screen);
    document.failure.into_iter().flat_map(|it| &it.problems).for_each(|it| problem(&mut page, it));
    page.finish() + &state(document, screen)
}

/// In which state a failure left the stage.
pub(super) fn state(document: &Document<'_>, screen: Screen) -> String {
    let mut page = Page::new(screen);
    if !document.put_back.is_empty() {
        page.blank();
        page.line(0, Look::Heading, "put back:");
    }
    document.put_back.iter().for_each(|item| page.line(2, Look::Plain, &item.what));
    let left_alone = document.left_alone.iter().map(|item| [&item.what, &item.why, &item.command]);
    with_commands(&mut page, (Look::Warning, "left alone, changed by others:", "look:"), left_alone);
    let not_put_back = document.not_put_back.iter().map(|item| [&item.what, &item.why, &item.command]);
    with_commands(&mut page, (Look::Bad, "NOT put back:", "run:"), not_put_back);
    if let Some(words) = state_words(document) {
        page.blank();
        page.line(0, Look::Plain, words);
    }
    page.finish()
}

/// What a release is going to do, for standard error: without what needs nothing, unless `verbose`.
pub(super) fn announcement(plan: &Plan, verbose: bool, screen: Screen) -> String {
    let mut page = Page::new(screen);
    if verbose || !plan.is_empty() {
        whole_plan(&mut page, plan, verbose);
        page.blank();
    }
    page.finish()
}

/// The steps and what needs nothing, without title and warnings.
pub(super) fn plan_body(plan: &Plan) -> String {
    let mut page = Page::new(Screen::default());
    plan_steps(&mut page, plan);
    callers(&mut page, plan);
    skips(&mut page, plan);
    page.finish().trim_start().to_owned()
}

/// `plan for stage dev in eu-central-1: 7 writes in 5 waves`. The steps of a wave have its number, and run at once. Without
/// the account, since a job summary may be public.
pub(super) fn title(plan: &Plan) -> String {
    format!("plan for stage {} in {}: {}", plan.stage, plan.region, writes(plan))
}

/// The title with the account: a wrong profile shows as another account.
fn title_with_account(plan: &Plan) -> String {
    let Some(account) = &plan.account else { return title(plan) };
    format!("plan for stage {} in {}, account {account}: {}", plan.stage, plan.region, writes(plan))
}

/// How much a plan writes, in words.
pub(super) fn writes(plan: &Plan) -> String {
    if plan.is_empty() {
        return "nothing to do".to_owned();
    }
    format!("{} in {}", units::counted(plan.writes(), "write"), units::counted(plan.waves.len(), "wave"))
}

fn whole_plan(page: &mut Page, plan: &Plan, with_skips: bool) {
    page.line(0, Look::Heading, &title_with_account(plan));
    plan_steps(page, plan);
    callers(page, plan);
    if with_skips {
        skips(page, plan);
    }
    warnings(page, plan);
}

/// Who calls by an alias that moves.
fn callers(page: &mut Page, plan: &Plan) {
    if !plan.callers.is_empty() {
        page.blank();
        page.line(0, Look::Heading, "callers");
    }
    plan.callers.iter().for_each(|callers| page.line(2, Look::Plain, &callers.to_string()));
}

fn skips(page: &mut Page, plan: &Plan) {
    if !plan.skipped.is_empty() {
        page.blank();
        page.line(0, Look::Heading, "nothing to do for");
    }
    plan.skipped.iter().for_each(|skip| page.line(2, Look::Dim, &page.digests(&skip.to_string())));
}

/// A step and its reason are one sentence, so that the plan of a function fits on a screen.
fn plan_steps(page: &mut Page, plan: &Plan) {
    let subjects = words::by_subject(plan);
    let last = subjects.values().flatten().map(|step| step.number).max();
    let width = last.map_or(0, |last| last.to_string().len());
    for (subject, steps) in subjects {
        page.blank();
        page.line(0, Look::Heading, &subject.to_string());
        for step in steps {
            let until = step.until.as_ref().map(|until| format!(" until {until}")).unwrap_or_default();
            let text = page.digests(&format!("{}{until}, because {}", step.what, step.why));
            page.labelled(2, Look::Heading, &format!("{:>width$}.", step.number), &text);
        }
    }
}

fn warnings(page: &mut Page, plan: &Plan) {
    if !plan.warnings.is_empty() {
        page.blank();
    }
    for warning in &plan.warnings {
        page.labelled(0, Look::Warning, "warning:", &warning.to_string());
    }
}

fn unchanged(page: &mut Page, document: &Document<'_>, verbose: bool) {
    let Some(plan) = &document.plan else { return };
    page.labelled(0, Look::Good, "nothing to do:", &format!("stage {} {}", plan.stage, unchanged_words(plan)));
    for (name, endpoint) in document.all_endpoints() {
        page.line(2, Look::Plain, &format!("endpoint {name}  {endpoint}"));
    }
    for smoke in document.standing {
        page.line(2, Look::Plain, &format!("{} {}", smoke.url, words::smoke(smoke)));
    }
    plan.skipped.iter().filter(|_| verbose).for_each(|skip| page.line(2, Look::Dim, &skip.to_string()));
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
    let stage = document.stage.as_ref().map(ToString::to_string).unwrap_or_default();
    let time = units::duration(released.duration);
    page.labelled(0, Look::Good, "released", &format!("to stage {stage} in {time}"));
    let mut rows: Vec<Vec<String>> = released.functions.iter().map(|it| function_row(it, verbose)).collect();
    let deployments = released.deployments.iter();
    rows.extend(deployments.map(|(api, id)| vec![format!("API {api}"), format!("deployment {id}")]));
    rows.extend(document.all_endpoints().map(|(name, url)| vec![format!("endpoint {name}"), url.to_owned()]));
    rows.extend(
        released.invoked.iter().map(|invoked| vec![format!("proof {}", invoked.function), words::invoked(invoked)]),
    );
    rows.extend(smoke_rows(released));
    page.table(2, &rows);
}

/// Where no smoke test was asked for.
pub(super) const UNPROVEN: &str = "no smoke test: nothing proves that the new code answers";

fn function_row(function: &ReleasedFunction, verbose: bool) -> Vec<String> {
    let alias = function.alias.as_ref().map_or_else(|| "no alias".to_owned(), |alias| format!("alias {alias}"));
    let row = [
        format!("function {}", function.function),
        function.name.to_string(),
        format!("version {}", function.version),
        alias,
    ];
    let digest = match &function.image {
        Some(image) if verbose => Some(image.to_string()),
        Some(_) => Some(format!("image {}", short_digest(&function.sha256))),
        None => verbose.then(|| function.sha256.base64()),
    };
    row.into_iter().chain(digest).collect()
}

/// The URLs, and what their answers prove.
fn smoke_rows(released: &Released) -> Vec<Vec<String>> {
    if released.smoke.is_empty() && released.invoked.is_empty() {
        return vec![vec![UNPROVEN.to_owned()]];
    }
    let row = |label: &str, text: String| vec![label.to_owned(), text];
    let rows = |smoke: &SmokeResult| {
        let hint = words::smoke_hint(smoke, Some(released)).map(|hint| row("", hint));
        [row("smoke", smoke.url.clone()), row("", words::smoke(smoke))].into_iter().chain(hint)
    };
    released.smoke.iter().flat_map(rows).collect()
}

fn artifacts(page: &mut Page, document: &Document<'_>, verbose: bool) {
    for (index, (function, artifact)) in document.artifacts.iter().flatten().enumerate() {
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
    if let Some(said) = &problem.own_error {
        page.labelled(2, Look::Heading, "the function's error:", said);
    }
    if !problem.fix.is_empty() {
        page.labelled_lines(2, Look::Heading, "fix:", &problem.fix);
    }
    if let Some(at) = &problem.at {
        page.labelled(2, Look::Heading, "at:", &at.to_string());
    }
}

/// Lists items, each with the reason and a command; nothing without items.
fn with_commands<'a>(
    page: &mut Page,
    (look, title, label): (Look, &str, &str),
    items: impl Iterator<Item = [&'a String; 3]>,
) {
    for (index, [what, why, command]) in items.enumerate() {
        if index == 0 {
            page.blank();
            page.line(0, look, title);
        }
        page.line(2, Look::Plain, what);
        page.labelled(4, Look::Heading, "why:", why);
        page.command(4, label, command);
    }
}

/// In which state a failure left the stage, in one sentence; `None` where the problem says it all.
pub(super) fn state_words(document: &Document<'_>) -> Option<&'static str> {
    match document.failure?.kind {
        Kind::NotPutBack if document.is_preview => Some("the preview is NOT as it should be: run the commands above"),
        Kind::Usage | Kind::Internal => None,
        Kind::Refused => Some("nothing was written to AWS"),
        Kind::Failed if !document.left_alone.is_empty() => {
            Some("everything was put back, except what others changed since or may need")
        }
        Kind::Failed if document.is_preview && !document.put_back.is_empty() => {
            Some("everything was put back: nothing of this run is left")
        }
        Kind::Failed if document.put_back.is_empty() => Some("nothing had to be put back"),
        Kind::Failed => Some("everything was put back: the stage is as it was"),
        Kind::NotPutBack => Some("the stage is NOT as it was: run the commands above"),
    }
}
