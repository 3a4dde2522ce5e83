//! Which event calls for what: a pure function.

use serde_json::{Value, json};
use sls_release::error::{Failure, Kind};
use sls_release::github::{Call, Decision, Verb, Wish, decide};

fn decided_by(event: &str, payload: &Value, change: impl FnOnce(&mut Call)) -> Result<Decision, Failure> {
    let mut call = Call {
        event: event.to_owned(),
        payload: serde_json::from_value(payload.clone()).unwrap(),
        actor: "somebody".to_owned(),
        allow_privileged_events: false,
        wish: Wish::Auto,
    };
    change(&mut call);
    decide(&call)
}

fn decided(event: &str, payload: &Value) -> Decision {
    decided_by(event, payload, |_| {}).unwrap()
}

fn why_nothing(decision: Decision) -> String {
    match decision {
        Decision::Nothing(why) => why,
        Decision::Do(verb) => panic!("it does {verb:?}"),
    }
}

fn of_own_pull_request() -> Value {
    json!({"repository": {"id": 1}, "pull_request": {"user": {"login": "somebody"}, "head": {"repo": {"id": 1}}}})
}

#[test]
fn what_brings_code_to_a_branch_releases() {
    for event in ["push", "workflow_dispatch", "release"] {
        assert_eq!(decided(event, &json!({"repository": {"id": 1}})), Decision::Do(Verb::Release), "{event}");
    }
    assert_eq!(decided("release", &json!({"action": "published"})), Decision::Do(Verb::Release));
}

#[test]
fn what_takes_code_away_releases_nothing() {
    assert!(why_nothing(decided("push", &json!({"deleted": true}))).contains("deleted"));
    for action in ["deleted", "unpublished", "edited"] {
        assert!(why_nothing(decided("release", &json!({"action": action}))).contains("withdrawn"));
    }
}

#[test]
fn previews_are_not_in_this_version() {
    for (event, payload) in [("pull_request", of_own_pull_request()), ("schedule", json!({}))] {
        assert!(why_nothing(decided(event, &payload)).contains("previews, which are not in this version"));
    }
    assert!(why_nothing(decided("issue_comment", &json!({}))).contains("`issue_comment` calls for nothing"));
}

#[test]
fn a_wish_stands_above_the_event_but_not_above_trust() {
    let plan = |call: &mut Call| call.wish = Wish::Verb(Verb::Plan);
    assert_eq!(decided_by("pull_request", &of_own_pull_request(), plan).unwrap(), Decision::Do(Verb::Plan));
    assert_eq!(decided_by("schedule", &json!({}), plan).unwrap(), Decision::Do(Verb::Plan));
    let fork = json!({"repository": {"id": 1}, "pull_request": {"head": {"repo": {"id": 2}}}});
    assert!(why_nothing(decided_by("pull_request", &fork, plan).unwrap()).contains("a fork's"));
    let package = |call: &mut Call| call.wish = Wish::Verb(Verb::Package);
    assert_eq!(decided_by("pull_request", &fork, package).unwrap(), Decision::Do(Verb::Package), "it needs no AWS");
    assert_eq!(decided_by("pull_request_target", &fork, package).unwrap_err().kind, Kind::Refused);
}

#[test]
fn code_of_others_gets_nothing() {
    for (payload, expected) in [
        (json!({"repository": {"id": 1}, "pull_request": {"head": {"repo": {"id": 2}}}}), "a fork's"),
        (json!({"repository": {"id": 1}, "pull_request": {"head": {"repo": {}}}}), "a fork's"),
        (json!({"repository": {}, "pull_request": {"head": {"repo": {}}}}), "a fork's"),
        (json!({"pull_request": {"head": {"repo": {"id": 2}}}}), "a fork's"),
        (json!({"repository": {"id": 1}, "pull_request": {"head": {"repo": null}}}), "was deleted"),
        (json!({"repository": {"id": 1}, "pull_request": {}}), "was deleted"),
    ] {
        assert!(why_nothing(decided("pull_request", &payload)).contains(expected), "{payload}");
    }
}

#[test]
fn dependabot_gets_nothing_whoever_runs_its_workflow_again() {
    let by_actor = decided_by("push", &json!({}), |call| call.actor = "dependabot[bot]".to_owned()).unwrap();
    let mut opened = of_own_pull_request();
    opened["pull_request"]["user"]["login"] = "dependabot[bot]".into();
    let sent = json!({"repository": {"id": 1}, "sender": {"login": "dependabot[bot]"}});
    for decision in [by_actor, decided("pull_request", &opened), decided("push", &sent)] {
        assert!(why_nothing(decision).contains("Dependabot's"));
    }
}

#[test]
fn privileged_events_are_refused_unless_they_are_allowed() {
    for event in ["pull_request_target", "workflow_run"] {
        let failure = decided_by(event, &of_own_pull_request(), |_| {}).unwrap_err();
        assert_eq!(failure.kind, Kind::Refused);
        assert!(failure.problems[0].fix.contains("allow-privileged-events"), "{failure}");
    }
    let allowed = |call: &mut Call| call.allow_privileged_events = true;
    let run = |id| json!({"repository": {"id": 1}, "workflow_run": {"head_repository": {"id": id}}});
    assert_eq!(decided_by("workflow_run", &run(1), allowed).unwrap(), Decision::Do(Verb::Release));
    assert!(why_nothing(decided_by("workflow_run", &run(2), allowed).unwrap()).contains("a fork's"));
    let fork = json!({"repository": {"id": 1}, "pull_request": {"head": {"repo": {"id": 2}}}});
    assert!(why_nothing(decided_by("pull_request_target", &fork, allowed).unwrap()).contains("a fork's"));
}

#[test]
fn a_command_is_one_of_four_words() {
    assert_eq!(Wish::parse("").unwrap(), Wish::Auto);
    assert_eq!(Wish::parse("auto").unwrap(), Wish::Auto);
    assert_eq!(Wish::parse("package").unwrap(), Wish::Verb(Verb::Package));
    assert_eq!(Wish::parse("--help").unwrap_err().kind, Kind::Usage);
}
