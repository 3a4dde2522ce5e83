//! From the event that started a workflow to the verb that it calls for. Pure.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows>

use super::payload::{Origin, Payload};
use crate::error::{Failure, Kind, Problem};

/// Its pull requests get neither secrets nor a role:
/// <https://docs.github.com/code-security/dependabot/troubleshooting-dependabot/troubleshooting-dependabot-on-github-actions>.
const DEPENDABOT: &str = "dependabot[bot]";

/// Anybody may cause these, and does not say whose code is meant: a comment on a fork's pull request is one of them.
const OF_ANYBODY: [&str; 6] = ["discussion", "discussion_comment", "fork", "issue_comment", "issues", "watch"];

/// What a workflow asks for: the action's input `command`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// What the event calls for.
    Auto,
    /// This, whatever the event.
    Verb(Verb),
}

/// What the program can do in a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `release`.
    Release,
    /// `plan`.
    Plan,
    /// `package`.
    Package,
    /// One of those of `preview`.
    Preview(PreviewVerb),
}

/// The verbs of `preview`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreviewVerb {
    /// `preview up`.
    Up,
    /// `preview down`.
    Down,
    /// `preview list`.
    List,
    /// `preview prune`.
    Prune,
}

/// What started the workflow, and what its author said.
#[derive(Clone, Debug)]
pub struct Call {
    /// `GITHUB_EVENT_NAME`.
    pub event: String,
    /// What GitHub told of the event.
    pub payload: Payload,
    /// `GITHUB_ACTOR`: who started this run.
    pub actor: String,
    /// `pull_request_target` and `workflow_run` may be served.
    pub allow_privileged_events: bool,
    /// What is wished for.
    pub wish: Wish,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// This.
    Do(Verb),
    /// Nothing, in words why: no call to AWS, and none to GitHub.
    Nothing(String),
}

impl Wish {
    /// Reads the input; empty means `auto`.
    ///
    /// # Errors
    /// [`Kind::Usage`] where it is none of the known words.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        match text {
            "" | "auto" => Ok(Self::Auto),
            "release" => Ok(Self::Verb(Verb::Release)),
            "plan" => Ok(Self::Verb(Verb::Plan)),
            "package" => Ok(Self::Verb(Verb::Package)),
            "preview-up" => Ok(Self::Verb(Verb::Preview(PreviewVerb::Up))),
            "preview-down" => Ok(Self::Verb(Verb::Preview(PreviewVerb::Down))),
            "preview-list" => Ok(Self::Verb(Verb::Preview(PreviewVerb::List))),
            "preview-prune" => Ok(Self::Verb(Verb::Preview(PreviewVerb::Prune))),
            other => Err(Problem::new(format!("unknown command `{other}`"))
                .fix("write auto, release, plan, package, preview-up, preview-down, preview-list or preview-prune")
                .into_failure(Kind::Usage)),
        }
    }
}

/// What this call asks for, after everything that must not be served is sorted out.
///
/// # Errors
/// [`Kind::Refused`] for an event whose workflow has the base's secrets and may have the head's code, unless it was
/// allowed.
pub fn decide(call: &Call) -> Result<Decision, Failure> {
    refuse_privileged(call)?;
    if call.wish == Wish::Verb(Verb::Package) {
        return Ok(Decision::Do(Verb::Package)); // it needs no credentials, so that a fork may see it fail
    }
    if let Some(why) = untrusted(call) {
        return Ok(Decision::Nothing(why));
    }
    Ok(match call.wish {
        Wish::Verb(verb) => Decision::Do(verb),
        Wish::Auto => by_event(&call.event, &call.payload),
    })
}

/// <https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/>
fn refuse_privileged(call: &Call) -> Result<(), Failure> {
    let is_wished_for = !matches!(call.wish, Wish::Auto | Wish::Verb(Verb::Package));
    let is_anybodys = is_wished_for && OF_ANYBODY.contains(&call.event.as_str());
    let is_privileged = is_anybodys || matches!(call.event.as_str(), "pull_request_target" | "workflow_run");
    if !is_privileged || call.allow_privileged_events {
        return Ok(());
    }
    Err(Problem::new(format!("the event `{}` is not served", call.event))
        .why("its workflow has the secrets of this repository, and may have checked out the code of another one")
        .fix("use `pull_request`, or set the input `allow-privileged-events` to true where no foreign code is checked out")
        .into_failure(Kind::Refused))
}

fn untrusted(call: &Call) -> Option<String> {
    let nothing = "so nothing is asked of AWS";
    if call.actor == DEPENDABOT || call.payload.is_of(DEPENDABOT) {
        return Some(format!("this is Dependabot's, whose workflows get no credentials: {nothing}"));
    }
    match call.payload.origin() {
        Origin::Own => None,
        Origin::Fork => Some(format!("the code is a fork's, whose workflows get no credentials: {nothing}")),
        Origin::Deleted => Some(format!("the repository of the code was deleted: {nothing}")),
    }
}

fn by_event(event: &str, payload: &Payload) -> Decision {
    match event {
        "push" if payload.deleted => Decision::Nothing("the branch or tag was deleted: there is no code".to_owned()),
        "release" if is_withdrawn(payload) => Decision::Nothing("the release was withdrawn or only edited".to_owned()),
        "push" | "workflow_dispatch" | "release" | "workflow_run" => Decision::Do(Verb::Release),
        "pull_request" | "pull_request_target" => by_action(payload.action.as_deref().unwrap_or_default()),
        "schedule" => Decision::Do(Verb::Preview(PreviewVerb::Prune)),
        other => Decision::Nothing(format!("the event `{other}` calls for nothing")),
    }
}

/// What is done to a pull request.
///
/// <https://docs.github.com/webhooks/webhook-events-and-payloads#pull_request>
fn by_action(action: &str) -> Decision {
    match action {
        "opened" | "reopened" | "synchronize" => Decision::Do(Verb::Preview(PreviewVerb::Up)),
        "closed" => Decision::Do(Verb::Preview(PreviewVerb::Down)),
        other => Decision::Nothing(format!("a pull request that is `{other}` calls for nothing")),
    }
}

/// A workflow without `types` hears of every kind.
fn is_withdrawn(payload: &Payload) -> bool {
    matches!(payload.action.as_deref(), Some("deleted" | "unpublished" | "edited"))
}
