//! `sls-release preview up`, `preview down` and `preview list`.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use futures::FutureExt;

use super::room::{self, Room};
use super::{changes, pack, read_settings};
use crate::apply::{self, preview::Deleted};
use crate::error::{Failure, Kind, Problem};
use crate::model::{
    Artifact, Event, FunctionKey, FunctionName, Listener, NotPutBack, Phase, PreviewId, PreviewOutcome, PreviewReport,
    PreviewStrategy, Request, Settings,
};
use crate::observe;
use crate::observe::preview::{Found, FoundLogGroup};
use crate::plan;
use crate::report::Reporter;
use crate::settings;
use crate::world::{self, Cancellation, World};

/// From a folder of code to a copy of a stage that answers with it.
///
/// `Err` means that nothing was written; a step that failed later is a [`PreviewOutcome::Failed`].
pub async fn up(request: &Request, cancel: &Cancellation, out: &Reporter) -> Result<PreviewOutcome, Failure> {
    up_while(request, async || Ok(Turn::Ours), cancel, out).await
}

/// Whose turn it is to say what becomes of a preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// This run's.
    Ours,
    /// Nobody's: the pull request was closed; in words.
    Closed(String),
    /// That of the run for a newer commit; in words.
    Newer(String),
}

/// The same for as long as `turn` says that it is this run's turn: asked before the first write, and at the end.
///
/// A run that ends after its pull request was closed deletes the preview: nothing comes back after a teardown. One that
/// was overtaken by a newer commit leaves what is there to that commit's run.
pub async fn up_while(
    request: &Request,
    turn: impl AsyncFn() -> Result<Turn, Problem>,
    cancel: &Cancellation,
    out: &Reporter,
) -> Result<PreviewOutcome, Failure> {
    let outcome = made(request, &turn, cancel, out).await?;
    overtaken(outcome, request, &turn, cancel, out).await
}

async fn made(
    request: &Request,
    turn: &impl AsyncFn() -> Result<Turn, Problem>,
    cancel: &Cancellation,
    out: &Reporter,
) -> Result<PreviewOutcome, Failure> {
    whole(request)?;
    let settings = read_settings(request)?;
    let id = plan::preview::id(request, plan::preview::wanted(&settings)?)?;
    let artifacts = tokio::task::block_in_place(|| pack(request, &settings, cancel, out))?;
    out.hear(Event::Began(Phase::Look));
    let world = connect(request, Some(&settings), cancel).await?;
    if let Some(end) = not_ours(turn, cancel).await? {
        return Ok(end);
    }
    if plan::preview::wanted(&settings)?.strategy == PreviewStrategy::Stage {
        return up_by_stage(&id, request, &settings, &artifacts, &world, out).boxed_local().await;
    }
    let look = observe::preview::up(&id, &settings, &artifacts, &world);
    let observed = cancel.or_cancelled(world::told("AWS to answer", out, look)).await?;
    let plan = plan::preview::decide(&id, &settings, &artifacts, &observed)?;
    plan.warnings.iter().for_each(|warning| out.hear(Event::Warning(warning.clone())));
    if !plan.is_empty()
        && let Room::Ended(end) = room::make(&id, &settings, request, &world, out).await?
    {
        return Ok(*end);
    }
    let names = plan.functions.iter().map(|function| (function.key.clone(), function.name.clone())).collect();
    let compared = changes::compared(&artifacts, changes::of_sources(names, &observed), &world);
    let run = apply::preview::PreviewRun::new(plan, &settings, &artifacts, &world, out);
    let (outcome, compared) = futures::join!(apply::preview::up(run), compared);
    out.changes(compared);
    Ok(outcome)
}

/// The same by an alias and a stage of the stage's own functions and APIs.
async fn up_by_stage(
    id: &PreviewId,
    request: &Request,
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    world: &World,
    out: &Reporter,
) -> Result<PreviewOutcome, Failure> {
    let decided = async || {
        let look = observe::preview_stage::up(id, settings, artifacts, world);
        let observed = world.cancel.or_cancelled(world::told("AWS to answer", out, look)).await?;
        plan::preview::stage::decide(id, request.commit.as_deref(), settings, artifacts, &observed)
    };
    let mut plan = decided().await?;
    if !plan.is_empty() {
        match room::make(id, settings, request, world, out).await? {
            Room::Enough => {}
            // The version that it was to stand on may have gone with another preview.
            Room::Made => plan = decided().await?,
            Room::Ended(end) => return Ok(*end),
        }
    }
    plan.warnings.iter().for_each(|warning| out.hear(Event::Warning(warning.clone())));
    let run = apply::preview::stage::StageRun::new(plan, settings, artifacts, world, out);
    Ok(apply::preview::stage::up(run).boxed_local().await)
}

