//! The planner: each file of fixtures/plans is one situation, and its snapshot is the plan or the refusal.
//!
//! A situation is a JSON merge patch for `base.json`, in which nothing has changed. Resources that the settings name but
//! the merged `observed` lacks do not exist in AWS. A `null` in a patch removes a resource.

mod checks;
mod complete;
mod previews;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sls_release::error::{Failure, Kind};
use sls_release::model::{
    Act, ApiKey, Artifact, CodeCall, Common, CreateAlias, FunctionKey, KeepCode, MoveAlias, Observed, Overrides, Plan,
    Planned, Ref, ReleaseRequest, ReplaceObject, Restore, Settings, Skip, Step, Upload,
};
use sls_release::plan::{desired, release};
use sls_release::settings::{SettingsFile, resolve};

use crate::support::{merge, snapshots};

/// A merged fixture.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Situation {
    describe: String,
    /// The lines of `sls-release.toml`.
    settings: Vec<String>,
    request: Asked,
    artifacts: BTreeMap<FunctionKey, Artifact>,
    observed: Observed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    stage: String,
    #[serde(default)]
    only: Vec<FunctionKey>,
    #[serde(default)]
    commit: Option<String>,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Returns the sorted stems of the files in a folder that have this ending.
fn stems(folder: &Path, ending: &str) -> BTreeSet<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect()
}

