//! Endpoints: the proof that they answer well.

use std::time::{Duration, Instant};

use super::{Context, not_made};
use crate::aws::{Answer, time};
use crate::engine::StepError;
use crate::error::Problem;
use crate::http::Miss;
use crate::model::{LogSource, Moment, Smoke, SmokeProof, SmokeResult, SmokeSettings, SmokeTarget};
use crate::report::own_error;
use crate::world::{Address, Look, Wait, WaitError};

/// How long the logs may take after a failure.
const FOR_LOGS: Duration = Duration::from_secs(5);

/// Asks until there were enough good answers in a row.
pub async fn smoke(cx: &Context<'_>, smoke: &Smoke) -> Result<(), StepError> {
    let settings = cx.inputs.smoke.get(smoke.test).ok_or_else(|| not_made("a smoke test"))?;
    let (address, shown) = addresses(cx, smoke, settings)?;
    cx.run.may_write()?;
    let (began, since, mut heard) = (Instant::now(), time::now(), Heard::default());
    let mut early = cx.answers.get(&smoke.test).cloned();
    let look = async || {
        for _ in 0..smoke.hits {
            let left = smoke.timeout.saturating_sub(began.elapsed());
            if left.is_zero() {
                break;
            }
            let ask = async { Ok(cx.run.world.ask(&address, settings, left).await) };
            let answer = match early.take() {
                Some(answer) => answer,
                None => cx.run.unless_stopped(ask).await?,
            };
            if !heard.is_good(answer) {
                return Ok(Look::NotYet(heard.now()));
            }
        }
        Ok(if heard.in_a_row >= smoke.hits { Look::Ready(()) } else { Look::NotYet(heard.now()) })
    };
    let what = match smoke.hits {
        1 => format!("a good answer from {shown}"),
        hits => format!("{hits} good answers in a row from {shown}"),
    };
    let wait = Wait { longest: Duration::from_secs(1), deadline: smoke.timeout, ..cx.run.wait(what.clone()) };
    let ended = wait.until(look).await.map_err(|error| match error {
        WaitError::Final(error) => error,
        WaitError::Cancelled => StepError::Stopped,
        WaitError::Deadline(_) => {
            let failed = Problem::new(format!("failed to get {what} in time"));
            failed.why(heard.in_words(smoke.timeout)).fix(fix(smoke)).about_url(&shown).into()
        }
    });
    if let Err(StepError::Problem(problem)) = ended {
        return Err(with_own_error(cx, smoke, since, problem).await.into());
    }
    ended?;
    cx.run.done(what);
    let proof = if settings.proves_release { SmokeProof::ThisRelease } else { SmokeProof::Health };
    let (first_answer_ms, last_answer_ms) = heard.times_ms();
    let (Smoke { status, hits, .. }, contains) = (smoke.clone(), smoke.contains.is_some());
    let result = SmokeResult { url: shown, status, hits, proof, first_answer_ms, last_answer_ms, contains };
    cx.run.memory.made(|made| made.smoke.insert(smoke.test, result));
    Ok(())
}

/// What the endpoint said so far.
#[derive(Default)]
struct Heard {
    tries: u32,
    in_a_row: u32,
    /// How long the good answers took.
    took: Vec<Duration>,
    /// The last answer that came and was wrong.
    answer: Option<Miss>,
    /// Why the last try had no answer; `None` where it had one.
    silence: Option<String>,
}

impl Heard {
    /// Notes an answer; whether it is a good one.
    fn is_good(&mut self, answer: Result<Duration, Miss>) -> bool {
        self.tries += 1;
        self.in_a_row = if answer.is_ok() { self.in_a_row + 1 } else { 0 };
        self.silence = None;
        match answer {
            Ok(took) => {
                self.took.push(took);
                return true;
            }
            Err(Miss::Silent(why)) => self.silence = Some(why),
            Err(miss) => self.answer = Some(miss),
        }
        false
    }

    /// How long the first good answer took, and the last one where there were several.
    fn times_ms(&self) -> (Option<u64>, Option<u64>) {
        let milliseconds = |took: &Duration| u64::try_from(took.as_millis()).ok();
        let (first, later) = self.took.split_first().unzip();
        (first.and_then(milliseconds), later.and_then(|later| later.last()).and_then(milliseconds))
    }

