//! Which event calls for what: a pure function.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};
use sls_release::error::{Failure, Kind};
use sls_release::github::{CiRun, Decision, EventPullRequest, Gate, Payload, Trigger, Verb, decide};

fn decided_by(event: &str, payload: &Value, change: impl FnOnce(&mut Trigger)) -> Result<Decision, Failure> {
    let mut trigger = Trigger {
        event: event.to_owned(),
        payload: serde_json::from_value(payload.clone()).unwrap(),
        actor: "somebody".to_owned(),
        gate: Gate { label: None, drafts: true },
        allow_dependabot: false,
        allow_privileged_events: false,
        command: None,
    };
    change(&mut trigger);
    decide(&trigger)
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

fn done_to_a_pull_request(action: &str) -> Value {
    let mut payload = of_own_pull_request();
    payload["action"] = action.into();
    payload
}

/// What is done, or a part of the reason for which nothing is.
type Expected = Result<Verb, &'static str>;

#[test]
fn each_event_calls_for_one_thing() {
    let (up, down) = (Verb::PreviewUp, Verb::PreviewDown);
    let of_repository = || json!({"repository": {"id": 1}});
    let from = |head: Value| json!({"repository": {"id": 1}, "pull_request": {"head": head}});
    let mut by_dependabot = of_own_pull_request();
    by_dependabot["pull_request"]["user"]["login"] = "dependabot[bot]".into();
    let cases: [(&str, Value, Expected); 22] = [
        ("push", of_repository(), Ok(Verb::Release)),
        ("workflow_dispatch", of_repository(), Ok(Verb::Release)),
        ("release", of_repository(), Ok(Verb::Release)),
        ("release", json!({"action": "published"}), Ok(Verb::Release)),
        ("push", json!({"deleted": true}), Err("deleted")),
        ("release", json!({"action": "deleted"}), Err("withdrawn")),
        ("release", json!({"action": "unpublished"}), Err("withdrawn")),
        ("release", json!({"action": "edited"}), Err("withdrawn")),
        ("pull_request", done_to_a_pull_request("opened"), Ok(up)),
        ("pull_request", done_to_a_pull_request("reopened"), Ok(up)),
        ("pull_request", done_to_a_pull_request("synchronize"), Ok(up)),
        ("pull_request", done_to_a_pull_request("closed"), Ok(down)),
        ("schedule", json!({}), Ok(Verb::PreviewPrune)),
        ("issue_comment", json!({}), Err("`issue_comment` calls for nothing")),
        // Code of others.
        ("pull_request", from(json!({"repo": {"id": 2}})), Err("a fork's")),
        ("pull_request", from(json!({"repo": {}})), Err("a fork's")),
        ("pull_request", json!({"repository": {}, "pull_request": {"head": {"repo": {}}}}), Err("a fork's")),
        ("pull_request", json!({"pull_request": {"head": {"repo": {"id": 2}}}}), Err("a fork's")),
        ("pull_request", from(json!({"repo": null})), Err("was deleted")),
        ("pull_request", json!({"repository": {"id": 1}, "pull_request": {}}), Err("was deleted")),
        // Dependabot's, whoever runs its workflow again.
        ("pull_request", by_dependabot, Err("Dependabot's")),
        ("push", json!({"repository": {"id": 1}, "sender": {"login": "dependabot[bot]"}}), Err("Dependabot's")),
    ];
    for (event, payload, expected) in cases {
        match (decided(event, &payload), expected) {
            (Decision::Nothing(why), Err(expected)) => assert!(why.contains(expected), "{event} {payload}: {why}"),
            (decision, expected) => assert_eq!(Ok(decision), expected.map(Decision::Do), "{event} {payload}"),
        }
    }
    let by_actor = decided_by("push", &json!({}), |trigger| trigger.actor = "dependabot[bot]".to_owned()).unwrap();
    assert!(why_nothing(by_actor).contains("Dependabot's"));
    for action in ["labeled", "edited", "review_requested", "converted_to_draft"] {
        let why = why_nothing(decided("pull_request", &done_to_a_pull_request(action)));
        assert_eq!(why, format!("a pull request that is `{action}` calls for nothing"));
    }
}

#[test]
fn a_label_and_drafts_decide_which_pull_requests_get_previews() {
    let pull_request = |action: &str, label: &str, labels: &[&str], draft: bool| {
        let mut payload = done_to_a_pull_request(action);
        payload["label"] = json!({ "name": label });
        payload["pull_request"]["labels"] = labels.iter().map(|name| json!({ "name": name })).collect();
        payload["pull_request"]["draft"] = draft.into();
        payload
    };
    let (up, down) = (Ok(Verb::PreviewUp), Ok(Verb::PreviewDown));
    let cases: [(&str, &str, &[&str], bool, Expected); 14] = [
        ("opened", "", &[], false, Err("does not have the label `preview`")),
        ("synchronize", "", &["other"], false, Err("does not have the label `preview`")),
        ("synchronize", "", &["other", "preview"], false, up),
        ("synchronize", "", &["preview"], true, Err("is a draft")),
        ("labeled", "preview", &["preview"], false, up),
        ("labeled", "preview", &["preview"], true, Err("is a draft")),
        ("labeled", "other", &["preview", "other"], false, Err("`labeled` calls for nothing")),
        ("unlabeled", "preview", &[], false, down),
        ("unlabeled", "other", &["preview"], false, Err("`unlabeled` calls for nothing")),
        ("ready_for_review", "", &["preview"], false, up),
        ("ready_for_review", "", &[], false, Err("does not have the label `preview`")),
        ("converted_to_draft", "", &["preview"], true, down),
        ("closed", "", &[], true, down),
        ("edited", "", &["preview"], false, Err("`edited` calls for nothing")),
    ];
    for (action, label, labels, draft, expected) in cases {
        let gate = |trigger: &mut Trigger| trigger.gate = Gate { label: Some("preview".to_owned()), drafts: false };
        match (decided_by("pull_request", &pull_request(action, label, labels, draft), gate).unwrap(), expected) {
            (Decision::Nothing(why), Err(expected)) => assert!(why.contains(expected), "{action}: {why}"),
            (decision, expected) => assert_eq!(Ok(decision), expected.map(Decision::Do), "{action} {labels:?}"),
        }
    }
    for action in ["labeled", "unlabeled", "ready_for_review", "converted_to_draft"] {
        let ungated = decided("pull_request", &pull_request(action, "preview", &["preview"], true));
        assert_eq!(why_nothing(ungated), format!("a pull request that is `{action}` calls for nothing"));
    }
    assert_eq!(decided("pull_request", &pull_request("opened", "", &[], true)), Decision::Do(Verb::PreviewUp));
}

#[test]
fn dependabot_is_served_where_the_workflow_says_so() {
    let allowed = |trigger: &mut Trigger| trigger.allow_dependabot = true;
    let mut payload = done_to_a_pull_request("opened");
    payload["pull_request"]["user"]["login"] = "dependabot[bot]".into();
    assert_eq!(decided_by("pull_request", &payload, allowed).unwrap(), Decision::Do(Verb::PreviewUp));
    payload["pull_request"]["head"]["repo"]["id"] = 2.into();
    assert!(why_nothing(decided_by("pull_request", &payload, allowed).unwrap()).contains("a fork's"));
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
    let plan = |trigger: &mut Trigger| trigger.command = Some(Verb::Plan);
    assert_eq!(decided_by("pull_request", &of_own_pull_request(), plan).unwrap(), Decision::Do(Verb::Plan));
    assert_eq!(decided_by("schedule", &json!({}), plan).unwrap(), Decision::Do(Verb::Plan));
    let fork = json!({"repository": {"id": 1}, "pull_request": {"head": {"repo": {"id": 2}}}});
    assert!(why_nothing(decided_by("pull_request", &fork, plan).unwrap()).contains("a fork's"));
    let package = |trigger: &mut Trigger| trigger.command = Some(Verb::Package);
    assert_eq!(decided_by("pull_request", &fork, package).unwrap(), Decision::Do(Verb::Package), "it needs no AWS");
    assert_eq!(decided_by("pull_request_target", &fork, package).unwrap_err().kind, Kind::Refused);
}

#[test]
fn privileged_events_are_refused_unless_they_are_allowed() {
    for event in ["pull_request_target", "workflow_run"] {
        let failure = decided_by(event, &of_own_pull_request(), |_| {}).unwrap_err();
        assert_eq!(failure.kind, Kind::Refused);
        assert!(failure.problems[0].fix.contains("allow-privileged-events"), "{failure}");
    }
    let allowed = |trigger: &mut Trigger| trigger.allow_privileged_events = true;
    let ended =
        |id, how| json!({"repository": {"id": 1}, "workflow_run": {"head_repository": {"id": id}, "conclusion": how}});
    let run = |id| ended(id, "success");
    for how in ["failure", "cancelled", "timed_out"] {
        let why = why_nothing(decided_by("workflow_run", &ended(1, how), allowed).unwrap());
        assert!(why.contains(how), "{why}");
    }
    assert_eq!(decided_by("workflow_run", &run(1), allowed).unwrap(), Decision::Do(Verb::Release));
    assert!(why_nothing(decided_by("workflow_run", &run(2), allowed).unwrap()).contains("a fork's"));
    let fork = json!({"repository": {"id": 1}, "pull_request": {"head": {"repo": {"id": 2}}}});
    assert!(why_nothing(decided_by("pull_request_target", &fork, allowed).unwrap()).contains("a fork's"));
}

#[test]
fn what_anybody_may_cause_is_refused_where_it_would_do_more_than_pack() {
    let named = |verb| move |trigger: &mut Trigger| trigger.command = Some(verb);
    for event in ["issue_comment", "issues", "discussion_comment", "watch"] {
        for verb in [Verb::Release, Verb::Plan, Verb::PreviewUp, Verb::PreviewDown] {
            let refused = decided_by(event, &json!({"repository": {"id": 1}}), named(verb)).unwrap_err();
            assert_eq!(refused.kind, Kind::Refused, "{event}");
        }
        let packs = decided_by(event, &json!({"repository": {"id": 1}}), named(Verb::Package)).unwrap();
        assert_eq!(packs, Decision::Do(Verb::Package), "{event}");
    }
}

#[test]
fn a_command_is_one_of_these_words() {
    assert_eq!(Verb::parse("").unwrap(), None);
    assert_eq!(Verb::parse("auto").unwrap(), None);
    assert_eq!(Verb::parse("package").unwrap(), Some(Verb::Package));
    assert_eq!(Verb::parse("preview-down").unwrap(), Some(Verb::PreviewDown));
    assert_eq!(Verb::parse("--help").unwrap_err().kind, Kind::Usage);
}

/// What a run on GitHub is, by its variables.
fn run_by(more: &[(&str, &str)]) -> Result<CiRun, Failure> {
    let folder = tempfile::tempdir().unwrap();
    let payload = json!({"action": "opened", "pull_request": {"number": 42, "head": {"sha": "c0ffee"}}});
    let event = folder.path().join("event.json");
    std::fs::write(&event, payload.to_string()).unwrap();
    let usual = [
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_EVENT_PATH", event.to_str().unwrap()),
        ("GITHUB_REPOSITORY", "acme/hello"),
        ("GITHUB_SHA", "beef"),
    ];
    let variables: BTreeMap<String, String> =
        usual.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    CiRun::read(&variables, "auto", None)
}

#[test]
fn a_run_is_read_once_from_its_variables() {
    let run = run_by(&[]).unwrap();
    let event = EventPullRequest { number: 42, head_sha: "c0ffee".to_owned(), is_closing: false };
    assert_eq!((run.pull_request.as_ref(), run.repository.as_str()), (Some(&event), "acme/hello"));
    assert_eq!((run.server_url.as_str(), run.run_url.as_ref()), ("https://github.com", None));
    assert_eq!((run.merge_commit.as_ref(), run.commit_of(&event).as_deref()), (None, Some("c0ffee")));
    assert_eq!(run.service_or_repository(), "hello");
    assert!(!run.is_report_strict && run.comments && !run.is_private && !run.trigger.allow_dependabot);
    assert_eq!(run.trigger.gate, Gate { label: None, drafts: true });

    let run = run_by(&[
        ("GITHUB_SERVER_URL", "https://github.acme.com/"),
        ("GITHUB_RUN_ID", "7"),
        ("GITHUB_REF", "refs/pull/42/merge"),
        ("SLS_RELEASE_COMMIT", "chosen"),
        ("SLS_RELEASE_STRICT_REPORT", "true"),
        ("SLS_RELEASE_COMMENT", "false"),
        ("SLS_RELEASE_DEPENDABOT", "true"),
        ("SLS_RELEASE_LABEL", "preview"),
        ("SLS_RELEASE_DRAFT", "false"),
        ("GITHUB_TOKEN", "secret"),
    ])
    .unwrap();
    assert_eq!(run.run_url.as_deref(), Some("https://github.acme.com/acme/hello/actions/runs/7"));
    assert_eq!((run.merge_commit.as_deref(), run.commit_of(&event).as_deref()), (Some("beef"), Some("chosen")));
    assert!(run.is_report_strict && !run.comments && run.trigger.allow_dependabot);
    assert_eq!(run.trigger.gate, Gate { label: Some("preview".to_owned()), drafts: false });
    assert!(!format!("{run:?}").contains("secret"));
}

#[test]
fn an_input_is_true_or_false() {
    for input in ["strict-report", "comment", "draft", "dependabot", "allow-privileged-events"] {
        let variable = format!("SLS_RELEASE_{}", input.replace('-', "_").to_uppercase());
        let failure = run_by(&[(&variable, "yes")]).unwrap_err();
        assert_eq!(failure.to_string(), format!("invalid `{input}`: `yes`; write true or false"));
        assert!(run_by(&[(&variable, "")]).is_ok());
    }
    let nowhere = CiRun::read(&BTreeMap::new(), "auto", None).unwrap_err();
    assert_eq!((nowhere.kind, nowhere.problems[0].what.as_str()), (Kind::Usage, "GITHUB_EVENT_NAME is not set"));
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
