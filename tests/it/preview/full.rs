//! `max_previews`, and the account's own limits.

use super::scene::{SETTINGS, github, scene, standing};
use crate::support::github::{Comment, GitHubDouble};
use crate::support::{Ends, Fault, Run, Stack, When};

/// A stack with as many previews as it may have, and its pull requests, of which one is in this state.
fn two_at_most(when_full: &str, state_of_5: &str) -> (Stack, GitHubDouble) {
    let stack = scene();
    let limits = format!("[preview]\nmax_previews = 2\nwhen_full = \"{when_full}\"\n");
    stack.settings(&SETTINGS.replace("[preview]\n", &limits));
    for number in [3, 5] {
        stack.up(number).exits(0);
    }
    let github = github(&stack, &[(3, "open"), (5, state_of_5), (8, "open")]);
    (stack, github)
}

fn up(stack: &Stack, number: &str, github: &GitHubDouble) -> Run {
    let mut up = stack.preview_command("up", &["--pr", number, "--stage", "dev"]);
    up.envs(github.environment()).ended()
}

/// The comments on the pull requests of these tests.
fn comments(github: &GitHubDouble) -> Vec<Comment> {
    [3, 5, 8].into_iter().flat_map(|number| github.comments(number)).collect()
}

#[test]
fn one_preview_too_many_is_refused_before_the_first_write() {
    let (stack, github) = two_at_most("refuse", "open");
    stack.proxy.take_calls();
    let run = up(&stack, "8", &github).exits(3);
    assert!(run.stdout.contains("previews of pull requests 3, 5"), "{run:?}");
    stack.proxy.take_calls().writes_nothing();
    // Those that stand are brought up to date all the same.
    up(&stack, "5", &github).exits(0);
    assert!(comments(&github).is_empty());
}

#[test]
fn the_preview_of_a_closed_pull_request_makes_room() {
    let (stack, github) = two_at_most("refuse", "closed");
    up(&stack, "8", &github).exits(0);
    assert_eq!(standing(&stack), [3, 8]);
    assert!(comments(&github).is_empty(), "nobody has to be told");
}

#[test]
fn the_oldest_one_makes_room_and_its_pull_request_is_told() {
    let (stack, github) = two_at_most("replace-oldest", "open");
    up(&stack, "8", &github).exits(0);
    assert_eq!(standing(&stack), [5, 8]);
    let comments = comments(&github);
    assert_eq!(comments.len(), 1);
    assert_eq!(comments[0].number, 3);
    assert!(comments[0].body.starts_with("<!-- sls-release:hello -->\n"), "{comments:?}");
    assert!(comments[0].body.contains("It was deleted for the preview of #8"), "{comments:?}");
}

#[test]
fn nothing_is_made_where_what_has_to_go_stays() {
    let (stack, github) = two_at_most("replace-oldest", "open");
    stack.proxy.fault(When::Next("DeleteFunction"), Fault::Denied);
    let run = up(&stack, "8", &github).exits(5);
    assert!(run.stdout.contains("failed to delete function"), "{run:?}");
    assert!(!standing(&stack).contains(&8));
}

/// To wait would be in vain.
#[test]
fn an_account_with_as_many_apis_as_it_may_have_is_told_so_at_once() {
    let stack = scene();
    stack.proxy.fault(When::Action("CreateRestApi"), Fault::Full);
    stack.proxy.take_calls();
    let run = super::up(&stack).exits(4);
    assert!(run.stdout.contains("Maximum number of") && run.stdout.contains("preview prune"), "{run:?}");
    assert_eq!(stack.proxy.take_calls().calls("CreateRestApi").len(), 1);
}
