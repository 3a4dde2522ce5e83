//! The deployment of a preview, as the pull request and the repository show it: one for each preview, whose statuses say
//! how far each run is.
//!
//! <https://docs.github.com/rest/deployments/deployments>

use std::hash::{BuildHasher, RandomState};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::{GitHub, encoded};
use super::call::{ApiCall, ApiError, CallResult, PER_PAGE, Reply};
use crate::error::Problem;

/// The environment of all previews. One for each would be left behind: only an administrator's token may delete it.
const ENVIRONMENT: &str = "preview";
/// The most pages of deployments that are read.
const MOST_PAGES: usize = 10;
const PERMISSION: &str = "deployments: write";
const FAILED_TO_DELETE: &str = "failed to delete the deployments of the preview at GitHub";
/// The key of the payload with the id of the run that made the deployment.
const RUN: &str = "sls-release:run";

/// What tells the deployment of one preview from those of others: `preview/hello/42`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    name: String,
    service: String,
}

/// The deployment of a preview, as one run uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// GitHub's id.
    pub id: u64,
    /// The description of this run's statuses: its service and commit.
    said: String,
    /// What its newest status was before this run.
    pub before: State,
}

/// How far a deployment is.
///
/// <https://docs.github.com/rest/deployments/statuses#create-a-deployment-status>
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// The work goes on; its log is here.
    InProgress {
        /// The run of the workflow.
        #[serde(skip_serializing_if = "Option::is_none")]
        log_url: Option<String>,
    },
    /// It answers here.
    Success {
        /// The first endpoint.
        #[serde(skip_serializing_if = "Option::is_none")]
        environment_url: Option<String>,
        /// The run of the workflow.
        #[serde(skip_serializing_if = "Option::is_none")]
        log_url: Option<String>,
    },
    /// It failed; its log is here.
    Failure {
        /// The run of the workflow.
        #[serde(skip_serializing_if = "Option::is_none")]
        log_url: Option<String>,
    },
    /// It was replaced by another one, or deleted.
    Inactive,
}

/// 202 has no id: GitHub merged something instead of deploying.
#[derive(Clone, Debug, Deserialize)]
struct NewDeployment {
    id: Option<u64>,
    message: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct FoundDeployment {
    id: u64,
    #[serde(default)]
    task: String,
    /// An object, or an object in a string.
    #[serde(default)]
    payload: Value,
}

#[derive(Clone, Debug, Deserialize)]
struct Status {
    id: u64,
    state: String,
    #[serde(default)]
    description: Option<String>,
    environment_url: Option<String>,
    log_url: Option<String>,
}

impl Task {
    /// Returns that of the preview of a service for a pull request.
    pub fn of_preview(service: &str, number: u64) -> Self {
        Self { name: format!("preview/{service}/{number}"), service: service.to_owned() }
    }

    /// Returns the description of a status: `hello at 6dcb09b`.
    fn at(&self, commit: &str) -> String {
        let short: String = commit.chars().take(7).collect();
        format!("{} at {short}", self.service)
    }
}

impl State {
    fn document(&self, description: &str) -> Value {
        let mut document = json!(self);
        // GitHub would leave transient ones as they are anyway; those of others are not ours to change.
        document["auto_inactive"] = json!(false);
        document["description"] = json!(description);
        document
    }

    fn is(&self, status: &Status) -> bool {
        let document = self.document("");
        document["state"] == status.state.as_str()
            && document["environment_url"].as_str() == said(status.environment_url.as_ref())
            && document["log_url"].as_str() == said(status.log_url.as_ref())
    }
}

/// A URL that GitHub was told: it keeps an empty one where it was told none.
fn said(url: Option<&String>) -> Option<&str> {
    url.map(String::as_str).filter(|url| !url.is_empty())
}

impl Status {
    /// Returns the state that a run which changed nothing leaves; one that another run left in progress is over.
    fn left(self) -> State {
        let Self { environment_url, log_url, .. } = self;
        match self.state.as_str() {
            "success" => State::Success { environment_url, log_url },
            "failure" => State::Failure { log_url },
            _ => State::Inactive,
        }
    }
}

impl GitHub {
    /// Returns the deployment of a preview: the newest one that there is, else a new one of this commit. Others, which
    /// runs made at the same time, are deleted.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses, such as a commit that it does not know.
    pub async fn deployment(&self, task: &Task, commit: &str) -> Result<Deployment, Problem> {
        self.found_or_made(task, commit).await.or_problem("failed to make a deployment at GitHub", PERMISSION)
    }

    async fn found_or_made(&self, task: &Task, commit: &str) -> Result<Deployment, ApiError> {
        let said = task.at(commit);
        let mut found = self.of_task(task).await?.into_iter();
        let Some(newest) = found.next() else {
            return Ok(Deployment { id: self.deploy(task, commit).await?, said, before: State::Inactive });
        };
        for other in found {
            self.remove(other.id).await?;
        }
        let before = self.newest_status(newest.id).await?.map_or(State::Inactive, Status::left);
        Ok(Deployment { id: newest.id, said, before })
    }

