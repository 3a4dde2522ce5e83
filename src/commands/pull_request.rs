//! `preview up` and `preview down` as the events of a pull request call for them.
//!
//! A pull request brings its own settings file, and it may be closed, opened again or pushed to while a run for it waits
//! or works. So the settings are those of its base branch, and GitHub is asked whose turn it is.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::preview::{self, Turn};
use super::reporting::Reporting;
use crate::error::{Failure, Kind, Problem};
use crate::github::{EventPullRequest, GitHub, PullRequest};
use crate::model::{BaseSettings, CodeSource, Event, Listener, PreviewOutcome, PreviewRequest, Request, Settings};
use crate::plan;
use crate::report::Reporter;
use crate::settings::{self, SettingsFile};
use crate::world::{Cancellation, World};

/// Makes the preview of a pull request, or brings it up to date, with the settings of its base branch, as long as the
/// pull request is open and its head is the commit of the event. GitHub hears of it before the first write.
///
/// # Errors
/// Those of [`preview::up`]; [`Kind::Refused`] where GitHub does not tell the pull request or its base's settings.
pub async fn up(
    request: &Request,
    event: &EventPullRequest,
    reporting: Option<&mut Reporting<'_>>,
    cancel: &Cancellation,
    out: &Reporter,
) -> Result<PreviewOutcome, Failure> {
    let reporting = reporting.ok_or_else(no_token)?;
    let github = reporting.github();
    let turn = async || {
        let now = github.pull_request(event.number).await?.ok_or_else(|| unknown(event.number))?;
        Ok((turn_of(event, &now), now))
    };
    let now = match cancel.or_cancelled(refused(turn())).await? {
        (Turn::Ours, now) => now,
        (Turn::Closed(why), _) => return Ok(PreviewOutcome::Nothing(why)),
        (Turn::Newer(why), _) => return Ok(PreviewOutcome::Superseded { why, standing: None }),
    };
    let Some(file) = settings::find(request, Path::new(""))? else { return no_head(&now).map(PreviewOutcome::Nothing) };
    let checkout = Checkout::of(file)?;
    let text = cancel.or_cancelled(refused(of_base(github, &checkout, &now))).await?;
    let Some(text) = text else { return Ok(PreviewOutcome::Nothing(no_base(&checkout, &now))) };
    let shown = PathBuf::from(format!("{}:{}", now.base_ref, checkout.path));
    let request = Request { base: Some(BaseSettings { shown, text }), ..request.clone() };
    let settings = settings::resolve(&request, &checkout.file)?;
    if settings.preview.is_none() {
        return Ok(PreviewOutcome::Nothing(no_previews(&checkout, &now)));
    }
    for warning in settings::ignored(&request, &checkout.file)? {
        out.hear(Event::Warning(warning));
    }
    stays_inside(&settings, &checkout.top)?;
    is_found_again(&settings, &request, cancel).await?;
    reporting.begin(&plan::preview::id(&request, plan::preview::wanted(&settings)?)?).await;
    preview::up_while(&request, async || Ok(turn().await?.0), cancel, out).await
}

/// Deletes the preview of a pull request that was closed, unless it is open again by now. No checkout is needed, and one
/// that is there is not read: what a pull request brings must not stand in the way of its end.
///
/// # Errors
/// Those of [`preview::down`].
pub async fn down(
    request: &Request,
    event: &EventPullRequest,
    github: Option<&GitHub>,
    cancel: &Cancellation,
    out: &Reporter,
) -> Result<PreviewOutcome, Failure> {
    if let Some(github) = github.filter(|_| event.is_closing) {
        let asked = cancel.or_cancelled(refused(github.pull_request(event.number))).await;
        match asked {
            Ok(Some(now)) if now.is_open => {
                let why = format!("pull request {} is open again, so that its preview stays", event.number);
                return Ok(PreviewOutcome::Nothing(why));
            }
            Ok(_) => {}
            Err(_) if cancel.is_cancelled() => return Err(Cancellation::failure()),
            // GitHub has said that it was closed.
            Err(failure) => out.hear(Event::Warning(failure.to_string())),
        }
    }
    let alone = PreviewRequest { without_settings: event.is_closing, ..request.preview.clone() };
    preview::down(&Request { preview: alone, ..request.clone() }, cancel, out).await
}

