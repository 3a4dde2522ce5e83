//! Reports a preview to GitHub: its deployment before and after the work, and the comment on the pull request.
//!
//! A failure to report is a warning: the preview works without it.

use std::collections::BTreeSet;

use crate::aws::time;
use crate::error::{Failure, Problem};
use crate::github::{CiRun, Deployment, EventPullRequest, GitHub, State, Task};
use crate::model::marks::service_of_folder;
use crate::model::{Event, Listener, PreviewId, PreviewOutcome, PreviewReport};
use crate::report::{CommentContext, End, Reporter};

/// The report to GitHub of one run for a pull request.
pub(super) struct Reporting<'a> {
    /// The client of the repository.
    pub(super) github: &'a GitHub,
    ci: &'a CiRun,
    /// The pull request that the run is for.
    pub(super) pull_request: EventPullRequest,
    /// The service, once the workflow or the settings name it.
    service: Option<String>,
    out: &'a Reporter,
    deployment: Option<(Task, Deployment)>,
}

impl<'a> Reporting<'a> {
    /// Creates a report; no call yet.
    pub(super) fn new(github: &'a GitHub, ci: &'a CiRun, pull_request: EventPullRequest, out: &'a Reporter) -> Self {
        Self { github, ci, pull_request, service: ci.service.clone(), out, deployment: None }
    }

    /// Takes the service from the folder of the settings file, unless the workflow names one; the settings may name
    /// another later.
    pub(super) fn in_folder(&mut self, folder: &str) {
        self.service = self.service.take().or_else(|| service_of_folder(folder));
    }

    /// Says that the deployment of this preview is in progress; called before the first write.
    pub(super) async fn begin(&mut self, id: &PreviewId) {
        self.service = Some(id.service.clone());
        let task = self.task(&id.service);
        let found = self.github.deployment(&task, &self.pull_request.head_sha);
        let Some(deployment) = self.done(found).await else { return };
        self.deployment = Some((task, deployment));
        self.set_state(&State::InProgress { log_url: self.ci.run_url.clone() }).await;
    }

    /// Shows how the run ended, then reports how the deployment ended, and writes the comment of each service.
    pub(super) async fn end(mut self, result: &Result<PreviewOutcome, Failure>) {
        if let Ok(outcome) = result {
            self.out.show(End::Preview(outcome));
        }
        match result {
            Ok(PreviewOutcome::Up(report) | PreviewOutcome::Unchanged(report)) => self.succeeded(report, result).await,
            Ok(PreviewOutcome::Superseded { existing: Some(report), .. }) => self.superseded(report, result).await,
            Ok(PreviewOutcome::Down(reports)) => self.deleted(reports, result).await,
            Ok(PreviewOutcome::Failed { .. }) | Err(_) => self.failed(result).await,
            Ok(PreviewOutcome::Nothing(_)) => self.closed_before_write().await,
            Ok(_) => self.as_before().await,
        }
    }

    /// Deletes the deployment of a run that wrote nothing because its pull request was closed. The run for the closing
    /// may have looked for deployments before this one was made.
    async fn closed_before_write(&self) {
        let Some((_, deployment)) = &self.deployment else { return };
        self.done(self.github.delete_deployment(deployment)).await;
    }

    /// Leaves the deployment as it was before a run that changed nothing, unless another run reports on it by now.
    async fn as_before(&self) {
        let Some((task, deployment)) = &self.deployment else { return };
        if self.is_newest(task, deployment).await {
            self.set_state(&deployment.before).await;
        }
    }

    /// Returns whether no other run has begun to report on the preview.
    async fn is_newest(&self, task: &Task, deployment: &Deployment) -> bool {
        let look = self.github.is_overtaken(task, deployment, self.ci.run_url.as_deref());
        self.done(look).await == Some(false)
    }

    async fn succeeded(&self, report: &PreviewReport, result: &Result<PreviewOutcome, Failure>) {
        let environment_url = report.endpoints.values().chain(report.function_urls.values()).next().cloned();
        self.set_state(&State::Success { environment_url, log_url: self.ci.run_url.clone() }).await;
        self.comment(&report.service, result).await;
    }

