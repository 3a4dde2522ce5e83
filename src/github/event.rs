//! From the event that started a workflow to the verb that it calls for. Pure.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows>

use clap::ValueEnum;

use super::payload::{Origin, Payload};
use crate::error::{Failure, Kind, Problem};

/// Its runs get no secrets of the repository, but an OIDC token where the job asks for one:
/// <https://docs.github.com/code-security/dependabot/troubleshooting-dependabot/troubleshooting-dependabot-on-github-actions>.
const DEPENDABOT: &str = "dependabot[bot]";

/// Events that anyone may cause, and that do not identify the code: for example a comment on a fork's pull request.
const OF_ANYBODY: [&str; 6] = ["discussion", "discussion_comment", "fork", "issue_comment", "issues", "watch"];

/// What the program can do in a workflow, by the words of the action's input `command`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Verb {
    /// `release`.
    Release,
    /// `plan`.
    Plan,
    /// `package`.
    Package,
    /// `preview up`.
    PreviewUp,
    /// `preview down`.
    PreviewDown,
    /// `preview list`.
    PreviewList,
    /// `preview prune`.
    PreviewPrune,
}

/// The event that started a workflow, and what the workflow's author chose.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// `GITHUB_EVENT_NAME`.
    pub event: String,
    /// The event's payload.
    pub payload: Payload,
    /// `GITHUB_ACTOR`: who started this run.
    pub actor: String,
    /// Which pull requests get previews.
    pub gate: Gate,
    /// Dependabot's events are served as those of people.
    pub allow_dependabot: bool,
    /// `pull_request_target` and `workflow_run` may be served.
    pub allow_privileged_events: bool,
    /// The verb that the workflow names; `None` for what the event calls for.
    pub command: Option<Verb>,
}

/// Which pull requests get previews by their events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// Only those with this label; `None` for all.
    pub label: Option<String>,
    /// Drafts as well.
    pub drafts: bool,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// This.
    Do(Verb),
    /// Nothing, in words why: no call to AWS, and none to GitHub.
    Nothing(String),
}

impl Verb {
    /// Reads the input; `None` for `auto` and the empty text.
    ///
    /// # Errors
    /// [`Kind::Usage`] where it is none of the known words.
    pub fn parse(text: &str) -> Result<Option<Self>, Failure> {
        if matches!(text, "" | "auto") {
            return Ok(None);
        }
        Self::from_str(text, false).map(Some).map_err(|_| {
            Problem::new(format!("unknown command `{text}`"))
                .fix("write auto, release, plan, package, preview-up, preview-down, preview-list or preview-prune")
                .into_failure(Kind::Usage)
        })
    }

    /// Returns whether it is one of the verbs of `preview`.
    pub fn is_of_preview(self) -> bool {
        !matches!(self, Self::Release | Self::Plan | Self::Package)
    }
}

/// Decides what is to be done, after everything that must not be served is sorted out.
///
/// # Errors
/// [`Kind::Refused`] for an event whose workflow has the base's secrets and may have the head's code, unless it was
/// allowed.
pub fn decide(trigger: &Trigger) -> Result<Decision, Failure> {
    refuse_privileged(trigger)?;
    if trigger.command == Some(Verb::Package) {
        return Ok(Decision::Do(Verb::Package)); // it needs no credentials, so that a fork may see it fail
    }
    if let Some(why) = untrusted(trigger) {
        return Ok(Decision::Nothing(why));
    }
    if let Some(conclusion) = trigger.payload.bad_conclusion() {
        return Ok(Decision::Nothing(format!("the workflow before this one did not end well: {conclusion}")));
    }
    Ok(trigger.command.map_or_else(|| by_event(trigger), Decision::Do))
}

/// <https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/>
fn refuse_privileged(trigger: &Trigger) -> Result<(), Failure> {
    let is_named = !matches!(trigger.command, None | Some(Verb::Package));
    let is_by_anybody = is_named && OF_ANYBODY.contains(&trigger.event.as_str());
    let is_privileged = is_by_anybody || matches!(trigger.event.as_str(), "pull_request_target" | "workflow_run");
    if !is_privileged || trigger.allow_privileged_events {
        return Ok(());
    }
    Err(Problem::new(format!("the event `{}` is not served", trigger.event))
        .why("its workflow has the secrets of this repository, and may have checked out the code of another one")
        .fix("use `pull_request`, or set the input `allow-privileged-events` to true where no foreign code is checked out")
        .into_failure(Kind::Refused))
}

fn untrusted(trigger: &Trigger) -> Option<String> {
    let nothing = "so nothing is asked of AWS";
    let is_dependabots = trigger.actor == DEPENDABOT || trigger.payload.is_of(DEPENDABOT);
    if is_dependabots && !trigger.allow_dependabot {
        return Some(format!("this is Dependabot's, and the input `dependabot` is not true: {nothing}"));
    }
    match trigger.payload.origin() {
        Origin::Own => None,
        Origin::Fork => Some(format!("the code is a fork's, whose workflows get no credentials: {nothing}")),
        Origin::Deleted => Some(format!("the repository of the code was deleted: {nothing}")),
    }
}

fn by_event(trigger: &Trigger) -> Decision {
    let Trigger { event, payload, gate, .. } = trigger;
    match event.as_str() {
        "push" if payload.deleted => Decision::Nothing("the branch or tag was deleted: there is no code".to_owned()),
        "release" if is_withdrawn(payload) => Decision::Nothing("the release was withdrawn or only edited".to_owned()),
        "push" | "workflow_dispatch" | "release" | "workflow_run" => Decision::Do(Verb::Release),
        "pull_request" | "pull_request_target" => by_action(payload, gate),
        "schedule" => Decision::Do(Verb::PreviewPrune),
        other => Decision::Nothing(format!("the event `{other}` calls for nothing")),
    }
}

/// What is done to a pull request.
///
/// <https://docs.github.com/webhooks/webhook-events-and-payloads#pull_request>
fn by_action(payload: &Payload, gate: &Gate) -> Decision {
    let action = payload.action.as_deref().unwrap_or_default();
    let is_gates_label = gate.label.is_some() && payload.changed_label() == gate.label.as_deref();
    match action {
        "opened" | "reopened" | "synchronize" => up_if_wanted(payload, gate),
        "closed" => Decision::Do(Verb::PreviewDown),
        "labeled" if is_gates_label => up_if_wanted(payload, gate),
        "unlabeled" if is_gates_label => Decision::Do(Verb::PreviewDown),
        "ready_for_review" if !gate.drafts => up_if_wanted(payload, gate),
        "converted_to_draft" if !gate.drafts => Decision::Do(Verb::PreviewDown),
        other => Decision::Nothing(format!("a pull request that is `{other}` calls for nothing")),
    }
}

fn up_if_wanted(payload: &Payload, gate: &Gate) -> Decision {
    match &gate.label {
        Some(label) if !payload.has_label(label) => {
            Decision::Nothing(format!("the pull request does not have the label `{label}`, so it gets no preview"))
        }
        _ if payload.is_draft() && !gate.drafts => {
            Decision::Nothing("the pull request is a draft, so it gets no preview yet".to_owned())
        }
        _ => Decision::Do(Verb::PreviewUp),
    }
}

/// A workflow without `types` hears of every kind.
fn is_withdrawn(payload: &Payload) -> bool {
    matches!(payload.action.as_deref(), Some("deleted" | "unpublished" | "edited"))
}