/// The end of a run that has written nothing yet, where it is not its turn.
async fn not_ours(
    turn: &impl AsyncFn() -> Result<Turn, Problem>,
    cancel: &Cancellation,
) -> Result<Option<PreviewOutcome>, Failure> {
    let asked = async { turn().await.map_err(|problem| problem.into_failure(Kind::Refused)) };
    Ok(match cancel.or_cancelled(asked).await? {
        Turn::Ours => None,
        Turn::Closed(why) => Some(PreviewOutcome::Nothing(why)),
        Turn::Newer(why) => Some(PreviewOutcome::Superseded { why, standing: None }),
    })
}

/// What is left to do where the pull request was closed, or pushed to, while this run wrote.
async fn overtaken(
    outcome: PreviewOutcome,
    request: &Request,
    turn: &impl AsyncFn() -> Result<Turn, Problem>,
    cancel: &Cancellation,
    out: &Reporter,
) -> Result<PreviewOutcome, Failure> {
    if cancel.is_cancelled() || matches!(outcome, PreviewOutcome::Nothing(_) | PreviewOutcome::Superseded { .. }) {
        return Ok(outcome);
    }
    let warn = |text: String| out.hear(Event::Warning(text));
    let now = turn().await.unwrap_or_else(|problem| {
        warn(problem.to_string());
        Turn::Ours // a preview that is as it should be is not torn down on doubt
    });
    if let (PreviewOutcome::Failed { failure, .. }, Turn::Closed(_) | Turn::Newer(_)) = (&outcome, &now) {
        warn(failure.to_string());
    }
    // What somebody has to put back by hand is never passed over.
    let is_left = matches!(&outcome, PreviewOutcome::Failed { failure, .. } if failure.kind == Kind::NotPutBack);
    match now {
        Turn::Ours => Ok(outcome),
        Turn::Newer(_) if is_left => Ok(outcome),
        Turn::Newer(why) => {
            let standing = match outcome {
                PreviewOutcome::Up(report) | PreviewOutcome::Unchanged(report) => Some(Box::new(report)),
                _ => None,
            };
            Ok(PreviewOutcome::Superseded { why, standing })
        }
        Turn::Closed(why) => {
            warn(format!("{why}; what was made is deleted again"));
            let ended = down(request, cancel, out).await?;
            Ok(if is_left { outcome } else { ended })
        }
    }
}

/// A part of a stage would answer with nothing where it calls the rest.
fn whole(request: &Request) -> Result<(), Failure> {
    if request.only.is_empty() {
        return Ok(());
    }
    Err(Problem::new("--function has no meaning for `preview up`")
        .why("a preview is a copy of a whole stage")
        .fix("leave it out")
        .into_failure(Kind::Usage))
}

async fn connect(request: &Request, settings: Option<&Settings>, cancel: &Cancellation) -> Result<World, Failure> {
    let region =
        settings.map_or_else(|| settings::region_asked_for(request), |settings| Ok(settings.region.clone()))?;
    World::connect(region.as_ref().map(|region| &region.value), cancel.clone()).await
}

/// Deletes all that carries the tags of the pull request; that there is nothing is no problem.
pub async fn down(request: &Request, cancel: &Cancellation, out: &Reporter) -> Result<PreviewOutcome, Failure> {
    let asked = asked(request)?;
    let (world, mut found) = found(&asked, request, cancel, out).await?;
    let reports = reports(&found, &world);
    found.log_groups = log_groups(&asked, request, &world, out).await?;
    let deleted = apply::preview::down(&found, asked.patience(request)?, &world, out).await;
    if deleted.left.is_empty() {
        let with_deleted = |report| PreviewReport { deleted: of(&report, &deleted.gone), ..report };
        return Ok(PreviewOutcome::Down(reports.into_iter().map(with_deleted).collect()));
    }
    Ok(not_deleted(deleted))
}

/// What is gone of this preview.
pub(super) fn of(report: &PreviewReport, gone: &[(PreviewId, String)]) -> Vec<String> {
    let is_its = |id: &PreviewId| id.number == report.pull_request && id.service == report.service;
    gone.iter().filter(|(id, _)| is_its(id)).map(|(_, what)| what.clone()).collect()
}