    /// Reports a preview that a newer commit replaces. Until the run for that commit writes, the preview is this
    /// commit's. That run may never begin: GitHub starts none for a pull request with a merge conflict. If it has
    /// begun, it reports.
    async fn superseded(&self, report: &PreviewReport, result: &Result<PreviewOutcome, Failure>) {
        let Some((task, deployment)) = &self.deployment else { return };
        if self.is_newest(task, deployment).await {
            self.succeeded(report, result).await;
        }
    }

    /// Reports a failure.
    async fn failed(&self, result: &Result<PreviewOutcome, Failure>) {
        self.set_state(&State::Failure { log_url: self.ci.run_url.clone() }).await;
        let service = self.service.clone().unwrap_or_else(|| self.ci.service_or_repository());
        self.comment(&service, result).await;
    }

    async fn deleted(&mut self, reports: &[PreviewReport], result: &Result<PreviewOutcome, Failure>) {
        self.pull_request.is_closing = true; // also where the pull request was closed while the run wrote
        for service in self.services(reports).await {
            self.done(self.github.delete_deployments(&self.task(&service))).await;
            self.comment(&service, result).await;
        }
    }

    /// Returns the named service, or else all that had a preview or have a comment of an earlier run.
    async fn services(&self, reports: &[PreviewReport]) -> BTreeSet<String> {
        if let Some(named) = &self.service {
            return BTreeSet::from([named.clone()]);
        }
        let commented = self.done(self.github.services(self.pull_request.number)).await.unwrap_or_default();
        let reported = reports.iter().map(|report| report.service.clone());
        reported.chain(commented).chain([self.ci.service_or_repository()]).collect()
    }

    /// Writes the comment of a service. A pull request that closes without ever having had one gets none.
    async fn comment(&self, service: &str, result: &Result<PreviewOutcome, Failure>) {
        if !self.ci.comments {
            return;
        }
        let (number, body) = (self.pull_request.number, self.body(service, result));
        if self.pull_request.is_closing {
            self.done(self.github.comment_again(number, &body)).await;
        } else {
            self.done(self.github.comment(number, &body)).await;
        }
    }

    fn body(&self, service: &str, result: &Result<PreviewOutcome, Failure>) -> String {
        let up;
        let end = match result {
            Ok(PreviewOutcome::Superseded { why, existing: Some(existing) }) => {
                self.out.hear(Event::Warning(why.clone()));
                up = PreviewOutcome::Up(PreviewReport::clone(existing));
                End::Preview(&up)
            }
            Ok(outcome) => End::Preview(outcome),
            Err(failure) => End::Failure(failure),
        };
        let EventPullRequest { number: pull_request, head_sha: commit, .. } = self.pull_request.clone();
        let service = service.to_owned();
        self.out.comment(&CommentContext { commit, pull_request, service, ..context(self.ci, self.out) }, end)
    }

    async fn set_state(&self, state: &State) {
        let Some((_, deployment)) = &self.deployment else { return };
        self.done(self.github.set_state(deployment, state)).await;
    }

    fn task(&self, service: &str) -> Task {
        Task::of_preview(service, self.pull_request.number)
    }

    /// Returns what GitHub did, or `None` after a warning.
    async fn done<T>(&self, call: impl Future<Output = Result<T, Problem>>) -> Option<T> {
        let done = call.await;
        done.map_err(|problem| self.out.hear(Event::NotReported(problem.to_string()))).ok()
    }
}

/// Returns what all comments of this run have in common.
pub(super) fn context(ci: &CiRun, out: &Reporter) -> CommentContext {
    CommentContext {
        repository: ci.repository.clone(),
        service: ci.service_or_repository(),
        server_url: ci.server_url.clone(),
        run_url: ci.run_url.clone().unwrap_or_default(),
        updated: time::minute(time::now()).unwrap_or_default(),
        is_private: ci.is_private,
        phases: out.phases(),
        ..CommentContext::default()
    }
}
