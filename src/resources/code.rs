//! A function's code: new code, the wait until Lambda runs it, and the code from before.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::{Context, put_back};
use crate::aws::{Answer, CallError, Code, CodeObject};
use crate::engine::{Found, StepError, Undone, Words, Write, ended, send};
use crate::error::Problem;
use crate::model::{
    ChangeCode, CodeCall, FunctionName, KeptCode, NotPutBack, ObjectKey, ObservedCode, Restore, RevisionId, Sha256,
    Version,
};
use crate::world::{Look, Wait};

/// How long Lambda may not know a function that was just made.
const APPEARS: Duration = Duration::from_secs(15);

/// Most versions are active within this time, in which they are looked at every [`PAUSE`], so that none waits long for
/// its alias.
const SOON: Duration = Duration::from_secs(10);

const PAUSE: Duration = Duration::from_millis(150);

/// So many are looked at every [`PAUSE`], so many more every other one, and so on: all together less often than an
/// account may call `GetFunction`.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const QUICKLY: u32 = 4;

/// Gives a function new code, and waits until Lambda runs it.
pub async fn change(cx: &Context<'_>, change: &ChangeCode) -> Result<(), StepError> {
    let name = &change.name;
    let version = match &change.call {
        CodeCall::Update { key: Some(key), object_version, publish, .. } => {
            let code = Code::Object(cx.code_object(key, object_version.as_ref())?);
            update(cx, change, &code, *publish).await?
        }
        CodeCall::Update { key: None, publish, .. } => {
            let zip = read(&cx.artifact(&change.function)?.path).await?;
            update(cx, change, &Code::Zip(&zip), *publish).await?
        }
        CodeCall::Image { uri, publish, .. } => update(cx, change, &Code::Image(uri), *publish).await?,
        CodeCall::Publish => publish(cx, change).await?,
    };
    if version.as_str().starts_with('$') {
        ready(cx, name).await?;
        cx.run.done(format!("code of {name} updated"));
        return Ok(());
    }
    active(cx, change, &version).await?;
    cx.run.done(format!("version {version} of {name} published"));
    cx.run.memory.made(|made| made.versions.insert(change.function.clone(), version));
    Ok(())
}

/// `UpdateFunctionCode`. After a lost answer, `$LATEST` with the new code proves that it was done.
async fn update(cx: &Context<'_>, change: &ChangeCode, code: &Code<'_>, publish: bool) -> Result<Version, StepError> {
    let revision = cx.run.memory.revision(&change.name, &change.revision);
    let lambda = &cx.run.world.aws.lambda;
    // Each update that publishes makes a version; after a lost answer it may be another run's.
    let call = async || {
        let version = lambda.update_code(change, code, &revision, publish).await?;
        if publish {
            is_fresh(cx, change, &version);
        }
        Ok(version)
    };
    let look = async || match lambda.function(&change.name, None).await? {
        Some(latest) if latest.code.sha256 != change.after => Ok(None),
        Some(latest) if !publish => Ok(Some(latest.code.version)),
        Some(_) => published(cx, change).await.map(Some),
        None => Ok(None),
    };
    let write = Write::new(format!("failed to update the code of {}", change.name), change.undos());
    send(&cx.run, write.waits_for_conflicts().may_be_anothers(), call, look).await
}

pub(super) async fn read(zip: &Path) -> Result<Vec<u8>, Problem> {
    tokio::fs::read(zip).await.map_err(|error| {
        let problem = Problem::new(format!("failed to read {}", zip.display())).why(error.to_string());
        problem.fix("keep other programs from deleting temporary files, and run it again")
    })
}

fn is_fresh(cx: &Context<'_>, change: &ChangeCode, version: &Version) {
    cx.run.memory.made(|made| made.fresh.insert(change.name.clone(), version.clone()));
}

async fn publish(cx: &Context<'_>, change: &ChangeCode) -> Result<Version, StepError> {
    let lambda = &cx.run.world.aws.lambda;
    let before = match lambda.versions(&change.name).await {
        Ok(before) => Some(before),
        Err(error) => {
            let problem = error.into_problem(format!("failed to list the versions of {}", change.name));
            cx.run.warn(format!("a version that fails would stay the newest one: {}", problem.why));
            None
        }
    };
    let call = async || {
        let sha256 = change.code_sha256(&change.after);
        let version = lambda.publish(&change.name, &sha256, Some(&change.revision)).await?;
        if before.as_ref().is_some_and(|before| !before.contains(&version)) {
            is_fresh(cx, change, &version);
        }
        Ok(version)
    };
    let look = async || published(cx, change).await.map(Some);
    let failed = format!("failed to publish a version of {}", change.name);
    send(&cx.run, Write::new(failed, change.undos()).waits_for_conflicts(), call, look).await
}

