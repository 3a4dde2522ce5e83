//! Advice on unusual files: every run warns about harmful ones, with a fix.

use std::os::unix::fs::PermissionsExt;

use super::Project;
use crate::support::Run;

const KEY: &str = "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n";
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

/// Returns the advice and the number of files from the JSON of `--explain`.
fn found(run: &Run) -> Vec<(String, u64)> {
    let document = run.document();
    let all = document["explanations"]["hello"]["advice"].as_array().unwrap();
    all.iter().map(|it| (it["about"].as_str().unwrap().to_owned(), it["files"].as_u64().unwrap())).collect()
}

fn advice(files: &[(&str, &str)]) -> (Vec<(String, u64)>, Vec<String>) {
    let run = Project::of(files).package(&["--explain", "--output", "json"]).exits(0);
    let warnings = run.stderr.lines().filter_map(|line| line.strip_prefix("warning: ")).map(str::to_owned).collect();
    (found(&run), warnings)
}

#[test]
fn every_run_warns_about_secrets() {
    let (found, warnings) = advice(&[
        ("app.py", "pass\n"),
        ("keys/server.pem", KEY),
        ("deploy/id_ed25519", "x"),
        (".npmrc", "//registry.example.com/:_authToken=abc\n"),
        (".aws/credentials", "[default]\naws_secret_access_key = abc\n"),
        ("infra/terraform.tfstate", "{}"),
    ]);
    assert_eq!(found, [("secret".to_owned(), 5)]);
    assert_eq!(
        warnings,
        ["hello: 5 files look like secrets: .aws/credentials, .npmrc, deploy/id_ed25519, infra/terraform.tfstate, \
             keys/server.pem; exclude = [\".aws/credentials\", \".npmrc\", \"deploy/id_ed25519\", \
             \"infra/terraform.tfstate\", \"keys/server.pem\"]"]
    );
}

#[test]
fn files_with_similar_names_are_not_secrets() {
    let (found, warnings) = advice(&[
        ("app.py", "pass\n"),
        ("certs/ca.pem", CERTIFICATE),
        ("id_rsa.pub", "ssh-rsa AAAA\n"),
        (".npmrc", "//registry.example.com/:_authToken=${NPM_TOKEN}\n"),
        ("lib/credentials.py", "aws_secret_access_key = None\n"),
        ("lib/credentials", "a list of names\n"),
        ("node_modules/tls/example/key.pem", KEY),
    ]);
    assert_eq!((found, warnings), (Vec::new(), Vec::<String>::new()));
}

#[test]
fn a_script_whose_first_line_ends_in_cr_lf_is_reported() {
    let (found, warnings) = advice(&[
        ("good.sh", "#!/bin/sh\necho\r\n"),
        ("bad.sh", "#!/bin/sh\r\necho\r\n"),
        ("windows.js", "let x;\r\n"),
        ("notes", "#!not a program\r\n"),
    ]);
    assert_eq!(found, [("cr_lf_script".to_owned(), 1)]);
    assert!(warnings.len() == 1 && warnings[0].starts_with("hello: bad.sh has a first line"), "{warnings:?}");
}

#[test]
fn files_that_only_take_space_are_listed_by_explain() {
    let files = [
        ("app.js", "x\n"),
        ("lib/mod.pyc", "x\n"),
        ("lib/tests/a.py", "x\n"),
        ("node_modules/one/__tests__/b.js", "x\n"),
        ("node_modules/.cache/babel/c.json", "x\n"),
        ("contest/latest.py", "x\n"),
    ];
    let (found, warnings) = advice(&files);
    let expected = [("compiled_python", 1), ("tests", 2), ("cache", 1)].map(|(about, files)| (about.to_owned(), files));
    assert_eq!((found, warnings), (expected.to_vec(), Vec::<String>::new()));
    let shown = Project::of(&files).package(&["--explain"]).exits(0).stdout;
    for fix in ["exclude = [\"**/*.pyc\"]", "exclude = [\"**/tests/**\"]", "exclude = [\"**/.cache/**\"]"] {
        assert!(shown.contains(fix), "{fix}: {shown}");
    }
}

#[test]
fn the_example_of_this_repository_has_no_advice() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hello/lambda");
    let read = |name| std::fs::read_to_string(folder.join(name)).unwrap();
    let (app, visits) = (read("app.py"), read("visits.py"));
    assert_eq!(advice(&[("app.py", &app), ("visits.py", &visits)]), (Vec::new(), Vec::new()));
}

/// `archive_file` has its own patterns, and keeps the modes on disk.
#[test]
fn the_fix_is_that_of_the_archive_format() {
    let project = Project::of(&[("app.py", "pass\n"), ("id_rsa", "x"), ("lib/a.pyc", "x\n")]);
    let settings = "[functions.hello]\nsource = \"lambda\"\narchive = \"archive-file\"\n";
    project.write("sls-release.toml", settings);
    let shut = project.folder().join("lambda/app.py");
    std::fs::set_permissions(shut, std::fs::Permissions::from_mode(0o600)).unwrap();
    let run = project.package(&["--explain"]).exits(0);
    assert!(
        run.stderr.contains("id_rsa looks like a secret; excludes = [\"id_rsa\"], here and in Terraform"),
        "{run:?}"
    );
    assert!(run.stderr.contains("app.py is readable only by its owner; "), "{run:?}");
    assert!(run.stdout.contains("excludes = [\"**/*.pyc\"]"), "{run:?}");
}