/// Nothing was written yet.
async fn refused<T>(asked: impl Future<Output = Result<T, Problem>>) -> Result<T, Failure> {
    asked.await.map_err(|problem| problem.into_failure(Kind::Refused))
}

fn turn_of(event: &EventPullRequest, now: &PullRequest) -> Turn {
    let EventPullRequest { number, head_sha, .. } = event;
    if !now.is_open {
        return Turn::Closed(format!("pull request {number} is closed by now"));
    }
    if now.head_sha != *head_sha {
        let (was, is) = (short(head_sha), short(&now.head_sha));
        let why = format!("the head of pull request {number} is {is} by now, and no longer {was}");
        return Turn::Newer(format!("{why}: the run for that commit brings the preview up to date"));
    }
    Turn::Ours
}

fn short(commit: &str) -> String {
    commit.chars().take(7).collect()
}

fn no_token() -> Failure {
    Problem::new("there is no token for GitHub")
        .why("the settings of a preview are read from the pull request's base branch, not from the pull request itself")
        .fix("leave the input `github-token` as it is, or set GITHUB_TOKEN; it needs `contents: read`")
        .into_failure(Kind::Refused)
}

fn unknown(number: u64) -> Problem {
    Problem::new(format!("GitHub shows no pull request {number}"))
        .why("the token may not read it, or it is gone")
        .fix("give the job the permissions `pull-requests: read` and `contents: read`")
}

/// As they are on the base branch now, not when the pull request was opened: who may not have a preview any more gets none.
async fn of_base(github: &GitHub, checkout: &Checkout, now: &PullRequest) -> Result<Option<String>, Problem> {
    let Some(tip) = github.tip(&now.base_ref).await? else { return Ok(None) };
    github.file(&checkout.path, &tip).await
}

fn no_base(checkout: &Checkout, now: &PullRequest) -> String {
    let (path, branch) = (&checkout.path, &now.base_ref);
    format!(
        "previews begin once the settings are on the base branch: `{branch}` has no `{path}`, or none that the token may \
         read: merge them, and run this again"
    )
}

fn no_previews(checkout: &Checkout, now: &PullRequest) -> String {
    let (path, branch) = (&checkout.path, &now.base_ref);
    format!(
        "previews begin once the base branch wants them: `{path}` on `{branch}` has no [preview] table: merge one, and run \
         this again"
    )
}

/// A branch that began before there were settings has none.
fn no_head(now: &PullRequest) -> Result<String, Failure> {
    let here = std::env::current_dir().unwrap_or_default();
    if !here.ancestors().any(|above| above.join(".git").exists()) {
        return Err(Problem::new(format!("there is no Git checkout in `{}`", here.display()))
            .why("a preview is made of the code of the pull request")
            .fix("check it out before, by a step with `actions/checkout`")
            .into_failure(Kind::Refused));
    }
    let branch = &now.base_ref;
    Ok(format!("the checkout has no {}: merge `{branch}` into the branch of the pull request", settings::FILE_NAME))
}

/// The closing of a pull request reads no settings, so that it must look where the preview is made.
async fn is_found_again(settings: &Settings, request: &Request, cancel: &Cancellation) -> Result<(), Failure> {
    let Some(here) = &settings.region else { return Ok(()) };
    let asked = settings::region_asked_for(request)?;
    let there = World::connect(asked.as_ref().map(|region| &region.value), cancel.clone()).await;
    let there = there.map_or_else(|_| "none".to_owned(), |world| world.aws.region.to_string());
    if there == here.value.as_str() {
        return Ok(());
    }
    Err(Problem::new(format!("the preview would be in {}, where its end would not look for it", here.value))
        .why(format!("the closing of a pull request reads no settings, and its region is AWS_REGION: {there}"))
        .fix(format!("give the action the input `region: {}`, or let AWS_REGION say it", here.value))
        .at(here.location())
        .into_failure(Kind::Refused))
}

