//! The one comment of a service: written once, by nobody else, whatever goes wrong.

use super::{body_of, comment, with_client, with_pull_request};
use crate::support::github::{Fault, WORKFLOW};

const CREATE: &str = "POST /repos/acme/hello/issues/42/comments";
const UPDATE: &str = "PATCH /repos/acme/hello/issues/comments/";

fn body(text: &str) -> String {
    body_of("hello", text)
}

/// A comment: who wrote it, and its body.
type Written = (&'static str, String);

/// Which comments a pull request has after a run has written `up` and another one `up again`, as this owner of the token.
#[track_caller]
fn becomes(owner: Result<&str, &'static str>, before: &[Written], after: &[Written]) {
    let double = with_pull_request();
    double.viewer(owner);
    let before: Vec<u64> = before.iter().map(|(login, body)| double.comment_of(42, login, body)).collect();
    comment(&double, &body("up")).unwrap();
    comment(&double, &body("up again")).unwrap();
    let comments = double.comments(42);
    let found: Vec<_> = comments.iter().map(|comment| (comment.login.as_str(), comment.body.clone())).collect();
    assert_eq!(found, after);
    assert!(comments.iter().zip(before).all(|(comment, id)| comment.id == id), "{comments:?}");
    assert_eq!(double.hasty_writes(), 0);
}

fn own() -> Written {
    (WORKFLOW, body("up again"))
}

#[test]
fn there_is_one_comment_and_it_is_changed_in_place() {
    becomes(Ok(WORKFLOW), &[], &[own()]);
}

#[test]
fn the_comment_of_a_stranger_with_our_marker_is_left_alone() {
    let strangers = ["mallory", "github-actions", "dependabot[bot]"].map(|login| (login, body("click here")));
    becomes(Ok(WORKFLOW), &strangers, &[&strangers[..], &[own()]].concat());
}

#[test]
fn our_own_comment_that_only_quotes_the_marker_is_left_alone() {
    let quoting = (WORKFLOW, format!("another tool's\n{}", body("quoted")));
    becomes(Ok(WORKFLOW), std::slice::from_ref(&quoting), &[quoting.clone(), own()]);
}

#[test]
fn of_two_comments_the_older_one_is_kept_up_to_date() {
    let newer = (WORKFLOW, body("two"));
    becomes(Ok(WORKFLOW), &[(WORKFLOW, body("one")), newer.clone()], &[own(), newer]);
}

/// The login of an app's token, or of a person's.
#[test]
fn the_owner_of_another_token_finds_its_own_comment() {
    for login in ["preview-of-acme[bot]", "Octocat"] {
        let of_workflow = (WORKFLOW, body("a workflow's"));
        let before = [of_workflow.clone(), (login, body("old"))];
        becomes(Ok(&login.to_lowercase()), &before, &[of_workflow, (login, body("up again"))]);
    }
}

#[test]
fn where_nobody_says_who_the_owner_is_it_is_a_workflow() {
    becomes(Err("FORBIDDEN"), &[(WORKFLOW, body("old"))], &[own()]);
}

#[test]
fn what_it_says_already_is_not_sent() {
    let double = with_pull_request();
    comment(&double, &body("up\n")).unwrap();
    double.take_writes();
    for same in ["up\n", "up", "up\r\n"] {
        comment(&double, &body(same)).unwrap();
    }
    assert!(double.take_writes().is_empty());
}

#[test]
fn each_service_has_a_comment_of_its_own() {
    let double = with_pull_request();
    for service in ["hello", "worker"] {
        let body = body_of(service, "up");
        with_client(&double, async |github| github.comment(42, &body).await.unwrap());
    }
    assert_eq!(double.comments(42).len(), 2);
}

#[test]
fn it_is_found_behind_a_thousand_others() {
    let double = with_pull_request();
    for count in 0..1_000 {
        double.comment_of(42, "somebody", &format!("comment {count}"));
    }
    let ours = double.comment_of(42, WORKFLOW, &body("old"));
    comment(&double, &body("new")).unwrap();
    let comments = double.comments(42);
    assert_eq!(comments.len(), 1_001);
    assert_eq!((comments[1_000].id, comments[1_000].body.as_str()), (ours, body("new").as_str()));
    assert_eq!(double.calls().iter().filter(|call| call.contains("per_page=100")).count(), 11);
}

/// It has the status 200, and the comment of an app would not be found.
#[test]
fn where_graphql_is_at_its_limit_nobody_guesses() {
    let double = with_pull_request();
    double.viewer(Err("RATE_LIMITED"));
    double.comment_of(42, "preview-of-acme[bot]", &body("old"));
    let untold = comment(&double, &body("new")).unwrap_err();
    assert!(untold.why.contains("GraphQL has an error"), "{untold}");
    assert_eq!(double.comments(42).len(), 1);
}

#[test]
fn a_comment_that_is_gone_meanwhile_is_written_anew() {
    for gone in [404, 410] {
        let double = with_pull_request();
        double.comment_of(42, WORKFLOW, &body("old"));
        double.fault(UPDATE, Fault::Status(gone));
        comment(&double, &body("new")).unwrap();
        assert_eq!(double.comments(42).last().unwrap().body, body("new"));
    }
}

#[test]
fn it_is_written_once_whatever_answer_is_lost() {
    for fault in [Fault::DoneButReset, Fault::DoneBut(500), Fault::DoneBut(502), Fault::Reset, Fault::Status(503)] {
        let double = with_pull_request();
        double.fault(CREATE, fault);
        comment(&double, &body("up")).unwrap();
        assert_eq!(double.comments(42).len(), 1, "{fault:?}");
        double.fault(UPDATE, fault);
        comment(&double, &body("up again")).unwrap();
        let comments = double.comments(42);
        assert_eq!((comments.len(), comments[0].body.as_str()), (1, body("up again").as_str()), "{fault:?}");
    }
}

#[test]
fn a_limit_is_waited_for() {
    for fault in [Fault::TooMany(1), Fault::SecondaryLimit(1), Fault::PrimaryLimit(1)] {
        let double = with_pull_request();
        double.fault(CREATE, fault);
        comment(&double, &body("up")).unwrap();
        assert_eq!(double.comments(42).len(), 1, "{fault:?}");
    }
}

#[test]
fn a_refusal_is_told_and_not_repeated() {
    for (fault, told) in [
        (Fault::Status(403), "give the job the permission `pull-requests: write`"),
        (Fault::Status(404), "give the job the permission `pull-requests: write`"),
        (Fault::Status(410), "410: This issue was deleted"),
        (Fault::Status(422), "422: Validation Failed"),
        (Fault::TooMany(3_600), "GitHub takes no more calls for 3600 seconds"),
    ] {
        let double = with_pull_request();
        double.always(CREATE, fault);
        let problem = comment(&double, &body("up")).unwrap_err();
        assert!(problem.to_string().contains(told), "{fault:?}: {problem}");
        assert_eq!(double.take_writes().len(), 1, "{fault:?}");
        assert!(double.comments(42).is_empty());
    }
}

#[test]
fn a_body_that_is_too_long_is_refused_by_github() {
    let double = with_pull_request();
    let problem = comment(&double, &body(&"x".repeat(70_000))).unwrap_err();
    assert!(problem.to_string().contains("body is too long"), "{problem}");
    assert!(double.comments(42).is_empty());
}

#[test]
fn a_comment_is_only_changed_where_there_is_one() {
    let double = with_pull_request();
    let again = |text: &str| {
        let body = body(text);
        with_client(&double, async |github| github.comment_again(42, &body).await.unwrap());
    };
    again("deleted");
    assert!(double.comments(42).is_empty());
    comment(&double, &body("up")).unwrap();
    again("deleted");
    assert_eq!(double.comments(42)[0].body, body("deleted"));
    double.delete_comment(double.comments(42)[0].id);
    again("deleted");
    assert!(double.comments(42).is_empty());
}
