//! The comment on a pull request: GitHub's Markdown, of the same parts as the job summary.

use super::document::{Document, Ending};
use super::escape;
use super::markdown::chart;
use super::markdown::code;
use super::markdown::detail::{Detail, fitting};
use super::markdown::parts;
use crate::error::Kind;
use crate::model::marks::{marker, outcome_marker, release_marker};
use crate::model::{PhaseTime, PreviewId};

/// What GitHub takes as the body of a comment, in characters; here in bytes, which are no fewer.
const LIMIT: usize = 65_536;

/// What a comment says of the run besides how it ended.
#[derive(Clone, Debug, Default)]
pub struct CommentContext {
    /// The commit that was run for, in full.
    pub commit: String,
    /// `owner/name`.
    pub repository: String,
    /// The pull request's number.
    pub pull_request: u64,
    /// Tells the services of one repository apart.
    pub service: String,
    /// What a release was for, as far as it is known; `None` for a preview.
    pub stage: Option<String>,
    /// `https://github.com`.
    pub server_url: String,
    /// Where the log is. May be empty.
    pub run_url: String,
    /// What each part took: [`Reporter::phases`](super::Reporter::phases).
    pub phases: Vec<PhaseTime>,
}

/// Returns the whole body: its first two lines, which GitHub does not show, are the marker and how the run ended.
pub(super) fn comment(context: &CommentContext, document: &Document<'_>) -> String {
    let release = |stage: &String| release_marker(&context.service, stage);
    let marker = context.stage.as_ref().map_or_else(|| marker(&context.service), release);
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
    parts.push(facts(context, detail));
    parts.extend(parts::failed(document, detail));
    if document.failure.is_none() {
        parts.push(code::functions(document, detail));
        parts.push(code::file_names(document, detail));
    }
    parts.push(parts::smoke(document, detail));
    parts.push(parts::skipped(document, detail));
    parts.push(parts::warnings(document, detail));
    parts.push(chart::chart(&context.phases));
    parts.push(way_back(context, document));
    parts
}

fn service(context: &CommentContext, detail: &Detail) -> String {
    detail.text(&context.service)
}

/// Returns a single line: its readers have closed the pull request.
fn gone(context: &CommentContext, document: &Document<'_>, detail: &Detail) -> String {
    let mut pruned = document.previews().iter().filter(|preview| preview.service == context.service);
    let why = document.reason.or_else(|| pruned.find_map(|preview| preview.reason.as_deref()));
    let why = why.map(|why| format!(": {}", detail.text(why)));
    format!("The preview of {} is gone{}.", service(context, detail), why.unwrap_or_default())
}

fn not_made(context: &CommentContext, document: &Document<'_>, detail: &Detail) -> String {
    let why = detail.text(document.reason.unwrap_or_default());
    format!("There is no preview of {}: {why}.", service(context, detail))
}

fn heading(context: &CommentContext, document: &Document<'_>, detail: &Detail) -> String {
    let what = if document.is_preview { "Preview" } else { "Release" };
    let ending = match (document.outcome, document.failure.map(|failure| failure.kind)) {
        (Ending::Failed, Some(Kind::Refused | Kind::Usage)) => "was refused",
        (Ending::Failed, _) => "failed",
        (Ending::Unchanged, _) if document.is_preview => "is up, as it was",
        (_, _) if document.is_preview => "is up",
        (Ending::Unchanged, _) => "had nothing to do",
        (Ending::Planned, _) => "is planned",
        (_, _) => "is live",
    };
    let stage = document.stage.as_ref().map(|stage| format!(" on stage {}", detail.text(stage.as_str())));
    format!("### {what} of {} {ending}{}", service(context, detail), stage.unwrap_or_default())
}

/// The commit, the time, and where the log is.
fn facts(context: &CommentContext, detail: &Detail) -> String {
    let short: String = context.commit.chars().take(7).collect();
    let url = format!("{}/{}/commit/{}", context.server_url, context.repository, context.commit);
    let is_sha = !context.commit.is_empty() && context.commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    let commit = is_sha.then(|| format!("commit {}", escape::markdown_named_link(&short, &url)));
    let time = chart::total(&context.phases).map(|time| format!("took {time}"));
    let log = (!context.run_url.is_empty()).then(|| escape::markdown_named_link("log", &detail.cut(&context.run_url)));
    [commit, time, log].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// How to be rid of it again.
fn way_back(context: &CommentContext, document: &Document<'_>) -> String {
    if !document.is_preview {
        return parts::way_back(document);
    }
    if !matches!(document.outcome, Ending::Released | Ending::Unchanged) {
        return String::new();
    }
    let command = format!("sls-release preview down --pr {}", context.pull_request);
    format!("The next push brings it up to date. To delete it: {}", escape::markdown_code(&command))
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
