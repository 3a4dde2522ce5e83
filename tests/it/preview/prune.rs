//! `preview prune`: what is closed or idle goes, and what nobody knows enough of stays.

use std::sync::OnceLock;

use super::scene::{SETTINGS, github, numbers, scene, source, standing};
use crate::support::github::{Fault as GitHubFault, GitHubDouble};
use crate::support::rules::{Exchange, Rule};
use crate::support::{Aws, Ends, Fault, Message, OtherAws, Run, Stack, Strict, When, ministack};

/// Makes the previews of these pull requests.
fn up(stack: &Stack, numbers: &[u64]) {
    for number in numbers {
        stack.up(*number).exits(0);
    }
}

/// Prunes by what GitHub says.
fn prune(stack: &Stack, github: &GitHubDouble, arguments: &[&str]) -> Run {
    stack.preview_command("prune", arguments).envs(github.environment()).ended()
}

/// Says that everything changed last on this day.
fn everything_is_from(stack: &Stack, day: &'static str) {
    stack.proxy.show("ListFunctions", move |page| {
        for function in page["Functions"].as_array_mut().into_iter().flatten() {
            function["LastModified"] = format!("{day}T00:00:00.000+0000").into();
        }
    });
    stack.proxy.show("GetRestApis", move |page| {
        for api in page["item"].as_array_mut().into_iter().flatten() {
            api["tags"]["sls-release:updated"] = format!("{day}T00:00:00Z").into();
        }
    });
}

#[test]
fn previews_of_closed_pull_requests_go_and_those_of_open_ones_stay() {
    let stack = scene();
    up(&stack, &[3, 5, 8]);
    let github = github(&stack, &[(3, "closed"), (5, "open")]);

    stack.proxy.take_calls();
    let run = prune(&stack, &github, &["--dry-run"]).exits(0);
    assert_eq!(run.outcome(), "planned");
    assert_eq!(run.document()["previews"][0]["reason"], "pull request 3 is closed");
    stack.proxy.take_calls().writes_nothing();
    assert_eq!(standing(&stack), [3, 5, 8]);

    // There is no pull request 8, and who asks may see the others.
    let run = prune(&stack, &github, &[]).exits(0);
    assert_eq!((run.outcome().as_str(), numbers(&run.document()["previews"])), ("deleted", vec![3, 8]));
    assert_eq!(standing(&stack), [5]);
    assert_eq!(prune(&stack, &github, &[]).exits(0).outcome(), "nothing_done");
}

#[test]
fn on_doubt_a_preview_stays() {
    let stack = scene();
    up(&stack, &[3]);
    for status in [403, 404, 500] {
        let github = github(&stack, &[(3, "closed")]);
        github.always("", GitHubFault::Status(status));
        // A schedule would be green for ever.
        let run = prune(&stack, &github, &[]).exits(3);
        assert!(run.stdout.contains("it is unknown whether the only preview has to be deleted"), "{status}: {run:?}");
        assert!(run.stderr.contains("the preview of pull request 3 is kept"), "{status}: {run:?}");
        let old = prune(&stack, &github, &["--older-than", "14d"]).exits(3);
        assert!(old.stderr.contains("the preview of pull request 3 is kept"), "{status}: {old:?}");
    }
    assert_eq!(standing(&stack), [3]);
}

#[test]
fn without_a_token_only_the_age_decides() {
    let stack = scene();
    up(&stack, &[3]);
    let run = stack.preview("prune", &[]).exits(2);
    assert!(run.stdout.contains("pass --older-than"), "{run:?}");
    let run = stack.preview("prune", &["--older-than", "14d"]).exits(0);
    assert_eq!(run.outcome(), "nothing_done");
    assert!(run.stderr.contains("only --older-than decides"), "{run:?}");

    everything_is_from(&stack, "2020-02-02");
    let run = stack.preview("prune", &["--older-than", "14d"]).exits(0);
    assert_eq!(numbers(&run.document()["previews"]), [3]);
    stack.proxy.clear_orders();
    assert_eq!(standing(&stack), Vec::<u64>::new());
}

