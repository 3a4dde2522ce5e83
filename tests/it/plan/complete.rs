//! The fixtures are complete: every kind of step, every reason, skip and warning is in a plan, and every check refuses.
//!
//! The variants come from the schema of the JSON output, and the checks from their files, so that a new one without a
//! fixture fails here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sls_release::error::Failure;
use sls_release::model::Plan;
use sls_release::report::schema;

use super::checks::{files, rows};
use super::{RELEASES, Situation, previews};

/// Returns the names of an enum's variants: what its tag may be.
fn variants(name: &str, tag: &str) -> BTreeSet<String> {
    let schema = serde_json::to_value(schema()).unwrap();
    let variants = schema["$defs"][name]["oneOf"].as_array().unwrap_or_else(|| panic!("{name} is no enum")).clone();
    let tag_of = |variant: &Value| variant["properties"][tag]["const"].as_str().unwrap().to_owned();
    variants.iter().map(tag_of).collect()
}

/// Returns the plans of all fixtures as JSON.
fn plans() -> Vec<Value> {
    let releases = RELEASES.names().into_iter().filter_map(|name| RELEASES.situation::<Situation>(&name).decide().ok());
    let previews = previews::decided().filter_map(|decided| decided.ok().flatten());
    releases.chain(previews).map(|plan: Plan| serde_json::to_value(plan).unwrap()).collect()
}

/// Returns the tags of all values at these places of the plans, where `*` is any item of a list.
fn tags(plans: &[Value], path: &[&str]) -> BTreeSet<String> {
    let mut values: Vec<&Value> = plans.iter().collect();
    for part in path {
        values = match *part {
            "*" => values.into_iter().flat_map(|value| value.as_array().unwrap()).collect(),
            field => values.into_iter().map(|value| &value[field]).collect(),
        };
    }
    values.into_iter().map(|tag| tag.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_step_reason_skip_and_warning_is_in_a_plan() {
    let plans = plans();
    for (name, tag, path) in [
        ("Act", "type", &["waves", "*", "steps", "*", "act", "type"][..]),
        ("Reason", "reason", &["waves", "*", "steps", "*", "why", "reason"]),
        ("Skip", "skip", &["skipped", "*", "skip"]),
        ("Warning", "warning", &["warnings", "*", "warning"]),
    ] {
        let (declared, found) = (variants(name, tag), tags(&plans, path));
        let missing: Vec<_> = declared.difference(&found).collect();
        assert!(missing.is_empty(), "no fixture has a plan with these variants of {name}: {missing:?}");
        assert_eq!(declared, found, "the variants of {name} and those of the plans");
    }
}

fn ids(failure: &Failure) -> impl Iterator<Item = String> {
    failure.problems.iter().filter_map(|problem| problem.check.as_deref().map(str::to_owned))
}

/// Returns the checks that refuse a fixture, with what they refuse, as docs/checks.md says it.
fn refusing() -> BTreeMap<String, Vec<&'static str>> {
    let of_releases =
        RELEASES.names().into_iter().filter_map(|name| RELEASES.situation::<Situation>(&name).decide().err());
    let of_previews = previews::decided().filter_map(Result::err);
    let (mut release, mut preview) = (BTreeSet::new(), BTreeSet::new());
    of_releases.for_each(|failure| release.extend(ids(&failure)));
    of_previews.for_each(|failure| preview.extend(ids(&failure)));
    let mut refusing: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (found, verb) in [(release, "release"), (preview, "preview")] {
        for id in found {
            refusing.entry(id).or_default().push(verb);
        }
    }
    refusing
}

#[test]
fn every_check_refuses_a_fixture() {
    let refusing = refusing();
    let missing: Vec<_> = files().into_keys().filter(|id| !refusing.contains_key(id)).collect();
    assert!(missing.is_empty(), "no fixture is refused by {missing:?}");
    for (id, verbs) in rows() {
        assert_eq!(refusing.get(&id).map(|verbs| verbs.join(", ")), Some(verbs), "what {id} is a check of");
    }
}
