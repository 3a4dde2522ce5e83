//! The commands of a workflow, which also report to GitHub by deployments and comments. That may take a while, so the
//! outcome is shown before. Only the JSON document waits for it, since it contains the exit code.

use super::archives::read_settings;
use super::reporting::{Reporting, context};
use super::session::Session;
use super::{pull_request, release};
use crate::error::{Failure, Problem};
use crate::github::{CiRun, EventPullRequest, GitHub};
use crate::model::marks::{service_of_folder, tells_failure};
use crate::model::{
    Common, Event, Listener, Outcome, PreviewDownRequest, PreviewOutcome, PreviewUpRequest, ReleaseRequest,
};
use crate::report::{CommentAbout, CommentContext, End, Reporter};
use crate::settings;

/// Makes the preview of a pull request, and reports it to GitHub.
///
/// # Errors
/// Those of the verb.
pub(super) async fn preview_up(
    request: &PreviewUpRequest,
    ci: &CiRun,
    session: &Session<'_>,
) -> Result<PreviewOutcome, Failure> {
    let github = GitHub::connect(session.access, &ci.repository).await?;
    let event = match &ci.pull_request {
        Some(event) => event.clone(),
        None => pull_request::named(request, github.as_ref()).await?,
    };
    if let Some(text) = other_checkout(&event, request, ci) {
        session.out.hear(Event::Warning(text));
    }
    let common = Common { commit: ci.commit_of(&event), ..request.common.clone() };
    let request = &PreviewUpRequest { common, ..request.clone() };
    let github = github.ok_or_else(pull_request::no_token)?;
    let mut reporting = Reporting::new(&github, ci, event, session.out);
    let result = pull_request::up(request, &mut reporting, session).await;
    reporting.end(&result).await;
    result
}

/// Deletes the preview of a pull request, and reports that to GitHub.
///
/// # Errors
/// Those of the verb.
pub(super) async fn preview_down(
    request: &PreviewDownRequest,
    ci: &CiRun,
    session: &Session<'_>,
) -> Result<PreviewOutcome, Failure> {
    let github = GitHub::connect(session.access, &ci.repository).await?;
    // Deleting works for a pull request that GitHub does not show.
    let unknown = || EventPullRequest { number: request.number, head_sha: String::new(), is_closing: false };
    let event = ci.pull_request.clone().unwrap_or_else(unknown);
    let result = pull_request::down(request, &event, github.as_ref(), session).await;
    if let Some(github) = &github {
        Reporting::new(github, ci, event, session.out).end(&result).await;
    }
    result
}

/// Returns a warning where the checkout, which is what is packed, is neither the head nor the merge of a pull request
/// with its base. Without a `ref`, the checkout is the merge.
///
/// <https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request>
fn other_checkout(event: &EventPullRequest, request: &PreviewUpRequest, ci: &CiRun) -> Option<String> {
    let checkout = request.checkout.as_ref().filter(|_| !event.is_closing);
    let is_other = |checkout: &&String| **checkout != event.head_sha && Some(*checkout) != ci.merge_commit.as_ref();
    let checkout = checkout.filter(is_other)?;
    let EventPullRequest { number, head_sha, .. } = event;
    Some(format!(
        "the checkout is at {checkout}, which is neither the head of pull request {number}, {head_sha}, nor its merge with \
         the base branch: what is packed is the checkout"
    ))
}

/// Releases or plans. Comments on each pull request that contains the commit how its release ended, and on the pull request
/// of the event what its plan is.
///
/// # Errors
/// Those of the release.
pub(super) async fn release(request: &ReleaseRequest, ci: &CiRun, session: &Session<'_>) -> Result<Outcome, Failure> {
    let out = session.out;
    let github = GitHub::connect(session.access, &ci.repository).await?;
    let result = async {
        match (&ci.pull_request, &github) {
            (None, _) => release::release(request, session).await,
            (Some(event), Some(github)) => {
                release::release(&pull_request::release(request, event, github, session).await?, session).await
            }
            (Some(_), None) => Err(pull_request::no_token()),
        }
    };
    let result = result.await;
    if let Ok(outcome) = &result {
        out.show(End::Outcome(outcome));
    }
    if ci.comments
        && let Err(problem) = announce(&result, request, ci, session).await
    {
        out.hear(Event::NotReported(problem.to_string()));
    }
    result
}

/// Comments on the pull requests that contain the commit, or on the one that a plan is for. A release that had nothing to
/// do only replaces a comment about a failed one.
async fn announce(
    result: &Result<Outcome, Failure>,
    request: &ReleaseRequest,
    ci: &CiRun,
    session: &Session<'_>,
) -> Result<(), Problem> {
    let unusable =
        |failure: Failure| Problem::new(failure.to_string()).fix("correct what it names, then run the workflow again");
    let Some(github) = GitHub::connect(session.access, &ci.repository).await.map_err(unusable)? else { return Ok(()) };
    let context = release_context(request, ci, session.out);
    let (end, is_news) = match result {
        Ok(outcome) => (End::Outcome(outcome), !matches!(outcome, Outcome::Unchanged { .. })),
        Err(failure) => (End::Failure(failure), true),
    };
    let numbers = match &ci.pull_request {
        Some(event) if request.plan_only => current(event, &github).await?,
        None if request.plan_only => Vec::new(),
        _ => github.pull_requests_of(&context.commit).await?,
    };
    for number in numbers {
        let body = session.out.comment(&CommentContext { pull_request: number, ..context.clone() }, end);
        let is_written = if is_news {
            github.comment_where_allowed(number, &body).await?
        } else {
            github.comment_instead_of(number, &body, tells_failure).await.map(|()| true)?
        };
        if !is_written && ci.is_report_strict {
            let problem = Problem::new(format!("this token may not comment on pull request {number}"));
            return Err(problem.fix("give the job the permission `pull-requests: write`"));
        }
    }
    Ok(())
}

/// Returns the pull request of the event, or none where it was closed or pushed to since: the run for the newer commit tells
/// its plan.
async fn current(event: &EventPullRequest, github: &GitHub) -> Result<Vec<u64>, Problem> {
    let now = github.pull_request(event.number).await?;
    let now = now.filter(|now| now.is_open && now.head_sha == event.head_sha);
    Ok(now.into_iter().map(|now| now.number).collect())
}

/// Returns what the comment about a release or a plan contains. Stage and service come from the settings, if they can be read.
fn release_context(request: &ReleaseRequest, ci: &CiRun, out: &Reporter) -> CommentContext {
    let common = &request.common;
    let settings = read_settings(&request.settings_input(), None, out).ok();
    let preview = settings.as_ref().and_then(|settings| settings.preview.as_ref());
    let place = settings.as_ref().and_then(|settings| settings::place(&settings.file));
    let service = ci.service.clone().or_else(|| preview?.service.clone());
    let service = service.or_else(|| service_of_folder(&place?.folder));
    let asked = common.overrides.stage.as_ref().or_else(|| common.environment.get("SLS_RELEASE_STAGE")).cloned();
    let stage = settings.as_ref().map_or(asked.unwrap_or_default(), |settings| settings.stage.to_string());
    let usual = context(ci, out);
    CommentContext {
        commit: common.commit.clone().unwrap_or_default(),
        service: service.unwrap_or(usual.service),
        about: if request.plan_only { CommentAbout::Plan(stage) } else { CommentAbout::Release(stage) },
        ..usual
    }
}
