//! The comment on a pull request: GitHub's Markdown, of the same parts as the job summary.

use super::document::{Document, Ending};
use super::escape;
use super::human;
use super::markdown::chart;
use super::markdown::code;
use super::markdown::detail::{Detail, fitting};
use super::markdown::parts;
use crate::error::Kind;
use crate::model::marks::{marker, outcome_marker, plan_marker, release_marker};
use crate::model::{PhaseTime, PreviewId, StageName};

/// What GitHub takes as the body of a comment, in characters; here in bytes, which are no fewer.
const LIMIT: usize = 65_536;

/// What a comment is about: each has a comment of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CommentAbout {
    /// The preview of the pull request.
    #[default]
    Preview,
    /// A release to this stage, as far as it is known.
    Release(String),
    /// A plan for this stage, as far as it is known.
    Plan(String),
}

/// What a comment says of the run besides how it ended.
#[derive(Clone, Debug, Default)]
pub struct CommentContext {
    /// What it is about.
    pub about: CommentAbout,
    /// The commit that was run for, in full.
    pub commit: String,
    /// `owner/name`.
    pub repository: String,
    /// The pull request's number.
    pub pull_request: u64,
    /// Tells the services of one repository apart.
    pub service: String,
    /// `https://github.com`.
    pub server_url: String,
    /// Where the log is. May be empty.
    pub run_url: String,
    /// When it is written: `2026-01-31 12:00 UTC`. May be empty.
    pub updated: String,
    /// Only those who may read the code read the comment.
    pub is_private: bool,
    /// What each part took: [`Reporter::phases`](super::Reporter::phases).
    pub phases: Vec<PhaseTime>,
}

/// Returns the whole body: its first two lines, which GitHub does not show, are the marker and how the run ended.
pub(super) fn comment(context: &CommentContext, document: &Document<'_>) -> String {
    let marker = match &context.about {
        CommentAbout::Preview => marker(&context.service),
        CommentAbout::Release(stage) => release_marker(&context.service, stage),
        CommentAbout::Plan(stage) => plan_marker(&context.service, stage),
    };
    let hidden = format!("{marker}\n{}\n", outcome_marker(document.outcome == Ending::Failed));
    hidden.clone() + &fitting(LIMIT - hidden.len(), |detail| whole(context, document, detail))
}

fn whole(context: &CommentContext, document: &Document<'_>, detail: &Detail) -> Vec<String> {
    match document.outcome {
        Ending::Deleted => return vec![gone(context, document, detail)],
        Ending::NothingDone => return vec![not_made(context, document, detail)],
        _ => {}
    }
    let mut parts = vec![heading(context, document, detail)];
    parts.push(parts::endpoints(document, detail));
    parts.push(parts::commits(document, detail));
    parts.push(facts(context, detail));
    // A failed preview deletes the logs that would say it. The repository's readers may read the function's own words.
    let own_errors = context.is_private && document.is_preview;
    parts.extend(parts::failed(document, own_errors, detail));
    if document.outcome == Ending::Planned {
        parts.extend(document.plan.iter().flat_map(|plan| parts::plan(plan, detail)));
    } else if document.failure.is_none() {
        parts.push(code::functions(document, detail));
        parts.push(code::file_names(document, detail));
    }
    parts.push(parts::logs(document, detail));
    parts.push(parts::smoke(document, detail));
    parts.push(parts::skipped(document, detail));
    parts.push(parts::warnings(document, detail));
    parts.push(chart::chart(&context.phases));
    parts.push(way_back(context, document, detail));
    parts
}

fn service(context: &CommentContext, detail: &Detail) -> String {
    detail.text(&context.service)
}

/// Returns a single line: its readers have closed the pull request.
fn gone(context: &CommentContext, document: &Document<'_>, detail: &Detail) -> String {
    let mut pruned = document.previews().iter().filter(|preview| preview.service == context.service);
    let why = document.reason.or_else(|| pruned.find_map(|preview| preview.reason.as_deref()));
    let why = why.map(|why| format!(": {}", detail.prose(why)));
    format!("The preview of {} is gone{}.", service(context, detail), why.unwrap_or_default())
}

fn not_made(context: &CommentContext, document: &Document<'_>, detail: &Detail) -> String {
    let why = detail.prose(document.reason.unwrap_or_default());
    format!("There is no preview of {}: {why}.", service(context, detail))
}

fn heading(context: &CommentContext, document: &Document<'_>, detail: &Detail) -> String {
    let what = match context.about {
        CommentAbout::Preview => "Preview",
        CommentAbout::Release(_) => "Release",
        CommentAbout::Plan(_) => "Plan",
    };
    if let Some(plan) = document.plan.as_ref().filter(|_| document.outcome == Ending::Planned) {
        let (stage, region) = (detail.text(plan.stage.as_str()), detail.text(plan.region.as_str()));
        let (service, writes) = (service(context, detail), human::writes(plan));
        return format!("### {what} of {service} for stage {stage} in {region}: {writes}");
    }
    let ending = match (document.outcome, document.failure.map(|failure| failure.kind)) {
        (Ending::Failed, Some(Kind::Refused | Kind::Usage)) => "was refused",
        (Ending::Failed, _) => "failed",
        (Ending::Unchanged, _) if document.is_preview => "is up, as it was",
        (_, _) if document.is_preview => "is up",
        (Ending::Unchanged, _) => "had nothing to do",
        (_, _) => "is live",
    };
    let asked = match &context.about {
        CommentAbout::Release(stage) | CommentAbout::Plan(stage) if !stage.is_empty() => Some(stage.as_str()),
        _ => None,
    };
    let stage = document.stage.as_ref().map(StageName::as_str).or(asked);
    let stage = stage.map(|stage| format!(" on stage {}", detail.text(stage)));
    format!("### {what} of {} {ending}{}", service(context, detail), stage.unwrap_or_default())
}

/// The commit, the time, where the log is, and when it was written.
fn facts(context: &CommentContext, detail: &Detail) -> String {
    let short: String = context.commit.chars().take(7).collect();
    let url = format!("{}/{}/commit/{}", context.server_url, context.repository, context.commit);
    let is_sha = !context.commit.is_empty() && context.commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    let commit = is_sha.then(|| format!("commit {}", escape::markdown_named_link(&short, &url)));
    let time = chart::total(&context.phases).map(|time| format!("took {time}"));
    let log = (!context.run_url.is_empty()).then(|| escape::markdown_named_link("log", &detail.cut(&context.run_url)));
    let updated = (!context.updated.is_empty()).then(|| format!("updated {}", detail.text(&context.updated)));
    [commit, time, log, updated].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// How to be rid of it again.
fn way_back(context: &CommentContext, document: &Document<'_>, detail: &Detail) -> String {
    if !document.is_preview {
        return parts::way_back(document);
    }
    if !matches!(document.outcome, Ending::Released | Ending::Unchanged) {
        return String::new();
    }
    let CommentContext { pull_request, service, .. } = context;
    let command = format!("sls-release preview down --pr {pull_request} --service {service}");
    format!("The next push brings it up to date. To delete it: {}", detail.command(&command))
}

/// Returns the comment on the pull request of `gone`, whose preview was deleted for that of pull request `number`.
pub(crate) fn evicted(gone: &PreviewId, number: u64) -> String {
    let (marker, service) = (marker(&gone.service), escape::markdown(&gone.service));
    format!(
        "{marker}\n\
         ### The preview of {service} was deleted\n\n\
         It was deleted for the preview of #{number}: there were as many previews as `max_previews` allows, and this one \
         had been idle for the longest time. The next push to this pull request makes it again.\n"
    )
}
