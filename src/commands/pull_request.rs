//! `preview up` and `preview down` as the events of a pull request call for them.
//!
//! A pull request brings its own settings file, and it may be closed, opened again or pushed to while a run for it
//! waits or works. So the settings are those of its base branch, and GitHub is asked whether the commit is still current.

use std::fs;
use std::path::{Path, PathBuf};

use super::preview::{self, Freshness, refused};
use super::reporting::Reporting;
use super::session::Session;
use crate::checkout;
use crate::error::{Failure, Kind, Problem};
use crate::github::{EventPullRequest, GitHub, PullRequest};
use crate::model::{
    BaseSettings, CodeSource, Common, Event, Listener, PreviewDownRequest, PreviewOutcome, PreviewUpRequest,
    ReleaseRequest, Settings,
};
use crate::settings::{self, Place, SettingsFile};
use crate::world::{Cancellation, World};

/// Makes the preview of a pull request, or brings it up to date, with the settings of its base branch, as long as the
/// pull request is open and its head is the commit of the event. GitHub's deployment is created before the first write.
///
/// # Errors
/// Those of [`preview::up`]; [`Kind::Refused`] if GitHub does not return the pull request or its base branch's settings.
pub(super) async fn up(
    request: &PreviewUpRequest,
    reporting: &mut Reporting<'_>,
    session: &Session<'_>,
) -> Result<PreviewOutcome, Failure> {
    let &Session { cancel, .. } = session;
    let (github, event) = (reporting.github, &reporting.pull_request.clone());
    let current = async || {
        let now = github.pull_request(event.number).await?.ok_or_else(|| unknown(event.number))?;
        Ok((freshness(event, &now), now))
    };
    let (freshness, now) = cancel.or_cancelled(refused(current())).await?;
    if let Some(end) = freshness.end_before_write() {
        return Ok(end);
    }
    let Some(file) = preview::find(&request.settings_input())? else {
        return no_head(&now).map(PreviewOutcome::Nothing);
    };
    let checkout = Checkout::of(file)?;
    reporting.in_folder(&checkout.folder);
    let text = cancel.or_cancelled(refused(of_base(github, &checkout, &now))).await?;
    let Some(text) = text else { return Ok(PreviewOutcome::Nothing(no_base(&checkout, &now))) };
    let common = with_base(&request.common, &checkout, &now, text);
    let request = PreviewUpRequest { common, ..request.clone() };
    let settings = settings::resolve(&request.settings_input(), &checkout.file)?;
    if settings.preview.is_none() {
        return Ok(PreviewOutcome::Nothing(no_previews(&checkout, &now)));
    }
    warn_of_ignored(&request.common, &checkout, session)?;
    stays_inside(&settings, &checkout.top)?;
    is_found_again(&settings, &request.common, cancel).await?;
    reporting.begin(&preview::preview_id(&request.owner, event.number, &settings)?).await;
    preview::up(&request, async || Ok(current().await?.0), session).await
}

/// Returns what a release or plan on the event of a pull request is asked: its settings are those of the base branch, as
/// for a preview. Its own could name any stage, bucket and function.
///
/// # Errors
/// [`Kind::Refused`] if GitHub does not return the pull request or its base branch's settings.
pub(super) async fn release(
    request: &ReleaseRequest,
    event: &EventPullRequest,
    github: &GitHub,
    session: &Session<'_>,
) -> Result<ReleaseRequest, Failure> {
    let found = async { github.pull_request(event.number).await?.ok_or_else(|| unknown(event.number)) };
    let now = session.cancel.or_cancelled(refused(found)).await?;
    // Without a file, the release says so.
    let Some(file) = preview::find(&request.settings_input())? else { return Ok(request.clone()) };
    let checkout = Checkout::of(file)?;
    let text = session.cancel.or_cancelled(refused(of_base(github, &checkout, &now))).await?;
    let text = text.ok_or_else(|| no_base_to_release(&checkout, &now))?;
    let common = with_base(&request.common, &checkout, &now, text);
    warn_of_ignored(&common, &checkout, session)?;
    let request = ReleaseRequest { common, ..request.clone() };
    stays_inside(&settings::resolve(&request.settings_input(), &checkout.file)?, &checkout.top)?;
    Ok(request)
}

/// Lets the settings of the base branch decide.
fn with_base(common: &Common, checkout: &Checkout, now: &PullRequest, text: String) -> Common {
    let shown = PathBuf::from(format!("{}:{}", now.base_ref, checkout.path));
    Common { base: Some(BaseSettings { shown, text }), ..common.clone() }
}

/// Warns of what is ignored of the pull request's own settings.
fn warn_of_ignored(common: &Common, checkout: &Checkout, session: &Session<'_>) -> Result<(), Failure> {
    for warning in settings::ignored(common.base.as_ref(), &checkout.file)? {
        session.out.hear(Event::Warning(warning));
    }
    Ok(())
}

fn no_base_to_release(checkout: &Checkout, now: &PullRequest) -> Failure {
    Problem::new(format!("`{}` has no `{}`, or none that the token may read", now.base_ref, checkout.path))
        .why("on the event of a pull request the settings are those of its base branch, not its own")
        .fix("merge the settings first; the job needs the permission `contents: read`")
        .into_failure(Kind::Refused)
}

