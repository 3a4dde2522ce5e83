//! What GitHub is told of a release: a comment on the pull request that brought the commit.

use serde_json::json;

use super::HEAD;
use super::reporting::{NEXT, command, of_event, opened};
use crate::action::runner::git;
use crate::preview::scene::source;
use crate::support::github::{BASE, Fault, GitHubDouble};
use crate::support::{Ends, Run, Stack};

const MARKER: &str = "<!-- sls-release-to:dev:hello -->\n";

/// What the action runs for a push of [`HEAD`].
fn push(stack: &Stack, double: &GitHubDouble, more: &[(&str, &str)]) -> Run {
    let payload = json!({ "ref": "refs/heads/main", "repository": { "id": 1, "default_branch": "main" } });
    let mut command = of_event(stack, double, "push", "push", &payload);
    command.env("GITHUB_SHA", HEAD).envs(more.iter().copied()).ended()
}

#[test]
fn the_pull_request_that_was_merged_hears_of_its_release() {
    let (stack, double) = opened();
    double.pull_request(42, false, HEAD);
    double.brought(HEAD, 42);
    let run = push(&stack, &double, &[]).exits(0);
    let comments = double.comments(42);
    assert_eq!(comments.len(), 1, "{run:?}");
    let said = &comments[0].body;
    assert!(said.starts_with(MARKER) && said.contains("Release of hello is live on stage dev"), "{said}");
    assert!(said.contains(&format!("/restapis/{}/dev/_user_request_", stack.api)), "{said}");
    assert!(said.contains(&HEAD[..7]) && said.contains("To go back to the previous release"), "{said}");
    assert!(double.deployments().is_empty(), "those of a release are the environment's of its job");

    let logs = format!(
        "/cloudwatch/home?region=us-east-1#logsV2:log-groups/log-group/$252Faws$252Flambda$252F{}-dev)",
        stack.name
    );
    assert!(said.contains("CloudWatch logs: [") && said.contains(&logs), "{said}");
    assert!(said.contains(" · updated 20") && said.contains("; the answer took "), "{said}");
    assert!(said.contains("<details><summary>Where the time went</summary>"), "{said}");

    // Nothing to do is no news.
    double.take_writes();
    push(&stack, &double, &[]).exits(0);
    assert!(double.take_writes().is_empty());

    // Which files changed is told of each release, not of the first one alone.
    stack.write("lambda/greeting.py", "TEXT = 'hello'\n");
    stack.write("lambda/app.py", source("second"));
    push(&stack, &double, &[]).exits(0);
    double.says_once(42, "1\u{a0}added, 1\u{a0}changed");
    double.says_once(42, "```diff\n+ greeting.py\n! app.py\n```");

    stack.settings(&crate::preview::scene::SETTINGS.replace("20s", "2s"));
    stack.write("lambda/app.py", "def handler(event, context):\n    raise Exception(\"broken\")\n");
    push(&stack, &double, &[]).exits(4);
    let comments = double.comments(42);
    assert!(comments.len() == 1 && comments[0].body.contains("Release of hello failed"), "{comments:?}");
    assert!(comments[0].body.contains("Put back:"), "{comments:?}");

    // What is right again is not left as failed.
    stack.write("lambda/app.py", source("second"));
    push(&stack, &double, &[]).exits(0);
    assert!(double.comments(42)[0].body.contains("had nothing to do on stage dev"), "{:?}", double.comments(42));
}

/// As `Re-run all jobs` on an old run of a workflow does.
#[test]
fn older_code_over_newer_code_is_warned_of() {
    let (stack, double) = opened();
    let push_of = |commit: &str, text: &str| {
        stack.write("lambda/app.py", source(text));
        push(&stack, &double, &[("SLS_RELEASE_COMMIT", commit)]).exits(0)
    };
    let compares = || double.calls().iter().filter(|call| call.contains("/compare/")).count();
    let warning = format!("the code that is live is of commit {}, which is newer than {}", &NEXT[..7], &HEAD[..7]);
    assert!(!push_of(NEXT, "newer").stdout.contains("is newer than"));
    push_of(HEAD, "newer");
    assert_eq!(compares(), 0, "nothing is asked where no code changes");
    double.is_ancestor(HEAD, NEXT);
    let run = push_of(HEAD, "older");
    assert!(run.stdout.contains(&warning), "{run:?}");
    assert_eq!(compares(), 1);

    // The other way around, and where GitHub does not know.
    for next in ["newest", "unknown"] {
        assert!(!push_of(NEXT, next).stdout.contains("is newer than"));
        double.always(&format!("GET /repos/{}/compare/", stack.repository()), Fault::Status(404));
    }
}