/// The pull request that the input `pr` names, where the event is about none. Its preview is made by the same rules.
///
/// # Errors
/// [`Kind::Refused`] where GitHub does not tell it, or its code is another repository's.
pub async fn named(request: &Request, github: Option<&GitHub>) -> Result<EventPullRequest, Failure> {
    let number = request.preview.number.unwrap_or_default();
    let github = github.ok_or_else(no_token)?;
    let found = refused(github.pull_request(number)).await?;
    let found = found.ok_or_else(|| unknown(number).into_failure(Kind::Refused))?;
    if !found.is_own {
        return Err(Problem::new(format!(
            "the code of pull request {number} is a fork's, or of a repository that is gone"
        ))
        .why("a preview would run it with what the stage's functions may do")
        .fix("push the branch to this repository, after a review of it")
        .into_failure(Kind::Refused));
    }
    if let Some(checkout) = request.preview.checkout.as_ref().filter(|checkout| **checkout != found.head_sha) {
        let head = &found.head_sha;
        return Err(Problem::new(format!(
            "the checkout is at {checkout}, not at the head of pull request {number}, {head}"
        ))
        .why("the preview would be said to be of a commit that it does not hold")
        .fix(format!("give actions/checkout the input `ref: refs/pull/{number}/head`"))
        .into_failure(Kind::Refused));
    }
    Ok(EventPullRequest { number, head_sha: found.head_sha, is_closing: false })
}

/// The settings file in a checkout.
struct Checkout {
    file: SettingsFile,
    /// The root of the checkout, resolved.
    top: PathBuf,
    /// From there to the file, with `/`.
    path: String,
}

impl Checkout {
    /// Git's folder marks the root; no commit can hold one of that name.
    fn of(file: SettingsFile) -> Result<Self, Failure> {
        let folder =
            fs::canonicalize(file.path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new(".")));
        let top = folder.as_ref().ok().and_then(|it| it.ancestors().find(|above| above.join(".git").exists()));
        let found = folder.as_ref().ok().zip(top).and_then(|(folder, top)| {
            let path = folder.strip_prefix(top).ok()?.join(file.path.file_name()?);
            Some((top.to_owned(), slashed(&path)?))
        });
        let (top, path) = found.ok_or_else(|| {
            Problem::new(format!("`{}` is in no Git checkout", file.path.display()))
                .why("the settings of a preview are read from the base branch, by their path in the repository")
                .fix("check the repository out by `actions/checkout`")
                .into_failure(Kind::Refused)
        })?;
        Ok(Self { file, top, path })
    }
}

fn slashed(path: &Path) -> Option<String> {
    let names = path.components().map(|part| if let Component::Normal(name) = part { name.to_str() } else { None });
    Some(names.collect::<Option<Vec<_>>>()?.join("/"))
}

/// What a preview publishes comes from the pull request, not from the machine that runs its workflow. A source that is
/// not there is told where it is packed.
fn stays_inside(settings: &Settings, top: &Path) -> Result<(), Failure> {
    let mut problems = Vec::new();
    for (key, function) in settings.chosen_functions() {
        let (CodeSource::Path(source) | CodeSource::SourceFile(source)) = &function.source.value else { continue };
        if fs::canonicalize(source).is_ok_and(|source| !source.starts_with(top)) {
            problems.push(
                Problem::new(format!("the source `{}` of {key} is outside of the checkout", source.display()))
                    .why("a preview is made of what the pull request holds")
                    .fix("choose a folder of the repository")
                    .at(function.source.location()),
            );
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure { kind: Kind::Refused, problems }) }
}
