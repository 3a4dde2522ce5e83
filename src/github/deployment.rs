//! The deployments of a preview, as the pull request and the repository show them.
//!
//! <https://docs.github.com/rest/deployments/deployments>

use std::hash::{BuildHasher, RandomState};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::{GitHub, encoded};
use super::call::{ApiCall, ApiError, CallResult, PER_PAGE, Reply};
use crate::error::Problem;

/// The most pages of deployments that are read.
const MOST_PAGES: usize = 10;
const PERMISSION: &str = "deployments: write";
const FAILED_TO_DELETE: &str = "failed to delete the deployments of the preview at GitHub";
/// The key of the payload with the service that owns a deployment; other services' are left alone.
const SERVICE: &str = "sls-release:service";
/// The key of the payload with the id of the run.
const RUN: &str = "sls-release:run";

/// What a preview is deployed to: `preview/pr-42`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// As GitHub shows it.
    pub name: String,
    service: String,
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
struct Deployment {
    id: u64,
    /// An object, or an object in a string.
    #[serde(default)]
    payload: Value,
}

#[derive(Clone, Debug, Deserialize)]
struct Status {
    id: u64,
    state: String,
    environment_url: Option<String>,
}

impl Environment {
    /// That of a pull request. A service that is named as the repository needs no name of its own.
    pub fn of_preview(repository: &str, service: &str, number: u64) -> Self {
        let is_whole = repository.rsplit('/').next() == Some(service);
        let name = if is_whole { format!("preview/pr-{number}") } else { format!("preview/{service}/pr-{number}") };
        Self { name, service: service.to_owned() }
    }
}

impl State {
    fn document(&self) -> Value {
        let mut document = json!(self);
        // GitHub would leave transient ones as they are anyway; those of others are not ours to change.
        document["auto_inactive"] = json!(false);
        document
    }

    fn is(&self, status: &Status) -> bool {
        let document = self.document();
        document["state"] == status.state.as_str()
            && document["environment_url"].as_str() == status.environment_url.as_deref().filter(|url| !url.is_empty())
    }
}

impl GitHub {
    /// Makes a deployment of this commit, and returns its id.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses, such as a commit that it does not know.
    pub async fn deploy(&self, environment: &Environment, commit: &str) -> Result<u64, Problem> {
        let run = format!("{:016x}", RandomState::new().hash_one(commit));
        let asked = json!({
            "ref": commit,
            "task": "deploy",
            "auto_merge": false,
            "required_contexts": [],
            "environment": environment.name,
            "transient_environment": true,
            "production_environment": false,
            "description": format!("preview of {}", environment.service),
            "payload": { SERVICE: environment.service, RUN: run },
        });
        let call = ApiCall::post(self.path("deployments"), asked);
        let look = async || {
            let all = self.of_environment(environment).await?;
            Ok(all.into_iter().find(|it| it.says(RUN).as_deref() == Some(run.as_str())).map(|it| it.id))
        };
        let read = |reply: &Reply| {
            let NewDeployment { id, message } = reply.document()?;
            id.ok_or_else(|| reply.refused(message.unwrap_or_else(|| "GitHub made none".to_owned())))
        };
        self.rest.write_once(&call, read, look).await.or_problem("failed to make a deployment at GitHub", PERMISSION)
    }

