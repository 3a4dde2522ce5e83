//! The command line: what it takes, what it refuses, what it says about itself.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on is a failed test")]

use std::collections::BTreeMap;
use std::time::Duration;

use clap::error::ErrorKind;
use sls_release::cli::{self, Cli, Command, Shell};
use sls_release::model::FunctionKey;
use sls_release::report::{Format, Verbosity};

fn parse(arguments: &str) -> Result<Cli, clap::Error> {
    cli::parse_from(format!("sls-release {arguments}").split_whitespace().map(str::to_owned).collect::<Vec<_>>())
}

fn refused(arguments: &str) -> clap::Error {
    parse(arguments).err().unwrap_or_else(|| panic!("`{arguments}` was taken"))
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({
        filters => vec![(r" +\n", "\n")],
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!(name, text) });
}

#[test]
fn help() {
    let mut command = cli::definition().term_width(100);
    command.build();
    snapshot("help_short", &command.render_help().to_string());
    snapshot("help_long", &command.render_long_help().to_string());
    for name in ["release", "plan", "package", "ci", "completions"] {
        let subcommand = command.find_subcommand_mut(name).unwrap();
        snapshot(&format!("help_{name}"), &subcommand.render_help().to_string());
    }
}

#[test]
fn the_definition_holds() {
    cli::definition().debug_assert();
}

#[test]
fn without_a_command_it_releases() {
    assert_eq!(parse("").unwrap().command(), Command::Release);
    assert_eq!(parse("release").unwrap().command(), Command::Release);
    assert!(!parse("--stage dev").unwrap().request(BTreeMap::new(), None).plan_only);
    assert!(parse("plan").unwrap().request(BTreeMap::new(), None).plan_only);
    assert!(!parse("plan").unwrap().request(BTreeMap::new(), None).stage_optional);
}

#[test]
fn options_stand_before_or_after_the_command() {
    for arguments in [
        "--stage dev --region eu-central-1 --bucket b --function hello --function world --wait-timeout 5m plan",
        "plan --stage dev --region eu-central-1 --bucket b --function hello --function world --wait-timeout 5m",
        "--stage dev --region eu-central-1 plan --bucket b --function hello --function world --wait-timeout 5m",
    ] {
        let request = parse(arguments).unwrap().request(BTreeMap::new(), Some("c0ffee".into()));
        assert_eq!(request.overrides.stage.as_deref(), Some("dev"));
        assert_eq!(request.overrides.region.as_deref(), Some("eu-central-1"));
        assert_eq!(request.overrides.bucket.as_deref(), Some("b"));
        assert_eq!(request.overrides.wait_timeout, Some(Duration::from_mins(5)));
        assert_eq!(request.only.iter().map(FunctionKey::as_str).collect::<Vec<_>>(), ["hello", "world"]);
        assert_eq!(request.commit.as_deref(), Some("c0ffee"));
        assert!(request.plan_only);
    }
}

#[test]
fn the_arguments_of_package_reach_the_request() {
    let request = parse("package --verify --threads 3 --out-dir build --config a.toml").unwrap();
    let request = request.request([("SLS_RELEASE_STAGE".into(), "dev".into())].into(), None);
    assert!(request.packing.verify && request.stage_optional);
    assert_eq!(request.packing.threads.map(usize::from), Some(3));
    assert_eq!(request.out_dir.unwrap().to_str(), Some("build"));
    assert_eq!(request.config.unwrap().to_str(), Some("a.toml"));
    assert_eq!(request.environment["SLS_RELEASE_STAGE"], "dev");
}

#[test]
fn durations_have_a_unit() {
    let timeout = |text: &str| parse(&format!("--wait-timeout {text}")).map(|cli| cli.request(BTreeMap::new(), None));
    for (text, milliseconds) in [("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("1h", 3_600_000)] {
        let expected = Some(Duration::from_millis(milliseconds));
        assert_eq!(timeout(text).unwrap().overrides.wait_timeout, expected);
    }
    for text in ["5", "m", "5 m", "1.5s", "0s", "5d", "-5s", "99999999999999999999s", "18446744073709551615h"] {
        assert!(timeout(text).is_err(), "{text}");
    }
}

#[test]
fn an_age_may_be_in_days() {
    let older_than = |text: &str| {
        let parsed = parse(&format!("preview prune --older-than {text}"));
        parsed.map(|cli| cli.request(BTreeMap::new(), None).preview.older_than)
    };
    for (text, hours) in [("14d", 14 * 24), ("12h", 12)] {
        assert_eq!(older_than(text).unwrap(), Some(Duration::from_hours(hours)));
    }
    for text in ["14", "d", "0d", "1.5d", "-1d", "1w", "18446744073709551615d"] {
        assert!(older_than(text).is_err(), "{text}");
    }
}

#[test]
fn the_format_and_how_much_is_said() {
    assert_eq!(parse("--output json plan").unwrap().format(), Format::Json);
    assert_eq!(parse("plan --output github").unwrap().format(), Format::Github);
    assert_eq!(parse("").unwrap().verbosity(), Verbosity::Normal);
    assert_eq!(parse("plan -v").unwrap().verbosity(), Verbosity::Verbose);
    assert_eq!(parse("-q plan").unwrap().verbosity(), Verbosity::Quiet);
    assert_eq!(parse("plan --exit-code").unwrap().command(), Command::Plan(cli::Plan { exit_code: true }));
}

#[test]
fn usage_errors_exit_2_and_help_exits_0() {
    assert_eq!(refused("--help").exit_code(), 0);
    assert_eq!(refused("--version").to_string(), format!("sls-release {}\n", env!("CARGO_PKG_VERSION")));
    for arguments in ["--stgae dev", "deploy", "--output xml", "-q -v", "package --threads 0", "release --exit-code"] {
        assert_eq!(refused(arguments).exit_code(), 2, "{arguments}");
    }
    let error = refused("--stgae dev");
    assert_eq!(error.kind(), ErrorKind::UnknownArgument);
    assert!(error.to_string().contains("--stage"), "{error}");
}

#[test]
fn completions_know_the_commands() {
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
        let script = String::from_utf8(cli::completions(shell)).unwrap();
        assert!(script.contains("package") && script.contains("wait-timeout"), "{shell}");
    }
    assert_eq!(parse("completions fish").unwrap().command(), Command::Completions { shell: Shell::Fish });
}

