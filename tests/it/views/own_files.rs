//! The program's own files: they are read before they are overwritten, not packed, and do not replace other files.

use std::fs;

use super::Project;

const ARCHIVE: &str = "target/sls-release/hello.zip";

#[test]
fn the_previous_archive_is_compared_before_it_is_overwritten() {
    let project = Project::of(&[("app.py", "x = 1\n")]);
    project.package(&[]).exits(0);
    project.write("lambda/app.py", "x = 2\n");
    let compared = project.package(&["--compare", ARCHIVE, "--exit-code"]).exits(10);
    assert!(compared.stdout.contains("app.py"), "{compared:?}");
    project.package(&["--compare", ARCHIVE, "--exit-code"]).exits(0);
}

#[test]
fn an_unreadable_archive_is_reported_before_packing() {
    let project = Project::of(&[("app.py", "x = 1\n")]);
    for other in ["missing.zip", "lambda"] {
        let refused = project.package(&["--compare", other]).exits(2);
        assert!(refused.stderr.contains("name a zip that can be read"), "{refused:?}");
    }
    assert!(!project.folder().join(ARCHIVE).exists());
}

#[test]
fn a_picture_replaces_only_a_picture() {
    let project = Project::of(&[("app.py", "x = 1\n")]);
    project.package(&["--svg", "hello.svg"]).exits(0);
    project.package(&["--svg", "hello.svg"]).exits(0);
    let settings = fs::read(project.folder().join("sls-release.toml")).unwrap();
    for file in ["sls-release.toml", "lambda/app.py", ARCHIVE, "lambda"] {
        let refused = project.package(&["--svg", file]).exits(2);
        assert!(refused.stderr.contains("is not overwritten by a picture"), "{refused:?}");
    }
    assert_eq!(fs::read(project.folder().join("sls-release.toml")).unwrap(), settings);
    fs::remove_dir_all(project.folder().join("target")).unwrap();
    project.package(&["--svg", ARCHIVE]).exits(2);
}

#[test]
fn neither_pictures_nor_the_cache_are_packed() {
    let project = Project::of(&[]);
    project.write("sls-release.toml", "[functions.hello]\nsource = \".\"\n");
    project.write("app.py", "x = 1\n".repeat(2_000));
    for _ in 0..3 {
        let run = project.package(&["--output", "json", "--svg", "hello.svg"]).exits(0);
        let entries = run.document()["artifacts"]["hello"]["entries"].as_array().unwrap().len();
        assert_eq!(entries, 1, "{run:?}");
    }
    assert!(project.folder().join("home/.cache/sls-release").exists());
}

#[test]
fn every_run_warns_about_code_above_lambdas_limit() {
    let project = Project::of(&[("app.py", "x = 1\n")]);
    fs::File::create(project.folder().join("lambda/zeros")).unwrap().set_len(263_000_000).unwrap();
    let run = project.package(&[]).exits(0);
    assert!(run.stderr.contains("Lambda allows at most 262144000"), "{run:?}");
}
