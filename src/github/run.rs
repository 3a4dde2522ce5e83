//! What started this run, and how GitHub is reached: the one place where GitHub's variables are read.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/variables>

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::event::{Gate, Trigger, Verb};
use super::payload::{self, EventPullRequest};
use crate::error::{Failure, Kind, Problem};
use crate::model::Secret;

/// The variables of a process, as they were when it began.
pub type Variables = BTreeMap<String, String>;

/// Where GitHub's API is, and the token to ask it with. The token is never shown.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// `SLS_RELEASE_GITHUB_TOKEN`, which the action sets, else `GITHUB_TOKEN`.
    pub(super) token: Option<Secret>,
    /// `GITHUB_API_URL`.
    pub(super) api_url: Option<String>,
    /// `GITHUB_GRAPHQL_URL`.
    pub(super) graphql_url: Option<String>,
    /// `SLS_RELEASE_GITHUB_PAUSE`, in milliseconds: the pause between two writes, for tests.
    pub(super) pause: Option<String>,
}

/// A run of `sls-release ci` in a workflow: what started it, and what the workflow's author chose.
#[derive(Clone, Debug)]
pub struct CiRun {
    /// The event, and the command that the workflow asks for.
    pub trigger: Trigger,
    /// The pull request that the event is about.
    pub pull_request: Option<EventPullRequest>,
    /// `owner/name`; empty where GitHub does not name it.
    pub repository: String,
    /// `SLS_RELEASE_COMMIT`: the commit that the workflow names itself.
    pub chosen_commit: Option<String>,
    /// The merge of the pull request with its base, which a checkout without `ref` is at.
    pub merge_commit: Option<String>,
    /// `https://github.com`, without a slash at its end.
    pub server_url: String,
    /// The log of this run; `None` where GitHub gives the run no number.
    pub run_url: Option<String>,
    /// The input `service`: tells the services of the repository apart.
    pub service: Option<String>,
    /// The input `strict-report`: a failed report to GitHub fails the run.
    pub is_report_strict: bool,
    /// The input `comment`: pull requests get comments.
    pub comments: bool,
    /// Only those who may read the code see the pull request: the repository is private. Unknown counts as public.
    pub is_private: bool,
    /// How GitHub is reached.
    pub access: Access,
}

impl Access {
    /// Reads the token and the URLs; they are checked when they are used.
    pub fn of(variables: &Variables) -> Self {
        let owned = |name| owned(variables, name);
        let token = owned("SLS_RELEASE_GITHUB_TOKEN").or_else(|| owned("GITHUB_TOKEN"));
        Self {
            token: token.map(Secret::new),
            api_url: owned("GITHUB_API_URL"),
            graphql_url: owned("GITHUB_GRAPHQL_URL"),
            pause: owned("SLS_RELEASE_GITHUB_PAUSE"),
        }
    }
}

impl CiRun {
    /// Reads what started the workflow; `command` and `service` are the action's inputs.
    ///
    /// # Errors
    /// [`Kind::Usage`] outside of GitHub Actions, for an unknown command, and for an input that is neither true nor
    /// false.
    pub fn read(variables: &Variables, command: &str, service: Option<String>) -> Result<Self, Failure> {
        let command = Verb::parse(command)?;
        let event = needed(variables, "GITHUB_EVENT_NAME")?.to_owned();
        let payload = payload::read(needed(variables, "GITHUB_EVENT_PATH")?)?;
        let actor = owned(variables, "GITHUB_ACTOR").unwrap_or_default();
        let (pull_request, is_private) = (payload.pull_request(), payload.is_private());
        let trigger = Trigger {
            gate: Gate {
                label: owned(variables, "SLS_RELEASE_LABEL"),
                drafts: switch(variables, "draft")?.unwrap_or(true),
            },
            allow_dependabot: flag(variables, "dependabot")?,
            allow_privileged_events: flag(variables, "allow-privileged-events")?,
            event,
            payload,
            actor,
            command,
        };
        let repository = repository(variables).unwrap_or_default();
        let server_url = said(variables, "GITHUB_SERVER_URL").unwrap_or("https://github.com").trim_end_matches('/');
        let run_id = said(variables, "GITHUB_RUN_ID");
        let is_merge = said(variables, "GITHUB_REF").is_some_and(|name| name.ends_with("/merge"));
        Ok(Self {
            pull_request,
            is_private,
            trigger,
            run_url: run_id.map(|id| format!("{server_url}/{repository}/actions/runs/{id}")),
            server_url: server_url.to_owned(),
            repository,
            chosen_commit: owned(variables, "SLS_RELEASE_COMMIT"),
            merge_commit: owned(variables, "GITHUB_SHA").filter(|_| is_merge),
            service,
            is_report_strict: flag(variables, "strict-report")?,
            comments: switch(variables, "comment")?.unwrap_or(true),
            access: Access::of(variables),
        })
    }

