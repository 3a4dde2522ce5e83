//! Explaining an archive: its folders and files, what was left out, and advice.

use std::fs;

use serde_json::Value;

use super::{Project, snapshot};
use crate::support::Run;

/// Creates a project with patterns and one file for each rule that leaves files out.
fn project() -> Project {
    let project = Project::of(&[
        ("app.py", "def handler(event, context):\n    return {}\n"),
        ("lib/one.py", "one = 1\n"),
        ("lib/deep/two.py", "two = 2\n"),
        ("vendor/large/data.json", &"[1, 2, 3]\n".repeat(2000)),
        ("vendor/small.txt", "text\n"),
        ("notes.md", "# notes\n"),
        ("docs/a.md", "a\n"),
        ("docs/b.md", "b\n"),
        (".env", "KEY=1\n"),
        (".git/HEAD", "ref\n"),
        ("lib/__pycache__/one.pyc", "x\n"),
    ]);
    let settings = "[functions.hello]\nsource = \"lambda\"\nexclude = [\"docs/**\", \"*.md\"]\n";
    project.write("sls-release.toml", settings);
    project
}

fn explained(run: &Run) -> Value {
    run.document()["explanations"]["hello"].clone()
}

#[test]
fn an_archive_is_explained_by_folder_by_file_and_by_rule() {
    let project = project();
    snapshot("explained", &project.package(&["--explain"]).exits(0));
    let found = explained(&project.package(&["--explain", "--output", "json"]).exits(0));
    assert_eq!((&found["files"], &found["unzipped_limit_bytes"]), (&5.into(), &262_144_000.into()));
    assert_eq!(found["folders"][0]["path"], "vendor/large/");
    assert_eq!(found["largest"][0]["name"], "vendor/large/data.json");
    assert_eq!(found["advice"], Value::Array(Vec::new()), "a usual project has no advice");
    let by = |rule: &str| {
        let all = found["left_out"].as_array().unwrap();
        all.iter().find(|it| it.to_string().contains(rule)).unwrap_or_else(|| panic!("{rule}: {found}")).clone()
    };
    let counts = |rule: &str| (by(rule)["folders"].clone(), by(rule)["files"].clone());
    assert_eq!(counts("\"docs/**\""), (1.into(), 0.into()), "a folder is counted without its files");
    assert_eq!(counts("\"*.md\""), (0.into(), 1.into()));
    assert_eq!(counts("\".git\""), (1.into(), 0.into()));
    assert_eq!(counts("\".env*\""), (0.into(), 1.into()));
    assert_eq!(counts("\"__pycache__\""), (1.into(), 0.into()));
    assert_eq!(by("__pycache__")["example"], "lib/__pycache__/");
}

#[test]
fn no_line_is_wider_than_a_terminal() {
    let project = project();
    let long = "node_modules/a-package-with-a-long-name/dist/esm/components/index.js";
    project.write(&format!("lambda/{long}"), "export {};\n");
    let shown = project.package(&["--explain"]).exits(0).stdout;
    let part = shown.split_once("unzipped:").unwrap().1;
    for line in part.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(part.contains("…"), "{part}");
    assert!(project.package(&["--explain", "-v"]).exits(0).stdout.contains(long));
}

#[test]
fn archives_and_files_outside_of_include_are_listed() {
    let project = project();
    let settings = "out_dir = \"build\"\n[functions.hello]\nsource = \".\"\ninclude = [\"lambda/**\", \"build/**\"]\n";
    project.write("sls-release.toml", settings);
    project.write("README", "text\n");
    project.package(&[]).exits(0);
    let run = project.package(&["--explain", "--output", "json"]).exits(0);
    let found = explained(&run);
    assert!(found["left_out"].to_string().contains("not_included"), "{found}");
    let own = found["advice"].as_array().unwrap().iter().find(|it| it["about"] == "own_archive").unwrap().clone();
    assert_eq!((&own["files"], &own["example"]), (&1.into(), &"build/hello.zip".into()));
    assert!(run.stderr.contains("exclude = [\"build/**\"]"), "{run:?}");
    let settings = "[functions.hello]\nsource = \".\"\n";
    project.write("sls-release.toml", settings);
    let found = explained(&project.package(&["--explain", "--output", "json"]).exits(0));
    assert!(found["left_out"].to_string().contains("own_file"), "{found}");
}

#[test]
fn a_ready_zip_is_explained_too() {
    let project = project();
    project.zip("code.zip", &[("app.py", "pass\n", 0o644), ("shut.py", "pass\n", 0o600)]);
    project.write("sls-release.toml", "[functions.hello]\nsource = \"code.zip\"\n");
    let run = project.package(&["--explain", "--output", "json"]).exits(0);
    assert_eq!(explained(&run)["files"], 2);
    assert!(run.stderr.contains("hello: shut.py is readable only by its owner; "), "{run:?}");
}

#[test]
fn a_link_to_a_folder_without_a_file_to_pack_has_a_reason_of_its_own() {
    let project = project();
    fs::create_dir_all(project.folder().join("lambda/empty")).unwrap();
    std::os::unix::fs::symlink("empty", project.folder().join("lambda/link")).unwrap();
    let found = explained(&project.package(&["--explain", "--output", "json"]).exits(0));
    let left_out = found["left_out"].as_array().unwrap();
    let link = left_out.iter().find(|it| it["example"] == "link/").unwrap();
    assert_eq!((&link["by"], &link["folders"]), (&"link_to_nothing".into(), &1.into()));
}

#[test]
fn a_picture_on_standard_output_is_all_that_is_there() {
    let project = project();
    let run = project.package(&["--svg", "-"]).exits(0);
    assert!(run.stdout.starts_with("<svg") && run.stdout.ends_with("</svg>\n"), "{run:?}");
    assert!(run.stderr.contains("source_code_hash"), "{run:?}");
    assert!(!project.folder().join("-").exists());
    let refused = project.package(&["--svg", "-", "--output", "json"]).exits(2);
    assert!(refused.stdout.contains("name a file"), "{refused:?}");
}

#[test]
fn the_picture_is_the_same_each_time_and_well_formed() {
    let project = project();
    let draw = || {
        project.package(&["--svg", "hello.svg"]).exits(0);
        fs::read_to_string(project.folder().join("hello.svg")).unwrap()
    };
    let svg = draw();
    assert_eq!(svg, draw());
    for part in ["<title>vendor/large/data.json: ", "prefers-color-scheme:dark", ">app.py</text>"] {
        assert!(svg.contains(part), "{part}: {svg}");
    }
    let count = |part: &str| svg.matches(part).count();
    assert_eq!(count("<rect"), count("</rect>") + 1, "all but the page have an end tag");
    assert_eq!((count("<text"), count("<title>")), (count("</text>"), count("</title>")));
    let run = project.package(&["--svg", "no/such/folder.svg"]).exits(2);
    assert!(run.stderr.contains("no/such/folder.svg") && run.stderr.contains("fix:"), "{run:?}");
}