/// The version of the new code: where nothing changed since it was published, Lambda publishes no other. The revision
/// has changed by then, but the hash still guards the call.
async fn published(cx: &Context<'_>, change: &ChangeCode) -> Result<Version, CallError> {
    let sha256 = change.code_sha256(&change.after);
    cx.run.world.aws.lambda.publish(&change.name, &sha256, None).await
}

/// Waits until the version runs, and checks that it holds the new code.
async fn active(cx: &Context<'_>, change: &ChangeCode, version: &Version) -> Result<(), StepError> {
    let what = format!("version {version} of {}", change.name);
    let code = state(cx, &what, &change.name, Some(version)).await?;
    if code.sha256 == change.after {
        return Ok(());
    }
    Err(Problem::new(format!("{what} holds other code than was released"))
        .why(format!(
            "its CodeSha256 is {}, not {}",
            change.code_sha256(&code.sha256),
            change.code_sha256(&change.after)
        ))
        .fix("another run released at the same time, or the artifact's object was overwritten: release again")
        .into())
}

/// Waits until `$LATEST` can be called, and remembers its revision.
pub(super) async fn ready(cx: &Context<'_>, name: &FunctionName) -> Result<(), StepError> {
    let code = state(cx, &format!("function {name}"), name, None).await?;
    cx.run.memory.revised(name.clone(), code.revision);
    Ok(())
}

/// Waits until Lambda has done what it was asked to; `version`: `None` for `$LATEST`.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>
pub(super) async fn state(
    cx: &Context<'_>,
    what: &str,
    name: &FunctionName,
    version: Option<&Version>,
) -> Result<ObservedCode, StepError> {
    let began = Instant::now();
    let look = async || match cx.run.world.aws.lambda.function(name, version.map(Version::as_str)).await {
        Err(error) if error.answer == Answer::Throttled => Ok(Look::NotYet(error.message)),
        Err(error) => Err(StepError::Problem(error.into_problem(format!("failed to look at {what}")))),
        Ok(None) if version.is_none() && began.elapsed() >= APPEARS => Err(gone(what).into()),
        Ok(None) => Ok(Look::NotYet("it does not exist yet".to_owned())),
        Ok(Some(found)) => judge(what, name, version, found.code).map_err(StepError::from),
    };
    let before = u32::try_from(cx.run.waiting.fetch_add(1, Relaxed)).unwrap_or(u32::MAX);
    let first = PAUSE.saturating_mul(1 + before / QUICKLY);
    let wait = cx.run.wait(what.to_owned());
    let ended_with = Wait { first, grows_after: SOON, longest: wait.longest.max(first), ..wait }.until(look).await;
    cx.run.waiting.fetch_sub(1, Relaxed);
    let failed = format!("{what} did not become active");
    let fix = "raise `wait_timeout`, or see the function's state in the console";
    ended_with.map_err(|error| ended(error, &failed, fix))
}

fn gone(what: &str) -> Problem {
    let gone =
        Problem::new(format!("{what} does not exist any more")).why("it was deleted while this run waited for it");
    gone.fix("run it again, unless the pull request was closed")
}

fn judge(
    what: &str,
    name: &FunctionName,
    version: Option<&Version>,
    code: ObservedCode,
) -> Result<Look<ObservedCode>, Problem> {
    // A function whose creation failed is repaired by an update.
    let is_repaired = version.is_none() && code.last_update_status == "InProgress";
    if !is_repaired && (code.state == "Failed" || code.last_update_status == "Failed") {
        let failed = Problem::new(format!("{what} failed")).why(code.status_reason);
        return Err(failed.fix("see the function in the console, correct what the reason names, and release again"));
    }
    if let Some(version) = version.filter(|_| code.state == "Inactive") {
        return Err(Problem::new(format!("{what} is inactive"))
            .why("Lambda deactivates a version that is not called for long, and only a call activates it again")
            .fix(format!(
                "call it once, then release again: `aws lambda invoke --function-name {name} --qualifier {version} \
                 answer.json`"
            )));
    }
    let is_settled = if version.is_some() { code.state == "Active" } else { code.state != "Pending" };
    if is_settled && code.last_update_status == "Successful" {
        return Ok(Look::Ready(code));
    }
    Ok(Look::NotYet(format!("its state is {}, its update {}", code.state, code.last_update_status)))
}

