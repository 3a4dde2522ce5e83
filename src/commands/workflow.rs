//! The verbs of which GitHub is told, too: those of a workflow. It is told after the sinks of this machine, since that
//! may take its time.

use std::collections::BTreeMap;

use super::reporting::{About, Reporting};
use super::{Errand, preview, pull_request, release};
use crate::error::Failure;
use crate::github::{EventPullRequest, GitHub, PreviewVerb};
use crate::model::{Event, Listener, Outcome, PreviewOutcome, PreviewReport, Request};
use crate::report::{End, Reporter, Run};
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
        Some(event) => event.clone(),
        None if verb == PreviewVerb::Up => pull_request::named(request, github.as_ref()).await?,
        // What is deleted by its number needs nobody to know the pull request.
        None => return shown(preview::down(request, cancel, out).await, out),
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

fn shown(result: Result<PreviewOutcome, Failure>, out: &Reporter) -> Result<PreviewOutcome, Failure> {
    if let Ok(outcome) = &result {
        out.preview(outcome);
    }
    result
}

/// What is proven is the head of the pull request, unless somebody said otherwise.
fn of_head(request: &Request, event: &EventPullRequest) -> Request {
    let said = request.environment.get("SLS_RELEASE_COMMIT").filter(|commit| !commit.is_empty());
    Request { commit: said.or(Some(&event.head_sha)).cloned(), ..request.clone() }
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

/// `release` or `plan`; the outcome has been shown. The pull requests that brought the commit hear how its release ended,
/// but for one that had nothing to do.
///
/// # Errors
/// Those of [`release`].
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
    let is_news = matches!(&result, Ok(Outcome::Released { .. } | Outcome::Failed { .. }) | Err(_));
    if is_news && !request.plan_only {
        let about = About { service: errand.service.clone(), ..About::of_release(request, variables) };
        announce(&result, &about, variables, out).await;
    }
    result
}

async fn announce(
    result: &Result<Outcome, Failure>,
    about: &About,
    variables: &BTreeMap<String, String>,
    out: &Reporter,
) {
    let github = match GitHub::connect(variables) {
        Ok(Some(github)) => github,
        Ok(None) => return,
        Err(failure) => return out.hear(Event::Untold(failure.to_string())),
    };
    let end = || match result {
        Ok(outcome) => End::Outcome(outcome),
        Err(failure) => End::Failure(failure),
    };
    let told = async {
        for number in github.pull_requests_of(&about.commit).await? {
            let about = About { pull_request: number, ..about.clone() };
            github.comment(number, &out.comment(&run(&about, out), end())).await?;
        }
        Ok::<_, crate::error::Problem>(())
    };
    if let Err(problem) = told.await {
        out.hear(Event::Untold(problem.to_string()));
    }
}