/// Without GitHub, on a laptop.
#[test]
fn the_checkout_knows_which_commit_is_older() {
    let stack = Stack::build(&["--alias", "live"]);
    stack.settings(crate::support::BY_ENDPOINT);
    let git = |arguments: &[&str]| git(stack.folder(), arguments).trim().to_owned();
    git(&["init", "--quiet"]);
    let commit = |text: &str| {
        stack.write("lambda/app.py", source(text).replace("os.environ[\"TABLE_NAME\"]", "\"\""));
        git(&["add", "lambda"]);
        git(&["-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "--quiet", "--message", text]);
        git(&["rev-parse", "HEAD"])
    };
    let older = commit("older");
    let newer = commit("newer");
    stack.command(&["--stage", "dev"]).ended().exits(0);
    git(&["checkout", "--quiet", &older]);
    let plan = stack.command(&["plan", "--stage", "dev"]).ended().exits(0);
    let said = plan.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = format!("is live is of commit {}, which is newer than {}", &newer[..7], &older[..7]);
    assert!(said.contains(&expected), "{plan:?}");
}

/// One comment, which later runs change.
#[test]
fn a_plan_is_told_on_its_pull_request() {
    let (stack, double) = opened();
    let plan = || command(&stack, &double, "synchronize", HEAD).arg("plan").ended();
    plan().exits(0);
    let marker = "<!-- sls-release-plan:dev:hello -->\n";
    let said = double.comments(42).remove(0).body;
    assert!(said.starts_with(marker) && said.contains("### Plan of hello for stage dev in us-east-1: "), "{said}");
    assert!(said.contains("LATEST holds other code"), "{said}");
    assert!(!said.contains(crate::support::ACCOUNT), "it may be public: {said}");

    push(&stack, &double, &[]).exits(0);
    plan().exits(0);
    double.says_once(42, "### Plan of hello for stage dev in us-east-1: nothing to do");
    double.pull_request(42, true, NEXT);
    stack.write("lambda/app.py", source("older"));
    plan().exits(0);
    double.says_once(42, "nothing to do");
    double.pull_request(42, true, HEAD);
    double.remove_file("sls-release.toml", BASE);
    plan().exits(3);
    double.says_once(42, "### Plan of hello was refused on stage dev");

    // A workflow that was not given the permission is not told so at each push.
    double.always("PATCH /repos/", Fault::Status(403));
    let run = plan().exits(3);
    assert!(!run.stdout.contains("failed to comment"), "{run:?}");
}

#[test]
fn a_release_is_as_good_where_nobody_can_be_told() {
    let (stack, double) = opened();
    double.brought(HEAD, 42);
    let texts = ["one", "two", "three", "four", "five"].map(source);
    stack.write("lambda/app.py", &texts[0]);
    let unmerged = GitHubDouble::of(&stack.repository());
    let run = push(&stack, &unmerged, &[]).exits(0);
    assert!(!run.stdout.contains("failed to"), "{run:?}");

    // A workflow that was not given the permission is not told so at each push.
    stack.write("lambda/app.py", &texts[1]);
    let look = format!("GET /repos/{}/commits/", stack.repository());
    double.fault(&look, Fault::Status(403));
    let run = push(&stack, &double, &[("SLS_RELEASE_STRICT_REPORT", "true")]).exits(0);
    assert!(!run.stdout.contains("failed to"), "{run:?}");

    stack.write("lambda/app.py", &texts[2]);
    double.fault("POST /repos/", Fault::Status(403));
    let run = push(&stack, &double, &[]).exits(0);
    assert!(!run.stdout.contains("failed to"), "{run:?}");
    stack.write("lambda/app.py", &texts[3]);
    double.fault("POST /repos/", Fault::Status(403));
    let run = push(&stack, &double, &[("SLS_RELEASE_STRICT_REPORT", "true")]).exits(1);
    assert!(run.stdout.contains("this token may not comment on pull request 42"), "{run:?}");

    stack.write("lambda/app.py", &texts[4]);
    double.always("POST /repos/", Fault::Status(422));
    let run = push(&stack, &double, &[]).exits(0);
    assert!(run.stdout.contains("failed to comment on pull request 42"), "{run:?}");
    assert!(stack.call("/hello").body.starts_with("five"), "it is released all the same");
}

/// What a pull request shows of its preview, and of the release that it was merged into, are two comments.
#[test]
fn the_closing_of_a_pull_request_leaves_the_word_of_its_release() {
    let (stack, double) = opened();
    double.brought(HEAD, 42);
    command(&stack, &double, "opened", HEAD).ended().exits(0);
    double.pull_request(42, false, HEAD);
    push(&stack, &double, &[]).exits(0);
    command(&stack, &double, "closed", HEAD).ended().exits(0);
    let comments = double.comments(42);
    assert_eq!(comments.len(), 2, "{comments:?}");
    assert!(comments[0].body.contains("is gone"), "{comments:?}");
    assert!(comments[1].body.contains("is live on stage dev"), "{comments:?}");
}

/// A label, or any other event of a pull request, does not let its own file choose what is released.
#[test]
fn a_release_on_a_pull_request_has_the_settings_of_the_base_branch() {
    let (stack, double) = opened();
    let own = std::fs::read_to_string(stack.folder().join("sls-release.toml")).unwrap();
    let own = own.replace(&format!("{}-artifacts", stack.name), "somebody-elses");
    stack.write("sls-release.toml", own.replace("name = \"", "name = \"production-"));
    for verb in ["plan", "release"] {
        stack.proxy.take_calls();
        let run = command(&stack, &double, "labeled", HEAD).arg(verb).ended().exits(0);
        assert!(run.stdout.contains("differs from the base branch"), "{run:?}");
        let log = stack.proxy.take_calls();
        assert!(!log.writes().iter().any(|call| call.target.contains("production-")), "{log:?}");
        assert!(!log.iter().any(|call| call.target.contains("somebody-elses")), "{log:?}");
        assert_eq!(log.writes().is_empty(), verb == "plan", "{log:?}");
    }
    double.remove_file("sls-release.toml", BASE);
    for verb in ["plan", "release"] {
        let run = command(&stack, &double, "labeled", HEAD).arg(verb).ended().exits(3);
        assert!(run.stdout.contains("`main` has no `sls-release.toml`"), "{run:?}");
        assert!(stack.proxy.take_calls().writes().is_empty());
    }
}
