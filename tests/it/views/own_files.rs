//! What the program itself writes is neither read too late, nor packed, nor written over what is not its own.

use std::fs;

use super::Project;

const ARCHIVE: &str = "target/sls-release/hello.zip";

#[test]
fn the_archive_of_last_time_is_compared_before_it_is_overwritten() {
    let project = Project::of(&[("app.py", "x = 1\n")]);
    project.package(&[]).exits(0);
    project.write("lambda/app.py", "x = 2\n");
    let compared = project.package(&["--compare", ARCHIVE, "--exit-code"]).exits(10);
    assert!(compared.stdout.contains("app.py"), "{compared:?}");
    project.package(&["--compare", ARCHIVE, "--exit-code"]).exits(0);
}

#[test]
fn what_cannot_be_compared_with_is_said_before_anything_is_packed() {
    let project = Project::of(&[("app.py", "x = 1\n")]);
    for other in ["missing.zip", "lambda"] {
        let refused = project.package(&["--compare", other]).exits(2);
        assert!(refused.stderr.contains("name a zip that can be read"), "{refused:?}");
    }
    assert!(!project.path().join(ARCHIVE).exists());
}

#[test]
fn a_picture_replaces_a_picture_and_nothing_else() {
    let project = Project::of(&[("app.py", "x = 1\n")]);
    project.package(&["--svg", "hello.svg"]).exits(0);
    project.package(&["--svg", "hello.svg"]).exits(0);
    let settings = fs::read(project.path().join("sls-release.toml")).unwrap();
    for file in ["sls-release.toml", "lambda/app.py", ARCHIVE, "lambda"] {
        let refused = project.package(&["--svg", file]).exits(2);
        assert!(refused.stderr.contains("is not overwritten by a picture"), "{refused:?}");
    }
    assert_eq!(fs::read(project.path().join("sls-release.toml")).unwrap(), settings);
    fs::remove_dir_all(project.path().join("target")).unwrap();
    project.package(&["--svg", ARCHIVE]).exits(2);
}

#[test]
fn neither_pictures_nor_the_cache_are_packed() {
    let project = Project::of(&[]);
    project.write("sls-release.toml", "[functions.hello]\nsource = \".\"\n");
    project.write("app.py", &"x = 1\n".repeat(2_000));
    for _ in 0..3 {
        let run = project.package(&["--output", "json", "--svg", "hello.svg"]).exits(0);
        let entries = run.document()["artifacts"]["hello"]["entries"].as_array().unwrap().len();
        assert_eq!(entries, 1, "{run:?}");
    }
    assert!(project.path().join("home/.cache/sls-release").exists());
}

#[test]
fn more_than_lambda_takes_is_said_in_every_run() {
    let project = Project::of(&[("app.py", "x = 1\n")]);
    fs::File::create(project.path().join("lambda/zeros")).unwrap().set_len(263_000_000).unwrap();
    let run = project.package(&[]).exits(0);
    assert!(run.stderr.contains("Lambda takes 262144000 at most"), "{run:?}");
}