/// Deletions queue: somebody may push to a pull request meanwhile.
#[test]
fn what_is_brought_up_to_date_meanwhile_stays() {
    let stack = scene();
    up(&stack, &[3, 5]);
    everything_is_from(&stack, "2020-02-02");
    let held = stack.proxy.hold(When::Next("DeleteFunction"));
    let prune = stack.preview_command("prune", &["--older-than", "14d"]).spawn().unwrap();
    held.wait_until_reached();
    stack.proxy.clear_orders(); // both are as young as they are
    held.let_go();
    let run = prune.ended().exits(0);
    assert_eq!(numbers(&run.document()["previews"]), [3]);
    assert!(run.stderr.contains("the preview of pull request 5 is kept: a run brought it up to date"), "{run:?}");
    assert_eq!(standing(&stack), [5]);
}

/// The API's tag tells of a change that no function took part in.
#[test]
fn a_run_that_writes_to_the_api_says_when() {
    let stack = scene();
    up(&stack, &[3]);
    stack.deploy();
    Aws::shared().add_mock(&stack.api, stack.root(), "health");
    stack.deploy();
    stack.proxy.take_calls();
    up(&stack, &[3]);
    let tagged = stack.proxy.take_calls().0.into_iter().find(|call| call.action == "TagResource").unwrap();
    let tags = &tagged.document()["tags"];
    assert!(tags["sls-release:updated"].as_str().unwrap().ends_with('Z'), "{tags}");
    stack.write("lambda/app.py", source("next commit"));
    up(&stack, &[3]);
    assert!(!stack.proxy.take_calls().iter().any(|call| call.action == "TagResource"));
}

#[test]
fn what_could_not_be_deleted_is_named_and_goes_with_the_next_attempt() {
    let stack = scene();
    up(&stack, &[3, 5]);
    let github = github(&stack, &[(3, "closed"), (5, "closed")]);
    stack.proxy.fault(When::Next("DeleteFunction"), Fault::Denied);
    let run = prune(&stack, &github, &[]).exits(5);
    let left = &run.document()["not_put_back"];
    assert_eq!(left.as_array().unwrap().len(), 1, "{left}");
    assert!(left[0]["command"].as_str().unwrap().contains("preview down --pr 3"), "{left}");
    assert_eq!(standing(&stack), [3]);
    prune(&stack, &github, &[]).exits(0);
    assert_eq!(standing(&stack), Vec::<u64>::new());
}

/// Pages of three, whatever is asked for.
struct SmallPages;

impl Rule for SmallPages {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let line = &mut exchange.request.first_line;
        if exchange.call.action == "GetRestApis" {
            *line = line.replace("limit=500", "limit=3");
        }
        if exchange.call.action == "ListFunctions" {
            let separator = if line.contains('?') { '&' } else { '?' };
            *line = line.replace(" HTTP/", &format!("{separator}MaxItems=3 HTTP/"));
        }
        None
    }
}

#[test]
fn previews_are_found_across_pages() {
    static ALONE: OnceLock<OtherAws> = OnceLock::new();
    let aws = ALONE.get_or_init(|| OtherAws::start(&ministack()));
    let stack = Stack::build_in(aws, Strict::all().with(SmallPages), &[]);
    stack.settings(SETTINGS);
    stack.write("lambda/app.py", source("pull request"));
    let all: Vec<u64> = (1..=8).collect();
    up(&stack, &all);
    assert_eq!(standing(&stack), all);
    stack.proxy.take_calls();
    let github = github(&stack, &[(2, "closed"), (4, "open"), (7, "closed")]);
    let run = prune(&stack, &github, &["--dry-run"]).exits(0);
    assert_eq!(numbers(&run.document()["previews"]), [1, 2, 3, 5, 6, 7, 8]);
    let calls = stack.proxy.take_calls();
    assert!(calls.calls("GetRestApis").len() >= 3 && calls.calls("ListFunctions").len() >= 3, "{calls:?}");
}
