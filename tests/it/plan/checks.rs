//! Each check has a file, an id that is the name of its file, and a row in docs/checks.md.

use std::collections::BTreeMap;
use std::fs;

use super::{RELEASES, Situation, folder, stems};
use sls_release::model::FunctionKey;

const FOLDER: &str = "src/plan/checks";

/// Returns the sources of the checks, by their id: the name of the file in kebab-case.
pub(super) fn files() -> BTreeMap<String, String> {
    let mut names = stems(&folder(FOLDER), ".rs");
    assert!(names.remove("mod"), "{FOLDER} has no mod.rs");
    let source = |name: &String| fs::read_to_string(folder(FOLDER).join(format!("{name}.rs"))).unwrap();
    names.iter().map(|name| (name.replace('_', "-"), source(name))).collect()
}

/// Returns what each row of docs/checks.md says that its check is of: "release, preview".
pub(super) fn rows() -> BTreeMap<String, String> {
    let page = fs::read_to_string(folder("docs/checks.md")).unwrap();
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    let rows: Vec<Vec<String>> = page.lines().filter(|line| line.starts_with("| `")).map(cells).collect();
    let by_id: BTreeMap<_, _> = rows.iter().map(|row| (row[0].trim_matches('`').to_owned(), row[1].clone())).collect();
    assert_eq!(by_id.len(), rows.len(), "docs/checks.md has two rows of one check");
    by_id
}

/// The id of what a check finds is the name of its file, by construction or because it says so itself.
#[test]
fn each_check_is_named_for_its_file() {
    let all = fs::read_to_string(folder(FOLDER).join("mod.rs")).unwrap();
    for (id, source) in files() {
        let said: Vec<_> = source.split(".check(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(said.iter().all(|said| *said == id), "{id}: {said:?}");
        let file = id.replace('-', "_");
        let is_run = all.contains(&format!("check!(found, {file}(")) || all.contains(&format!("\"{file}\""));
        assert!(is_run || !said.is_empty(), "{id} is not run");
    }
}

#[test]
fn each_check_has_its_row() {
    assert!(files().keys().eq(rows().keys()), "{:?}\n{:?}", files().keys(), rows().keys());
}

/// AWS's word for them: "no longer supported for creating or updating".
#[test]
fn every_blocked_runtime_is_refused() {
    for runtime in ["nodejs14.x", "python3.7", "java8", "go1.x", "provided", "ruby2.7", "nodejs12.x", "dotnetcore3.1"] {
        let mut situation: Situation = RELEASES.situation("refused-runtime");
        let hello = situation.observed.functions.get_mut(&FunctionKey::new("hello")).unwrap().as_mut().unwrap();
        hello.latest.runtime = Some(runtime.to_owned());
        let failure = situation.decide().unwrap_err().to_string();
        assert!(failure.contains(&format!("AWS no longer updates functions of runtime {runtime}")), "{failure}");
    }
}
