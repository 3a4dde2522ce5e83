//! Which event calls for what: a pure function.

use std::process::Command;

use serde_json::{Value, json};
use sls_release::error::{Failure, Kind};
use sls_release::github::{Call, Decision, EventPullRequest, Payload, PreviewVerb, Verb, Wish, decide};

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

fn done_to_a_pull_request(action: &str) -> Value {
    let mut payload = of_own_pull_request();
    payload["action"] = action.into();
    payload
}

#[test]
fn a_pull_request_has_a_preview_as_long_as_it_is_open() {
    let (up, down) = (Verb::Preview(PreviewVerb::Up), Verb::Preview(PreviewVerb::Down));
    for (action, verb) in [("opened", up), ("reopened", up), ("synchronize", up), ("closed", down)] {
        assert_eq!(decided("pull_request", &done_to_a_pull_request(action)), Decision::Do(verb), "{action}");
    }
    for action in ["labeled", "edited", "review_requested", "converted_to_draft"] {
        let why = why_nothing(decided("pull_request", &done_to_a_pull_request(action)));
        assert_eq!(why, format!("a pull request that is `{action}` calls for nothing"));
    }
}

#[test]
fn a_schedule_prunes_and_what_is_unknown_does_nothing() {
    assert_eq!(decided("schedule", &json!({})), Decision::Do(Verb::Preview(PreviewVerb::Prune)));
    assert!(why_nothing(decided("issue_comment", &json!({}))).contains("`issue_comment` calls for nothing"));
}

#[test]
fn the_commit_of_a_pull_request_is_its_head() {
    let mut payload = done_to_a_pull_request("closed");
    let read = |payload: &Value| serde_json::from_value::<Payload>(payload.clone()).unwrap().pull_request();
    assert_eq!(read(&payload), None, "neither number nor commit");
    payload["pull_request"]["number"] = 42.into();
    payload["pull_request"]["head"]["sha"] = "c0ffee".into();
    payload["pull_request"]["merge_commit_sha"] = "decade".into();
    assert_eq!(read(&payload), Some(EventPullRequest { number: 42, head_sha: "c0ffee".to_owned(), is_closing: true }));
    assert_eq!(read(&json!({"after": "c0ffee"})), None);
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
fn what_anybody_may_cause_is_refused_where_it_would_do_more_than_pack() {
    let wish = |verb| move |call: &mut Call| call.wish = Wish::Verb(verb);
    for event in ["issue_comment", "issues", "discussion_comment", "watch"] {
        for verb in [Verb::Release, Verb::Plan, Verb::Preview(PreviewVerb::Up), Verb::Preview(PreviewVerb::Down)] {
            let refused = decided_by(event, &json!({"repository": {"id": 1}}), wish(verb)).unwrap_err();
            assert_eq!(refused.kind, Kind::Refused, "{event}");
        }
        let packs = decided_by(event, &json!({"repository": {"id": 1}}), wish(Verb::Package)).unwrap();
        assert_eq!(packs, Decision::Do(Verb::Package), "{event}");
    }
}

#[test]
fn a_command_is_one_of_these_words() {
    assert_eq!(Wish::parse("").unwrap(), Wish::Auto);
    assert_eq!(Wish::parse("auto").unwrap(), Wish::Auto);
    assert_eq!(Wish::parse("package").unwrap(), Wish::Verb(Verb::Package));
    assert_eq!(Wish::parse("preview-down").unwrap(), Wish::Verb(Verb::Preview(PreviewVerb::Down)));
    assert_eq!(Wish::parse("--help").unwrap_err().kind, Kind::Usage);
}

#[test]
fn secrets_are_printed_only_where_a_runner_hides_them() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("event.json"), "{}").unwrap();
    let printed = |runner: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sls-release"));
        command.arg("ci").current_dir(folder.path()).env_clear().env("GITHUB_EVENT_NAME", "watch");
        command
            .env("GITHUB_EVENT_PATH", "event.json")
            .env("GITHUB_ACTIONS", runner)
            .env("SLS_RELEASE_OUTPUT", "github");
        command.env("AWS_SECRET_ACCESS_KEY", "key").env("AWS_SESSION_TOKEN", "token");
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert!(printed("true").starts_with("::add-mask::key\n::add-mask::token\n::notice "));
    assert!(printed("").starts_with("::notice "), "{}", printed(""));
}