/// The fixtures of one planner: `fixtures/<name>/*.json`, with their snapshots in `tests/it/snapshots/<name>`.
#[derive(Clone, Copy)]
struct Fixtures(&'static str);

const RELEASES: Fixtures = Fixtures("plans");

impl Fixtures {
    fn folder(self) -> PathBuf {
        folder("fixtures").join(self.0)
    }

    fn names(self) -> BTreeSet<String> {
        let mut names = stems(&self.folder(), ".json");
        assert!(names.remove("base"), "fixtures/{} has no base.json", self.0);
        names
    }

    fn json_of(self, name: &str) -> Value {
        let path = self.folder().join(format!("{name}.json"));
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    /// Returns the fixture with `base.json` under it.
    fn situation<T: DeserializeOwned>(self, name: &str) -> T {
        let mut merged = self.json_of("base");
        merge(&mut merged, &self.json_of(name));
        serde_json::from_value(merged).unwrap_or_else(|error| panic!("fixtures/{}/{name}.json: {error}", self.0))
    }

    /// Checks every fixture, and that each has a snapshot and each snapshot a fixture.
    fn check_each(self, check: impl Fn(&str)) {
        let failed = |name: &String| catch_unwind(AssertUnwindSafe(|| check(name))).is_err();
        let failed: Vec<_> = self.names().into_iter().filter(failed).collect();
        assert!(failed.is_empty(), "{} of fixtures/{}: {}", failed.len(), self.0, failed.join(", "));
        let (snapshots, fixtures) = (stems(&folder("tests/it/snapshots").join(self.0), ".snap"), self.names());
        let unpaired: Vec<_> = snapshots.symmetric_difference(&fixtures).collect();
        assert!(unpaired.is_empty(), "a fixture without a snapshot, or a snapshot without a fixture: {unpaired:?}");
    }

    /// Compares a plan or a refusal with its snapshot.
    fn compare<T: Serialize, E: Display>(self, name: &str, describe: &str, decided: &Result<T, E>) {
        let mut settings = snapshots(self.0);
        settings.set_description(describe);
        settings.bind(|| match decided {
            Ok(shown) => insta::assert_json_snapshot!(name, shown),
            Err(failure) => insta::assert_snapshot!(name, failure),
        });
    }
}

impl Situation {
    fn settings(&self) -> Settings {
        let file = SettingsFile { path: "sls-release.toml".into(), text: self.settings.join("\n"), locks: Vec::new() };
        let overrides = Overrides { stage: Some(self.request.stage.clone()), ..Overrides::default() };
        let common = Common { overrides, commit: self.request.commit.clone(), ..Common::default() };
        let request = ReleaseRequest { common, only: self.request.only.clone(), ..ReleaseRequest::default() };
        resolve(&request.settings_input(), &file).unwrap()
    }

    fn decide(&mut self) -> Result<Plan, Failure> {
        self.planned().map(|planned| planned.plan)
    }

    fn planned(&mut self) -> Result<Planned, Failure> {
        let settings = self.settings();
        add_missing(&mut self.observed.functions, &settings.chosen);
        add_missing(&mut self.observed.apis, settings.apis.keys());
        release(desired::from_artifacts(&self.artifacts), &settings, &self.observed)
    }
}

/// Adds what the settings name and AWS does not have.
fn add_missing<'k, K: Ord + Clone + 'k, T>(
    observed: &mut BTreeMap<K, Option<T>>,
    keys: impl IntoIterator<Item = &'k K>,
) {
    for key in keys {
        observed.entry(key.clone()).or_insert(None);
    }
}

/// A snapshot of a plan. The steps stay in the order of the release.
#[derive(Serialize)]
struct Shown<'a> {
    says: Vec<String>,
    plan: &'a Plan,
}

/// Returns the lines of the plan that the user reads.
fn says(plan: &Plan) -> Vec<String> {
    let steps = plan.steps().map(|step| format!("{}: {}", step.act.title(), step.why));
    let skipped = plan.skipped.iter().map(|skip| format!("skipped: {skip}"));
    let warnings = plan.warnings.iter().map(|warning| format!("warning: {warning}"));
    steps.chain(skipped).chain(warnings).collect()
}

/// Checks the invariants of each plan and each refusal.
fn check_invariants(decided: &Result<Plan, Failure>, observed: &Observed) {
    match decided {
        Ok(plan) => check_plan_invariants(plan, observed),
        Err(failure) => check_refusal(failure),
    }
}

fn check_refusal(failure: &Failure) {
    assert_eq!(failure.kind, Kind::Refused);
    assert!(!failure.problems.is_empty());
    assert!(failure.problems.iter().all(|problem| !problem.fix.is_empty()), "a refusal without a way out");
    assert!(failure.problems.iter().all(|problem| problem.check.is_some()), "a refusal without a check");
}

fn check_plan_invariants(plan: &Plan, observed: &Observed) {
    check_plan(plan);
    assert!(plan.is_empty() || !plan.skipped.contains(&Skip::SmokeUnneeded));
    assert!(!plan.is_empty() || plan.smoke().all(|smoke| smoke.hits == 1), "what nothing changes is asked once");
    let there = |key| observed.objects.get(key).is_some_and(Option::is_some);
    let acts: Vec<&Act> = plan.steps().map(|step| &step.act).collect();
    let is_put = |key| {
        acts.iter().any(|act| match act {
            Act::Upload(Upload { key: put, .. })
            | Act::ReplaceObject(ReplaceObject { key: put, .. })
            | Act::KeepCode(KeepCode { key: put, .. }) => put == key,
            _ => false,
        })
    };
    for change in plan.code() {
        if let CodeCall::Update { restore: Restore::Copy, .. } = &change.call {
            let fetches = |act: &&Act| matches!(act, Act::FetchCode(fetch) if fetch.sha256 == change.before);
            assert!(acts.iter().any(fetches), "no way back");
        }
        let CodeCall::Update { key: Some(key), restore: Restore::Object { key: live, .. }, .. } = &change.call else {
            continue;
        };
        assert!(there(key) || is_put(key), "{key} is nowhere");
        assert!(there(live) || is_put(live), "no way back to {live}");
    }
    uses_only_what_was_made(plan);
}

/// Checks what holds for every plan, of a release and of a preview.
fn check_plan(plan: &Plan) {
    assert!(plan.waves.iter().all(|wave| !wave.steps.is_empty()), "a wave without steps");
    let text = serde_json::to_string(plan).unwrap();
    assert_eq!(serde_json::to_string(&serde_json::from_str::<Plan>(&text).unwrap()).unwrap(), text);
}

/// A step that refers to something that is made comes in a later wave than the step that makes it.
fn uses_only_what_was_made(plan: &Plan) {
    let (mut versions, mut deployments) = (Vec::new(), Vec::new());
    for wave in &plan.waves {
        for Step { act, .. } in &wave.steps {
            match act {
                Act::MoveAlias(MoveAlias { to, .. }) | Act::CreateAlias(CreateAlias { to, .. }) => {
                    assert!(versions.iter().any(|made: &FunctionKey| *to == Ref::Made(made.clone())));
                }
                Act::PointStage(point) => {
                    assert!(deployments.iter().any(|made: &ApiKey| point.to == Ref::Made(made.clone())));
                }
                _ => {}
            }
        }
        versions.extend(wave.steps.iter().filter_map(|step| match &step.act {
            Act::ChangeCode(change) => Some(change.function.clone()),
            _ => None,
        }));
        deployments.extend(wave.steps.iter().filter_map(|step| match &step.act {
            Act::CreateDeployment(create) => Some(create.api.clone()),
            _ => None,
        }));
    }
}

fn check(name: &str) {
    let mut situation: Situation = RELEASES.situation(name);
    let decided = situation.decide();
    check_invariants(&decided, &situation.observed);
    let shown = decided.as_ref().map(|plan| Shown { says: says(plan), plan });
    RELEASES.compare(name, &situation.describe, &shown);
}

#[test]
fn each_situation_has_its_plan() {
    RELEASES.check_each(check);
}

#[test]
fn deciding_twice_gives_the_same_plan() {
    for name in RELEASES.names() {
        let text = || format!("{:?}", RELEASES.situation::<Situation>(&name).decide());
        assert_eq!(text(), text(), "{name}");
    }
}

#[test]
fn a_plan_contains_no_secret() {
    let mut situation: Situation = RELEASES.situation("code-changed-alias");
    situation
        .settings
        .push("headers = { Authorization = \"s3cret\" }\nbody = \"s3cret\"\nmethod = \"POST\"".to_owned());
    let Planned { plan, inputs } = situation.planned().unwrap();
    assert_eq!(inputs.smoke[0].body.as_deref(), Some("s3cret"));
    assert!(plan.smoke().next().is_some());
    assert!(!serde_json::to_string(&plan).unwrap().contains("s3cret"));
}

#[test]
fn a_patch_is_merged_as_its_rfc_says() {
    for (target, patch, merged) in [
        (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
        (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
        (json!({"a": "c"}), json!({"a": {"b": {"d": null}}}), json!({"a": {"b": {}}})),
        (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
    ] {
        let mut target = target;
        merge(&mut target, &patch);
        assert_eq!(target, merged);
    }
}
