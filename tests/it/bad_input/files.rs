//! Bad settings and bad sources. AWS is not asked.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use super::project;
use crate::support::{Ends, Project, Run};

const PACKAGE: [&str; 3] = ["package", "--stage", "dev"];

/// A settings file with this text, beside a source.
#[track_caller]
fn settings_say(name: &str, text: &str) {
    let project = project();
    project.write("sls-release.toml", text);
    project.says(name, &["--stage", "dev"]);
}

/// `sls-release package` of a source to which this was done.
#[track_caller]
fn source_says(name: &str, spoil: impl FnOnce(&Project)) {
    let project = project();
    spoil(&project);
    project.says(name, &PACKAGE);
    assert!(!project.folder().join("target/sls-release/hello.zip").exists());
}

#[test]
fn no_settings_file() {
    Project::empty().says("no_settings_file", &["--stage", "dev"]);
    Project::empty().says("named_settings_file_missing", &["--stage", "dev", "--config", "prod.toml"]);
}

#[test]
fn unusable_settings() {
    settings_say("unknown_key", "[functions.hello]\nsuorce = \"lambda\"\n");
    settings_say("wrong_type", "[functions.hello]\nsource = 7\nexclude = \"*.md\"\n[smoke]\nhits = \"three\"\n");
    settings_say("alias_is_a_number", "[functions.hello]\nsource = \"lambda\"\nalias = \"7\"\n");
    settings_say("not_toml", "[functions.hello\nsource = \"lambda\"\n");
    settings_say(
        "two_functions_with_one_name",
        "[functions.a]\nsource = \"lambda\"\nname = \"hello-{stage}\"\n\
         [functions.b]\nsource = \"lambda\"\nname = \"hello-dev\"\n",
    );
}

/// The name that a temporary folder would have had says nothing.
#[test]
fn no_place_for_temporary_files() {
    let project = project();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sls-release"));
    let command = project.scrub(command.args(["plan", "--stage", "dev"]));
    project
        .said("no_place_for_temporary_files", &command.env("AWS_REGION", "us-east-1").env("TMPDIR", "missing").ended());
}

#[test]
fn arguments_that_cannot_be_used_are_told_in_the_format_that_was_asked_for() {
    let project = project();
    project.says("usage_error", &["--stgae", "dev"]);
    project.says("usage_error_as_json", &["--stgae", "dev", "--output", "json"]);
    project.says("usage_error_for_github", &["--output=github", "launch"]);
    project.says("usage_error_in_the_format", &["--output", "xml"]);
}

#[test]
fn unknown_stage() {
    let text = "[functions.hello]\nsource = \"lambda\"\n[stages.dev]\n[stages.prod]\nregion = \"eu-central-1\"\n";
    Project::with_settings(text).says("unknown_stage", &["--stage", "prd"]);
}

tests! {
    missing_source =>
        source_says("source_missing", |project| fs::remove_dir_all(project.folder().join("lambda")).unwrap());
    empty_source =>
        source_says("source_empty", |project| fs::remove_file(project.folder().join("lambda/app.py")).unwrap());
    link_out_of_the_source => source_says("link_out", |project| {
        project.write("secret.txt", "secret");
        symlink("../secret.txt", project.folder().join("lambda/config.txt")).unwrap();
    });
    named_pipe => source_says("named_pipe", |project| {
        let made = Command::new("mkfifo").arg(project.folder().join("lambda/queue")).status().unwrap();
        assert!(made.success());
    });
}

/// Other systems do not take such a name in the first place.
#[cfg(target_os = "linux")]
#[test]
fn name_that_is_not_utf8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    source_says("name_not_utf8", |project| {
        fs::write(project.folder().join("lambda").join(OsStr::from_bytes(b"caf\xe9.py")), "").unwrap();
    });
}

#[test]
fn unreadable_file() {
    let project = project();
    let locked = project.folder().join("lambda/key.pem");
    fs::write(&locked, "secret").unwrap();
    fs::set_permissions(&locked, Permissions::from_mode(0o000)).unwrap();
    // Nothing is locked for root.
    let run = if File::open(&locked).is_ok() { run_as_nobody(&project) } else { project.run(&PACKAGE) };
    project.said("unreadable_file", &run);
}

/// By a copy of the program, since its own folder may be closed to others.
fn run_as_nobody(project: &Project) -> Run {
    let program = project.folder().join("sls-release");
    fs::copy(env!("CARGO_BIN_EXE_sls-release"), &program).unwrap();
    for open in [project.folder(), &project.folder().join("lambda")] {
        fs::set_permissions(open, Permissions::from_mode(0o777)).unwrap();
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program).args(PACKAGE);
    project.scrub(&mut command).ended()
}

#[test]
fn file_that_changes_while_it_is_packed() {
    let project = project();
    let (path, is_over) = (project.folder().join("lambda/growing.log"), AtomicBool::new(false));
    let mut file = File::options().create(true).append(true).open(&path).unwrap();
    // Without content, and so large that its packing takes many times as long as one write.
    file.set_len(128 * 1024 * 1024).unwrap();
    let (began, begins) = mpsc::channel();
    let run = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                file.write_all(b"a line\n").unwrap();
                began.send(()).ok(); // of all but the first nobody hears
            }
        });
        begins.recv().unwrap();
        let run = project.run(&PACKAGE);
        is_over.store(true, Ordering::Relaxed);
        run
    });
    project.said("file_changes_while_packed", &run);
}
