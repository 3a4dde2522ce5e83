//! The one comment of a service on a pull request.
//!
//! <https://docs.github.com/rest/issues/comments>

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::json;

use super::api::GitHub;
use super::call::{Answer, Call, CallError, Reply};
use crate::error::Problem;
use crate::report::marker;

/// The author of what the token of a workflow writes.
const OF_WORKFLOWS: &str = "github-actions[bot]";
/// The most that GitHub gives at once.
const PER_PAGE: usize = 100;
/// GitHub keeps at most 2,500 comments of a pull request.
const MOST_PAGES: usize = 50;
const PERMISSION: &str = "pull-requests: write";

/// Who writes with this token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Author {
    login: String,
}

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
    /// The service that its marker names.
    fn service(&self) -> Option<String> {
        let service = self.body.lines().next()?.strip_prefix("<!-- sls-release:")?.strip_suffix(" -->")?;
        (marker(service) == self.body.lines().next()?).then(|| service.to_owned())
    }
}

impl Author {
    /// Logins have no case; only a bot's ends in `[bot]`, and then it is one.
    fn wrote(&self, comment: &Comment) -> bool {
        let is_bot = self.login.ends_with("[bot]");
        let user = comment.user.as_ref();
        user.is_some_and(|user| user.login.eq_ignore_ascii_case(&self.login) && (!is_bot || user.kind == "Bot"))
    }
}

impl GitHub {
    /// Writes a comment on a pull request, or changes the one that is there; nothing where it says this already. The
    /// first line of the body is its [`marker`], by which it is found; GitHub takes 65,536 characters at most.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn comment(&self, number: u64, body: &str) -> Result<(), Problem> {
        let commented = self.commented(number, body).await;
        commented.map_err(|error| error.into_problem(failed(number), PERMISSION))
    }

    async fn commented(&self, number: u64, body: &str) -> Result<(), CallError> {
        match self.found(number, body).await? {
            Some(comment) => self.changed(number, &comment, body).await,
            None => self.written(number, body).await,
        }
    }

    /// The same; `false` where this token may not.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses for another reason.
    pub async fn comment_where_allowed(&self, number: u64, body: &str) -> Result<bool, Problem> {
        match self.commented(number, body).await {
            Err(error) if error.answer == Answer::Denied => Ok(false),
            other => other.map(|()| true).map_err(|error| error.into_problem(failed(number), PERMISSION)),
        }
    }

    /// The same where there is such a comment already; nothing where there is none.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn comment_again(&self, number: u64, body: &str) -> Result<(), Problem> {
        self.comment_instead_of(number, body, |_| true).await
    }

    /// The same where there is such a comment of which this holds; nothing where there is none.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn comment_instead_of(&self, number: u64, body: &str, of: impl Fn(&str) -> bool) -> Result<(), Problem> {
        match self.found(number, body).await {
            Ok(Some(found)) if of(&found.body) => self.comment(number, body).await,
            Ok(_) => Ok(()),
            // The pull request itself is gone.
            Err(error) if error.answer == Answer::NotFound => Ok(()),
            Err(error) => Err(error.into_problem(failed(number), PERMISSION)),
        }
    }

    /// One that is gone by now is written anew.
    async fn changed(&self, number: u64, comment: &Comment, body: &str) -> Result<(), CallError> {
        if says(comment, body) {
            return Ok(());
        }
        let sent = json!({ "body": body });
        let call = Call::patch(self.path(&format!("issues/comments/{}", comment.id)), &sent);
        // Done twice, it is the same.
        let look = async || Ok(None);
        match self.rest.write_once(&call, |_| Ok(()), look).await {
            Err(error) if error.answer == Answer::NotFound => self.written(number, body).await,
            result => result,
        }
    }

    async fn written(&self, number: u64, body: &str) -> Result<(), CallError> {
        let look = async || Ok(self.found(number, body).await?.map(drop));
        self.create(number, body, look).await
    }

    async fn create(
        &self,
        number: u64,
        body: &str,
        look: impl AsyncFn() -> Result<Option<()>, CallError>,
    ) -> Result<(), CallError> {
        let sent = json!({ "body": body });
        let call = Call::post(self.path(&format!("issues/{number}/comments")), &sent);
        self.rest.write_once(&call, |_| Ok(()), look).await
    }

    /// The services that have a comment of ours on a pull request.
    ///
    /// # Errors
    /// Where GitHub does not answer, or refuses.
    pub async fn services(&self, number: u64) -> Result<BTreeSet<String>, Problem> {
        let what = || format!("failed to read the comments on pull request {number}");
        let own = self.own(number).await.map_err(|error| error.into_problem(what(), PERMISSION))?;
        Ok(own.iter().filter_map(Comment::service).collect())
    }

    /// Our own comment with the marker of this one; of two the older one.
    async fn found(&self, number: u64, body: &str) -> Result<Option<Comment>, CallError> {
        let marker = body.lines().next();
        let own = self.own(number).await?;
        Ok(own.into_iter().filter(|it| it.body.lines().next() == marker).min_by_key(|comment| comment.id))
    }

    /// All that the owner of the token wrote.
    async fn own(&self, number: u64) -> Result<Vec<Comment>, CallError> {
        let author = self.author.get_or_try_init(|| self.ask_author()).await?;
        let mut own = Vec::new();
        for page in 1..=MOST_PAGES {
            let comments = self.page(number, page).await?;
            let is_last = comments.len() < PER_PAGE;
            own.extend(comments.into_iter().filter(|it| author.wrote(it)));
            if is_last {
                break;
            }
        }
        Ok(own)
    }

    async fn page(&self, number: u64, page: usize) -> Result<Vec<Comment>, CallError> {
        let target = self.path(&format!("issues/{number}/comments?per_page={PER_PAGE}&page={page}"));
        self.rest.read(&Call::get(target)).await?.document()
    }

    /// Whose the token is. Where it may not ask, it is a workflow's; where GitHub does not answer, nobody knows, and a
    /// guess could make a second comment.
    ///
    /// <https://docs.github.com/graphql/reference/queries#viewer>. An error of GraphQL, such as that of its own rate
    /// limit, has the status 200:
    /// <https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api>.
    async fn ask_author(&self) -> Result<Author, CallError> {
        let asked = match self.viewer().await {
            Err(error)
                if matches!(error.answer, Answer::NoToken | Answer::Denied | Answer::NotFound | Answer::Refused) =>
            {
                None
            }
            asked => asked?,
        };
        Ok(Author { login: asked.unwrap_or_else(|| OF_WORKFLOWS.to_owned()) })
    }

    async fn viewer(&self) -> Result<Option<String>, CallError> {
        let query = json!({ "query": "query { viewer { login } }" });
        let Some(graphql) = &self.graphql else { return Ok(None) };
        let reply: Reply = graphql.read(&Call::post("/graphql".to_owned(), &query)).await?;
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
    comment.body.lines().eq(body.trim_end().lines()) || comment.body.trim_end().lines().eq(body.trim_end().lines())
}
