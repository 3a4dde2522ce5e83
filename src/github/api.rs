//! GitHub's API, as far as a run needs it: pull requests and files to read; comments and deployments to write.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::OnceCell;

use super::call::{ApiCall, ApiErrorKind, CallResult, Caller, Reply};
use super::client::{bases, checked, client};
use super::run::Access;
use crate::error::{Failure, Kind, Problem};
use crate::model::CommitId;
use crate::network::Network;

/// GitHub asks for a second between two writes.
/// <https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#pause-between-mutative-requests>
const PAUSE: Duration = Duration::from_secs(1);

/// The most pull requests of one commit that get a comment.
const MOST: usize = 3;

/// A repository at GitHub, as the owner of one token sees it. The token is never shown.
pub struct GitHub {
    pub(super) rest: Caller,
    /// `None` where GraphQL is another host's.
    pub(super) graphql: Option<Caller>,
    pub(super) repository: String,
    /// The login of the token's owner; asked once.
    pub(super) author: OnceCell<String>,
}

/// A pull request, as far as a decision needs it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "PullRequestDocument")]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// Neither merged nor closed.
    pub is_open: bool,
    /// The newest commit of its branch.
    pub head_sha: String,
    /// The branch that it is to be merged into.
    pub base_ref: String,
    /// Its branch is one of this repository, by the repositories' ids.
    pub is_own: bool,
}

#[derive(Deserialize)]
struct PullRequestDocument {
    number: u64,
    state: String,
    head: Commit,
    base: Commit,
}

#[derive(Deserialize)]
struct Commit {
    sha: String,
    #[serde(rename = "ref")]
    name: String,
    /// `null` where it was deleted.
    repo: Option<Repository>,
}

#[derive(Deserialize)]
struct Repository {
    id: u64,
}

#[derive(Deserialize)]
struct Reference {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    sha: String,
}

#[derive(Deserialize)]
struct Compared {
    /// Where the second commit is, as seen from the first: `ahead`, `behind`, `identical` or `diverged`.
    status: String,
}

#[derive(Deserialize)]
struct Numbered {
    number: u64,
}

impl From<PullRequestDocument> for PullRequest {
    fn from(found: PullRequestDocument) -> Self {
        let id = |commit: &Commit| commit.repo.as_ref().map(|repository| repository.id);
        Self {
            number: found.number,
            is_open: found.state == "open",
            is_own: id(&found.head).is_some() && id(&found.head) == id(&found.base),
            head_sha: found.head.sha,
            base_ref: found.base.name,
        }
    }
}

impl GitHub {
    /// Returns a client for the repository `owner/name`, or `None` where there is no token. Makes no call yet.
    ///
    /// Works within a Tokio runtime only.
    ///
    /// # Errors
    /// [`Kind::Usage`] where the token, a URL or the repository cannot be used.
    pub async fn connect(access: &Access, repository: &str) -> Result<Option<Self>, Failure> {
        let Some(token) = &access.token else { return Ok(None) };
        let (rest, graphql) = bases(access)?;
        let repository = checked(repository)?;
        let pause = pause(access)?;
        let network = Network::get().await?;
        let caller = |base: String| Ok(Caller::new(client(network, &base, token)?, pause));
        let graphql = graphql.map(caller).transpose()?;
        Ok(Some(Self { rest: caller(rest)?, graphql, repository, author: OnceCell::new() }))
    }

    /// Returns the pull request of this number, or `None` where this token sees none.
    ///
    /// <https://docs.github.com/rest/pulls/pulls#get-a-pull-request>
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn pull_request(&self, number: u64) -> Result<Option<PullRequest>, Problem> {
        let found = self.rest.get(self.path(&format!("pulls/{number}"))).await.if_found();
        found.or_problem(format!("failed to read pull request {number}"), "pull-requests: read")
    }

