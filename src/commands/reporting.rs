//! Tells GitHub of a preview: its deployment before and after the work, and the comment on the pull request.
//!
//! What cannot be told is a warning: it makes no preview worse.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Failure, Problem};
use crate::github::{Environment, EventPullRequest, GitHub, State};
use crate::model::{Event, Listener, PreviewId, PreviewOutcome, PreviewReport, Request};

/// What GitHub is told of.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// `owner/name`.
    pub repository: String,
    /// The pull request's number.
    pub pull_request: u64,
    /// The head of the pull request.
    pub commit: String,
    /// The service, where it is known before the settings are read.
    pub service: Option<String>,
    /// `https://github.com`.
    pub server_url: String,
    /// The log of this run; `None` outside of a workflow.
    pub run_url: Option<String>,
    /// The pull request was closed, so that its preview is deleted.
    pub is_closing: bool,
    /// With a preview, its environment at GitHub goes as well.
    pub deletes_environment: bool,
    /// What a release is for; as far as it is known before the settings are read.
    pub stage: String,
}

/// A run that GitHub is told of.
pub struct Reporting<'a> {
    github: &'a GitHub,
    about: About,
    out: &'a dyn Listener,
    deployment: Option<(Environment, u64)>,
}

impl About {
    /// The event of a pull request; `variables` holds `GITHUB_*`.
    pub fn of_event(event: &EventPullRequest, request: &Request, variables: &BTreeMap<String, String>) -> Self {
        Self {
            pull_request: event.number,
            commit: event.head_sha.clone(),
            is_closing: event.is_closing,
            deletes_environment: request.preview.deletes_environment,
            ..Self::of_release(request, variables)
        }
    }

    /// A release of a commit, whatever started it.
    pub fn of_release(request: &Request, variables: &BTreeMap<String, String>) -> Self {
        let said = |name: &str| variables.get(name).filter(|value| !value.is_empty());
        let server_url = said("GITHUB_SERVER_URL").map_or("https://github.com", |url| url.trim_end_matches('/'));
        let repository = request.preview.repository.clone().or_else(|| said("GITHUB_REPOSITORY").cloned());
        let repository = repository.unwrap_or_default();
        let stage = request.overrides.stage.clone().or_else(|| said("SLS_RELEASE_STAGE").cloned());
        let run_url = said("GITHUB_RUN_ID").map(|id| format!("{server_url}/{repository}/actions/runs/{id}"));
        Self {
            repository,
            commit: request.commit.clone().unwrap_or_default(),
            service: request.preview.service.clone(),
            server_url: server_url.to_owned(),
            run_url,
            stage: stage.unwrap_or_default(),
            ..Self::default()
        }
    }

    /// Where nobody names it: the repository's name.
    pub(super) fn service(&self) -> String {
        let usual = || self.repository.rsplit('/').next().unwrap_or_default().to_owned();
        self.service.clone().unwrap_or_else(usual)
    }
}

impl<'a> Reporting<'a> {
    /// Nothing is said yet.
    pub fn new(github: &'a GitHub, about: About, out: &'a dyn Listener) -> Self {
        Self { github, about, out, deployment: None }
    }