/// Writes the code from before into `$LATEST`, where it still holds this run's: from the bucket, or, without one, from the
/// file that this run keeps.
pub async fn undo(
    cx: &Context<'_>,
    change: &ChangeCode,
    (key, observed): (Option<&ObjectKey>, Option<&String>),
    left: &BTreeSet<Sha256>,
) -> Undone {
    let name = &change.name;
    let kept = cx.run.memory.made(|made| made.kept.get(name).cloned());
    let zip;
    let code = match (&change.call, key, &kept) {
        (CodeCall::Image { restore: Restore::Image(uri), .. }, ..) => Ok(Code::Image(uri)),
        (_, Some(key), _) => cx.code_object(key, observed).map(Code::Object),
        (_, None, Some(kept)) => {
            zip = read(&kept.file).await;
            zip.as_deref().map(Code::Zip).map_err(Clone::clone)
        }
        (_, None, None) => return Undone::Nothing, // the update waits for the live code
    };
    let lambda = &cx.run.world.aws.lambda;
    let look = async || {
        Ok(match lambda.function(name, None).await? {
            None => Found::Changed("it does not exist any more".to_owned()),
            Some(now) if now.code.is_busy() => Found::Busy,
            Some(now) if now.code.sha256 == change.before => Found::AsBefore,
            Some(now) if left.contains(&now.code.sha256) => Found::Ours(now.code.revision),
            Some(now) => Found::Changed(format!("its CodeSha256 is {}", change.code_sha256(&now.code.sha256))),
        })
    };
    let what = format!("$LATEST of {name}");
    let by_hand = by_hand(cx, change, code.as_ref().ok(), kept.as_ref());
    let code = match code {
        Ok(code) => code,
        Err(_) if matches!(look().await, Ok(Found::AsBefore)) => return Undone::Nothing,
        Err(Problem { why, .. }) => return Undone::Failed(NotPutBack { what, why, command: by_hand }),
    };
    let words = Words {
        what,
        restored: format!("$LATEST of {name} holds its code again"),
        by_hand,
        to_look: cx.aws(&format!("lambda get-function --function-name {name} --query Configuration")),
    };
    let write = async |revision: RevisionId| lambda.update_code(change, &code, &revision, false).await.map(drop);
    put_back(cx, words, look, write).await
}

/// Names everything that an update reverts if it is left out. The file of this run is gone when the command is run, so that
/// it fetches the code of a version.
fn by_hand(cx: &Context<'_>, change: &ChangeCode, code: Option<&Code<'_>>, kept: Option<&KeptCode>) -> String {
    let name = &change.name;
    let flags = |flags: &[(&str, Option<&str>)]| {
        let said: Vec<_> = flags.iter().filter_map(|(flag, value)| Some(format!(" --{flag} {}", (*value)?))).collect();
        said.concat()
    };
    let (architecture, kms_key) = (change.architecture.as_deref(), change.source_kms_key.as_deref());
    let kept_by_all = [("architectures", architecture), ("source-kms-key-arn", kms_key)];
    let update = format!("lambda update-function-code --function-name {name}");
    match code {
        Some(Code::Object(CodeObject { bucket, key, version })) => {
            let version = flags(&[("s3-object-version", version.as_deref())]);
            let mode = flags(&[("s3-object-storage-mode", change.storage_mode.as_deref())]);
            let kept = flags(&kept_by_all);
            cx.aws(&format!("{update} --s3-bucket {bucket} --s3-key {key}{version}{kept}{mode}"))
        }
        Some(Code::Image(uri)) => cx.aws(&format!("{update} --image-uri {uri}{}", flags(&kept_by_all))),
        Some(Code::Zip(_)) | None => {
            let version = kept.map_or_else(|| "$LATEST".to_owned(), |kept| kept.version.to_string());
            let link = "--query Code.Location --output text";
            let link = cx.aws(&format!("lambda get-function --function-name {name} --qualifier {version} {link}"));
            let update = cx.aws(&format!("{update} --zip-file fileb://{name}.zip{}", flags(&kept_by_all)));
            format!("curl --fail --output {name}.zip \"$({link})\" && {update}")
        }
    }
}