    /// The last try, for the line that waits.
    fn now(&self) -> String {
        let answer = self.answer.as_ref().map(Miss::what);
        self.silence.as_deref().or(answer).unwrap_or("too few good answers yet").to_owned()
    }

    /// Everything, for the failure. The last answer counts, also where later tries had none.
    fn in_words(&self, time: Duration) -> String {
        let tries = if self.tries == 1 { "1 try".to_owned() } else { format!("{} tries", self.tries) };
        let mut parts = vec![format!("{tries} in {} s", time.as_secs_f64())];
        match &self.answer {
            Some(miss) => parts.push(miss.what().to_owned()),
            None if self.silence.is_none() => parts.push("too few good answers in a row".to_owned()),
            None => {}
        }
        if let Some(Miss::Answered { body, .. }) = &self.answer {
            let body = body.trim();
            parts.push(if body.is_empty() { "its body is empty".to_owned() } else { format!("its body: {body}") });
        }
        if let Some(silence) = &self.silence {
            parts.push(if self.answer.is_some() { format!("at last {silence}") } else { silence.clone() });
        }
        if self.in_a_row > 0 {
            parts.push(format!("at last {} good in a row", self.in_a_row));
        }
        parts.join("; ")
    }
}

/// What is asked, and the URL that is shown, which holds no key.
fn addresses(cx: &Context<'_>, smoke: &Smoke, settings: &SmokeSettings) -> Result<(Address, String), StepError> {
    let target = match &settings.target {
        SmokeTarget::Url(url) => url,
        SmokeTarget::Path { path, .. } | SmokeTarget::FunctionUrl { path, .. } => path,
        SmokeTarget::Event(_) => return Err(not_made("an endpoint for an event").into()),
    };
    let world = cx.run.world;
    if let Some(endpoint) = &smoke.function_url {
        let url = cx.run.memory.made(|made| made.url(&endpoint.url)).ok_or_else(|| not_made("a URL"))?;
        let address = Address::of_function(world.function_url(&url, target), settings, endpoint.signed);
        return Ok((address, world.function_url(&url, &smoke.target)));
    }
    let Some(endpoint) = &smoke.endpoint else {
        return Ok((Address::new(target.clone(), settings), smoke.target.clone()));
    };
    let id = cx.api(&endpoint.id, &endpoint.id)?;
    let url = |path| world.url(&id, &endpoint.stage, path);
    Ok((Address::new(url(target), settings), url(&smoke.target)))
}

/// Adds what the functions themselves said since, where this role may read their logs.
async fn with_own_error(cx: &Context<'_>, smoke: &Smoke, since: Moment, problem: Problem) -> Problem {
    let read = async |source: &LogSource| cx.run.world.aws.logs.errors(&source.group, since).await;
    let logs = async {
        for source in &smoke.logs {
            match read(source).await {
                Ok(lines) => {
                    if let Some(said) = own_error::in_log(&lines.join("\n")) {
                        let said: Box<str> = format!("{}: {said}", source.function).into();
                        return Ok((Some(said), None));
                    }
                }
                Err(error) if error.answer == Answer::Denied => return Ok((None, Some(error.into_problem("").fix))),
                Err(_) => {}
            }
        }
        Ok((None, None))
    };
    // What is to be put back does not wait for logs.
    let found = tokio::time::timeout(FOR_LOGS, cx.run.unless_stopped(logs)).await;
    let (own_error, allow) = found.ok().and_then(Result::ok).unwrap_or_default();
    let fix =
        allow.map_or_else(|| problem.fix.clone(), |allow| format!("{}; to see its error here, {allow}", problem.fix));
    Problem { fix, own_error, ..problem }
}

/// Where to look next: the logs of the functions.
fn fix(smoke: &Smoke) -> String {
    let logs: Vec<_> = smoke.logs.iter().map(|source| format!("`aws logs tail {}`", source.group)).collect();
    let logs = if logs.is_empty() { String::new() } else { format!("; the function's log: {}", logs.join(", ")) };
    format!("check [smoke] in the settings, and `timeout` for a slow start{logs}")
}
