//! Comparing the packed archive with a zip.

use super::{Project, snapshot};

fn project() -> Project {
    Project::of(&[("app.py", "print('hello')\n"), ("lib/util.py", "pass\n")])
}

#[test]
fn the_same_bytes() {
    let project = project();
    project.package(&[]).exits(0);
    std::fs::copy(project.folder().join("target/sls-release/hello.zip"), project.folder().join("old.zip")).unwrap();
    let run = project.package(&["--compare", "old.zip", "--exit-code"]).exits(0);
    snapshot("same_bytes", &run);
}

#[test]
fn the_same_files_in_other_bytes_are_no_difference() {
    let project = project();
    project.zip("old.zip", &[("lib/util.py", "pass\n", 0o664), ("app.py", "print('hello')\n", 0o644)]);
    let run = project.package(&["--compare", "old.zip", "--exit-code"]).exits(0);
    snapshot("same_files", &run);
    let document = project.package(&["--diff", "old.zip", "--output", "json"]).exits(0).document();
    assert_eq!(document["comparisons"]["hello"]["verdict"], "same_files");
}

/// The files have each kind of difference.
#[test]
fn other_files_are_listed() {
    let project = Project::of(&[
        ("app.py", "print('hello, world')\n"),
        ("new.py", "a = 1\n"),
        ("now.py", "b = 2\n"),
        ("run.sh", "#!/bin/sh\n"),
        ("same_size.py", "1\n"),
    ]);
    project.zip(
        "old.zip",
        &[
            ("was.py", "b = 2\n", 0o644),
            ("app.py", "print('hello')\n", 0o644),
            ("old.py", "gone\n", 0o644),
            ("run.sh", "#!/bin/sh\n", 0o755),
            ("same_size.py", "2\n", 0o644),
        ],
    );
    snapshot("other_files", &project.package(&["--compare", "old.zip"]).exits(0));
    assert_eq!(project.package(&["--diff", "old.zip", "--exit-code"]).exits(10).code, Some(10));
    let run = project.package(&["--diff", "old.zip", "--exit-code", "--output", "json"]).exits(10);
    let (document, found) = (run.document(), &run.document()["comparisons"]["hello"]);
    assert_eq!((&document["exit_code"], &found["verdict"]), (&10.into(), &"other_files".into()));
    let names = |list: &str, key: &str| {
        let files = found["difference"][list].as_array().unwrap().clone();
        files.iter().map(|file| file.pointer(key).unwrap().as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((names("added", "/name"), names("removed", "/name")), (vec!["new.py".into()], vec!["old.py".into()]));
    assert_eq!(names("renamed", "/from/name"), ["was.py"]);
    assert_eq!(names("changed", "/name"), ["app.py", "run.sh", "same_size.py"]);
}

#[test]
fn long_lists_are_cut_unless_verbose() {
    let names: Vec<String> = (0..30).map(|number| format!("file{number:02}.py")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), name.as_str())).collect();
    let project = Project::of(&files);
    project.zip("old.zip", &[("file00.py", "file00.py", 0o644)]);
    let shown = project.package(&["--diff", "old.zip"]).exits(0).stdout;
    assert!(shown.contains("and 9 more") && !shown.contains("file29.py"), "{shown}");
    let shown = project.package(&["--diff", "old.zip", "-v"]).exits(0).stdout;
    assert!(!shown.contains("more;") && shown.contains("file29.py"), "{shown}");
}

#[test]
fn a_zip_that_cannot_be_read_is_a_problem() {
    let project = project();
    project.write("text.zip", "no zip");
    for (zip, why) in [("text.zip", "`text.zip`"), ("nowhere.zip", "`nowhere.zip`")] {
        let run = project.package(&["--compare", zip]).exits(2);
        assert!(run.stderr.contains(why) && run.stderr.contains("why:") && run.stderr.contains("fix:"), "{run:?}");
    }
}

#[test]
fn a_zip_is_compared_with_one_function() {
    let project = project();
    let settings = "[functions.hello]\nsource = \"lambda\"\n[functions.world]\nsource = \"lambda\"\n";
    project.write("sls-release.toml", settings);
    project.zip("old.zip", &[("app.py", "", 0o644)]);
    let run = project.package(&["--compare", "old.zip"]).exits(2);
    assert!(run.stderr.contains("hello, world") && run.stderr.contains("--function"), "{run:?}");
    project.package(&["--compare", "old.zip", "--function", "world"]).exits(0);
    let run = project.package(&["--compare", "old.zip", "--diff"]).exits(2);
    assert!(run.stderr.contains("cannot be used with"), "{run:?}");
}
