//! The planner of previews: each file of fixtures/previews is one situation, a JSON merge patch for its `base.json`, in
//! which the preview is up to date.
//!
//! A situation asks for the plan of `preview up`. With `marked` it asks for that of `preview down`, and with `existing`
//! for the previews that are deleted so that this one can be made.

mod invariants;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sls_release::error::{Failure, Kind};
use sls_release::model::{
    Act, ApiKey, Artifact, CommitId, Common, ConfigureFunction, CreateFunction, ExistingPreview, FunctionConfiguration,
    FunctionKey, Marked, ObservedPreview, Overrides, Plan, Planned, PreviewId, PreviewOwner, PreviewUpRequest,
    PullRequestState, Region, Settings,
};
use sls_release::plan::{desired, preview};
use sls_release::settings::{SettingsFile, resolve};

use super::{Fixtures, add_missing, check_plan, check_refusal, says};

pub(super) const PREVIEWS: Fixtures = Fixtures("previews");

/// A merged fixture.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Situation {
    describe: String,
    /// The lines of `sls-release.toml`.
    settings: Vec<String>,
    stage: String,
    id: PreviewId,
    artifacts: BTreeMap<FunctionKey, Artifact>,
    commit: Option<CommitId>,
    observed: ObservedPreview,
    marked: Option<Marked>,
    existing: Option<Vec<ExistingPreview>>,
    #[serde(default)]
    states: BTreeMap<u64, PullRequestState>,
}

impl Situation {
    fn settings(&self) -> Settings {
        let file = SettingsFile { path: "sls-release.toml".into(), text: self.settings.join("\n"), locks: Vec::new() };
        let overrides = Overrides { stage: Some(self.stage.clone()), ..Overrides::default() };
        let owner = PreviewOwner { repository: Some(self.id.repository.clone()), ..PreviewOwner::default() };
        let common = Common { overrides, ..Common::default() };
        let request = PreviewUpRequest { common, owner, number: self.id.number, ..PreviewUpRequest::default() };
        resolve(&request.settings_input(), &file).unwrap()
    }

    /// Decides `preview up`.
    fn up(&mut self) -> Result<Planned, Failure> {
        let settings = self.settings();
        add_missing(&mut self.observed.sources, settings.functions.keys());
        add_missing(&mut self.observed.source_apis, settings.apis.keys());
        let desired = desired::from_artifacts(&self.artifacts);
        preview::up(&self.id, desired, &settings, self.commit.as_ref(), &self.observed)
    }

    /// Returns which previews are deleted so that this one can be made.
    fn evicted(&self, existing: &[ExistingPreview]) -> Result<Vec<String>, Failure> {
        let limits = self.settings().preview.unwrap().limits;
        let evicted = preview::evict(&self.id, existing, &self.states, &limits);
        let evicted = evicted.map_err(|problem| problem.into_failure(Kind::Refused))?;
        let words = |one: preview::Eviction| {
            let state = if one.is_closed { "closed" } else { "not known to be closed" };
            format!("delete the preview of pull request {}, which is {state}", one.id.number)
        };
        Ok(evicted.into_iter().map(words).collect())
    }

    /// Decides what the fixture asks for, as its snapshot shows it.
    fn decide(&mut self) -> Result<Shown, Failure> {
        if let Some(existing) = &self.existing {
            return self.evicted(existing).map(|says| Shown { says, ..Shown::default() });
        }
        match &self.marked {
            Some(marked) => Ok(Shown::of(preview::down(marked, &Region::new("us-east-1")))),
            None => self.up().map(Shown::of_planned),
        }
    }
}

/// Returns what the planner decides for each fixture.
pub(super) fn decided() -> impl Iterator<Item = Result<Option<Plan>, Failure>> {
    let decide = |name: String| PREVIEWS.situation::<Situation>(&name).decide().map(|shown| shown.plan);
    PREVIEWS.names().into_iter().map(decide)
}

/// A snapshot of a plan, with what its steps write. The steps stay in the order of the run.
#[derive(Default, Serialize)]
struct Shown {
    says: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Plan>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    configurations: BTreeMap<FunctionKey, Configuration>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    documents: BTreeMap<ApiKey, Value>,
}

/// What a preview changes in the configuration of a function.
#[derive(Serialize)]
struct Configuration {
    role: String,
    environment: BTreeMap<String, String>,
}

impl From<&FunctionConfiguration> for Configuration {
    fn from(of: &FunctionConfiguration) -> Self {
        let revealed = of.environment.iter().map(|(name, value)| (name.clone(), value.reveal().to_owned()));
        Self { role: of.role.clone(), environment: revealed.collect() }
    }
}

impl Shown {
    fn of(plan: Plan) -> Self {
        Self { says: says(&plan), plan: Some(plan), ..Self::default() }
    }

    fn of_planned(planned: Planned) -> Self {
        let Planned { plan, inputs } = planned;
        let (mut configurations, mut documents) = (BTreeMap::new(), BTreeMap::new());
        for step in plan.steps() {
            match &step.act {
                Act::CreateFunction(CreateFunction { function, .. })
                | Act::ConfigureFunction(ConfigureFunction { function, .. }) => {
                    configurations.insert(function.clone(), (&inputs.configurations[function]).into());
                }
                Act::WriteApi(of) => {
                    documents.insert(of.api.clone(), inputs.documents[&of.api].document.clone());
                }
                _ => {}
            }
        }
        Self { configurations, documents, ..Self::of(plan) }
    }
}

fn check(name: &str) {
    let mut situation: Situation = PREVIEWS.situation(name);
    let decided = situation.decide();
    match &decided {
        Ok(shown) => shown.plan.iter().for_each(check_preview_plan),
        Err(failure) if situation.existing.is_none() => check_refusal(failure),
        Err(_) => {}
    }
    PREVIEWS.compare(name, &situation.describe, &decided);
}

fn check_preview_plan(plan: &Plan) {
    check_plan(plan);
    invariants::each_step_comes_after_what_it_needs(plan);
}

#[test]
fn each_situation_has_its_plan() {
    PREVIEWS.check_each(check);
}

#[test]
fn deciding_twice_gives_the_same_plan() {
    for name in PREVIEWS.names() {
        let text = || {
            let decided = PREVIEWS.situation::<Situation>(&name).decide();
            decided.map_or_else(|failure| failure.to_string(), |shown| serde_json::to_string(&shown).unwrap())
        };
        assert_eq!(text(), text(), "{name}");
    }
}

#[test]
fn a_plan_contains_no_secret() {
    let mut situation: Situation = PREVIEWS.situation("nothing-exists");
    situation.settings.push("SECRET = \"s3cret\"".to_owned());
    let Planned { plan, inputs } = situation.up().unwrap();
    let environment = &inputs.configurations[&FunctionKey::new("hello")].environment;
    assert_eq!(environment["SECRET"].reveal(), "s3cret");
    assert!(!serde_json::to_string(&plan).unwrap().contains("s3cret"));
}
