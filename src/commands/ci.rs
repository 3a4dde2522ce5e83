//! `sls-release ci`: what the GitHub Action runs.

use std::collections::BTreeMap;

use crate::error::{Failure, Kind, Problem};
use crate::github::{self, Call, Decision, EventPullRequest, Wish};

/// What a run of a workflow is for.
#[derive(Clone, Debug)]
pub struct Errand {
    /// What is to be done.
    pub decision: Decision,
    /// The pull request that the event is about.
    pub pull_request: Option<EventPullRequest>,
    /// What GitHub cannot be told of makes the run fail.
    pub is_report_strict: bool,
    /// With a preview, its environment at GitHub goes as well.
    pub deletes_environment: bool,
    /// Tells the services of the repository apart, where the workflow names it.
    pub service: Option<String>,
}

/// Decides what the event that started this workflow calls for; the caller does it.
///
/// `command` is the action's input; `github` holds `GITHUB_*`, `own` holds `SLS_RELEASE_*`.
///
/// # Errors
/// [`Kind::Usage`] outside GitHub Actions, and for an unknown command; [`Kind::Refused`] for an event that is not
/// served.
pub fn ci(command: &str, github: &BTreeMap<String, String>, own: &BTreeMap<String, String>) -> Result<Errand, Failure> {
    let wish = Wish::parse(command)?;
    let event = needed(github, "GITHUB_EVENT_NAME")?.to_owned();
    let payload = github::read(needed(github, "GITHUB_EVENT_PATH")?)?;
    let actor = github.get("GITHUB_ACTOR").cloned().unwrap_or_default();
    let allow_privileged_events = flag(own, "allow-privileged-events")?;
    let is_report_strict = flag(own, "strict-report")?;
    let deletes_environment = flag(own, "delete-environment")?;
    let pull_request = payload.pull_request();
    let decision = github::decide(&Call { event, payload, actor, allow_privileged_events, wish })?;
    Ok(Errand { decision, pull_request, is_report_strict, deletes_environment, service: None })
}

fn needed<'a>(github: &'a BTreeMap<String, String>, name: &str) -> Result<&'a str, Failure> {
    github.get(name).filter(|value| !value.is_empty()).map(String::as_str).ok_or_else(|| {
        Problem::new(format!("{name} is not set"))
            .why("`sls-release ci` asks GitHub Actions what started the workflow")
            .fix("run `sls-release release` or `sls-release plan` elsewhere")
            .into_failure(Kind::Usage)
    })
}

/// An input of the action that is a variable here.
fn flag(own: &BTreeMap<String, String>, input: &str) -> Result<bool, Failure> {
    let variable = format!("SLS_RELEASE_{}", input.replace('-', "_").to_uppercase());
    match own.get(&variable).map_or("", String::as_str) {
        "true" => Ok(true),
        "" | "false" => Ok(false),
        other => Err(Problem::new(format!("invalid `{input}`: `{other}`"))
            .fix("write true or false")
            .into_failure(Kind::Usage)),
    }
}
