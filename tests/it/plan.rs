//! The planner: each file of fixtures/plans is one situation, and its snapshot is the plan or the refusal.
//!
//! A situation is a JSON merge patch onto `base.json`, where nothing has changed. What the settings name and
//! the merged `observed` lacks, AWS does not have: a `null` in a patch takes it away.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sls_release::error::{Failure, Kind};
use sls_release::model::{
    Artifact, CodeStep, FunctionKey, Observed, Overrides, Plan, Reason, Request, Settings, Skip, Warning,
};
use sls_release::plan::decide;
use sls_release::settings::{SettingsFile, resolve};

/// A fixture after the merge.
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

/// The stems of the files in a folder that end so, sorted.
fn stems(folder: &Path, ending: &str) -> BTreeSet<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect()
}

fn fixtures() -> BTreeSet<String> {
    let mut names = stems(&folder("fixtures/plans"), ".json");
    assert!(names.remove("base"), "fixtures/plans has no base.json");
    names
}

fn snapshots() -> PathBuf {
    folder("tests/it/snapshots/plans")
}

fn json_of(name: &str) -> Value {
    let path = folder("fixtures/plans").join(format!("{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// JSON merge patch, <https://www.rfc-editor.org/rfc/rfc7386>.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let fields = target.as_object_mut().unwrap();
    for (key, value) in patch {
        if value.is_null() {
            fields.remove(key);
        } else {
            merge(fields.entry(key).or_insert(Value::Null), value);
        }
    }
}

fn situation(name: &str) -> Situation {
    let mut merged = json_of("base");
    merge(&mut merged, &json_of(name));
    serde_json::from_value(merged).unwrap()
}

impl Situation {
    fn settings(&self) -> Settings {
        let file = SettingsFile { path: "sls-release.toml".into(), text: self.settings.join("\n"), locks: Vec::new() };
        let request = Request {
            overrides: Overrides { stage: Some(self.request.stage.clone()), ..Overrides::default() },
            only: self.request.only.clone(),
            commit: self.request.commit.clone(),
            ..Request::default()
        };
        resolve(&request, &file).unwrap()
    }

    fn decide(&mut self) -> Result<Plan, Failure> {
        let settings = self.settings();
        for key in &settings.chosen {
            self.observed.functions.entry(key.clone()).or_insert(None);
        }
        for key in settings.apis.keys() {
            self.observed.apis.entry(key.clone()).or_insert(None);
        }
        decide(&settings, &self.artifacts, &self.observed)
    }
}

/// What a snapshot shows of a plan; its fields stay in the order of the release.
#[derive(Serialize)]
struct Shown<'a> {
    says: Vec<String>,
    plan: &'a Plan,
}

/// What the user reads of the plan.
fn says(plan: &Plan) -> Vec<String> {
    let code = plan.code.iter().map(|change| format!("{}: {}", change.function, change.reason));
    let apis = plan.deployments.iter().map(|deployment| format!("{}: {}", deployment.api, deployment.reason));
    let skipped = plan.skipped.iter().map(|skip| format!("skipped: {skip}"));
    let warnings = plan.warnings.iter().map(|warning| format!("warning: {warning}"));
    code.chain(apis).chain(skipped).chain(warnings).collect()
}

/// What is true of each plan and of each refusal.
fn holds_together(decided: &Result<Plan, Failure>, observed: &Observed) {
    match decided {
        Ok(plan) => plan_holds_together(plan, observed),
        Err(failure) => {
            assert_eq!(failure.kind, Kind::Refused);
            assert!(!failure.problems.is_empty());
            assert!(failure.problems.iter().all(|problem| !problem.fix.is_empty()), "a refusal without a way out");
        }
    }
}

fn plan_holds_together(plan: &Plan, observed: &Observed) {
    assert_eq!(plan.is_empty(), plan.writes() == 0);
    assert_eq!(plan.is_empty(), plan.skipped.contains(&Skip::SmokeUnneeded));
    let versions: Vec<_> = plan.code.iter().map(|change| &change.function).collect();
    assert!(plan.moves.iter().all(|alias| versions.contains(&&alias.function)), "a move without a version");
    assert!(plan.new_aliases.iter().all(|alias| versions.contains(&&alias.function)), "an alias without a version");
    let deployed: Vec<_> = plan.deployments.iter().map(|deployment| &deployment.api).collect();
    assert!(plan.stages.iter().map(|point| &point.api).eq(deployed), "each deployment is served, and no other");
    let there = |key| observed.objects.get(key).is_some_and(Option::is_some);
    for change in &plan.code {
        let CodeStep::Update { key, .. } = &change.step else { continue };
        assert!(there(key) || plan.uploads.iter().any(|upload| upload.key == *key), "{key} is nowhere");
        let kept = plan.keeps.iter().any(|keep| keep.key == change.keep_key);
        assert!(there(&change.keep_key) || kept, "no way back to {}", change.keep_key);
    }
}

fn check(name: &str) {
    let mut situation = situation(name);
    let decided = situation.decide();
    holds_together(&decided, &situation.observed);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(snapshots());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_description(&situation.describe);
    settings.set_omit_expression(true);
    settings.bind(|| match &decided {
        Ok(plan) => insta::assert_json_snapshot!(name, Shown { says: says(plan), plan }),
        Err(failure) => insta::assert_snapshot!(name, failure),
    });
}

#[test]
fn each_situation_has_its_plan() {
    let failed = |name: &String| catch_unwind(AssertUnwindSafe(|| check(name))).is_err();
    let failed: Vec<_> = fixtures().into_iter().filter(failed).collect();
    assert!(failed.is_empty(), "{} of fixtures/plans: {}", failed.len(), failed.join(", "));
    let (snapshots, fixtures) = (stems(&snapshots(), ".snap"), fixtures());
    let unpaired: Vec<_> = snapshots.symmetric_difference(&fixtures).collect();
    assert!(unpaired.is_empty(), "a fixture without a snapshot, or a snapshot without a fixture: {unpaired:?}");
}

#[test]
fn deciding_twice_gives_the_same() {
    for name in fixtures() {
        let text = || format!("{:?}", situation(&name).decide());
        assert_eq!(text(), text(), "{name}");
    }
}

#[test]
fn nothing_secret_is_in_a_plan() {
    let mut situation = situation("code-changed-alias");
    situation
        .settings
        .push("headers = { Authorization = \"s3cret\" }\nbody = \"s3cret\"\nmethod = \"POST\"".to_owned());
    let plan = situation.decide().unwrap();
    assert_eq!(plan.smoke.as_ref().unwrap().settings.body.as_deref(), Some("s3cret"));
    assert!(!serde_json::to_string(&plan).unwrap().contains("s3cret"));
}

/// The first of all variants, or the one after: a new variant does not compile until it has its place.
fn reason_after(last: Option<&Reason>) -> Option<&'static str> {
    Some(match last {
        None => "code_differs",
        Some(Reason::CodeDiffers) => "alias_behind",
        Some(Reason::AliasBehind { .. }) => "configuration_differs",
        Some(Reason::ConfigurationDiffers { .. }) => "no_alias",
        Some(Reason::NoAlias { .. }) => "definition_differs",
        Some(Reason::DefinitionDiffers) => "deployed_elsewhere",
        Some(Reason::DeployedElsewhere { .. }) => "redeploy_always",
        Some(Reason::RedeployAlways) => return None,
    })
}

