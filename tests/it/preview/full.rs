//! `max_previews`, and the account's own limits.

use super::github::GitHub;
use super::scene::{SETTINGS, list, scene};
use crate::support::strict::{Fault, When};
use crate::support::{Call, Run, Stack};

/// Two at most.
fn two_at_most(when_full: &str) -> Stack {
    let stack = scene();
    let limits = format!("[preview]\nmax_previews = 2\nwhen_full = \"{when_full}\"\n");
    stack.settings(&SETTINGS.replace("[preview]\n", &limits));
    for number in ["3", "5"] {
        stack.preview("up", &["--pr", number, "--stage", "dev"]).exits(0);
    }
    stack
}

fn up(stack: &Stack, number: &str, github: &GitHub) -> Run {
    let repository = stack.repository();
    let arguments =
        ["preview", "up", "--pr", number, "--stage", "dev", "--repository", &repository, "--output", "json"];
    github.known_to(&mut stack.command(&arguments)).output().unwrap().into()
}

fn numbers(stack: &Stack) -> Vec<u64> {
    list(stack).iter().map(|preview| preview["pull_request"].as_u64().unwrap()).collect()
}

#[test]
fn one_preview_too_many_is_refused_before_the_first_write() {
    let stack = two_at_most("refuse");
    let github = GitHub::start(&stack, &[(3, "open"), (5, "open"), (8, "open")]);
    stack.proxy.take_calls();
    let run = up(&stack, "8", &github).exits(3);
    assert!(run.stdout.contains("previews stand of pull requests 3, 5"), "{run:?}");
    assert!(!stack.proxy.take_calls().iter().any(Call::is_write));
    // Those that stand are brought up to date all the same.
    up(&stack, "5", &github).exits(0);
    assert!(github.comments().is_empty());
}

#[test]
fn the_preview_of_a_closed_pull_request_makes_room() {
    let stack = two_at_most("refuse");
    let github = GitHub::start(&stack, &[(3, "open"), (5, "closed"), (8, "open")]);
    up(&stack, "8", &github).exits(0);
    assert_eq!(numbers(&stack), [3, 8]);
    assert!(github.comments().is_empty(), "nobody has to be told");
}

#[test]
fn the_oldest_one_makes_room_and_its_pull_request_is_told() {
    let stack = two_at_most("replace-oldest");
    let github = GitHub::start(&stack, &[(3, "open"), (5, "open"), (8, "open")]);
    up(&stack, "8", &github).exits(0);
    assert_eq!(numbers(&stack), [5, 8]);
    let comments = github.comments();
    assert_eq!(comments.len(), 1);
    assert_eq!(comments[0].0, 3);
    assert!(comments[0].1.starts_with("<!-- sls-release:hello -->\n"), "{comments:?}");
    assert!(comments[0].1.contains("It made room for that of #8"), "{comments:?}");
}

#[test]
fn nothing_is_made_where_what_has_to_go_stays() {
    let stack = two_at_most("replace-oldest");
    let github = GitHub::start(&stack, &[(3, "open"), (5, "open"), (8, "open")]);
    stack.proxy.fault(When::Next("DeleteFunction"), Fault::Denied);
    let run = up(&stack, "8", &github).exits(5);
    assert!(run.stdout.contains("failed to delete function"), "{run:?}");
    assert!(!numbers(&stack).contains(&8));
}

/// To wait would be in vain.
#[test]
fn an_account_with_as_many_apis_as_it_may_have_is_told_so_at_once() {
    let stack = scene();
    stack.proxy.fault(When::Action("CreateRestApi"), Fault::Full);
    stack.proxy.take_calls();
    let run = super::up(&stack).exits(4);
    assert!(run.stdout.contains("Maximum number of") && run.stdout.contains("preview prune"), "{run:?}");
    let calls = stack.proxy.take_calls();
    assert_eq!(calls.iter().filter(|call| call.action == "CreateRestApi").count(), 1);
}
