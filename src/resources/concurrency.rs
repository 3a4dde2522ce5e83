//! Provisioned concurrency of an alias that moved.
//!
//! `UpdateAlias` answers at once. Lambda then sends all calls of the alias to the version from before, by a weight of its
//! own, until the new version has its provisioned concurrency; for good if it never gets any.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html>,
//! <https://github.com/hashicorp/terraform-provider-aws/pull/48116>

use std::time::Duration;

use super::Context;
use crate::aws::{Answer, CallError};
use crate::engine::{StepError, ended};
use crate::error::Problem;
use crate::model::{MoveAlias, Provisioned, ProvisionedWait, Version};
use crate::world::{Look, Wait};

/// How long Lambda may take; it usually needs some minutes.
const PROVISIONED: Duration = Duration::from_mins(15);

/// The longest pause between two looks.
const PAUSE: Duration = Duration::from_secs(5);

/// How an alias that moved stands.
struct State {
    /// The status of its provisioned concurrency; `None` where it has none, or may not be read.
    provisioned: Option<Provisioned>,
    /// Its calls go to the version from before.
    calls_go_back: bool,
}

/// Waits until the alias sends its calls to the new version.
pub(super) async fn provided(cx: &Context<'_>, moved: &MoveAlias, version: &Version) -> Result<(), StepError> {
    let Some(until) = moved.wait else { return Ok(()) };
    let MoveAlias { name, alias, .. } = moved;
    let failed = format!("alias {alias} of {name} does not send its calls to version {version}");
    let look = async || match state(cx, moved, version, until).await {
        Ok(Some(state)) => judge(&state, until, (&moved.from, version)).map_err(|reason| {
            let fix = "correct what AWS names: where the function fails to start, its log group says why";
            let why = format!("its provisioned concurrency is FAILED: {reason}");
            StepError::Problem(Problem::new(&failed).why(why).fix(fix))
        }),
        Ok(None) => {
            let why = "another run or person moved or deleted the alias since";
            Err(Problem::new(&failed).why(why).fix("run `sls-release plan`, then release again").into())
        }
        Err(error) if error.answer == Answer::Throttled => Ok(Look::NotYet(error.message)),
        Err(error) => Err(error.into_problem(&failed).into()),
    };
    let wait = cx.run.wait(format!("alias {alias} of {name}"));
    let wait = Wait { deadline: PROVISIONED, longest: PAUSE, ..wait };
    let fix = "see how much concurrency the account has left, then release again";
    wait.until(look).await.map_err(|error| ended(error, &failed, fix))
}

/// `None` where the alias does not point at the version any more.
async fn state(
    cx: &Context<'_>,
    moved: &MoveAlias,
    version: &Version,
    until: ProvisionedWait,
) -> Result<Option<State>, CallError> {
    let (lambda, MoveAlias { name, alias, from, .. }) = (&cx.run.world.aws.lambda, moved);
    let provisioned =
        async { if until == ProvisionedWait::CallsAlone { Ok(None) } else { lambda.provisioned(name, alias).await } };
    let (provisioned, now) = futures::join!(provisioned, lambda.alias(name, alias));
    let (provisioned, now) = (provisioned?, now?.filter(|now| now.version == *version));
    Ok(now.map(|now| State { provisioned, calls_go_back: now.weights.contains_key(from) }))
}

/// `Err` is AWS's reason why the version gets no provisioned concurrency.
fn judge(state: &State, until: ProvisionedWait, (from, version): (&Version, &Version)) -> Result<Look<()>, String> {
    let must_be_ready = until == ProvisionedWait::Ready;
    let status = match &state.provisioned {
        Some(Provisioned::Failed(reason)) if must_be_ready || state.calls_go_back => return Err(reason.clone()),
        Some(Provisioned::InProgress) => "IN_PROGRESS",
        Some(Provisioned::Ready) => "READY",
        _ => "not known",
    };
    let awaits_ready = must_be_ready && state.provisioned == Some(Provisioned::InProgress);
    let seen = format!("the provisioned concurrency of version {version} is {status}");
    Ok(match (state.calls_go_back, awaits_ready) {
        (true, _) => Look::NotYet(format!("{seen}, and callers still get version {from}")),
        (false, true) => Look::NotYet(seen),
        (false, false) => Look::Ready(()),
    })
}