    /// Returns the commit that a run for this pull request proves: the one the workflow names, else the head.
    pub fn commit_of(&self, pull_request: &EventPullRequest) -> Option<String> {
        let head = Some(&pull_request.head_sha).filter(|head| !head.is_empty());
        self.chosen_commit.as_ref().or(head).cloned()
    }

    /// Returns the service, by default named as the repository.
    pub fn service_or_repository(&self) -> String {
        let usual = || self.repository.rsplit('/').next().unwrap_or_default().to_owned();
        self.service.clone().unwrap_or_else(usual)
    }
}

/// The files that the runner reads once a step has ended.
#[derive(Clone, Debug, Default)]
pub struct StepFiles {
    /// `GITHUB_OUTPUT`: the step's outputs.
    pub output: Option<PathBuf>,
    /// `GITHUB_STEP_SUMMARY`: the job's summary.
    pub summary: Option<PathBuf>,
}

impl StepFiles {
    /// Reads their paths.
    pub fn of(variables: &Variables) -> Self {
        let path = |name| said(variables, name).map(PathBuf::from);
        Self { output: path("GITHUB_OUTPUT"), summary: path("GITHUB_STEP_SUMMARY") }
    }
}

/// Returns `GITHUB_REPOSITORY`, `owner/name`.
pub fn repository(variables: &Variables) -> Option<String> {
    owned(variables, "GITHUB_REPOSITORY")
}

/// Returns the commit that the variables name. For a pull request it is the head of its branch; GitHub's own variable
/// names the merge that it makes of it.
pub(crate) fn commit(variables: &Variables, ci: Option<&CiRun>) -> Option<String> {
    let of_head = || Some(ci?.pull_request.as_ref()?.head_sha.clone());
    owned(variables, "SLS_RELEASE_COMMIT").or_else(of_head).or_else(|| owned(variables, "GITHUB_SHA"))
}

/// Returns a variable that is neither absent nor empty.
pub(crate) fn said<'a>(variables: &'a Variables, name: &str) -> Option<&'a str> {
    variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

fn owned(variables: &Variables, name: &str) -> Option<String> {
    said(variables, name).map(ToOwned::to_owned)
}

fn needed<'a>(variables: &'a Variables, name: &str) -> Result<&'a str, Failure> {
    said(variables, name).ok_or_else(|| {
        Problem::new(format!("{name} is not set"))
            .why("`sls-release ci` asks GitHub Actions what started the workflow")
            .fix("run `sls-release release` or `sls-release plan` elsewhere")
            .into_failure(Kind::Usage)
    })
}

/// Reads an input of the action that is off unless it says otherwise.
fn flag(variables: &Variables, input: &str) -> Result<bool, Failure> {
    Ok(switch(variables, input)?.unwrap_or(false))
}

/// Reads an input of the action that is a variable here; `None` where it is not given.
fn switch(variables: &Variables, input: &str) -> Result<Option<bool>, Failure> {
    let variable = format!("SLS_RELEASE_{}", input.replace('-', "_").to_uppercase());
    match said(variables, &variable).unwrap_or_default() {
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        "" => Ok(None),
        other => Err(Problem::new(format!("invalid `{input}`: `{other}`"))
            .fix("write true or false")
            .into_failure(Kind::Usage)),
    }
}
