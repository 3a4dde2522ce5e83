//! The one comment of a service on a pull request.
//!
//! <https://docs.github.com/rest/issues/comments>

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::json;

use super::api::GitHub;
use super::call::{ApiCall, ApiError, ApiErrorKind, CallResult};
use crate::error::Problem;
use crate::report::marker;

/// The author of what the token of a workflow writes.
const OF_WORKFLOWS: &str = "github-actions[bot]";
/// GitHub keeps at most 2,500 comments of a pull request.
const MOST_PAGES: usize = 50;
const PERMISSION: &str = "pull-requests: write";

#[derive(Clone, Debug, Deserialize)]
struct Comment {
    id: u64,
    #[serde(default)]
    body: String,
    /// `null` where the account is gone.
    user: Option<User>,
}

#[derive(Clone, Debug, Deserialize)]
struct User {
    login: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Comment {
    /// Returns the service that its marker names.
    fn service(&self) -> Option<String> {
        let service = self.body.lines().next()?.strip_prefix("<!-- sls-release:")?.strip_suffix(" -->")?;
        (marker(service) == self.body.lines().next()?).then(|| service.to_owned())
    }

    /// Logins have no case; only a bot's ends in `[bot]`, and then it is one.
    fn is_of(&self, login: &str) -> bool {
        let is_bot = login.ends_with("[bot]");
        let user = self.user.as_ref();
        user.is_some_and(|user| user.login.eq_ignore_ascii_case(login) && (!is_bot || user.kind == "Bot"))
    }
}

impl GitHub {
    /// Creates or updates the comment with this marker; does nothing if its text is the same. The first line of the body
    /// is its [`marker`]; GitHub takes at most 65,536 characters.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn comment(&self, number: u64, body: &str) -> Result<(), Problem> {
        self.commented(number, body).await.or_problem(failed(number), PERMISSION)
    }

    async fn commented(&self, number: u64, body: &str) -> Result<(), ApiError> {
        match self.found(number, body).await? {
            Some(comment) => self.changed(number, &comment, body).await,
            None => self.written(number, body).await,
        }
    }

    /// Writes or changes a comment as [`GitHub::comment`] does; returns `false` where this token may not.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses for another reason.
    pub async fn comment_where_allowed(&self, number: u64, body: &str) -> Result<bool, Problem> {
        match self.commented(number, body).await {
            Err(error) if error.kind == ApiErrorKind::Denied => Ok(false),
            other => other.map(|()| true).or_problem(failed(number), PERMISSION),
        }
    }

    /// Changes the comment with this marker; does nothing where there is none.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn comment_again(&self, number: u64, body: &str) -> Result<(), Problem> {
        self.comment_instead_of(number, body, |_| true).await
    }

    /// Changes the comment with this marker where `of` accepts its body; else does nothing.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn comment_instead_of(&self, number: u64, body: &str, of: impl Fn(&str) -> bool) -> Result<(), Problem> {
        // GitHub finds no comments where the pull request itself is gone.
        let found = self.found(number, body).await.if_found().or_problem(failed(number), PERMISSION)?;
        match found.flatten() {
            Some(found) if of(&found.body) => self.comment(number, body).await,
            _ => Ok(()),
        }
    }

    /// Changes a comment, or writes it anew where it was deleted meanwhile.
    async fn changed(&self, number: u64, comment: &Comment, body: &str) -> Result<(), ApiError> {
        if says(comment, body) {
            return Ok(());
        }
        let call = ApiCall::patch(self.path(&format!("issues/comments/{}", comment.id)), json!({ "body": body }));
        // It is idempotent.
        let look = async || Ok(None);
        match self.rest.write_once(&call, |_| Ok(()), look).await.if_found()? {
            Some(()) => Ok(()),
            None => self.written(number, body).await,
        }
    }

    async fn written(&self, number: u64, body: &str) -> Result<(), ApiError> {
        let look = async || Ok(self.found(number, body).await?.map(drop));
        let call = ApiCall::post(self.path(&format!("issues/{number}/comments")), json!({ "body": body }));
        self.rest.write_once(&call, |_| Ok(()), look).await
    }

    /// The services that have a comment of ours on a pull request.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn services(&self, number: u64) -> Result<BTreeSet<String>, Problem> {
        let what = format!("failed to read the comments on pull request {number}");
        let own = self.own(number).await.or_problem(what, PERMISSION)?;
        Ok(own.iter().filter_map(Comment::service).collect())
    }

    /// Returns our own comment with the marker of `body`; of several, the oldest.
    async fn found(&self, number: u64, body: &str) -> Result<Option<Comment>, ApiError> {
        let marker = body.lines().next();
        let own = self.own(number).await?;
        Ok(own.into_iter().filter(|it| it.body.lines().next() == marker).min_by_key(|comment| comment.id))
    }

    /// Returns all comments that the owner of the token wrote.
    async fn own(&self, number: u64) -> Result<Vec<Comment>, ApiError> {
        let author = self.author.get_or_try_init(|| self.ask_author()).await?;
        let all: Vec<Comment> = self.rest.list(&self.path(&format!("issues/{number}/comments?")), MOST_PAGES).await?;
        Ok(all.into_iter().filter(|comment| comment.is_of(author)).collect())
    }

    /// Asks who owns the token. A token that may not ask is a workflow's. Where GitHub does not answer, this fails,
    /// since a guess could make a second comment.
    ///
    /// <https://docs.github.com/graphql/reference/queries#viewer>. An error of GraphQL, such as that of its own rate
    /// limit, has the status 200:
    /// <https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api>.
    async fn ask_author(&self) -> Result<String, ApiError> {
        use ApiErrorKind::{Denied, NoToken, NotFound, Refused};
        match self.viewer().await {
            Ok(Some(login)) => Ok(login),
            Ok(None) | Err(ApiError { kind: NoToken | Denied | NotFound | Refused, .. }) => Ok(OF_WORKFLOWS.to_owned()),
            Err(error) => Err(error),
        }
    }

    async fn viewer(&self) -> Result<Option<String>, ApiError> {
        let query = json!({ "query": "query { viewer { login } }" });
        let Some(graphql) = &self.graphql else { return Ok(None) };
        let reply = graphql.read(&ApiCall::post("/graphql".to_owned(), query)).await?;
        let document: serde_json::Value = reply.document()?;
        if let Some(login) = document["data"]["viewer"]["login"].as_str() {
            return Ok(Some(login.to_owned()));
        }
        let error = &document["errors"][0];
        let may_not_ask = ["FORBIDDEN", "INSUFFICIENT_SCOPES", "NOT_FOUND"].iter().any(|kind| error["type"] == *kind);
        if may_not_ask { Ok(None) } else { Err(reply.unknown(error["message"].as_str().unwrap_or("no viewer"))) }
    }
}

fn failed(number: u64) -> String {
    format!("failed to comment on pull request {number}")
}

/// GitHub may write line ends as it likes.
fn says(comment: &Comment, body: &str) -> bool {
    comment.body.trim_end().lines().eq(body.trim_end().lines())
}
