//! The calls that this GitHub knows, and what it refuses.

use serde_json::{Value, json};

use super::bodies;
use super::faults::refusal;
use super::state::{Deployment, State};
use super::{TOKEN, WORKFLOW};
use crate::support::strict::{Message, decoded};

/// The most characters that a comment may have.
const LONGEST_COMMENT: usize = 65_536;

/// A call, taken apart.
struct Asked<'a> {
    query: &'a str,
    accept: &'a str,
    body: Value,
}

pub(super) fn answer(state: &mut State, request: &Message) -> Message {
    if request.header("authorization") != Some(&format!("Bearer {TOKEN}")) {
        return refusal(401, "Bad credentials");
    }
    if request.header("user-agent").is_none() {
        let words = "Request forbidden by administrative rules. Please make sure your request has a User-Agent";
        return refusal(403, words);
    }
    let (path, query) = request.word(1).split_once('?').unwrap_or((request.word(1), ""));
    let parts: Vec<String> = path.split('/').skip(1).map(decoded).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let asked = Asked { query, accept: request.header("accept").unwrap_or_default(), body: request.document() };
    let method = request.word(0);
    if (method, &parts[..]) == ("POST", &["graphql"]) {
        return graphql(state);
    }
    match &parts[..] {
        ["repos", owner, name, rest @ ..] if format!("{owner}/{name}") == state.repository => {
            of_repository(state, method, rest, &asked)
        }
        _ => not_found(),
    }
}

fn of_repository(state: &mut State, method: &str, path: &[&str], asked: &Asked<'_>) -> Message {
    let number = |text: &str| text.parse::<u64>().unwrap_or_default();
    match (method, path) {
        ("GET", ["pulls", n]) => {
            let seen = found(bodies::pull_request(state, number(n)));
            state.looked_at(number(n));
            seen
        }
        ("GET", ["pulls"]) => {
            let some = state.pull_requests.keys().next().and_then(|n| bodies::pull_request(state, *n));
            Message::json(200, &some.into_iter().collect())
        }
        ("GET", ["commits", commit, "pulls"]) => {
            let numbers = state.brought.get(*commit).cloned().unwrap_or_default();
            let found = numbers.into_iter().filter_map(|number| bodies::pull_request(state, number));
            page(&found.collect::<Vec<_>>(), asked)
        }
        ("GET", ["compare", commits]) => found(bodies::comparison(state, commits)),
        ("GET", ["git", "ref", reference]) => found(bodies::branch(state, reference)),
        ("GET", ["contents", path @ ..]) => file(state, &path.join("/"), asked),
        ("GET", ["issues", n, "comments"]) => comments(state, number(n), asked),
        ("POST", ["issues", n, "comments"]) => {
            create_comment(state, number(n), asked).unwrap_or_else(|refused| refused)
        }
        ("PATCH", ["issues", "comments", id]) => {
            update_comment(state, number(id), asked).unwrap_or_else(|refused| refused)
        }
        ("GET", ["deployments"]) => deployments(state, asked),
        ("POST", ["deployments"]) => create_deployment(state, asked),
        ("DELETE", ["deployments", id]) => delete_deployment(state, number(id)),
        ("GET", ["deployments", id, "statuses"]) => statuses(state, number(id), asked),
        ("POST", ["deployments", id, "statuses"]) => create_status(state, number(id), asked),
        _ => not_found(),
    }
}

fn not_found() -> Message {
    refusal(404, "Not Found")
}

fn found(body: Option<Value>) -> Message {
    body.map_or_else(not_found, |body| Message::json(200, &body))
}

/// <https://docs.github.com/graphql/guides/forming-calls-with-graphql>: an error has the status 200.
fn graphql(state: &State) -> Message {
    let body = match state.viewer.as_ref().unwrap_or(&Ok(WORKFLOW.to_owned())) {
        Ok(login) => json!({ "data": { "viewer": { "login": login } } }),
        Err(kind) => json!({ "data": null, "errors": [{ "type": kind, "message": "GraphQL has an error" }] }),
    };
    Message::json(200, &body)
}

fn file(state: &State, path: &str, asked: &Asked<'_>) -> Message {
    let commit = parameter(asked.query, "ref").unwrap_or_default();
    match state.files.get(&(path.to_owned(), commit)) {
        Some(content) if asked.accept == "application/vnd.github.raw+json" => {
            Message::answer(200, content.clone().into_bytes())
                .with_header("content-type", "application/vnd.github.raw+json")
        }
        Some(_) => refusal(415, "this GitHub gives files raw alone"),
        None => not_found(),
    }
}

fn comments(state: &State, number: u64, asked: &Asked<'_>) -> Message {
    if !state.pull_requests.contains_key(&number) {
        return not_found();
    }
    let all = state.comments.iter().filter(|comment| comment.number == number);
    page(&all.map(|comment| bodies::comment(state, comment)).collect::<Vec<_>>(), asked)
}

