//! How a run ended, with everything a report says about it: what all formats render.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::error::Failure;
use crate::model::{
    ApiKey, Artifact, CodeChange, Comparison, Explanation, FunctionKey, LeftAlone, NotPutBack, Outcome, PhaseTime,
    Plan, PreviewOutcome, PreviewReport, PutBack, Released, Sha256, Skip, SmokeResult, StageName, Verdict, Version,
};

/// The version of the document's shape; a field that changes its meaning or goes away raises it.
const SCHEMA_VERSION: u32 = 1;

/// How a run ended, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
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
    NothingDone,
    /// `preview down`: what there was of the preview is gone.
    Deleted,
    /// `preview list`: these are the previews.
    Listed,
    /// `preview up`: the preview is the run's for a newer commit; `reason` says whose.
    Superseded,
}

/// What `--output json` prints: one document, also on failure. A part that there is none of is absent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "sls-release output")]
pub(super) struct Document<'a> {
    /// The version of this shape.
    schema_version: u32,
    /// How the run ended.
    pub(super) outcome: Ending,
    /// The exit code of the process; with `strict-report` it is 1 instead of 0 where GitHub could not be told, which
    /// comes after this document.
    exit_code: u8,
    /// The stage; absent where a run ended before it was known, and after `package`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stage: Option<&'a StageName>,
    /// The archives, by function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) artifacts: Option<&'a BTreeMap<FunctionKey, Artifact>>,
    /// `package --compare`, `--diff`: how the archives differ from others, by function.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) comparisons: &'a BTreeMap<FunctionKey, Comparison>,
    /// `package --explain`: where the bytes are, and what was left out, by function.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) explanations: &'a BTreeMap<FunctionKey, Explanation>,
    /// How the code differs from what the stage had, by function.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) changes: &'a BTreeMap<FunctionKey, CodeChange>,
    /// What was to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) plan: Option<&'a Plan>,
    /// What a release made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) released: Option<&'a Released>,
    /// What answers, by API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) endpoints: Option<&'a BTreeMap<ApiKey, String>>,
    /// Why nothing was done, or no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'a str>,
    /// `preview`: the preview that was made, or those that were deleted or listed, or would be.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) previews: &'a [PreviewReport],
    /// What the user should know, besides the plan's own warnings.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) warnings: &'a [String],
    /// How long each part of the run took.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) phases: &'a [PhaseTime],
    /// It is about a preview.
    #[serde(skip)]
    pub(super) is_preview: bool,
    /// Why the run did not succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failure: Option<&'a Failure>,
    /// What was put back after a failure.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) put_back: &'a [PutBack],
    /// What was left to somebody else, who changed it since, with commands that show it.
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

/// What a run told before its end.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) artifacts: BTreeMap<FunctionKey, Artifact>,
    pub(super) comparisons: BTreeMap<FunctionKey, Comparison>,
    pub(super) explanations: BTreeMap<FunctionKey, Explanation>,
    pub(super) changes: BTreeMap<FunctionKey, CodeChange>,
    pub(super) warnings: Vec<String>,
    pub(super) phases: Vec<PhaseTime>,
    pub(super) is_preview: bool,
    pub(super) plan: Option<Plan>,
    /// The exit code of a plan with pending changes, and of archives that hold other files.
    pub(super) pending_exit_code: u8,
}

impl Memory {
    /// Everything there is to say at the end.
    pub(super) fn document<'a>(&'a self, end: End<'a>) -> Document<'a> {
        match end {
            End::Packaged => self.so_far(Ending::Packaged, self.packaged_code()),
            End::NothingDone(why) => Document { reason: Some(why), ..self.so_far(Ending::NothingDone, 0) },
            End::Outcome(outcome) => self.ended(outcome),
            End::Preview(outcome) => self.preview(outcome),
            End::Gone(why) => Document { reason: Some(why), is_preview: true, ..self.so_far(Ending::Deleted, 0) },
            End::Failure(failure) => self.failed(failure),
        }
    }

    fn packaged_code(&self) -> u8 {
        let differ = self.comparisons.values().any(|comparison| comparison.verdict == Verdict::OtherFiles);
        if differ { self.pending_exit_code } else { 0 }
    }

    fn failed<'a>(&'a self, failure: &'a Failure) -> Document<'a> {
        Document { failure: Some(failure), ..self.so_far(Ending::Failed, failure.kind.exit_code()) }
    }

