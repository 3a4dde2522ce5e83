//! `sls-release preview up`, `preview down` and `preview list`.

use std::collections::BTreeMap;
use std::path::Path;

use futures::future::join_all;

use super::archive_folder::ArchiveFolder;
use super::archives::{Packer, read_settings};
use super::session::Session;
use super::{changes, deletion, eviction};
use crate::apply::{self, Reverted};
use crate::engine::Run;
use crate::error::{Failure, Kind, Problem};
use crate::model::{
    CommitId, Event, FunctionKey, FunctionName, FunctionSettings, Listener, LogSource, Made, Marked, Phase, Plan,
    Planned, PreviewDownRequest, PreviewId, PreviewListRequest, PreviewOutcome, PreviewOwner, PreviewReport,
    PreviewUpRequest, Qualifier, Region, Settings, SettingsInput, Sourced, marks,
};
use crate::observe::{self, Answers};
use crate::plan::{self, desired};
use crate::report::Reporter;
use crate::resources::Context;
use crate::settings::{self, SettingsFile};
use crate::world::{self, World};

/// Whether this run may decide what becomes of a preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// The pull request is open, and its head is this run's commit.
    Current,
    /// The pull request was closed; in words.
    Closed(String),
    /// A newer commit was pushed, whose run updates the preview; in words.
    Newer(String),
}

impl Freshness {
    /// Returns the end of a run that has written nothing yet, if its commit is not current.
    pub(super) fn end_before_write(self) -> Option<PreviewOutcome> {
        match self {
            Self::Current => None,
            Self::Closed(why) => Some(PreviewOutcome::Nothing(why)),
            Self::Newer(why) => Some(PreviewOutcome::Superseded { why, existing: None }),
        }
    }
}

/// Makes a copy of a stage that runs the code of a folder, or brings it up to date, if this run's commit is `current`,
/// which is asked before the first write and at the end.
///
/// A run that ends after its pull request was closed deletes the preview: nothing comes back after a teardown. One that
/// was overtaken by a newer commit leaves the preview to that commit's run.
///
/// `Err` means that nothing was written; a step that failed later is a [`PreviewOutcome::Failed`].
pub(super) async fn up(
    request: &PreviewUpRequest,
    current: impl AsyncFn() -> Result<Freshness, Problem>,
    session: &Session<'_>,
) -> Result<PreviewOutcome, Failure> {
    let outcome = made(request, &current, session).await?;
    overtaken(outcome, request, &current, session).await
}

async fn made(
    request: &PreviewUpRequest,
    current: &impl AsyncFn() -> Result<Freshness, Problem>,
    session: &Session<'_>,
) -> Result<PreviewOutcome, Failure> {
    let &Session { cancel, out, .. } = session;
    let mut settings = read_settings(&request.settings_input(), request.archives.artifacts.as_deref(), out)?;
    settings::read_events(&mut settings)?;
    let id = preview_id(&request.owner, request.number, &settings)?;
    let folder = ArchiveFolder::for_upload(&settings)?;
    let packer = Packer::new(&request.common, &request.archives, &settings, folder);
    let world = World::connect(settings.region.as_ref(), cancel).await?;
    let artifacts = tokio::task::block_in_place(|| packer.pack(cancel, out))?;
    out.hear(Event::Began(Phase::Look));
    if let Some(end) = cancel.or_cancelled(refused(current())).await?.end_before_write() {
        return Ok(end);
    }
    let look = observe::preview(&id, &settings, &artifacts, &world);
    let observed = cancel.or_cancelled(world::with_progress("AWS to answer", out, look)).await?;
    let desired = desired::from_artifacts(&artifacts);
    let commit = request.common.commit.as_deref().and_then(CommitId::read);
    let Planned { plan, inputs } = plan::preview::up(&id, desired, &settings, commit.as_ref(), &observed)?;
    plan.warnings.iter().for_each(|warning| out.hear(Event::Warning(warning.to_string())));
    if !plan.is_empty()
        && let Some(end) = eviction::evict(&id, &settings, &world, session).await?
    {
        return Ok(end);
    }
    let name =
        |(key, function): (&FunctionKey, &FunctionSettings)| (key.clone(), id.function_name(&function.name.value));
    let names: BTreeMap<_, _> = settings.functions.iter().map(name).collect();
    let log = |name: &FunctionName| LogSource { function: name.clone(), group: marks::log_group(name) };
    out.logs(&world.aws.region, names.values().map(log));
    let compared = changes::tell(&artifacts, changes::of_sources(names.clone(), &observed), &world, out);
    let cx = Context { run: Run::new(&world, out, settings.wait_timeout), inputs, answers: Answers::default() };
    let report = PreviewReport { functions: names.into_values().collect(), ..PreviewReport::of(&id) };
    let (outcome, ()) = futures::join!(applied(plan, report, &cx), compared);
    Ok(outcome)
}

