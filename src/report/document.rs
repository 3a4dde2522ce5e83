//! How a run ended, with everything a report says about it: what all formats render.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::error::Failure;
use crate::model::{
    ApiKey, Artifact, ChangeCode, CodeChange, Comparison, Explanation, FunctionKey, FunctionUrls, Invoked, LeftAlone,
    NotPutBack, Outcome, PhaseTime, Plan, PreviewOutcome, PreviewReport, PutBack, Released, Sha256, Skip, SmokeResult,
    StageName, UndoReport, Verdict, Version,
};

/// The version of the document's shape; a field that changes its meaning or goes away raises it.
const SCHEMA_VERSION: u32 = 2;

/// How a run ended, in one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ending {
    /// `plan`, `preview prune --dry-run`: nothing was written.
    Planned,
    /// There was nothing to do.
    Unchanged,
    /// All steps were done.
    Released,
    /// It did not succeed; `failure` says why.
    Failed,
    /// `package`: the archives are there.
    Packaged,
    /// `ci`: the event calls for nothing; `reason` says why.
    #[default]
    NothingDone,
    /// `preview down`: what there was of the preview is gone.
    Deleted,
    /// `preview list`: these are the previews.
    Listed,
    /// `preview up`: the run for a newer commit updates the preview; `reason` names it.
    Superseded,
}

/// What `--output json` prints: one document, also on failure. A part that there is none of is absent.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[schemars(title = "sls-release output")]
pub(super) struct Document<'a> {
    /// The version of this shape.
    schema_version: u32,
    /// How the run ended.
    pub(super) outcome: Ending,
    /// The exit code of the process.
    pub(super) exit_code: u8,
    /// The stage; absent where a run ended before it was known, and after `package`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stage: Option<StageName>,
    /// The archives, by function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) artifacts: Option<BTreeMap<FunctionKey, Artifact>>,
    /// `package --compare`, `--diff`: how the archives differ from others, by function.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) comparisons: BTreeMap<FunctionKey, Comparison>,
    /// `package --explain`: where the bytes are, and what was left out, by function.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) explanations: BTreeMap<FunctionKey, Explanation>,
    /// How the code differs from what the stage had, by function.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) changes: BTreeMap<FunctionKey, CodeChange>,
    /// What was to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) plan: Option<Plan>,
    /// What a release made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) released: Option<&'a Released>,
    /// What answers, by API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) endpoints: Option<&'a BTreeMap<ApiKey, String>>,
    /// The URLs of functions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) function_urls: Option<&'a FunctionUrls>,
    /// What the smoke tests showed of a stage that nothing changed.
    #[serde(rename = "smoke", skip_serializing_if = "<[_]>::is_empty")]
    pub(super) standing: &'a [SmokeResult],
    /// Why nothing was done, or no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'a str>,
    /// `preview`: the preview that was made, or those that were deleted or listed, or would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<PreviewReport>")]
    pub(super) previews: Option<&'a [PreviewReport]>,
    /// What the user should know, besides the plan's own warnings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) warnings: Vec<String>,
    /// How long each part of the run took.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) phases: Vec<PhaseTime>,
    /// The pages of CloudWatch with the functions' logs, by the functions' names.
    #[serde(skip)]
    pub(super) logs: BTreeMap<String, String>,
    /// It is about a preview.
    #[serde(skip)]
    pub(super) is_preview: bool,
    /// The exit code of a plan with pending changes, and of archives that hold other files.
    #[serde(skip)]
    pub(super) pending_exit_code: u8,
    /// Why the run did not succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failure: Option<&'a Failure>,
    /// What was put back after a failure.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) put_back: &'a [PutBack],
    /// What was left alone, because it was changed by others since, with commands that show it.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) left_alone: &'a [LeftAlone],
    /// What was not put back after a failure, with the commands that do it.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) not_put_back: &'a [NotPutBack],
}

