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
use crate::world::Cancellation;

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
        let now = github.pull_request(event.number).await?.ok_or_else(|| unknown(event))?;
        Ok((turn_of(event, &now), now))
    };
    let now = match cancel.or_cancelled(refused(turn())).await? {
        (Turn::Ours, now) => now,
        (Turn::Closed(why), _) => return Ok(PreviewOutcome::Nothing(why)),
        (Turn::Newer(why), _) => return Ok(PreviewOutcome::Superseded(why)),
    };
    let checkout = Checkout::of(settings::read(request, Path::new(""))?)?;
    let text = cancel.or_cancelled(refused(github.file(&checkout.path, &now.base_sha))).await?;
    let Some(text) = text else { return Ok(PreviewOutcome::Nothing(no_base(&checkout, &now))) };
    let shown = PathBuf::from(format!("{}:{}", now.base_ref, checkout.path));
    let request = Request { base: Some(BaseSettings { shown, text }), ..request.clone() };
    for warning in settings::ignored(&request, &checkout.file)? {
        out.hear(Event::Warning(warning));
    }
    let settings = settings::resolve(&request, &checkout.file)?;
    stays_inside(&settings, &checkout.top)?;
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

fn unknown(event: &EventPullRequest) -> Problem {
    Problem::new(format!("GitHub shows no pull request {}", event.number))
        .why("the token may not read it, or it is gone")
        .fix("give the job the permissions `pull-requests: read` and `contents: read`")
}

fn no_base(checkout: &Checkout, now: &PullRequest) -> String {
    let (path, branch, commit) = (&checkout.path, &now.base_ref, short(&now.base_sha));
    format!(
        "previews begin once the settings are on the base branch: `{branch}`, as of {commit}, from which the pull request \
         comes, has no `{path}`, or none that the token may read: merge them, and push to the pull request"
    )
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