    /// Who is told.
    pub fn github(&self) -> &'a GitHub {
        self.github
    }

    /// Before the first write: a deployment of this preview is in progress.
    pub async fn begin(&mut self, id: &PreviewId) {
        self.about.service = Some(id.service.clone());
        let environment = self.environment(&id.service);
        let made = self.github.deploy(&environment, &self.about.commit).await;
        let Some(deployment) = self.told(made) else { return };
        self.deployment = Some((environment, deployment));
        self.set_state(&State::InProgress { log_url: self.about.run_url.clone() }).await;
    }

    /// At the end: how the deployment ended, and the comment of each service, whose text is asked for.
    pub async fn end(mut self, result: &Result<PreviewOutcome, Failure>, comment: impl Fn(&str) -> String) {
        match result {
            Ok(PreviewOutcome::Up(report) | PreviewOutcome::Unchanged(report)) => self.stands(report, comment).await,
            Ok(PreviewOutcome::Superseded { standing: Some(report), .. }) => self.overtaken(report, comment).await,
            Ok(PreviewOutcome::Down(reports)) => self.gone(reports, comment).await,
            Ok(PreviewOutcome::Failed { .. }) | Err(_) => self.failed(comment).await,
            Ok(PreviewOutcome::Nothing(_)) => self.withdrawn().await,
            Ok(_) => self.set_state(&State::Inactive).await,
        }
    }

    /// The pull request was closed before anything was written: who told GitHub that it is gone may have done so before
    /// this deployment was made.
    async fn withdrawn(&self) {
        let Some((_, deployment)) = self.deployment else { return };
        let deleted = self.github.delete_deployment(deployment).await;
        self.told(deleted);
    }

    async fn stands(&self, report: &PreviewReport, comment: impl Fn(&str) -> String) {
        let environment_url = report.endpoints.values().next().cloned();
        self.set_state(&State::Success { environment_url, log_url: self.about.run_url.clone() }).await;
        if let Some((environment, deployment)) = self.deployment.clone() {
            let retired = self.github.retire(&environment, Some(deployment)).await;
            self.told(retired);
        }
        self.comment(comment(&report.service)).await;
    }

    /// What stands is this commit's until the run for the newer one has written, and that may never begin: GitHub starts
    /// none for a pull request with a merge conflict. Where one has begun, it has the word.
    async fn overtaken(&self, report: &PreviewReport, comment: impl Fn(&str) -> String) {
        let Some((environment, deployment)) = &self.deployment else { return };
        match self.told(self.github.has_newer(environment, *deployment).await) {
            Some(false) => self.stands(report, comment).await,
            Some(true) | None => self.set_state(&State::Inactive).await,
        }
    }

    /// What stood before may still stand, so that its deployment stays as it is.
    async fn failed(&self, comment: impl Fn(&str) -> String) {
        self.set_state(&State::Failure { log_url: self.about.run_url.clone() }).await;
        let service = self.about.service();
        self.comment(comment(&service)).await;
    }

    async fn gone(&mut self, reports: &[PreviewReport], comment: impl Fn(&str) -> String) {
        self.about.is_closing = true; // also where the pull request was closed while the run wrote
        for service in self.services(reports).await {
            let environment = self.environment(&service);
            let deleted = self.github.delete_deployments(&environment).await;
            self.told(deleted);
            if self.about.deletes_environment {
                let deleted = self.github.delete_environment(&environment).await;
                self.told(deleted);
            }
            self.comment(comment(&service)).await;
        }
    }

    /// The one that was named; else those that had a preview, or that GitHub was told of by a run whose end it did not
    /// hear.
    async fn services(&self, reports: &[PreviewReport]) -> BTreeSet<String> {
        if let Some(named) = &self.about.service {
            return BTreeSet::from([named.clone()]);
        }
        let told = self.github.services(self.about.pull_request).await;
        let told = self.told(told).unwrap_or_default();
        reports.iter().map(|report| report.service.clone()).chain(told).chain([self.about.service()]).collect()
    }

    /// A pull request that never had a preview needs no word at its end.
    async fn comment(&self, body: String) {
        let (github, number) = (self.github, self.about.pull_request);
        let said = if self.about.is_closing {
            github.comment_again(number, &body).await
        } else {
            github.comment(number, &body).await
        };
        self.told(said);
    }

    async fn set_state(&self, state: &State) {
        let Some((_, deployment)) = self.deployment else { return };
        let set = self.github.set_state(deployment, state).await;
        self.told(set);
    }

    fn environment(&self, service: &str) -> Environment {
        Environment::of_preview(&self.about.repository, service, self.about.pull_request)
    }

    fn told<T>(&self, result: Result<T, Problem>) -> Option<T> {
        match result {
            Ok(done) => Some(done),
            Err(problem) => {
                self.out.hear(Event::Untold(problem.to_string()));
                None
            }
        }
    }
}
