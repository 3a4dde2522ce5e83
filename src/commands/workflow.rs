//! The verbs of which GitHub is told, too: those of a workflow. It is told after the sinks of this machine, since that
//! may take its time.

use std::collections::BTreeMap;

use super::reporting::{About, Reporting};
use super::{Errand, pull_request, read_settings, release};
use crate::error::{Failure, Problem};
use crate::github::{EventPullRequest, GitHub, PreviewVerb};
use crate::model::{Event, Listener, Outcome, PreviewOutcome, PreviewReport, Request};
use crate::report::{self, End, Reporter, Run};
use crate::world::Cancellation;

/// `preview up` or `preview down`; the outcome has been shown. `variables` holds `GITHUB_*` and `SLS_RELEASE_*`.
///
/// # Errors
/// Those of the verb.
pub async fn of_pull_request(
    verb: PreviewVerb,
    request: &Request,
    errand: &Errand,
    variables: &BTreeMap<String, String>,
    cancel: &Cancellation,
    out: &Reporter,
) -> Result<PreviewOutcome, Failure> {
    let github = GitHub::connect(variables)?;
    let event = match &errand.pull_request {
        Some(event) => {
            if let Some(text) = other_checkout(event, request, variables) {
                out.hear(Event::Warning(text));
            }
            event.clone()
        }
        None if verb == PreviewVerb::Up => pull_request::named(request, github.as_ref()).await?,
        // What is deleted needs nobody to know the pull request.
        None => {
            let (number, head_sha) = (request.preview.number.unwrap_or_default(), String::new());
            EventPullRequest { number, head_sha, is_closing: false }
        }
    };
    let request = &of_head(request, &event);
    let about = About::of_event(&event, request, variables);
    let mut reporting = github.as_ref().map(|github| Reporting::new(github, about.clone(), out));
    let result = if verb == PreviewVerb::Up {
        pull_request::up(request, &event, reporting.as_mut(), cancel, out).await
    } else {
        pull_request::down(request, &event, github.as_ref(), cancel, out).await
    };
    let result = shown(result, out);
    if let Some(reporting) = reporting {
        reporting.end(&result, |service| comment(&about, service, &result, out)).await;
    }
    result
}

/// What is packed is what is checked out. Without a `ref`, that is the merge of a pull request with its base.
///
/// <https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request>
fn other_checkout(event: &EventPullRequest, request: &Request, variables: &BTreeMap<String, String>) -> Option<String> {
    let is_merge = variables.get("GITHUB_REF").is_some_and(|name| name.ends_with("/merge"));
    let merge = variables.get("GITHUB_SHA").filter(|_| is_merge);
    let checkout = request.preview.checkout.as_ref().filter(|_| !event.is_closing);
    let checkout = checkout.filter(|checkout| **checkout != event.head_sha && Some(*checkout) != merge)?;
    let EventPullRequest { number, head_sha, .. } = event;
    Some(format!(
        "the checkout is at {checkout}, which is neither the head of pull request {number}, {head_sha}, nor its merge with \
         the base branch: what is packed is the checkout"
    ))
}

fn shown(result: Result<PreviewOutcome, Failure>, out: &Reporter) -> Result<PreviewOutcome, Failure> {
    if let Ok(outcome) = &result {
        out.preview(outcome);
    }
    result
}

/// What is proven is the head of the pull request, unless somebody said otherwise.
fn of_head(request: &Request, event: &EventPullRequest) -> Request {
    let said = request.environment.get("SLS_RELEASE_COMMIT");
    let commit = [said, Some(&event.head_sha)].into_iter().flatten().find(|commit| !commit.is_empty());
    Request { commit: commit.cloned(), ..request.clone() }
}

fn comment(about: &About, service: &str, result: &Result<PreviewOutcome, Failure>, out: &Reporter) -> String {
    let up;
    let end = match result {
        Ok(PreviewOutcome::Superseded { why, standing: Some(standing) }) => {
            out.hear(Event::Warning(why.clone()));
            up = PreviewOutcome::Up(PreviewReport::clone(standing));
            End::Preview(&up)
        }
        Ok(outcome) => End::Preview(outcome),
        Err(failure) => End::Failure(failure),
    };
    out.comment(&Run { service: service.to_owned(), stage: None, ..run(about, out) }, end)
}

fn run(about: &About, out: &Reporter) -> Run {
    Run {
        commit: about.commit.clone(),
        repository: about.repository.clone(),
        pull_request: about.pull_request,
        service: about.service(),
        stage: Some(about.stage.clone()),
        server_url: about.server_url.clone(),
        run_url: about.run_url.clone().unwrap_or_default(),
        phases: out.phases(),
    }
}

/// `release` or `plan`; the outcome has been shown. The pull requests that brought the commit hear how its release ended.
///
/// # Errors
/// Those of the release.
pub async fn of_commit(
    request: &Request,
    errand: &Errand,
    variables: &BTreeMap<String, String>,
    cancel: &Cancellation,
    out: &Reporter,
) -> Result<Outcome, Failure> {
    let result = release(request, cancel, out).await;
    if let Ok(outcome) = &result {
        out.outcome(outcome);
    }
    if !request.plan_only
        && let Err(problem) = announce(&result, request, errand, variables, out).await
    {
        out.hear(Event::Untold(problem.to_string()));
    }
    result
}

/// A release that had nothing to do is told only where one before it is said to have failed.
async fn announce(
    result: &Result<Outcome, Failure>,
    request: &Request,
    errand: &Errand,
    variables: &BTreeMap<String, String>,
    out: &Reporter,
) -> Result<(), Problem> {
    let Some(github) = GitHub::connect(variables).map_err(first)? else { return Ok(()) };
    let about = about(request, errand, variables);
    let (end, is_news) = match result {
        Ok(Outcome::Planned(_)) => return Ok(()),
        Ok(outcome) => (End::Outcome(outcome), !matches!(outcome, Outcome::Unchanged { .. })),
        Err(failure) => (End::Failure(failure), true),
    };
    for number in github.pull_requests_of(&about.commit).await? {
        let about = About { pull_request: number, ..about.clone() };
        let body = out.comment(&run(&about, out), end);
        let told = if is_news {
            github.comment_where_allowed(number, &body).await?
        } else {
            github.comment_instead_of(number, &body, report::tells_failure).await.map(|()| true)?
        };
        if !told && errand.is_report_strict {
            let problem = Problem::new(format!("this token may not comment on pull request {number}"));
            return Err(problem.fix("give the job the permission `pull-requests: write`"));
        }
    }
    Ok(())
}

fn first(failure: Failure) -> Problem {
    let text = failure.to_string();
    failure.problems.into_iter().next().unwrap_or_else(|| Problem::new(text))
}

/// Stage and service are those of the settings, as far as these can be read.
fn about(request: &Request, errand: &Errand, variables: &BTreeMap<String, String>) -> About {
    let about = About::of_release(request, variables);
    let settings = read_settings(request).ok();
    let preview = settings.as_ref().and_then(|settings| settings.preview.as_ref());
    let service = errand.service.clone().or_else(|| preview?.service.clone());
    let stage = settings.as_ref().map_or(about.stage.clone(), |settings| settings.stage.to_string());
    About { service, stage, ..about }
}