    /// Says how far a deployment is.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn set_state(&self, deployment: u64, state: &State) -> Result<(), Problem> {
        let done = self.status(deployment, state).await;
        done.or_problem("failed to tell GitHub how far the deployment is", PERMISSION)
    }

    /// Whether there is a deployment of this preview that was made after this one.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn has_newer(&self, environment: &Environment, than: u64) -> Result<bool, Problem> {
        let all = self.of_environment(environment).await.or_problem("failed to look for newer deployments", PERMISSION);
        Ok(all?.iter().any(|it| it.id > than))
    }

    /// Makes all other deployments of this preview inactive; `None`: all.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn retire(&self, environment: &Environment, but: Option<u64>) -> Result<(), Problem> {
        let retire = async |id| if Some(id) == but { Ok(()) } else { self.make_inactive(id).await };
        let retired = self.for_each(environment, retire).await;
        retired.or_problem("failed to make earlier deployments of the preview inactive", PERMISSION)
    }

    /// Makes one inactive, and deletes it.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn delete_deployment(&self, id: u64) -> Result<(), Problem> {
        self.remove(id).await.or_problem(FAILED_TO_DELETE, PERMISSION)
    }

    /// Makes all deployments of this preview inactive, and deletes them.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn delete_deployments(&self, environment: &Environment) -> Result<(), Problem> {
        let deleted = self.for_each(environment, async |id| self.remove(id).await).await;
        deleted.or_problem(FAILED_TO_DELETE, PERMISSION)
    }

    /// Deletes the environment itself, with its settings; that takes an administrator's token.
    ///
    /// <https://docs.github.com/rest/deployments/environments#delete-an-environment>
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn delete_environment(&self, environment: &Environment) -> Result<(), Problem> {
        let done = self.delete(&format!("environments/{}", encoded(&environment.name))).await;
        let what = format!("failed to delete the environment {} at GitHub", environment.name);
        done.or_problem(what, "administration: write` by an administrator's token in `github-token")
    }

    /// Does this to each deployment of the preview, from the newest on, up to the first error.
    async fn for_each(
        &self,
        environment: &Environment,
        act: impl AsyncFn(u64) -> Result<(), ApiError>,
    ) -> Result<(), ApiError> {
        for deployment in self.of_environment(environment).await? {
            act(deployment.id).await?;
        }
        Ok(())
    }

    async fn remove(&self, deployment: u64) -> Result<(), ApiError> {
        self.make_inactive(deployment).await?;
        self.delete(&format!("deployments/{deployment}")).await
    }

    /// What is gone already is no problem.
    async fn delete(&self, path: &str) -> Result<(), ApiError> {
        let call = ApiCall::delete(self.path(path));
        // It is idempotent.
        self.rest.write_once(&call, |_| Ok(()), async || Ok(None)).await.if_found().map(drop)
    }

    async fn make_inactive(&self, deployment: u64) -> Result<(), ApiError> {
        let newest = self.newest_status(deployment).await?;
        let is_inactive = newest.is_some_and(|status| status.state == "inactive");
        if is_inactive { Ok(()) } else { self.status(deployment, &State::Inactive).await }
    }

    async fn status(&self, deployment: u64, state: &State) -> Result<(), ApiError> {
        let call = ApiCall::post(self.path(&format!("deployments/{deployment}/statuses")), state.document());
        let look = async || Ok(self.newest_status(deployment).await?.filter(|newest| state.is(newest)).map(drop));
        self.rest.write_once(&call, |_| Ok(()), look).await
    }

    async fn newest_status(&self, deployment: u64) -> Result<Option<Status>, ApiError> {
        let target = self.path(&format!("deployments/{deployment}/statuses?per_page={PER_PAGE}"));
        let statuses: Vec<Status> = self.rest.get(target).await?;
        Ok(statuses.into_iter().max_by_key(|status| status.id))
    }

    /// Our own, from the newest on.
    async fn of_environment(&self, environment: &Environment) -> Result<Vec<Deployment>, ApiError> {
        let name = encoded(&environment.name);
        let target = self.path(&format!("deployments?environment={name}&"));
        let all: Vec<Deployment> = self.rest.list(&target, MOST_PAGES).await?;
        let is_own = |it: &Deployment| it.says(SERVICE).as_deref() == Some(environment.service.as_str());
        Ok(all.into_iter().filter(is_own).collect())
    }
}

impl Deployment {
    /// What its payload says under this key.
    fn says(&self, key: &str) -> Option<String> {
        let parsed = self.payload.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        parsed.as_ref().unwrap_or(&self.payload)[key].as_str().map(ToOwned::to_owned)
    }
}