    fn ended<'a>(&'a self, outcome: &'a Outcome) -> Document<'a> {
        match outcome {
            Outcome::Planned(plan) => {
                let code = if plan.is_empty() { 0 } else { self.pending_exit_code };
                self.so_far(Ending::Planned, code).of(plan)
            }
            Outcome::Unchanged { plan, endpoints } => {
                Document { endpoints: Some(endpoints), ..self.so_far(Ending::Unchanged, 0).of(plan) }
            }
            Outcome::Released { plan, released } => Document {
                released: Some(released),
                endpoints: Some(&released.endpoints),
                ..self.so_far(Ending::Released, 0).of(plan)
            },
            Outcome::Failed { plan, failure, put_back, left_alone, not_put_back } => {
                Document { put_back, left_alone, not_put_back, ..self.failed(failure).of(plan) }
            }
        }
    }

    fn preview<'a>(&'a self, outcome: &'a PreviewOutcome) -> Document<'a> {
        Document { is_preview: true, ..self.preview_ended(outcome) }
    }

    fn preview_ended<'a>(&'a self, outcome: &'a PreviewOutcome) -> Document<'a> {
        let one = |ending, report: &'a PreviewReport| Document {
            previews: std::slice::from_ref(report),
            endpoints: Some(&report.endpoints),
            ..self.so_far(ending, 0)
        };
        match outcome {
            PreviewOutcome::Up(report) => one(Ending::Released, report),
            PreviewOutcome::Unchanged(report) => one(Ending::Unchanged, report),
            PreviewOutcome::Down(previews) => Document { previews, ..self.so_far(Ending::Deleted, 0) },
            PreviewOutcome::WouldDelete(previews) if previews.is_empty() => {
                Document { reason: Some("no preview has to go"), ..self.so_far(Ending::NothingDone, 0) }
            }
            PreviewOutcome::WouldDelete(previews) => Document { previews, ..self.so_far(Ending::Planned, 0) },
            PreviewOutcome::Listed(previews) => Document { previews, ..self.so_far(Ending::Listed, 0) },
            PreviewOutcome::Nothing(why) => self.document(End::NothingDone(why)),
            PreviewOutcome::Superseded { why, .. } => {
                Document { reason: Some(why), ..self.so_far(Ending::Superseded, 0) }
            }
            PreviewOutcome::Failed { failure, put_back, not_put_back } => {
                Document { put_back, not_put_back, ..self.failed(failure) }
            }
        }
    }

    fn so_far(&self, outcome: Ending, exit_code: u8) -> Document<'_> {
        Document {
            schema_version: SCHEMA_VERSION,
            outcome,
            exit_code,
            stage: self.plan.as_ref().map(|plan| &plan.stage),
            artifacts: Some(&self.artifacts).filter(|artifacts| !artifacts.is_empty()),
            comparisons: &self.comparisons,
            explanations: &self.explanations,
            changes: &self.changes,
            warnings: &self.warnings,
            phases: &self.phases,
            is_preview: self.is_preview,
            plan: self.plan.as_ref(),
            released: None,
            endpoints: None,
            reason: None,
            previews: &[],
            failure: None,
            put_back: &[],
            left_alone: &[],
            not_put_back: &[],
        }
    }
}

impl<'a> Document<'a> {
    fn of(self, plan: &'a Plan) -> Self {
        Self { stage: Some(&plan.stage), plan: Some(plan), ..self }
    }

    /// The endpoint of the first API.
    pub(super) fn first_endpoint(&self) -> Option<&'a str> {
        self.endpoints?.values().next().map(String::as_str)
    }

    /// The version that callers of each function use now; those of `--function`'s others are unknown.
    pub(super) fn versions(&self) -> BTreeMap<&'a FunctionKey, &'a Version> {
        let kept = self.plan.into_iter().flat_map(|plan| &plan.skipped).filter_map(|skip| match skip {
            Skip::CodeUnchanged { function, version, .. } | Skip::SameContent { function, version, .. } => {
                Some((function, version))
            }
            _ => None,
        });
        let made = self.released.into_iter().flat_map(|released| &released.functions);
        let previewed = self.previews.iter().flat_map(|preview| &preview.versions);
        kept.chain(made.map(|function| (&function.function, &function.version))).chain(previewed).collect()
    }

    /// What the smoke test showed.
    pub(super) fn smoke(&self) -> Option<&'a SmokeResult> {
        let of_release = self.released.and_then(|released| released.smoke.as_ref());
        of_release.or_else(|| self.previews.first()?.smoke.as_ref())
    }

    /// One short name for all archives: the first 12 hex digits of the SHA-256 over their SHA-256s, by function.
    pub(super) fn release_id(&self) -> Option<String> {
        let digests: Vec<u8> = self.artifacts?.values().flat_map(|artifact| *artifact.sha256.as_bytes()).collect();
        Some(Sha256::of(&digests).hex().chars().take(12).collect())
    }
}

/// The JSON Schema of what `--output json` prints.
pub fn schema() -> Schema {
    SchemaSettings::default().for_serialize().into_generator().into_root_schema_for::<Document<'_>>()
}