    async fn deploy(&self, task: &Task, commit: &str) -> Result<u64, ApiError> {
        let run = format!("{:016x}", RandomState::new().hash_one(commit));
        let asked = json!({
            "ref": commit,
            "task": task.name,
            "auto_merge": false,
            "required_contexts": [],
            "environment": ENVIRONMENT,
            "transient_environment": true,
            "production_environment": false,
            "description": format!("preview of {}", task.service),
            "payload": { RUN: run },
        });
        let call = ApiCall::post(self.path("deployments"), asked);
        let look = async || {
            let all = self.of_task(task).await?;
            Ok(all.into_iter().find(|it| it.run().as_deref() == Some(run.as_str())).map(|it| it.id))
        };
        let read = |reply: &Reply| {
            let NewDeployment { id, message } = reply.document()?;
            id.ok_or_else(|| reply.refused(message.unwrap_or_else(|| "GitHub made none".to_owned())))
        };
        self.rest.write_once(&call, read, look).await
    }

    /// Says how far a deployment is.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn set_state(&self, deployment: &Deployment, state: &State) -> Result<(), Problem> {
        let done = self.status(deployment.id, state, &deployment.said).await;
        done.or_problem("failed to tell GitHub how far the deployment is", PERMISSION)
    }

    /// Returns whether another run has begun to report on this preview since: by a newer deployment, or by a status, which
    /// is of another commit or leads to another log than `log_url`.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn is_overtaken(
        &self,
        task: &Task,
        deployment: &Deployment,
        log_url: Option<&str>,
    ) -> Result<bool, Problem> {
        let look = async {
            let newest = self.of_task(task).await?.first().map(|it| it.id);
            let status = self.newest_status(deployment.id).await?;
            let is_own = status.is_some_and(|status| {
                status.description.as_ref() == Some(&deployment.said) && said(status.log_url.as_ref()) == log_url
            });
            Ok(newest != Some(deployment.id) || !is_own)
        };
        look.await.or_problem("failed to look for newer deployments", PERMISSION)
    }

    /// Makes the deployments of a preview inactive.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn retire(&self, task: &Task) -> Result<(), Problem> {
        let retired = self.for_each(task, async |id| self.make_inactive(id).await).await;
        retired.or_problem("failed to make the deployment of the preview inactive", PERMISSION)
    }

    /// Makes one inactive, and deletes it.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn delete_deployment(&self, deployment: &Deployment) -> Result<(), Problem> {
        self.remove(deployment.id).await.or_problem(FAILED_TO_DELETE, PERMISSION)
    }

    /// Makes all deployments of a preview inactive, and deletes them.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn delete_deployments(&self, task: &Task) -> Result<(), Problem> {
        let deleted = self.for_each(task, async |id| self.remove(id).await).await;
        deleted.or_problem(FAILED_TO_DELETE, PERMISSION)
    }

    /// Does this to each deployment of the preview, from the newest on, up to the first error.
    async fn for_each(&self, task: &Task, act: impl AsyncFn(u64) -> Result<(), ApiError>) -> Result<(), ApiError> {
        for deployment in self.of_task(task).await? {
            act(deployment.id).await?;
        }
        Ok(())
    }

    /// Deletes a deployment. What is gone already is no problem.
    async fn remove(&self, deployment: u64) -> Result<(), ApiError> {
        self.make_inactive(deployment).await?;
        let call = ApiCall::delete(self.path(&format!("deployments/{deployment}")));
        // It is idempotent.
        self.rest.write_once(&call, |_| Ok(()), async || Ok(None)).await.if_found().map(drop)
    }

    async fn make_inactive(&self, deployment: u64) -> Result<(), ApiError> {
        let newest = self.newest_status(deployment).await?;
        let is_inactive = newest.is_some_and(|status| status.state == "inactive");
        if is_inactive { Ok(()) } else { self.status(deployment, &State::Inactive, "").await }
    }

    async fn status(&self, deployment: u64, state: &State, description: &str) -> Result<(), ApiError> {
        let target = self.path(&format!("deployments/{deployment}/statuses"));
        let call = ApiCall::post(target, state.document(description));
        let is_it =
            |newest: &Status| state.is(newest) && newest.description.as_deref().unwrap_or_default() == description;
        let look = async || Ok(self.newest_status(deployment).await?.filter(is_it).map(drop));
        self.rest.write_once(&call, |_| Ok(()), look).await
    }

    async fn newest_status(&self, deployment: u64) -> Result<Option<Status>, ApiError> {
        let target = self.path(&format!("deployments/{deployment}/statuses?per_page={PER_PAGE}"));
        let statuses: Vec<Status> = self.rest.get(target).await?;
        Ok(statuses.into_iter().max_by_key(|status| status.id))
    }

    /// Returns our own, from the newest on.
    async fn of_task(&self, task: &Task) -> Result<Vec<FoundDeployment>, ApiError> {
        let target = self.path(&format!("deployments?environment={ENVIRONMENT}&task={}&", encoded(&task.name)));
        let all: Vec<FoundDeployment> = self.rest.list(&target, MOST_PAGES).await?;
        Ok(all.into_iter().filter(|it| it.task == task.name).collect())
    }
}

impl FoundDeployment {
    /// Returns the id of the run that made it.
    fn run(&self) -> Option<String> {
        let parsed = self.payload.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        parsed.as_ref().unwrap_or(&self.payload)[RUN].as_str().map(ToOwned::to_owned)
    }
}
