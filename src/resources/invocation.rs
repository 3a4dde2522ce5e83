//! Invocations of a new version: where it has an alias, the proof before its callers get it.
//!
//! What is shown: `ExecutedVersion` ran this code. That the endpoint calls it is the smoke test's to show.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Context, not_made};
use crate::aws::{Answer, Invocation, time};
use crate::engine::{StepError, ended};
use crate::error::Problem;
use crate::model::{GoesLive, Invoke, Invoked, PayloadFormat, Version};
use crate::report::{own_error, redact};
use crate::world::{Look, Wait};

/// How much of an answer an error shows, in characters.
const SHOWN_ANSWER: usize = 300;

/// Errors of Lambda's that no second attempt mends: the code cannot be loaded.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html>
const FINAL: [&str; 6] = [
    "Runtime.ImportModuleError",
    "Runtime.HandlerNotFound",
    "Runtime.UserCodeSyntaxError",
    "Runtime.MalformedHandlerName",
    "Runtime.InvalidEntrypoint",
    "Runtime.InvalidTaskName",
];

/// What is wrong with an answer.
struct Miss {
    /// In words: "it answered 500 instead of 200".
    what: String,
    /// The answer, or its beginning.
    shown: String,
    /// What the function itself said: the type and the first line of its error.
    own: Option<String>,
    /// Another attempt ends alike.
    is_final: bool,
}

/// How one attempt ended.
enum Attempt {
    Good,
    Missed(Miss),
    /// No answer came, and another attempt may get one; in words.
    NoAnswer(String),
    /// The role may not invoke; in words.
    NotAllowed(String),
}

/// How all of them ended.
enum Ended {
    Good,
    /// Nothing was shown; in words.
    Unproven(String),
    Bad(Miss),
}

/// Invokes the version until it answers well.
pub async fn prove(cx: &Context<'_>, invoke: &Invoke) -> Result<(), StepError> {
    let event = cx.inputs.events.get(&invoke.test).ok_or_else(|| not_made("an event"))?;
    let version = cx.run.memory.made(|made| made.version(&invoke.version)).ok_or_else(|| not_made("a version"))?;
    cx.run.may_write()?;
    let (began, mut tries, mut live) = (Instant::now(), 0_u32, invoke.live.as_ref());
    let look = async || {
        tries += 1;
        let is_over = || began.elapsed() >= invoke.timeout;
        let miss = match attempt(cx, invoke, &version, event).await? {
            Attempt::Good => return Ok(Look::Ready(Ended::Good)),
            Attempt::NotAllowed(why) => return Ok(Look::Ready(Ended::Unproven(why))),
            Attempt::NoAnswer(why) if is_over() => return Ok(Look::Ready(Ended::Unproven(why))),
            Attempt::NoAnswer(why) => return Ok(Look::NotYet(why)),
            Attempt::Missed(miss) => miss,
        };
        // Once: an event that callers' version does not take either says nothing of this one.
        if let Some(live) = live.take()
            && let Attempt::Missed(_) = attempt(cx, invoke, live, event).await?
        {
            let why = format!("{}, but so it is with version {live}, which callers have", miss.what);
            return Ok(Look::Ready(Ended::Unproven(why)));
        }
        let is_last = miss.is_final || is_over();
        Ok(if is_last { Look::Ready(Ended::Bad(miss)) } else { Look::NotYet(miss.what) })
    };
    let Invoke { name, event: shown, .. } = invoke;
    let ran = version.in_words();
    let what = format!("{ran} of {name} to answer {shown}");
    let deadline = invoke.timeout + invoke.function_timeout * 2;
    let wait = Wait { longest: Duration::from_secs(1), deadline, ..cx.run.wait(what) };
    let failed = match invoke.goes_live {
        GoesLive::WithAlias => format!("{ran} of {name} failed before its callers got it"),
        GoesLive::AtUpdate => format!("{ran} of {name} failed"),
    };
    match wait.until(look).await.map_err(|error| ended(error, &failed, "try again in a minute"))? {
        Ended::Good => {
            cx.run.done(format!("{ran} of {name} answered {shown}"));
            let Invoke { function, event, goes_live, .. } = invoke.clone();
            let invoked = Invoked { function, version, event, goes_live };
            cx.run.memory.made(|made| made.invoked.insert(invoke.test, invoked));
            Ok(())
        }
        Ended::Unproven(why) => {
            let before = match invoke.goes_live {
                GoesLive::WithAlias => " before its callers get it",
                GoesLive::AtUpdate => "",
            };
            cx.run.warn(format!("{ran} of {name} is not proven by {shown}{before}: {why}"));
            Ok(())
        }
        Ended::Bad(miss) => Err(problem(failed, invoke, miss, tries).into()),
    }
}

async fn attempt(cx: &Context<'_>, invoke: &Invoke, version: &Version, event: &Value) -> Result<Attempt, StepError> {
    let event = completed(event, cx);
    let call = async {
        let answer = cx.run.world.aws.lambda.invoke(invoke, version, &event).await;
        Ok(answer)
    };
    match cx.run.unless_stopped(call).await? {
        Ok(answer) => Ok(judge(invoke, version, &answer, &event).map_or_else(Attempt::Missed, |()| Attempt::Good)),
        Err(error) if error.answer == Answer::Denied => {
            let problem = error.into_problem("");
            Ok(Attempt::NotAllowed(format!("{}; {}", problem.why, problem.fix)))
        }
        Err(error) if matches!(error.answer, Answer::Throttled | Answer::Unknown | Answer::Conflict) => {
            Ok(Attempt::NoAnswer(error.into_problem("").why))
        }
        Err(error) => {
            Err(error.into_problem(format!("failed to invoke {} of {}", version.in_words(), invoke.name)).into())
        }
    }
}

