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

/// The libraries' own words, and the names of temporary files, say nothing to users.
#[test]
fn files_that_cannot_be_used_are_told_in_words_of_users() {
    let project = Project::of(&[("app.py", "x = 1\n")]);
    project.write("text.zip", "no archive\n");
    for (arguments, why) in [
        (["--compare", "text.zip"], "why: it is no zip archive, or its end is missing\n"),
        (["--svg", "missing/hello.svg"], "why: No such file or directory (os error 2)\n"),
        (["--expect-sha256", "hello"], "error: invalid `--expect-sha256` `hello`\n"),
        (["--threads", "0"], "write a number from 1"),
        (["--threads", "many"], "write a number from 1"),
    ] {
        let refused = project.package(&arguments).exits(2);
        assert!(refused.stderr.contains(why), "{refused:?}");
        let is_late = ["--compare", "--svg"].contains(&arguments[0]);
        assert_eq!(refused.stderr.contains("packed:"), is_late, "it is found before packing: {refused:?}");
    }
    project.write("sls-release.toml", "[functions.hello]\nsource = \"text.zip\"\n");
    let refused = project.package(&[]).exits(2);
    assert!(refused.stderr.contains("why: it is no zip archive, or its end is missing\n"), "{refused:?}");
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

#[test]
fn git_and_backups_skip_the_default_folder_for_archives() {
    let project = Project::of(&[("app.py", "x = 1\n")]);
    project.package(&[]).exits(0);
    let read = |name: &str| fs::read_to_string(project.folder().join("target/sls-release").join(name)).unwrap();
    assert_eq!(read(".gitignore"), "*\n");
    assert!(read("CACHEDIR.TAG").starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"));
    project.write("target/sls-release/.gitignore", "!hello.zip\n");
    project.package(&[]).exits(0);
    assert_eq!(read(".gitignore"), "!hello.zip\n", "a file that exists is left alone");
    project.package(&["--out-dir", "build"]).exits(0);
    assert_eq!(
        fs::read_dir(project.folder().join("build")).unwrap().count(),
        1,
        "a named folder gets the archive only"
    );
}

#[test]
fn a_default_folder_that_is_a_link_out_of_the_checkout_is_not_followed() {
    let (project, other) = (Project::of(&[("app.py", "x = 1\n")]), tempfile::tempdir().unwrap());
    fs::create_dir(project.folder().join("target")).unwrap();
    std::os::unix::fs::symlink(other.path(), project.folder().join("target/sls-release")).unwrap();
    let refused = project.package(&[]).exits(2);
    for part in ["cannot be written to `target/sls-release`", "it is a link to", "--out-dir"] {
        assert!(refused.stderr.contains(part), "{part}: {refused:?}");
    }
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
    project.package(&["--out-dir", "target/sls-release"]).exits(0);
}

/// The plan itself fails, since no AWS answers; its archives are made before.
#[test]
fn a_plan_keeps_archives_only_in_a_named_folder() {
    let project = Project::of(&[("app.py", "x = 1\n")]);
    let plan = |arguments: &[&str]| {
        let run = project
            .run(&[&["plan", "--stage", "dev", "--region", "eu-central-1", "--output", "json"], arguments].concat());
        assert!(run.stderr.contains("packed: hello"), "{run:?}");
        run.document()
    };
    let document = plan(&[]);
    assert!(!project.folder().join("target").exists());
    assert_eq!(document.pointer("/artifacts/hello/path"), None, "{document}");
    plan(&["--out-dir", "build"]);
    assert!(project.folder().join("build/hello.zip").exists());
}