/// Returns the id of the preview that `preview up` makes.
pub(super) fn preview_id(owner: &PreviewOwner, number: u64, settings: &Settings) -> Result<PreviewId, Failure> {
    let place = settings::place(&settings.file);
    let folder = place.as_ref().map_or("", |place| place.folder.as_str());
    plan::preview::id(owner, number, plan::preview::wanted(settings)?, folder)
}

async fn applied(plan: Plan, report: PreviewReport, cx: &Context<'_>) -> PreviewOutcome {
    let made = match apply::run(&plan, cx).await {
        Ok(made) => made,
        Err(Reverted { failure, undone }) => return PreviewOutcome::Failed { failure, undone },
    };
    let is_empty = plan.is_empty();
    let endpoints = cx.run.world.urls(&plan.endpoints, &made);
    let function_urls = cx.run.world.function_urls(&plan.function_urls, &made);
    let commits = cx.run.world.commit_urls(&plan.commits, &made);
    let (smoke, invoked) = (made.smoke.into_values().collect(), made.invoked.into_values().collect());
    let report = PreviewReport { endpoints, function_urls, commits, skipped: plan.skipped, smoke, invoked, ..report };
    if is_empty { PreviewOutcome::Unchanged(report) } else { PreviewOutcome::Up(report) }
}

/// Turns a problem of GitHub's into a refusal, since nothing was written yet.
pub(super) async fn refused<T>(asked: impl Future<Output = Result<T, Problem>>) -> Result<T, Failure> {
    asked.await.map_err(|problem| problem.into_failure(Kind::Refused))
}

/// Handles a pull request that was closed, or pushed to, while this run wrote.
async fn overtaken(
    outcome: PreviewOutcome,
    request: &PreviewUpRequest,
    current: &impl AsyncFn() -> Result<Freshness, Problem>,
    session: &Session<'_>,
) -> Result<PreviewOutcome, Failure> {
    let &Session { cancel, out, .. } = session;
    if cancel.is_cancelled() || matches!(outcome, PreviewOutcome::Nothing(_) | PreviewOutcome::Superseded { .. }) {
        return Ok(outcome);
    }
    let warn = |text: String| out.hear(Event::Warning(text));
    let now = current().await.unwrap_or_else(|problem| {
        warn(problem.to_string());
        Freshness::Current // in doubt, a preview that works is not deleted
    });
    if let (PreviewOutcome::Failed { failure, .. }, Freshness::Closed(_) | Freshness::Newer(_)) = (&outcome, &now) {
        warn(failure.to_string());
    }
    // What has to be put back by hand is always reported.
    let is_left = matches!(&outcome, PreviewOutcome::Failed { failure, .. } if failure.kind == Kind::NotPutBack);
    match now {
        Freshness::Current => Ok(outcome),
        Freshness::Newer(_) if is_left => Ok(outcome),
        Freshness::Newer(why) => {
            let existing = match outcome {
                PreviewOutcome::Up(report) | PreviewOutcome::Unchanged(report) => Some(Box::new(report)),
                _ => None,
            };
            Ok(PreviewOutcome::Superseded { why, existing })
        }
        Freshness::Closed(why) => {
            warn(format!("{why}; the preview is deleted again"));
            match down(&request.down(), session).await {
                Ok(ended) if !is_left => Ok(ended),
                Ok(_) => Ok(outcome),
                Err(failure) if is_left => {
                    warn(failure.to_string());
                    Ok(outcome)
                }
                Err(failure) => Ok(deletion::not_done(&request.owner, request.number, failure)),
            }
        }
    }
}

/// Deletes everything that carries the tags of the pull request. Without any, it succeeds.
pub(super) async fn down(request: &PreviewDownRequest, session: &Session<'_>) -> Result<PreviewOutcome, Failure> {
    let input = request.settings_input();
    let file = if request.ignores_file { None } else { find(&input)? };
    let asked = Asked { number: Some(request.number), ..asked(&input, &request.previews.owner, file)? };
    let (world, mut marked) = found(&asked, session).await?;
    let reports = reports(&marked, &world);
    marked.add_log_groups(log_groups(&asked, request.number, &world, session.out).await?);
    deletion::warn_of_mistagged(&marked, session.out);
    let deletion = deletion::delete(&marked, &world, session.out).await;
    if !deletion.failed.is_empty() {
        return Ok(deletion.into_failed());
    }
    Ok(PreviewOutcome::Down(reports.into_iter().map(|report| deletion.added_to(report)).collect()))
}

