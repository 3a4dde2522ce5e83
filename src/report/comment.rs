//! The comment on a pull request: GitHub's Markdown, of the same parts as the job summary.

use std::time::Duration;

use super::document::{Document, Ending};
use super::escape;
use super::markdown::chart;
use super::markdown::code;
use super::markdown::detail::{Detail, fitting};
use super::markdown::parts;
use crate::error::Kind;
use crate::model::{marker, release_marker};

/// What GitHub takes as the body of a comment, in characters; here in bytes, which are no fewer.
const LIMIT: usize = 65_536;

/// What a comment says of the run besides how it ended.
#[derive(Clone, Debug, Default)]
pub struct Run {
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
    pub phases: Vec<(String, Duration)>,
}

/// The whole body, the marker first.
pub(super) fn comment(run: &Run, document: &Document<'_>) -> String {
    let release = |stage: &String| release_marker(&run.service, stage);
    let marker = run.stage.as_ref().map_or_else(|| marker(&run.service), release);
    let body = fitting(LIMIT - marker.len() - 1, |detail| whole(run, document, detail));
    format!("{marker}\n{body}")
}

fn whole(run: &Run, document: &Document<'_>, detail: &Detail) -> Vec<String> {
    match document.outcome {
        Ending::Deleted => return vec![gone(run, document, detail)],
        Ending::NothingDone => return vec![not_made(run, document, detail)],
        _ => {}
    }
    let mut parts = vec![heading(run, document, detail)];
    parts.push(parts::endpoints(document, detail));
    parts.push(facts(run, detail));
    parts.extend(parts::failed(document, detail));
    if document.failure.is_none() {
        parts.push(code::functions(document, detail));
        parts.push(code::file_names(document, detail));
    }
    parts.push(parts::smoke(document, detail));
    parts.push(parts::skipped(document, detail));
    parts.push(parts::warnings(document, detail));
    parts.push(chart::chart(&run.phases));
    parts.push(way_back(run, document));
    parts
}

fn service(run: &Run, detail: &Detail) -> String {
    detail.text(&run.service)
}

/// One quiet line: whoever reads it has closed the pull request.
fn gone(run: &Run, document: &Document<'_>, detail: &Detail) -> String {
    let mut pruned = document.previews.iter().filter(|preview| preview.service == run.service);
    let why = document.reason.or_else(|| pruned.find_map(|preview| preview.reason.as_deref()));
    let why = why.map(|why| format!(": {}", detail.text(why)));
    format!("The preview of {} is gone{}.", service(run, detail), why.unwrap_or_default())
}

fn not_made(run: &Run, document: &Document<'_>, detail: &Detail) -> String {
    let why = detail.text(document.reason.unwrap_or_default());
    format!("There is no preview of {}: {why}.", service(run, detail))
}

fn heading(run: &Run, document: &Document<'_>, detail: &Detail) -> String {
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
    let stage = document.stage.map(|stage| format!(" on stage {}", detail.text(stage.as_str())));
    format!("### {what} of {} {ending}{}", service(run, detail), stage.unwrap_or_default())
}

/// Whether the comment of a run that ended so says that it failed.
pub fn tells_failure(body: &str) -> bool {
    body.lines().nth(1).is_some_and(|heading| [" failed", " was refused"].iter().any(|ending| heading.contains(ending)))
}

/// The commit, the time, and where the log is.
fn facts(run: &Run, detail: &Detail) -> String {
    let short: String = run.commit.chars().take(7).collect();
    let url = format!("{}/{}/commit/{}", run.server_url, run.repository, run.commit);
    let is_sha = !run.commit.is_empty() && run.commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    let commit = is_sha.then(|| format!("commit {}", escape::markdown_named_link(&short, &url)));
    let time = chart::total(&run.phases).map(|time| format!("took {time}"));
    let log = (!run.run_url.is_empty()).then(|| escape::markdown_named_link("log", &detail.cut(&run.run_url)));
    [commit, time, log].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// How to be rid of it again.
fn way_back(run: &Run, document: &Document<'_>) -> String {
    if !document.is_preview {
        return parts::way_back(document);
    }
    if !matches!(document.outcome, Ending::Released | Ending::Unchanged) {
        return String::new();
    }
    let command = format!("sls-release preview down --pr {}", run.pull_request);
    format!("The next push brings it up to date. To delete it: {}", escape::markdown_code(&command))
}