/// Whether an answer is good, as API Gateway would read it.
fn judge(invoke: &Invoke, version: &Version, answer: &Invocation, event: &Value) -> Result<(), Miss> {
    let miss = |what: String, is_final| {
        let shown = hidden(&answer.payload, event).chars().take(SHOWN_ANSWER).collect();
        let own = if answer.failed { error_of(&answer.payload) } else { own_error::in_log(&answer.log) };
        Miss { what, shown, own, is_final }
    };
    if answer.failed {
        let kind = answer.payload["errorType"].as_str().unwrap_or_default();
        return Err(miss("the function failed".to_owned(), FINAL.contains(&kind)));
    }
    if let Some(other) = answer.version.as_ref().filter(|ran| *ran != version) {
        return Err(miss(format!("{} answered", other.in_words()), false));
    }
    let body = match invoke.status {
        None => answer.payload.as_str().map_or_else(|| answer.payload.to_string(), str::to_owned),
        Some(wanted) => {
            let status = &answer.payload["statusCode"];
            let status = status.as_u64().or_else(|| status.as_str()?.parse().ok());
            match status {
                None if invoke.format == PayloadFormat::Second => match wanted {
                    200 => answer.payload.as_str().map_or_else(|| answer.payload.to_string(), str::to_owned),
                    _ => return Err(miss(format!("it answered 200 instead of {wanted}"), false)),
                },
                None => {
                    return Err(miss(
                        "its answer has no `statusCode`, so that callers would get 502".to_owned(),
                        false,
                    ));
                }
                Some(status) if status != u64::from(wanted) => {
                    return Err(miss(format!("it answered {status} instead of {wanted}"), false));
                }
                Some(_) => body(&answer.payload),
            }
        }
    };
    match &invoke.contains {
        Some(wanted) if !body.contains(wanted) => Err(miss(format!("its answer does not contain `{wanted}`"), false)),
        _ => Ok(()),
    }
}

fn body(payload: &Value) -> String {
    let text = payload["body"].as_str().unwrap_or_default();
    let decoded = (payload["isBase64Encoded"] == true).then(|| STANDARD.decode(text).ok()).flatten();
    decoded.map_or_else(|| text.to_owned(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// `ImportModuleError: No module named 'x'`: the type and the first line of a function's error.
fn error_of(payload: &Value) -> Option<String> {
    let (kind, message) = (payload["errorType"].as_str(), payload["errorMessage"].as_str());
    own_error::of(kind.unwrap_or("Error"), message?)
}

/// An answer without what was sent.
fn hidden(payload: &Value, event: &Value) -> String {
    let text = payload["body"].as_str().map_or_else(|| payload.to_string(), |_| body(payload));
    let mut sent = Vec::new();
    texts(&event["headers"], &mut sent);
    texts(&event["queryStringParameters"], &mut sent);
    texts(&event["body"], &mut sent);
    redact::without(&text, sent)
}

fn texts<'v>(value: &'v Value, into: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => into.push(text),
        Value::Object(map) => map.values().for_each(|value| texts(value, into)),
        _ => {}
    }
}

/// The event with what each request has of its own.
fn completed(event: &Value, cx: &Context<'_>) -> Value {
    let mut event = event.clone();
    let now = time::now();
    let id = format!("{}-{}", cx.run.id(), now.unix());
    let is_of_url = event["version"] == "2.0";
    let context = event.get_mut("requestContext");
    if let Some(Value::Object(context)) = context.filter(|context| is_of_url && context["http"].is_object()) {
        context.entry("requestId").or_insert_with(|| json!(id));
        context.entry("timeEpoch").or_insert_with(|| json!(now.unix() * 1000));
        context.entry("time").or_insert_with(|| json!(time::common_log(now)));
    } else if let Some(Value::Object(context)) =
        event.get_mut("requestContext").filter(|context| context["identity"].is_object())
    {
        context.entry("requestId").or_insert_with(|| json!(id));
        context.entry("extendedRequestId").or_insert_with(|| json!(id));
        context.entry("requestTimeEpoch").or_insert_with(|| json!(now.unix() * 1000));
        context.entry("requestTime").or_insert_with(|| json!(time::common_log(now)));
    }
    event
}

fn problem(failed: String, invoke: &Invoke, miss: Miss, tries: u32) -> Problem {
    let tries = if tries == 1 { "1 try".to_owned() } else { format!("{tries} tries") };
    let is_shown = !miss.shown.is_empty() && miss.own.is_none();
    let shown = if is_shown { format!("; its answer: {}", miss.shown) } else { String::new() };
    let why = format!("{} ({tries}): {}{shown}", invoke.event, miss.what);
    Problem { own_error: miss.own.map(String::into_boxed_str), ..Problem::new(failed).why(why).fix(fix(invoke)) }
}

fn fix(invoke: &Invoke) -> String {
    format!("the function's log: `aws logs tail {}`", invoke.log.group)
}