/// Deletes the preview of a pull request that was closed and not reopened, or that is not to have one any more. No checkout
/// is needed, and on the event of a pull request none is read: its file must not be able to prevent the deletion.
///
/// # Errors
/// Those of [`preview::down`].
pub(super) async fn down(
    request: &PreviewDownRequest,
    event: &EventPullRequest,
    github: Option<&GitHub>,
    session: &Session<'_>,
) -> Result<PreviewOutcome, Failure> {
    let &Session { cancel, out, .. } = session;
    if let Some(github) = github.filter(|_| event.is_closing) {
        let asked = cancel.or_cancelled(refused(github.pull_request(event.number))).await;
        match asked {
            Ok(Some(now)) if now.is_open => {
                let why = format!("pull request {} is open again, so that its preview stays", event.number);
                return Ok(PreviewOutcome::Nothing(why));
            }
            Ok(_) => {}
            Err(_) if cancel.is_cancelled() => return Err(Cancellation::failure()),
            // The event says that it was closed.
            Err(failure) => out.hear(Event::Warning(failure.to_string())),
        }
    }
    let ignores_file = session.ci.is_some_and(|ci| ci.pull_request.is_some());
    preview::down(&PreviewDownRequest { ignores_file, ..request.clone() }, session).await
}

fn freshness(event: &EventPullRequest, now: &PullRequest) -> Freshness {
    let EventPullRequest { number, head_sha, .. } = event;
    if !now.is_open {
        return Freshness::Closed(format!("pull request {number} is closed by now"));
    }
    if now.head_sha != *head_sha {
        let (was, is) = (short(head_sha), short(&now.head_sha));
        let why = format!("the head of pull request {number} is {is} by now, and no longer {was}");
        return Freshness::Newer(format!("{why}: the run for that commit brings the preview up to date"));
    }
    Freshness::Current
}

fn short(commit: &str) -> String {
    commit.chars().take(7).collect()
}

/// Returns the failure of a run without a token, which GitHub would show no settings.
pub(super) fn no_token() -> Failure {
    Problem::new("there is no token for GitHub")
        .why("on the event of a pull request the settings are those of its base branch, not its own")
        .fix("leave the input `github-token` as it is, or set GITHUB_TOKEN; it needs `contents: read`")
        .into_failure(Kind::Refused)
}

fn unknown(number: u64) -> Problem {
    Problem::new(format!("GitHub shows no pull request {number}"))
        .why("the token may not read it, or it is gone")
        .fix("give the job the permissions `pull-requests: read` and `contents: read`")
}

/// Returns the settings as they are on the base branch now, not when the pull request was opened: a right that was
/// taken away since is gone.
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
        "previews begin once the base branch enables them: `{path}` on `{branch}` has no [preview] table: merge one, and run \
         this again"
    )
}

/// Explains what to do if the branch has no settings because it is older than they are.
fn no_head(now: &PullRequest) -> Result<String, Failure> {
    let here = std::env::current_dir().unwrap_or_default();
    if checkout::root(&here).is_none() {
        return Err(Problem::new(format!("there is no Git checkout in `{}`", here.display()))
            .why("a preview is made of the code of the pull request")
            .fix("check it out before, by a step with `actions/checkout`")
            .into_failure(Kind::Refused));
    }
    let branch = &now.base_ref;
    Ok(format!("the checkout has no {}: merge `{branch}` into the branch of the pull request", settings::FILE_NAME))
}

/// Refuses a preview in another region than the closing of the pull request will look in, which reads no settings.
async fn is_found_again(settings: &Settings, common: &Common, cancel: &Cancellation) -> Result<(), Failure> {
    let Some(here) = &settings.region else { return Ok(()) };
    let asked = settings::region_asked_for(common)?;
    let there = World::connect(asked.as_ref(), cancel).await;
    let there = there.map_or_else(|_| "none".to_owned(), |world| world.aws.region.to_string());
    if there == here.value.as_str() {
        return Ok(());
    }
    Err(Problem::new(format!("the preview would be in {}, where its deletion would not look for it", here.value))
        .why(format!("the closing of a pull request reads no settings, and its region is AWS_REGION: {there}"))
        .fix(format!("give the action the input `region: {}`, or set AWS_REGION to it", here.value))
        .at(here.location())
        .into_failure(Kind::Refused))
}

/// Returns the pull request that the input `pr` names, where the event is about none. Its preview follows the same
/// rules.
///
/// # Errors
/// [`Kind::Refused`] if GitHub does not return it, or its code belongs to another repository.
pub(super) async fn named(request: &PreviewUpRequest, github: Option<&GitHub>) -> Result<EventPullRequest, Failure> {
    let number = request.number;
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
    if let Some(checkout) = request.checkout.as_ref().filter(|checkout| **checkout != found.head_sha) {
        let head = &found.head_sha;
        return Err(Problem::new(format!(
            "the checkout is at {checkout}, not at the head of pull request {number}, {head}"
        ))
        .why("the preview would be reported for a commit that it does not contain")
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
    /// From there to the file's folder, with `/`; empty for the root.
    folder: String,
    /// From there to the file, with `/`.
    path: String,
}

impl Checkout {
    fn of(file: SettingsFile) -> Result<Self, Failure> {
        let find = || {
            let place = settings::place(&file.path)?;
            let (folder, name) = (&place.folder, file.path.file_name()?.to_str()?);
            let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            Some((place, path))
        };
        let (Place { top, folder }, path) = find().ok_or_else(|| {
            Problem::new(format!("`{}` is in no Git checkout", file.path.display()))
                .why("the settings of a preview are read from the base branch, by their path in the repository")
                .fix("check the repository out by `actions/checkout`")
                .into_failure(Kind::Refused)
        })?;
        Ok(Self { file, top, folder, path })
    }
}

/// Refuses sources outside of the checkout: a preview publishes what the pull request holds, not what the machine holds
/// that runs its workflow. A source that is absent is refused where it is packed.
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
