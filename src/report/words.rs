//! A plan's steps, under the function or API that they change, and the result of the smoke test, in words.

use std::collections::BTreeMap;
use std::time::Duration;

use super::units;
use crate::model::{Act, GoesLive, Invoked, Plan, Released, Smoke, SmokeProof, SmokeResult, Subject};

/// What a preview without an API is.
pub(super) const NO_ENDPOINT: &str =
    "no endpoint, and no event source calls it: its functions run only where they are invoked";

/// A step in words.
pub(super) struct ShownStep {
    /// Steps of one number run at once.
    pub(super) number: usize,
    pub(super) what: String,
    /// What it waits for.
    pub(super) until: Option<String>,
    pub(super) why: String,
}

/// All steps of the plan; within a subject in their order.
pub(super) fn by_subject(plan: &Plan) -> BTreeMap<Subject, Vec<ShownStep>> {
    let mut steps: BTreeMap<Subject, Vec<ShownStep>> = BTreeMap::new();
    for (index, wave) in plan.waves.iter().enumerate() {
        for step in &wave.steps {
            let until = if let Act::Smoke(smoke) = &step.act { Some(good_answers(smoke)) } else { None };
            let (what, why) = (what(&step.act), step.why.to_string());
            steps.entry(step.act.subject()).or_default().push(ShownStep { number: index + 1, what, until, why });
        }
    }
    steps
}

fn what(act: &Act) -> String {
    match act {
        Act::Upload(upload) => format!("{} ({})", act.title(), units::bytes(upload.bytes)),
        _ => act.title(),
    }
}

fn good_answers(smoke: &Smoke) -> String {
    let (answers, have, contain) = if smoke.hits == 1 {
        ("an answer".to_owned(), "has", "contains")
    } else {
        (format!("{} answers in a row", smoke.hits), "have", "contain")
    };
    let contains = smoke.contains.as_ref().map(|text| format!(" and {contain} \"{text}\"")).unwrap_or_default();
    format!("{answers} {have} status {}{contains}, for up to {}", smoke.status, units::duration(smoke.timeout))
}

/// What the invocation of a new version showed.
pub(super) fn invoked(invoked: &Invoked) -> String {
    let before = if invoked.goes_live == GoesLive::WithAlias { " before its callers got it" } else { "" };
    format!("{} answered {}{before}", invoked.version.in_words(), invoked.event)
}

/// What the smoke test showed, and what that proves: to stand after its URL.
pub(super) fn smoke(smoke: &SmokeResult) -> String {
    let hits = if smoke.hits == 1 { String::new() } else { format!(", {} times in a row", smoke.hits) };
    let proof = match smoke.proof {
        SmokeProof::ThisRelease => "this release answers",
        SmokeProof::Health => "the endpoint answers, but perhaps not this release",
    };
    format!("answered {}{hits}: {proof}", smoke.status)
}

/// How long good answers took, as far as it was seen. The first one after a release often waited for a cold start.
pub(super) fn latency(smoke: &SmokeResult) -> Option<String> {
    let took = |milliseconds: u64| units::duration(Duration::from_millis(milliseconds));
    let first = took(smoke.first_answer_ms?);
    Some(match smoke.last_answer_ms {
        Some(last) => format!("the first answer took {first}, the last one {}", took(last)),
        None => format!("the answer took {first}"),
    })
}

/// How to prove more the next time, where not even the new version was invoked.
pub(super) fn smoke_hint(smoke: &SmokeResult, released: Option<&Released>) -> Option<String> {
    let is_proven = smoke.contains || smoke.proof == SmokeProof::ThisRelease;
    let was_invoked = released.is_some_and(|released| !released.invoked.is_empty());
    let hint = "set `contains` under [smoke] to a text that only this release answers with, to prove that it does";
    (!is_proven && !was_invoked).then(|| hint.to_owned())
}
