//! Pull requests and files; where GitHub is, and with which token.

use std::collections::BTreeMap;

use sls_release::error::{Failure, Kind};
use sls_release::github::{GitHub, PullRequest};

use super::{HEAD, connect, with_client, with_client_at, with_pull_request};
use crate::support::github::{Fault, GitHubDouble, REPOSITORY, TOKEN};

fn connected(variables: &[(&str, &str)]) -> Result<Option<GitHub>, Failure> {
    let variables: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    tokio::runtime::Runtime::new().unwrap().block_on(async { connect(&variables).await })
}

#[test]
fn a_pull_request_is_read() {
    let double = with_pull_request();
    double.pull_request(43, false, "1111");
    let read = |number| with_client(&double, async |github| github.pull_request(number).await.unwrap());
    let open =
        PullRequest { number: 42, is_open: true, head_sha: HEAD.to_owned(), base_ref: "main".to_owned(), is_own: true };
    assert_eq!(read(42), Some(open));
    assert!(!read(43).unwrap().is_open);
    assert_eq!(read(44), None);
    double.is_fork(43);
    assert!(!read(43).unwrap().is_own);
}

/// A pull request tells its base as it was when somebody pushed to it last.
#[test]
fn the_newest_commit_of_a_branch_is_read() {
    let double = with_pull_request();
    double.tip("feature/of acme", "1111");
    let read = |branch| with_client(&double, async |github| github.tip(branch).await.unwrap());
    assert_eq!(read("feature/of acme").as_deref(), Some("1111"));
    assert_eq!(read("feature"), None);
}

#[test]
fn a_file_is_read_as_it_stands_in_a_commit() {
    let double = with_pull_request();
    double.file("apps/hello world/sls-release.toml", "main@{1}", "region = \"eu-central-1\"\n");
    let read = |path, commit| with_client(&double, async |github| github.file(path, commit).await.unwrap());
    let text = "region = \"eu-central-1\"\n";
    assert_eq!(read("apps/hello world/sls-release.toml", "main@{1}").as_deref(), Some(text));
    assert_eq!(read("apps/hello world/sls-release.toml", "other"), None);
    assert_eq!(read("sls-release.toml", "main@{1}"), None);
}

#[test]
fn a_read_is_repeated_where_its_answer_is_lost_or_too_many_came() {
    let pull = "GET /repos/acme/hello/pulls/42";
    for fault in [
        Fault::Status(500),
        Fault::Status(502),
        Fault::Reset,
        Fault::TooMany(1),
        Fault::SecondaryLimit(1),
        Fault::PrimaryLimit(1),
    ] {
        let double = with_pull_request();
        double.fault(pull, fault);
        let read = with_client(&double, async |github| github.pull_request(42).await);
        assert!(read.unwrap().is_some(), "{fault:?}");
        assert_eq!(double.calls(), [pull, pull], "{fault:?}");
    }
}

#[test]
fn a_limit_that_lasts_too_long_is_told_at_once() {
    for fault in [Fault::TooMany(3_600), Fault::PrimaryLimit(3_600)] {
        let double = with_pull_request();
        double.always("GET ", fault);
        let problem = with_client(&double, async |github| github.pull_request(42).await).unwrap_err();
        assert_eq!(problem.what, "failed to read pull request 42");
        assert!(problem.fix.contains("GitHub takes no more calls for 3"), "{problem}");
        assert_eq!(double.calls().len(), 1);
    }
}

#[test]
fn a_refusal_names_the_permission() {
    let double = with_pull_request();
    double.always("GET ", Fault::Status(403));
    let problem = with_client(&double, async |github| github.pull_request(42).await).unwrap_err();
    assert_eq!(
        problem.to_string(),
        "failed to read pull request 42: GET /repos/acme/hello/pulls/42: 403: Resource not accessible by integration; \
         give the job the permission `pull-requests: read`"
    );
}

#[test]
fn where_nobody_answers_the_network_is_to_blame() {
    let refused = connected(&[
        ("GITHUB_TOKEN", TOKEN),
        ("GITHUB_REPOSITORY", REPOSITORY),
        ("GITHUB_API_URL", "http://127.0.0.1:1"),
        ("SLS_RELEASE_GITHUB_PAUSE", "1"),
    ]);
    assert!(refused.unwrap().is_some());
    let double = GitHubDouble::start();
    let problem =
        with_client_at(&double, "http://127.0.0.1:1", async |github| github.pull_request(42).await).unwrap_err();
    assert!(problem.fix.contains("check the network"), "{problem}");
}

#[test]
fn without_a_token_there_is_no_github() {
    assert!(connected(&[("GITHUB_REPOSITORY", REPOSITORY)]).unwrap().is_none());
    assert!(connected(&[("GITHUB_TOKEN", "")]).unwrap().is_none());
    let of_the_action = [("SLS_RELEASE_GITHUB_TOKEN", TOKEN), ("GITHUB_REPOSITORY", REPOSITORY)];
    assert!(connected(&of_the_action).unwrap().is_some());
}

#[test]
fn a_token_travels_encrypted_or_not_at_all() {
    let token = ("GITHUB_TOKEN", TOKEN);
    let repository = ("GITHUB_REPOSITORY", REPOSITORY);
    for url in ["http://github.acme.com/api/v3", "ftp://127.0.0.1", "nonsense", "http://127.0.0.1.acme.com"] {
        let failure = connected(&[token, repository, ("GITHUB_API_URL", url)]).unwrap_err();
        assert_eq!(failure.kind, Kind::Usage);
        assert!(failure.to_string().contains("GITHUB_API_URL cannot be used"), "{failure}");
    }
    for url in ["https://user:secret@github.acme.com/api/v3", "http://user:secret@github.acme.com"] {
        let failure = connected(&[token, repository, ("GITHUB_API_URL", url)]).unwrap_err();
        assert!(!failure.to_string().contains("secret"), "{failure}");
    }
    for url in ["https://github.acme.com/api/v3", "http://localhost:1", "http://[::1]:1", "http://127.0.0.1:1/"] {
        assert!(connected(&[token, repository, ("GITHUB_API_URL", url)]).unwrap().is_some(), "{url}");
    }
}

#[test]
fn a_repository_is_two_names_and_no_path() {
    for repository in ["", "hello", "acme/hello/..", "acme/..", "acme/hello?x", "../.."] {
        let failure = connected(&[("GITHUB_TOKEN", TOKEN), ("GITHUB_REPOSITORY", repository)]).unwrap_err();
        assert!(failure.to_string().contains("GITHUB_REPOSITORY cannot be used"), "{repository}: {failure}");
    }
}

#[test]
fn a_token_is_never_shown() {
    let github = connected(&[("GITHUB_TOKEN", TOKEN), ("GITHUB_REPOSITORY", REPOSITORY)]).unwrap().unwrap();
    assert!(!format!("{github:?}").contains(TOKEN));
    let broken = connected(&[("GITHUB_TOKEN", "secret\nvalue"), ("GITHUB_REPOSITORY", REPOSITORY)]).unwrap_err();
    assert!(!broken.to_string().contains("secret"), "{broken}");
}