/// A page. Its `Link` leads elsewhere: whoever follows it gives the token away.
fn page(all: &[Value], asked: &Asked<'_>) -> Message {
    let number = |name: &str, usual: usize| parameter(asked.query, name).map_or(usual, |text| text.parse().unwrap());
    let (size, page) = (number("per_page", 30).min(100), number("page", 1));
    let some: Vec<Value> = all.iter().skip((page - 1) * size).take(size).cloned().collect();
    let link = "<https://elsewhere.invalid/?page=2>; rel=\"next\"";
    Message::json(200, &Value::Array(some)).with_header("link", link)
}

fn create_comment(state: &mut State, number: u64, asked: &Asked<'_>) -> Result<Message, Message> {
    if !state.pull_requests.contains_key(&number) {
        return Err(not_found());
    }
    state.comment(number, WORKFLOW, &comment_body(asked)?);
    let created = state.comments.last().unwrap();
    Ok(Message::json(201, &bodies::comment(state, created)))
}

fn comment_body(asked: &Asked<'_>) -> Result<String, Message> {
    match asked.body["body"].as_str() {
        None | Some("") => Err(refusal(422, "Validation Failed: body can't be blank")),
        Some(body) if body.chars().count() > LONGEST_COMMENT => {
            Err(refusal(422, "Validation Failed: body is too long (maximum is 65536 characters)"))
        }
        Some(body) => Ok(body.to_owned()),
    }
}

/// A workflow's token may change every comment: that it changes its own alone is up to the program.
fn update_comment(state: &mut State, id: u64, asked: &Asked<'_>) -> Result<Message, Message> {
    let body = comment_body(asked)?;
    let at = state.comments.iter().position(|comment| comment.id == id).ok_or_else(not_found)?;
    state.comments[at].body = body;
    Ok(Message::json(200, &bodies::comment(state, &state.comments[at])))
}

fn deployments(state: &State, asked: &Asked<'_>) -> Message {
    let fits = |it: &&Deployment| {
        let is_wanted =
            |name: &str| parameter(asked.query, name).is_none_or(|wanted| it.asked[name] == wanted.as_str());
        ["environment", "task"].into_iter().all(is_wanted)
    };
    let newest_first = state.deployments.iter().rev().filter(fits);
    page(&newest_first.map(|it| bodies::deployment(state, it)).collect::<Vec<_>>(), asked)
}

/// Without `auto_merge: false` GitHub merges the default branch first; without `required_contexts: []` it waits for
/// checks, this workflow's own among them.
///
/// <https://docs.github.com/rest/deployments/deployments#create-a-deployment>
fn create_deployment(state: &mut State, asked: &Asked<'_>) -> Message {
    let commit = asked.body["ref"].as_str().unwrap_or_default();
    if !state.pull_requests.values().any(|(_, head)| head == commit) {
        return refusal(422, &format!("No ref found for: {commit}"));
    }
    if asked.body["auto_merge"] != false {
        return Message::json(202, &json!({ "message": "Auto-merged main into the branch on deployment." }));
    }
    if asked.body["required_contexts"] != json!([]) {
        return refusal(409, "Conflict: Commit status checks failed for the branch.");
    }
    let id = state.deployment(asked.body.clone());
    let created = state.deployments.iter().find(|it| it.id == id).unwrap();
    Message::json(201, &bodies::deployment(state, created))
}

/// <https://docs.github.com/rest/deployments/deployments#delete-a-deployment>
fn delete_deployment(state: &mut State, id: u64) -> Message {
    let is_only_one = state.deployments.len() == 1;
    match state.deployment_mut(id) {
        None => not_found(),
        Some(it) if it.is_active() && !is_only_one => refusal(422, "We cannot delete an active deployment"),
        Some(_) => {
            state.deployments.retain(|it| it.id != id);
            Message::answer(204, Vec::new())
        }
    }
}

fn statuses(state: &State, id: u64, asked: &Asked<'_>) -> Message {
    let Some(deployment) = state.deployments.iter().find(|it| it.id == id) else { return not_found() };
    let newest_first = deployment.statuses.iter().rev();
    page(&newest_first.map(|status| bodies::status(state, status)).collect::<Vec<_>>(), asked)
}

fn create_status(state: &mut State, id: u64, asked: &Asked<'_>) -> Message {
    let status_id = state.id();
    let Some(deployment) = state.deployment_mut(id) else { return not_found() };
    if asked.body["description"].as_str().is_some_and(|text| text.chars().count() > 140) {
        return refusal(422, "Validation Failed: description is too long (maximum is 140 characters)");
    }
    let mut status = asked.body.clone();
    status["id"] = json!(status_id);
    deployment.statuses.push(status.clone());
    Message::json(201, &bodies::status(state, &status))
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| decoded(value))
}