/// Shows the repository's previews.
pub(super) async fn list(request: &PreviewListRequest, session: &Session<'_>) -> Result<PreviewOutcome, Failure> {
    let input = request.settings_input();
    let (world, found) = found(&asked(&input, &request.owner, find(&input)?)?, session).await?;
    deletion::warn_of_mistagged(&found, session.out);
    let mut reports = reports(&found, &world);
    with_urls(&mut reports, &world).await;
    Ok(PreviewOutcome::Listed(reports))
}

/// Which previews are looked for, and where.
pub(super) struct Asked {
    pub(super) repository: String,
    service: Option<String>,
    /// The pull request; `None`: all.
    number: Option<u64>,
    region: Option<Sourced<Region>>,
}

impl Asked {
    /// Whether a preview belongs to this repository and, where they are given, to this service and pull request.
    fn is_about(&self, id: &PreviewId) -> bool {
        // GitHub's names have no case.
        id.repository.eq_ignore_ascii_case(&self.repository)
            && self.service.as_ref().is_none_or(|service| id.service == *service)
            && self.number.is_none_or(|number| id.number == number)
    }
}

/// Finds the settings file of a verb that works without one.
pub(super) fn find(input: &SettingsInput<'_>) -> Result<Option<SettingsFile>, Failure> {
    settings::find(input.common.config.as_deref(), Path::new(""))
}

/// Returns which previews are meant: by flags and variables, and by the settings where there is a file.
pub(super) fn asked(
    input: &SettingsInput<'_>,
    owner: &PreviewOwner,
    file: Option<SettingsFile>,
) -> Result<Asked, Failure> {
    let settings = file.map(|file| settings::resolve(input, &file)).transpose()?;
    let preview = settings.as_ref().and_then(|settings| settings.preview.as_ref());
    let repository = plan::preview::repository(owner, preview)?;
    let service = plan::preview::service(owner, preview);
    let region = match settings {
        Some(settings) => settings.region,
        None => settings::region_asked_for(input.common)?,
    };
    Ok(Asked { repository, service, number: None, region })
}

/// Looks for what carries the tags of these previews.
pub(super) async fn found(asked: &Asked, session: &Session<'_>) -> Result<(World, Marked), Failure> {
    let world = World::connect(asked.region.as_ref(), session.cancel).await?;
    let look = observe::marked(&world, asked.number, |id| asked.is_about(id));
    let found = session.cancel.or_cancelled(world::with_progress("AWS to answer", session.out, look)).await?;
    Ok((world, found))
}

/// Finds log groups, also those of functions that were deleted before. Without the permission to look, they are kept.
async fn log_groups(asked: &Asked, number: u64, world: &World, out: &Reporter) -> Result<Marked, Failure> {
    let look = async {
        let found = observe::log_groups(world, number, |id| asked.is_about(id)).await;
        Ok(found.unwrap_or_else(|error| {
            let why = error.into_problem("failed to look for log groups").why;
            out.hear(Event::Warning(format!("log groups of deleted functions may be left: {why}")));
            Marked::default()
        }))
    };
    world.cancel.or_cancelled(look).await
}

/// Returns a report for each preview, by number and service.
pub(super) fn reports(found: &Marked, world: &World) -> Vec<PreviewReport> {
    let mut reports: BTreeMap<(u64, &str), PreviewReport> = BTreeMap::new();
    for function in &found.functions {
        let report = report(&mut reports, &function.preview);
        report.functions.insert(function.name.clone());
    }
    for api in &found.apis {
        let endpoint = api.endpoint();
        report(&mut reports, &api.preview).endpoints.extend(world.urls(&[endpoint], &Made::default()));
    }
    reports.into_values().collect()
}

/// Adds the URLs of functions whose preview has no API. What may not be read is left out.
async fn with_urls(reports: &mut [PreviewReport], world: &World) {
    for report in reports.iter_mut().filter(|report| report.endpoints.is_empty()) {
        let urls = join_all(report.functions.iter().map(async |name| {
            let found = world.url_of(name, &Qualifier::Latest).await.ok()??;
            Some((FunctionKey::new(name.as_str()), world.function_url(&found.url, "")))
        }));
        report.function_urls = urls.await.into_iter().flatten().collect();
    }
}

fn report<'r, 'f>(
    reports: &'r mut BTreeMap<(u64, &'f str), PreviewReport>,
    id: &'f PreviewId,
) -> &'r mut PreviewReport {
    reports.entry((id.number, &id.service)).or_insert_with(|| PreviewReport::of(id))
}
