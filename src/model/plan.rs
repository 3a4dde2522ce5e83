//! What a run does: waves of steps, each with its reason. Immutable once decided.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AccountId, Act, AliasCallers, Caller, ChangeCode, CommitEndpoint, Delete, Endpoint, Permit, Phase, Reason, Region,
    Skip, Smoke, StageName, Target, UrlEndpoint, Warning,
};

/// The waves of a run, in their order, and what the user reads beside them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// The stage, or the preview's.
    pub stage: StageName,
    /// The region.
    pub region: Region,
    /// The account of the functions; `None` where the plan is of no function that exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// A wave begins when the one before has ended well.
    pub waves: Vec<Wave>,
    /// The stages whose endpoints are reported.
    pub endpoints: Vec<Endpoint>,
    /// The URLs of functions that are reported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub function_urls: Vec<UrlEndpoint>,
    /// The URLs of a preview's commits, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<CommitEndpoint>,
    /// Who calls the aliases that move, where code changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub callers: Vec<AliasCallers>,
    /// What needs nothing, and why.
    pub skipped: Vec<Skip>,
    /// What the user should know before it runs.
    pub warnings: Vec<Warning>,
}

/// Steps that run at once; those of one queue take turns.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Wave {
    /// The part of the run that it belongs to.
    pub phase: Phase,
    /// At least one.
    pub steps: Vec<Step>,
}

/// One act of a plan and its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// What is done.
    pub act: Act,
    /// Why it is needed.
    pub why: Reason,
}

impl Plan {
    /// A plan without steps.
    pub fn new(stage: StageName, region: Region) -> Self {
        Self {
            stage,
            region,
            account: None,
            waves: Vec::new(),
            endpoints: Vec::new(),
            function_urls: Vec::new(),
            commits: Vec::new(),
            callers: Vec::new(),
            skipped: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Adds a step to its wave, behind the steps that the wave already has.
    pub fn add(&mut self, act: Act, why: Reason) {
        let (number, phase) = wave_of(&act);
        let number_of = |wave: &Wave| wave.steps.first().map(|step| wave_of(&step.act).0);
        let at = self.waves.partition_point(|wave| number_of(wave) < Some(number));
        if self.waves.get(at).and_then(number_of) != Some(number) {
            self.waves.insert(at, Wave { phase, steps: Vec::new() });
        }
        self.waves[at].steps.push(Step { act, why });
    }

    /// All steps in their order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.waves.iter().flat_map(|wave| &wave.steps)
    }

    /// Returns whether no step writes to AWS.
    pub fn is_empty(&self) -> bool {
        self.writes() == 0
    }

    /// The number of steps that write to AWS.
    pub fn writes(&self) -> usize {
        self.steps().filter(|step| step.act.is_write()).count()
    }

    /// The functions that get code.
    pub fn code(&self) -> impl Iterator<Item = &ChangeCode> {
        self.steps().filter_map(|step| if let Act::ChangeCode(change) = &step.act { Some(change) } else { None })
    }

    /// The smoke tests.
    pub fn smoke(&self) -> impl Iterator<Item = &Smoke> {
        self.steps().filter_map(|step| if let Act::Smoke(smoke) = &step.act { Some(smoke) } else { None })
    }
}

/// The wave of an act: its place among the waves, and its phase. The steps of a wave need nothing of each other.
fn wave_of(act: &Act) -> (u8, Phase) {
    match act {
        Act::Upload(_) | Act::ReplaceObject(_) | Act::KeepCode(_) | Act::FetchCode(_) => (0, Phase::Upload),
        Act::CreateLogGroup(_) => (1, Phase::Functions),
        Act::ChangeCode(_) | Act::CreateFunction(_) | Act::ConfigureFunction(_) | Act::CreateDeployment(_) => {
            (2, Phase::Functions)
        }
        Act::Invoke(_) => (3, Phase::Functions),
        Act::CreateAlias(_) | Act::KeepCommit(_) => (4, Phase::Functions),
        Act::MoveAlias(_) | Act::GiveUrl(_) => (5, Phase::Functions),
        // AWS takes a qualifier only once its alias exists.
        Act::Permit(Permit { caller: Caller { stage: Some(_), .. }, .. }) => (6, Phase::Functions),
        Act::CreateApi(_) => (7, Phase::Api),
        Act::WriteApi(_) => (8, Phase::Api),
        Act::PointStage(_) | Act::DeployStage(_) => (9, Phase::Api),
        Act::FlushCache(_) | Act::TagApi(_) => (10, Phase::Api),
        // It lets all of a preview's API call, which may be new.
        Act::Permit(_) => (11, Phase::Api),
        Act::Smoke(_) => (12, Phase::Prove),
        Act::DropCommits(_) | Act::Delete(Delete { target: Target::Api { .. } | Target::Function { .. }, .. }) => {
            (13, Phase::Delete)
        }
        // A function that runs creates its log group again.
        Act::Delete(Delete { target: Target::LogGroup { .. }, .. }) => (14, Phase::Delete),
    }
}