    /// Returns the newest commit of a branch, or `None` where this token sees no such branch. The base that GitHub
    /// names in a pull request is older: it is as it was at the last push to the pull request.
    ///
    /// <https://docs.github.com/rest/git/refs#get-a-reference>
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn tip(&self, branch: &str) -> Result<Option<String>, Problem> {
        let target = self.path(&format!("git/ref/{}", encoded(&format!("heads/{branch}"))));
        let found = self.rest.get::<Reference>(target).await.if_found();
        let found = found.or_problem(format!("failed to read the branch `{branch}`"), "contents: read")?;
        Ok(found.map(|found| found.object.sha))
    }

    /// Returns a text file of the repository in this commit, or `None` where the commit has none.
    ///
    /// <https://docs.github.com/rest/repos/contents#get-repository-content>
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn file(&self, path: &str, commit: &str) -> Result<Option<String>, Problem> {
        let parts: Vec<String> = path.split('/').map(encoded).collect();
        let target = self.path(&format!("contents/{}?ref={}", parts.join("/"), encoded(commit)));
        let found = self.rest.read(&ApiCall::get_raw(target)).await.if_found();
        let found = found.or_problem(format!("failed to read `{path}` of commit {commit}"), "contents: read")?;
        Ok(found.map(Reply::text))
    }

    /// Returns the numbers of the pull requests that brought a commit into the default branch, or else of the open ones
    /// that hold it. A token that may not see them gets none, since it was not meant to.
    ///
    /// <https://docs.github.com/rest/commits/commits#list-pull-requests-associated-with-a-commit>
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn pull_requests_of(&self, commit: &str) -> Result<Vec<u64>, Problem> {
        // A workflow may name the release by another word than its commit.
        if commit.len() < 40 || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Vec::new());
        }
        let target = self.path(&format!("commits/{commit}/pulls?per_page={}", MOST + 1));
        let found = match self.rest.get::<Vec<Numbered>>(target).await {
            Ok(found) if found.len() > MOST => Vec::new(),
            Err(error) if matches!(error.kind, ApiErrorKind::NotFound | ApiErrorKind::Denied) => Vec::new(),
            found => {
                let what = format!("failed to look for the pull request of {commit}");
                found.or_problem(what, "pull-requests: read")?
            }
        };
        Ok(found.into_iter().map(|it| it.number).collect())
    }

    /// Returns whether a commit is an ancestor of another one; `false` also where this token sees not both.
    ///
    /// <https://docs.github.com/rest/commits/commits#compare-two-commits>
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn is_ancestor(&self, older: &CommitId, newer: &CommitId) -> Result<bool, Problem> {
        // A page holds the commits in between, which nobody needs.
        let target = self.path(&format!("compare/{newer}...{older}?per_page=1"));
        let found = self.rest.get::<Compared>(target).await.if_found();
        let found = found.or_problem("failed to compare two commits", "contents: read")?;
        Ok(found.is_some_and(|found| found.status == "behind"))
    }

    /// Returns whether this token may list the repository's pull requests. To others GitHub says that there are none.
    ///
    /// <https://docs.github.com/rest/pulls/pulls#list-pull-requests>
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn shows_pull_requests(&self) -> Result<bool, Problem> {
        let target = self.path("pulls?state=all&per_page=1");
        let found = self.rest.read(&ApiCall::get(target)).await.if_found();
        Ok(found.or_problem("failed to list the pull requests", "pull-requests: read")?.is_some())
    }

    /// Returns a path below the repository.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("/repos/{}/{rest}", self.repository)
    }
}

impl fmt::Debug for GitHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitHub").field("repository", &self.repository).finish_non_exhaustive()
    }
}

/// A part of a path or of a query, with every other character than these as its bytes.
///
/// <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>
pub(super) fn encoded(part: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    part.bytes().map(byte).collect()
}

fn pause(access: &Access) -> Result<Duration, Failure> {
    let Some(text) = &access.pause else { return Ok(PAUSE) };
    text.parse().map(Duration::from_millis).map_err(|_| {
        Problem::new(format!("SLS_RELEASE_GITHUB_PAUSE is `{text}`, which is no number of milliseconds"))
            .fix("unset it")
            .into_failure(Kind::Usage)
    })
}