/// What is gone stays gone, and what is left goes with the next attempt.
pub(super) fn not_deleted(deleted: Deleted) -> PreviewOutcome {
    let left = |(id, problem): &(PreviewId, Problem)| {
        let PreviewId { repository, number, service } = id;
        let command = format!("sls-release preview down --pr {number} --repository {repository} --service {service}");
        NotPutBack { what: problem.what.clone(), why: problem.why.clone(), command }
    };
    PreviewOutcome::Failed {
        not_put_back: deleted.left.iter().map(left).collect(),
        put_back: Vec::new(),
        failure: Failure { kind: Kind::NotPutBack, problems: deleted.left.into_iter().map(|(_, it)| it).collect() },
    }
}

/// Shows the repository's previews.
pub async fn list(request: &Request, cancel: &Cancellation, out: &Reporter) -> Result<PreviewOutcome, Failure> {
    let (world, found) = found(&asked(request)?, request, cancel, out).await?;
    Ok(PreviewOutcome::Listed(reports(&found, &world)))
}

/// Whose previews are asked for.
pub(super) struct Asked {
    pub(super) repository: String,
    service: Option<String>,
    settings: Option<Settings>,
}

impl Asked {
    /// How long one wait for AWS may take.
    pub(super) fn patience(&self, request: &Request) -> Result<Duration, Failure> {
        let said = self.settings.as_ref().map(|settings| settings.wait_timeout);
        said.map_or_else(|| settings::wait_timeout_asked_for(request), Ok)
    }

    /// Whether a preview is of this repository, and of this service where one was named.
    fn is_about(&self, id: &PreviewId) -> bool {
        // GitHub's names have no case.
        id.repository.eq_ignore_ascii_case(&self.repository)
            && self.service.as_ref().is_none_or(|service| id.service == *service)
    }
}

/// The settings are read where there are any and they are wanted: the closing of a pull request needs no checkout.
pub(super) fn asked(request: &Request) -> Result<Asked, Failure> {
    let file = if request.preview.without_settings { None } else { settings::find(request, Path::new(""))? };
    let settings = file.map(|file| settings::resolve(request, &file)).transpose()?;
    let preview = settings.as_ref().and_then(|settings| settings.preview.as_ref());
    let repository = plan::preview::repository(request, preview)?;
    let service = plan::preview::service(request, preview);
    Ok(Asked { repository, service, settings })
}

/// What carries the tags that are asked for.
pub(super) async fn found(
    asked: &Asked,
    request: &Request,
    cancel: &Cancellation,
    out: &Reporter,
) -> Result<(World, Found), Failure> {
    let number = request.preview.number;
    let wanted = |id: &PreviewId| asked.is_about(id) && number.is_none_or(|number| id.number == number);
    let world = connect(request, asked.settings.as_ref(), cancel).await?;
    let look = observe::preview::tagged(&world, number, wanted);
    let found = cancel.or_cancelled(world::told("AWS to answer", out, look)).await?;
    Ok((world, found))
}

/// Those that are left of functions that are gone, too. Who may not look for them keeps them.
async fn log_groups(
    asked: &Asked,
    request: &Request,
    world: &World,
    out: &Reporter,
) -> Result<Vec<FoundLogGroup>, Failure> {
    let number = request.preview.number.unwrap_or_default();
    let look = async {
        let found = observe::preview::log_groups(world, number, |id| asked.is_about(id)).await;
        Ok(found.unwrap_or_else(|error| {
            let why = error.into_problem("failed to look for log groups").why;
            out.hear(Event::Warning(format!("log groups of functions that are gone may stay: {why}")));
            Vec::new()
        }))
    };
    world.cancel.or_cancelled(look).await
}

/// By number and service.
pub(super) fn reports(found: &Found, world: &World) -> Vec<PreviewReport> {
    let mut reports: BTreeMap<(u64, &str), PreviewReport> = BTreeMap::new();
    for function in &found.functions {
        let report = report(&mut reports, &function.preview);
        report.functions.insert(function.name.clone());
    }
    for api in &found.apis {
        let endpoint = api.endpoint();
        report(&mut reports, &api.preview).endpoints.extend(world.urls(&[endpoint]));
    }
    for stage in &found.stages {
        let (report, alias) = (report(&mut reports, &stage.preview), stage.preview.alias());
        let qualified = |name: &FunctionName| FunctionName::new(format!("{name}:{alias}"));
        report.functions.extend(stage.functions.iter().map(qualified));
        report.endpoints.extend(world.urls(&[stage.endpoint()]));
    }
    reports.into_values().collect()
}

fn report<'r, 'f>(
    reports: &'r mut BTreeMap<(u64, &'f str), PreviewReport>,
    id: &'f PreviewId,
) -> &'r mut PreviewReport {
    reports.entry((id.number, &id.service)).or_insert_with(|| PreviewReport::of(id))
}