fn skip_after(last: Option<&Skip>) -> Option<&'static str> {
    Some(match last {
        None => "code_unchanged",
        Some(Skip::CodeUnchanged { .. }) => "same_content",
        Some(Skip::SameContent { .. }) => "function_not_chosen",
        Some(Skip::FunctionNotChosen { .. }) => "artifact_present",
        Some(Skip::ArtifactPresent { .. }) => "definition_unchanged",
        Some(Skip::DefinitionUnchanged { .. }) => "redeploy_never",
        Some(Skip::RedeployNever { .. }) => "api_not_chosen",
        Some(Skip::ApiNotChosen { .. }) => "smoke_unneeded",
        Some(Skip::SmokeUnneeded) => "smoke_api_not_chosen",
        Some(Skip::SmokeApiNotChosen { .. }) => return None,
    })
}

fn warning_after(last: Option<&Warning>) -> Option<&'static str> {
    Some(match last {
        None => "latest_is_live",
        Some(Warning::LatestIsLive { .. }) => "no_smoke",
        Some(Warning::NoSmoke) => "calls_beside_alias",
        Some(Warning::CallsBesideAlias { .. }) => "execute_api_disabled",
        Some(Warning::ExecuteApiDisabled { .. }) => return None,
    })
}

/// Walks through all variants, each taken from a plan of some fixture.
fn each_is_found<T: PartialEq>(found: &[(String, T)], after: fn(Option<&T>) -> Option<&'static str>) {
    let (mut last, mut tags) = (None, BTreeSet::new());
    while let Some(tag) = after(last) {
        let sample = found.iter().find(|(serialized, _)| serialized == tag);
        assert!(sample.is_some(), "no fixture of fixtures/plans leads to {tag}");
        assert!(tags.insert(tag), "{tag} stands twice in the order");
        last = sample.map(|(_, sample)| sample);
    }
    let others: Vec<_> = found.iter().filter(|(tag, _)| !tags.contains(tag.as_str())).map(|(tag, _)| tag).collect();
    assert!(others.is_empty(), "the order lacks {others:?}");
}

/// The tag that a value has in JSON, as it stands in the snapshots.
fn tagged<T: Serialize>(field: &str, values: impl Iterator<Item = T>) -> Vec<(String, T)> {
    let tag = |value: &T| serde_json::to_value(value).unwrap()[field].as_str().unwrap().to_owned();
    values.map(|value| (tag(&value), value)).collect()
}

#[test]
fn each_reason_skip_and_warning_is_in_a_plan() {
    let plans: Vec<_> = fixtures().iter().filter_map(|name| situation(name).decide().ok()).collect();
    let code = plans.iter().flat_map(|plan| plan.code.iter().map(|change| change.reason.clone()));
    let apis = plans.iter().flat_map(|plan| plan.deployments.iter().map(|deployment| deployment.reason.clone()));
    each_is_found(&tagged("reason", code.chain(apis)), reason_after);
    each_is_found(&tagged("skip", plans.iter().flat_map(|plan| plan.skipped.clone())), skip_after);
    each_is_found(&tagged("warning", plans.iter().flat_map(|plan| plan.warnings.clone())), warning_after);
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
