//! GitHub's API, as far as a run needs it: pull requests and files to read; comments and deployments to write.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::OnceCell;

use super::call::{Answer, Call, Caller};
use super::comment::Author;
use super::place::{self, Place};
use super::transport;
use crate::error::{Failure, Kind, Problem};

/// GitHub asks for a second between two writes.
/// <https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#pause-between-mutative-requests>
const PAUSE: Duration = Duration::from_secs(1);

/// A repository at GitHub, as the owner of one token sees it. The token is never shown.
pub struct GitHub {
    pub(super) rest: Caller,
    /// `None` where GraphQL is another host's.
    pub(super) graphql: Option<Caller>,
    pub(super) repository: String,
    /// Who the token's owner is; asked once.
    pub(super) author: OnceCell<Author>,
}

/// A pull request, as far as a decision needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
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
struct Found {
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

impl GitHub {
    /// From `SLS_RELEASE_GITHUB_TOKEN` or `GITHUB_TOKEN`, `GITHUB_REPOSITORY`, `GITHUB_API_URL` and
    /// `GITHUB_GRAPHQL_URL`; `None` where there is no token. Within a Tokio runtime only; no call yet.
    ///
    /// `SLS_RELEASE_GITHUB_PAUSE`, in milliseconds, is the pause between two writes: for tests.
    ///
    /// # Errors
    /// [`Kind::Usage`] where one of these cannot be used.
    pub fn connect(environment: &BTreeMap<String, String>) -> Result<Option<Self>, Failure> {
        let Some(token) = place::token(environment) else { return Ok(None) };
        let place = Place::of(environment)?;
        let pause = pause(environment)?;
        let graphql = place.graphql.map(|base| transport::client(&base, &token)).transpose()?;
        Ok(Some(Self {
            rest: Caller::new(transport::client(&place.api, &token)?, pause),
            graphql: graphql.map(|client| Caller::new(client, pause)),
            repository: place.repository,
            author: OnceCell::new(),
        }))
    }

    /// The pull request of this number; `None` where there is none that this token may see.
    ///
    /// <https://docs.github.com/rest/pulls/pulls#get-a-pull-request>
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn pull_request(&self, number: u64) -> Result<Option<PullRequest>, Problem> {
        let call = Call::get(self.path(&format!("pulls/{number}")));
        let found = match self.rest.read(&call).await.and_then(|reply| reply.document::<Found>()) {
            Err(error) if error.answer == Answer::NotFound => return Ok(None),
            result => result,
        };
        let what = || format!("failed to read pull request {number}");
        let found = found.map_err(|error| error.into_problem(what(), "pull-requests: read"))?;
        let id = |commit: &Commit| commit.repo.as_ref().map(|repository| repository.id);
        Ok(Some(PullRequest {
            number: found.number,
            is_open: found.state == "open",
            is_own: id(&found.head).is_some() && id(&found.head) == id(&found.base),
            head_sha: found.head.sha,
            base_ref: found.base.name,
        }))
    }

    /// The newest commit of a branch; `None` where there is none that this token may see. A pull request tells that of
    /// its base only as it was when somebody pushed to it last.
    ///
    /// <https://docs.github.com/rest/git/refs#get-a-reference>
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn tip(&self, branch: &str) -> Result<Option<String>, Problem> {
        let call = Call::get(self.path(&format!("git/ref/{}", encoded(&format!("heads/{branch}")))));
        match self.rest.read(&call).await.and_then(|reply| reply.document::<Reference>()) {
            Ok(found) => Ok(Some(found.object.sha)),
            Err(error) if error.answer == Answer::NotFound => Ok(None),
            Err(error) => Err(error.into_problem(format!("failed to read the branch `{branch}`"), "contents: read")),
        }
    }

    /// A text file of the repository as it stands in this commit; `None` where the commit has none.
    ///
    /// <https://docs.github.com/rest/repos/contents#get-repository-content>
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn file(&self, path: &str, commit: &str) -> Result<Option<String>, Problem> {
        let parts: Vec<String> = path.split('/').map(encoded).collect();
        let target = self.path(&format!("contents/{}?ref={}", parts.join("/"), encoded(commit)));
        match self.rest.read(&Call::get_raw(target)).await {
            Ok(reply) => Ok(Some(reply.text())),
            Err(error) if error.answer == Answer::NotFound => Ok(None),
            Err(error) => {
                Err(error.into_problem(format!("failed to read `{path}` of commit {commit}"), "contents: read"))
            }
        }
    }

    /// Below the repository.
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

fn pause(environment: &BTreeMap<String, String>) -> Result<Duration, Failure> {
    let Some(text) = place::said(environment, "SLS_RELEASE_GITHUB_PAUSE") else { return Ok(PAUSE) };
    text.parse().map(Duration::from_millis).map_err(|_| {
        Problem::new(format!("SLS_RELEASE_GITHUB_PAUSE is `{text}`, which is no number of milliseconds"))
            .fix("unset it")
            .into_failure(Kind::Usage)
    })
}