/// The binary, with nothing of this process's environment, in an empty folder.
mod binary {
    use std::path::Path;
    use std::process::{Command, Output};

    fn run(arguments: &[&str]) -> (i32, String, String) {
        run_in(tempfile::tempdir().unwrap().path(), arguments)
    }

    fn run_with(arguments: &[&str], settings: &str) -> (i32, String, String) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sls-release.toml"), settings).unwrap();
        run_in(folder.path(), arguments)
    }

    fn run_in(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sls-release"));
        let Output { status, stdout, stderr } =
            command.args(arguments).env_clear().env("HOME", folder).current_dir(folder).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    #[test]
    fn help_goes_to_standard_output() {
        let (code, stdout, stderr) = run(&["--help"]);
        assert_eq!((code, stderr.as_str()), (0, ""));
        assert!(stdout.contains("Exit codes:"), "{stdout}");
    }

    #[test]
    fn an_unknown_flag_is_a_usage_error_that_names_the_nearest() {
        let (code, stdout, stderr) = run(&["--stgae", "dev"]);
        assert_eq!((code, stdout.as_str()), (2, ""));
        assert!(stderr.contains("--stage"), "{stderr}");
    }

    #[test]
    fn archives_of_the_usual_folder_are_not_packed_where_another_is_given() {
        let folder = tempfile::tempdir().unwrap();
        let settings = "out_dir = \"build\"\n[functions.hello]\nsource = \".\"\n";
        std::fs::write(folder.path().join("sls-release.toml"), settings).unwrap();
        std::fs::write(folder.path().join("app.py"), "").unwrap();
        let entries = |arguments: &[&str]| {
            let arguments = [&["package", "--stage", "dev"], arguments].concat();
            let (_, stdout, stderr) = run_in(folder.path(), &arguments);
            stdout
                .lines()
                .find_map(|line| line.trim().strip_prefix("entries").map(str::trim).map(str::to_owned))
                .expect(&stderr)
        };
        assert_eq!(entries(&[]), "1");
        assert!(folder.path().join("build/hello.zip").exists());
        assert_eq!(entries(&["--out-dir", "elsewhere"]), "1");
    }

    /// The example of docs/settings.md is what the program says.
    #[test]
    fn mistakes_look_as_the_reference_shows_them() {
        let reference = include_str!("../../docs/settings.md");
        let (_, shown) = reference.split_once("## Mistakes").unwrap();
        let (shown, _) = shown.split_once("```text\n").unwrap().1.split_once("```").unwrap();
        let settings = "[artifacts]\nbukcet = \"acme\"\n\n[functions.hello]\narchive = \"tar\"\n";
        let (code, stdout, stderr) = run_with(&["plan", "--stage", "dev"], settings);
        assert_eq!((code, stdout.as_str(), stderr.as_str()), (2, "", shown));
    }

    #[test]
    fn package_needs_no_stage() {
        let settings = "[functions.hello]\nsource = \"sls-release.toml\"\nname = \"hello-{stage}\"\n";
        let (code, stdout, stderr) = run_with(&["package"], settings);
        assert_eq!((code, stdout.lines().next()), (0, Some("function hello")), "{stderr}");
    }

    #[test]
    fn without_a_settings_file_it_says_so() {
        let (code, stdout, stderr) = run(&["plan", "--stage", "dev"]);
        assert_eq!((code, stdout.as_str()), (2, ""));
        assert!(stderr.starts_with("error: ") && stderr.contains("sls-release.toml"), "{stderr}");
    }

    #[test]
    fn a_program_gets_one_document_on_failure_too() {
        let (code, stdout, _) = run(&["plan", "--stage", "dev", "--output", "json"]);
        let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!((code, &document["exit_code"]), (2, &2.into()));
        assert_eq!(document["outcome"], "failed");
    }

    #[test]
    fn a_completion_script_needs_no_settings() {
        let (code, stdout, stderr) = run(&["completions", "bash"]);
        assert_eq!((code, stderr.as_str()), (0, ""));
        assert!(stdout.contains("complete -F"), "{stdout}");
    }
}