/// The ways in which a run ends.
#[derive(Clone, Copy, Debug)]
pub enum End<'a> {
    /// `package` ended well.
    Packaged,
    /// There was no reason to begin, in words why.
    NothingDone(&'a str),
    /// A plan or a release ended, well or not.
    Outcome(&'a Outcome),
    /// `preview` ended, well or not.
    Preview(&'a PreviewOutcome),
    /// A preview was taken away by another run than its pull request's own, in words why.
    Gone(&'a str),
    /// The run ended before it had an outcome.
    Failure(&'a Failure),
}

impl Document<'static> {
    /// Returns everything there is to say of a run that ended so. `self` is what was known before.
    pub(super) fn at<'a>(&self, end: End<'a>) -> Document<'a> {
        let so_far: Document<'a> = Document { schema_version: SCHEMA_VERSION, ..self.clone() };
        match end {
            End::Packaged => so_far.packaged(),
            End::NothingDone(why) => so_far.because(Ending::NothingDone, why),
            End::Outcome(outcome) => so_far.release(outcome),
            End::Preview(outcome) => Document { is_preview: true, ..so_far.preview(outcome) },
            End::Gone(why) => Document { is_preview: true, ..so_far.because(Ending::Deleted, why) },
            End::Failure(failure) => so_far.failed(failure),
        }
    }
}

impl<'a> Document<'a> {
    fn packaged(self) -> Self {
        let differ = self.comparisons.values().any(|comparison| comparison.verdict == Verdict::OtherFiles);
        let exit_code = if differ { self.pending_exit_code } else { 0 };
        Self { outcome: Ending::Packaged, exit_code, ..self }
    }

    fn because(self, outcome: Ending, why: &'a str) -> Self {
        Self { outcome, reason: Some(why), ..self }
    }

    fn failed(self, failure: &'a Failure) -> Self {
        Self { outcome: Ending::Failed, exit_code: failure.kind.exit_code(), failure: Some(failure), ..self }
    }

    fn release(self, outcome: &'a Outcome) -> Self {
        match outcome {
            Outcome::Planned(plan) => {
                let exit_code = if plan.is_empty() { 0 } else { self.pending_exit_code };
                Self { outcome: Ending::Planned, exit_code, ..self.of(plan) }
            }
            Outcome::Unchanged { plan, endpoints, function_urls, smoke } => Self {
                outcome: Ending::Unchanged,
                endpoints: Some(endpoints),
                function_urls: Some(function_urls).filter(|urls| !urls.is_empty()),
                standing: smoke,
                ..self.of(plan)
            },
            Outcome::Released { plan, released } => Self {
                outcome: Ending::Released,
                released: Some(released),
                endpoints: Some(&released.endpoints),
                function_urls: Some(&released.function_urls).filter(|urls| !urls.is_empty()),
                ..self.of(plan)
            },
            Outcome::Failed { plan, failure, undone } => self.of(plan).failed(failure).undone(undone),
        }
    }

    fn preview(self, outcome: &'a PreviewOutcome) -> Self {
        match outcome {
            PreviewOutcome::Up(report) => self.up(Ending::Released, report),
            PreviewOutcome::Unchanged(report) => self.up(Ending::Unchanged, report),
            PreviewOutcome::Down(previews) => Self { outcome: Ending::Deleted, previews: Some(previews), ..self },
            PreviewOutcome::WouldDelete(previews) if previews.is_empty() => {
                self.because(Ending::NothingDone, "no preview has to go")
            }
            PreviewOutcome::WouldDelete(previews) => {
                Self { outcome: Ending::Planned, previews: Some(previews), ..self }
            }
            PreviewOutcome::Listed(previews) => Self { outcome: Ending::Listed, previews: Some(previews), ..self },
            PreviewOutcome::Nothing(why) => self.because(Ending::NothingDone, why),
            PreviewOutcome::Superseded { why, .. } => self.because(Ending::Superseded, why),
            PreviewOutcome::Failed { failure, undone } => self.failed(failure).undone(undone),
        }
    }

    fn up(self, outcome: Ending, report: &'a PreviewReport) -> Self {
        let function_urls = Some(&report.function_urls).filter(|urls| !urls.is_empty());
        let previews = Some(std::slice::from_ref(report));
        Self { outcome, previews, endpoints: Some(&report.endpoints), function_urls, ..self }
    }

    /// Returns the document with a plan and its stage.
    pub(super) fn of(self, plan: &Plan) -> Self {
        Self { stage: Some(plan.stage.clone()), plan: Some(plan.clone()), ..self }
    }

    fn undone(self, report: &'a UndoReport) -> Self {
        let UndoReport { put_back, left_alone, not_put_back } = report;
        Self { put_back, left_alone, not_put_back, ..self }
    }

    /// Returns the previews that a run made, deleted or found; empty where it is about none.
    pub(super) fn previews(&self) -> &'a [PreviewReport] {
        self.previews.unwrap_or_default()
    }

    /// What answers, by API and then by function.
    pub(super) fn all_endpoints(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let apis = self.endpoints.into_iter().flatten().map(|(api, url)| (api.as_str(), url.as_str()));
        let functions = self.function_urls.into_iter().flatten();
        apis.chain(functions.map(|(function, url)| (function.as_str(), url.as_str())))
    }

    /// The endpoint of the first API, or else of the first function that has a URL.
    pub(super) fn first_endpoint(&self) -> Option<&'a str> {
        self.all_endpoints().next().map(|(_, url)| url)
    }

    /// The version that callers of each function use now; those of `--function`'s others are unknown.
    pub(super) fn versions(&self) -> BTreeMap<&FunctionKey, &Version> {
        let kept = self.plan.iter().flat_map(|plan| &plan.skipped).filter_map(|skip| match skip {
            Skip::CodeUnchanged { function, version, .. } | Skip::SameContent { function, version, .. } => {
                Some((function, version))
            }
            _ => None,
        });
        let made = self.released.into_iter().flat_map(|released| &released.functions);
        kept.chain(made.map(|function| (&function.function, &function.version))).collect()
    }

    /// The change of the image of a function.
    pub(super) fn image(&self, function: &FunctionKey) -> Option<&ChangeCode> {
        let mut changes = self.plan.iter().flat_map(Plan::code);
        changes.find(|change| change.function == *function && change.image().is_some())
    }

    /// What the smoke tests showed.
    pub(super) fn smoke(&self) -> &'a [SmokeResult] {
        let of_preview = || self.previews().first().map(|preview| &preview.smoke);
        self.released.map(|released| &released.smoke).or_else(of_preview).map_or(self.standing, Vec::as_slice)
    }

    /// The invocations of new versions, and of a preview's functions.
    pub(super) fn invoked(&self) -> &'a [Invoked] {
        let of_preview = || self.previews().first().map(|preview| &preview.invoked);
        self.released.map(|released| &released.invoked).or_else(of_preview).map_or(&[], Vec::as_slice)
    }

    /// One short name for all archives: the first 12 hex digits of the SHA-256 over their SHA-256s, by function.
    pub(super) fn release_id(&self) -> Option<String> {
        let digests: Vec<u8> =
            self.artifacts.as_ref()?.values().flat_map(|artifact| *artifact.sha256.as_bytes()).collect();
        Some(Sha256::of(&digests).hex().chars().take(12).collect())
    }
}

/// The JSON Schema of what `--output json` prints.
pub fn schema() -> Schema {
    SchemaSettings::default().for_serialize().into_generator().into_root_schema_for::<Document<'_>>()
}
