//! The command line: what it takes, what it refuses, what it says about itself.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::error::ErrorKind;
use sls_release::cli::{self, Cli, Command, Shell};
use sls_release::machine::Machine;
use sls_release::model::{FunctionKey, PackageRequest, PreviewRequest, ReleaseRequest, Request};
use sls_release::report::{Format, Verbosity};

use crate::support::{Ends, snapshots};

fn parse(arguments: &str) -> Result<Cli, clap::Error> {
    cli::parse_from(format!("sls-release {arguments}").split_whitespace().map(str::to_owned).collect::<Vec<_>>())
}

/// What a verb is asked by these arguments, on a machine that says nothing.
fn request(arguments: &str) -> Request {
    parse(arguments).unwrap().command().request(&Machine::default()).unwrap()
}

fn release(arguments: &str) -> ReleaseRequest {
    let Request::Release(request) = request(arguments) else { panic!("`{arguments}` is no release") };
    request
}

fn package(arguments: &str) -> PackageRequest {
    let Request::Package(request) = request(arguments) else { panic!("`{arguments}` is no package") };
    request
}

fn refused(arguments: &str) -> clap::Error {
    parse(arguments).err().unwrap_or_else(|| panic!("`{arguments}` was taken"))
}

fn snapshot(name: &str, text: &str) {
    let mut settings = snapshots("");
    settings.add_filter(r" +\n", "\n");
    settings.add_filter(r"/blob/v[^/]+/", "/blob/VERSION/");
    settings.bind(|| insta::assert_snapshot!(name, text));
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
    let preview = command.find_subcommand_mut("preview").unwrap();
    for name in ["up", "down", "list", "prune"] {
        let subcommand = preview.find_subcommand_mut(name).unwrap();
        snapshot(&format!("help_preview_{name}"), &subcommand.render_help().to_string());
    }
}

#[test]
fn the_definition_holds() {
    cli::definition().debug_assert();
}

#[test]
fn without_a_command_it_releases() {
    assert_eq!(parse("").unwrap().command(), Command::Release(cli::ReleaseOptions::default()));
    assert_eq!(parse("release").unwrap().command(), Command::Release(cli::ReleaseOptions::default()));
    assert!(!release("--stage dev").plan_only);
    assert!(release("plan").plan_only);
    assert!(!release("plan").settings_input().is_stage_optional);
}

#[test]
fn options_stand_before_or_after_the_command() {
    for arguments in [
        "--stage dev --region eu-central-1 --bucket b --function hello --function world --wait-timeout 5m plan",
        "plan --stage dev --region eu-central-1 --bucket b --function hello --function world --wait-timeout 5m",
        "--stage dev --region eu-central-1 plan --bucket b --function hello --function world --wait-timeout 5m",
    ] {
        let machine = Machine { commit: Some("c0ffee".into()), ..Machine::default() };
        let Some(Request::Release(request)) = parse(arguments).unwrap().command().request(&machine) else {
            panic!("`{arguments}` is no plan")
        };
        let overrides = &request.common.overrides;
        assert_eq!(overrides.stage.as_deref(), Some("dev"));
        assert_eq!(overrides.region.as_deref(), Some("eu-central-1"));
        assert_eq!(overrides.bucket.as_deref(), Some("b"));
        assert_eq!(overrides.wait_timeout, Some(Duration::from_mins(5)));
        assert_eq!(request.only.iter().map(FunctionKey::as_str).collect::<Vec<_>>(), ["hello", "world"]);
        assert_eq!(request.common.commit.as_deref(), Some("c0ffee"));
        assert!(request.plan_only);
    }
}

#[test]
fn an_option_behind_the_command_counts_where_it_stands_before_as_well() {
    assert_eq!(release("--stage dev plan --stage prod").common.overrides.stage.as_deref(), Some("prod"));
    assert_eq!(release("--stage=dev -v plan --stage=prod").common.overrides.stage.as_deref(), Some("prod"));
    let Request::Preview(PreviewRequest::Up(up)) = request("--stage dev preview --region eu-west-1 up --pr 4") else {
        panic!()
    };
    let overrides = &up.common.overrides;
    assert_eq!((overrides.stage.as_deref(), overrides.region.as_deref()), (Some("dev"), Some("eu-west-1")));
}

#[test]
fn what_looks_like_a_command_may_be_a_value() {
    let request = release("--stage plan");
    assert!(!request.plan_only && request.common.overrides.stage.as_deref() == Some("plan"));
    assert!(release("--stage plan plan").plan_only);
    assert_eq!(refused("--stage dev help plan").kind(), ErrorKind::DisplayHelp);
    assert_eq!(refused("--stage dev --help plan").kind(), ErrorKind::DisplayHelp);
    assert_eq!(refused("--stage dev preview").kind(), ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand);
    assert_eq!(refused("--stage").kind(), ErrorKind::InvalidValue);
}

/// The verbs that use these options, each with a value that it takes.
const OPTIONS: [(&[&str], &[&str]); 10] = [
    (&["--stage dev", "--config x.toml", "--region eu-west-1"], &ALL_BUT_COMPLETIONS),
    (&["--bucket b", "--wait-timeout 5m", "--image hello=uri"], &["release", "plan", "up"]),
    (&["--function hello"], &["release", "plan", "package"]),
    (&["--artifacts x", "--expect-sha256 hello=0", "--out-dir x", "--no-cache"], &["release", "plan", "package", "up"]),
    (&["--exit-code"], &["plan", "package"]),
    (&["--verify", "--threads 2", "--compare x.zip", "--diff", "--explain", "--svg x.svg"], &["package"]),
    (&["--repository acme/hello", "--service hello"], &["up", "down", "list", "prune"]),
    (&["--pr 7"], &["up", "down"]),
    (&["--older-than 14d", "--dry-run"], &["prune"]),
    (
        &["--output json", "--color never", "--verbose"],
        &["release", "plan", "package", "up", "down", "list", "prune", "completions"],
    ),
];

const ALL_BUT_COMPLETIONS: [&str; 7] = ["release", "plan", "package", "up", "down", "list", "prune"];

/// Each option, and the verbs that use it.
fn options() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    OPTIONS.into_iter().flat_map(|(options, users)| options.iter().map(move |option| (*option, users)))
}

/// A command line of each verb that lacks nothing.
const VERBS: [(&str, &str); 8] = [
    ("release", "release"),
    ("plan", "plan"),
    ("package", "package"),
    ("up", "preview up --pr 42"),
    ("down", "preview down --pr 42"),
    ("list", "preview list"),
    ("prune", "preview prune"),
    ("completions", "completions bash"),
];

#[test]
fn a_verb_takes_the_options_that_it_uses_and_refuses_the_others() {
    for (verb, line) in VERBS {
        for (option, users) in options() {
            let arguments = match option {
                "--pr 7" if users.contains(&verb) => line.replace("--pr 42", option),
                "--exit-code" if verb == "package" => format!("{line} --diff {option}"),
                _ => format!("{line} {option}"),
            };
            if users.contains(&verb) {
                assert!(parse(&arguments).is_ok(), "{arguments}");
                continue;
            }
            let error = refused(&arguments);
            assert_eq!((error.exit_code(), error.kind()), (2, ErrorKind::UnknownArgument), "{arguments}");
        }
    }
}

/// Those that stand before a command as well, since they are release's own.
#[test]
fn a_verb_refuses_an_option_before_it_by_the_same_words() {
    for (verb, line) in VERBS {
        for (option, users) in options().filter(|(_, users)| users.contains(&"release")) {
            let before = parse(&format!("{option} {line}"));
            assert_eq!(before.is_ok(), users.contains(&verb), "{option} {line}");
            if let Err(error) = before {
                let behind = refused(&format!("{line} {option}"));
                assert_eq!(error.to_string().lines().next(), behind.to_string().lines().next());
            }
        }
    }
}

#[test]
fn the_table_of_options_holds_all_of_them() {
    let mut all: Vec<String> = Vec::new();
    let mut commands = vec![cli::definition()];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().cloned());
        all.extend(command.get_arguments().filter_map(|option| option.get_long()).map(|long| format!("--{long}")));
    }
    let named: Vec<&str> = options().map(|(option, _)| option.split(' ').next().unwrap()).collect();
    all.retain(|option| !named.contains(&option.as_str()) && option != "--quiet");
    assert_eq!(all, Vec::<String>::new());
}

/// One set of inputs serves all the events of a workflow.
#[test]
fn ci_takes_the_inputs_of_all_verbs() {
    let inputs = "--config c --artifacts a --expect-sha256 k=1 --function f --no-cache --verbose";
    let of_ci = "--pr 42 --service s --older-than 14d";
    for command in ["auto", "release", "plan", "package", "preview-up", "preview-down", "preview-list", "preview-prune"]
    {
        assert!(parse(&format!("{inputs} ci {of_ci} -- {command}")).is_ok(), "{command}");
    }
}

#[test]
fn the_arguments_of_package_reach_the_request() {
    let environment: BTreeMap<String, String> = [("SLS_RELEASE_STAGE".into(), "dev".into())].into();
    let machine = Machine { environment, ..Machine::default() };
    let command = parse("package --verify --threads 3 --out-dir build --config a.toml").unwrap().command();
    let Some(Request::Package(request)) = command.request(&machine) else { panic!() };
    assert!(request.archives.packing.verify && request.settings_input().is_stage_optional);
    assert!(!package("package --diff").settings_input().is_stage_optional);
    assert_eq!(request.archives.packing.threads.map(usize::from), Some(3));
    assert_eq!(request.archives.out_dir.unwrap().to_str(), Some("build"));
    assert_eq!(request.common.config.unwrap().to_str(), Some("a.toml"));
    assert_eq!(request.common.environment["SLS_RELEASE_STAGE"], "dev");
}

#[test]
fn durations_have_a_unit() {
    for (text, milliseconds) in [("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("1h", 3_600_000)] {
        let expected = Some(Duration::from_millis(milliseconds));
        assert_eq!(release(&format!("--wait-timeout {text}")).common.overrides.wait_timeout, expected);
    }
    for text in ["5", "m", "5 m", "1.5s", "0s", "5d", "-5s", "99999999999999999999s", "18446744073709551615h"] {
        assert!(parse(&format!("--wait-timeout {text}")).is_err(), "{text}");
    }
}

#[test]
fn an_age_may_be_in_days() {
    let older_than = |text: &str| {
        let parsed = parse(&format!("preview prune --older-than {text}"));
        parsed.map(|cli| match cli.command().request(&Machine::default()) {
            Some(Request::Preview(PreviewRequest::Prune(request))) => request.older_than,
            other => panic!("{other:?}"),
        })
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
    assert_eq!(parse("plan -vvv").unwrap().verbosity(), Verbosity::Verbose);
    assert_eq!(parse("-qq plan").unwrap().verbosity(), Verbosity::Quiet);
    for (arguments, code) in [("plan --exit-code", 10), ("package --diff --exit-code", 10), ("plan", 0), ("", 0)] {
        assert_eq!(parse(arguments).unwrap().command().pending_exit_code(), code, "{arguments}");
    }
}

/// Names of other programs.
#[test]
fn deploy_is_a_name_of_release() {
    assert_eq!(parse("deploy --stage dev").unwrap().command(), parse("release --stage dev").unwrap().command());
    assert_eq!(release("--stage dev deploy").common.overrides.stage.as_deref(), Some("dev"));
}

#[test]
fn names_that_people_try_get_a_tip() {
    for (arguments, tip) in [
        ("--dry-run", "`sls-release plan`"),
        ("release --dry-run", "`sls-release plan`"),
        ("-s dev", "`--stage dev`"),
        ("plan -s dev", "`--stage dev`"),
        ("dev", "`--stage dev`"),
        ("plan prod", "`--stage prod`"),
        ("launch", "if `launch` is a stage, write `--stage launch`"),
        ("--json", "`--output json`"),
        ("plan --json", "`--output json`"),
        ("diff", "`sls-release package --diff --stage STAGE`"),
        ("validate", "`sls-release plan`"),
        ("plan --profile acme", "`AWS_PROFILE=acme sls-release plan`"),
        ("destroy", "`sls-release preview down --pr NUMBER`"),
        ("remove", "`sls-release preview down --pr NUMBER`"),
        ("preview delete", "`sls-release preview down --pr NUMBER`"),
        ("preview ls", "`sls-release preview list`"),
        ("preview launch", "are up, down, list and prune"),
        ("preview 42", "`sls-release preview up --pr 42`"),
        ("up", "`sls-release preview up --pr NUMBER`"),
        ("rollback", "check out the older code"),
    ] {
        let error = refused(arguments);
        let text = error.to_string();
        let tips: Vec<&str> = text.lines().filter(|line| line.trim().starts_with("tip: ")).collect();
        assert!(tips.len() == 1 && tips[0].contains(tip), "{arguments}: {text}");
        assert_eq!(cli::usage_problem(&error).fix, tips[0].trim().trim_start_matches("tip: "), "{arguments}");
    }
    assert!(refused("paln").to_string().contains("'plan'"));
}

#[test]
fn an_exit_code_of_package_needs_a_comparison() {
    let error = refused("package --exit-code");
    assert_eq!(error.kind(), ErrorKind::MissingRequiredArgument);
    assert!(error.to_string().contains("--compare <ZIP>|--diff [<ZIP>]"), "{error}");
    assert_eq!(refused("package --compare a.zip --diff").kind(), ErrorKind::ArgumentConflict);
}

#[test]
fn each_help_text_links_to_a_page_that_exists() {
    let mut commands = vec![cli::definition()];
    while let Some(mut command) = commands.pop() {
        commands.extend(command.get_subcommands().filter(|command| !command.is_hide_set()).cloned());
        let help = command.render_help().to_string();
        let version = format!("/blob/v{}/", env!("CARGO_PKG_VERSION"));
        let (_, page) = help.trim_end().rsplit_once(&version).unwrap_or_else(|| panic!("no page: {help}"));
        let (file, title) = page.split_once('#').unwrap_or((page, ""));
        let text = std::fs::read_to_string(crate::support::repository().join(file)).unwrap().to_lowercase();
        let title = title.replace('-', " ");
        assert!(title.is_empty() || text.contains(&format!("\n## {title}\n")), "{page}");
    }
}

#[test]
fn usage_errors_exit_2_and_help_exits_0() {
    assert_eq!(refused("--help").exit_code(), 0);
    assert_eq!(refused("--version").to_string(), format!("sls-release {}\n", env!("CARGO_PKG_VERSION")));
    for arguments in [
        "--stgae dev",
        "dev",
        "--output xml",
        "package --out-dir -",
        "-q -v",
        "package --threads 0",
        "release --exit-code",
    ] {
        assert_eq!(refused(arguments).exit_code(), 2, "{arguments}");
    }
    let error = refused("--stgae dev");
    assert_eq!(error.kind(), ErrorKind::UnknownArgument);
    assert!(error.to_string().contains("--stage"), "{error}");
}

#[test]
fn each_shell_has_a_completion_script() {
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
        let script = String::from_utf8(cli::completions(shell).unwrap()).unwrap();
        assert!(script.contains("sls-release") && script.contains("_SLS_RELEASE_COMPLETE"), "{shell}");
    }
    assert_eq!(parse("completions fish").unwrap().command(), Command::Completions { shell: Shell::Fish });
}

/// Wherever a message has it from: here, from a setting that somebody put it into.
#[test]
fn a_credential_of_the_environment_is_printed_nowhere() {
    let secret = "wJalrXUtnFEMI/K7MDENG\\+x";
    let quoted = secret.replace('\\', "\\\\");
    let settings = format!("[artifacts]\nbucket = \"{quoted}\"\n[functions.hello]\nsource = \".\"\n");
    let project = crate::support::Project::with_settings(&settings);
    for format in ["human", "json", "github"] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sls-release"));
        command.args(["plan", "--stage", "dev", "--output", format]);
        let run = Ends::ended(project.scrub(&mut command).env("AWS_SECRET_ACCESS_KEY", secret)).exits(2);
        let all = run.stdout.clone() + &run.stderr;
        assert!(!all.contains(secret) && !all.contains(&quoted) && all.contains("***"), "{format}: {run:?}");
    }
}

/// Whatever has the shape of a credential, also where no variable holds it.
#[test]
fn what_has_the_shape_of_a_credential_is_printed_nowhere() {
    let hidden = |text: &str| {
        let project = crate::support::Project::with_settings(&format!("[functions.hello]\nsource = '{text}'\n"));
        for format in ["human", "json", "github"] {
            let run = project.run(&["package", "--stage", "dev", "--output", format]).exits(2);
            let all = run.stdout.clone() + &run.stderr;
            assert!(all.contains("***"), "{format}: {run:?}");
            let secret = text.rsplit(['=', ' ']).next().unwrap();
            assert!(!all.contains(secret), "{format}: {run:?}");
        }
    };
    hidden("AKIAIOSFODNN7EXAMPLE");
    hidden(&format!("ghp_{}", "a1".repeat(18)));
    hidden(&format!("github_pat_{}", "a1".repeat(18)));
    hidden(&format!("eyJ{0}.eyJ{0}.{0}", "a1".repeat(10)));
    hidden("https://code.example/x?X-Amz-Signature=0123456789abcdef");
    hidden("https://code.example/x?X-Amz-Security-Token=IQoJb3JpZ2luX2VjEXAMPLE");
    hidden("aws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY");
}

/// The binary, with nothing of this process's environment, in an empty folder.
mod binary {
    use std::fs::File;
    use std::process::{Command, Stdio};

    use crate::support::{Ends, Project};

    #[test]
    fn help_goes_to_standard_output() {
        let run = Project::empty().run(&["--help"]).exits(0);
        assert!(run.stderr.is_empty() && run.stdout.contains("Exit codes:"), "{run:?}");
    }

    #[test]
    fn a_word_is_a_stage_where_the_settings_name_it() {
        let project = Project::with_settings("[stages.qa]\n");
        for (arguments, tip) in [
            (["qa"].as_slice(), "tip: a stage is set with `--stage qa`\n"),
            (&["preview", "qa"], "tip: a stage is set with `--stage qa`\n"),
            (&["ship"], "tip: `sls-release --help` lists the commands; if `ship` is a stage, write `--stage ship`\n"),
        ] {
            let run = project.run(arguments).exits(2);
            assert!(run.stderr.contains(tip), "{run:?}");
        }
    }

    #[test]
    fn usage_errors_have_the_colours_that_are_asked_for() {
        let project = Project::empty();
        for (arguments, has_colours) in [
            (["--color", "always"].as_slice(), true),
            (&["--color=always"], true),
            (&["--color", "never"], false),
            (&[], false),
        ] {
            let run = project.run(&[arguments, &["--bogus"]].concat()).exits(2);
            assert_eq!(run.stderr.contains('\u{1b}'), has_colours, "{run:?}");
        }
    }

    /// As of other programs made with clap. The program releases where it gets no arguments.
    #[test]
    fn a_variable_that_asks_for_completion_releases_nothing() {
        let project = Project::with_settings("[functions.hello]\nsource = \".\"\n");
        let run = |shell: &str, arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_sls-release"));
            project.scrub(command.args(arguments)).env("COMPLETE", shell).env("SLS_RELEASE_STAGE", "dev").ended()
        };
        for shell in ["bash", "zsh", "fish"] {
            let script = project.run(&["completions", shell]).exits(0).stdout;
            assert_eq!(run(shell, &[]).exits(0).stdout, script);
        }
        let refused = run("nu", &[]).exits(2);
        assert!(refused.stderr.contains("no completion script for `nu`"), "{refused:?}");
        assert!(run("bash", &["--version"]).exits(0).stdout.starts_with("sls-release "));
        assert!(run("0", &[]).exits(2).stderr.contains("region"), "it is off, so that a release begins");
    }

    #[test]
    fn what_is_only_printed_must_be_written_unless_its_reader_goes_away() {
        let project = Project::empty();
        for arguments in [["--help"].as_slice(), &["--version"], &["completions", "bash"]] {
            let run = |stdout: Stdio| {
                let mut command = Command::new(env!("CARGO_BIN_EXE_sls-release"));
                let child = project.scrub(command.args(arguments)).stdout(stdout).stderr(Stdio::piped()).spawn();
                child.unwrap().ended()
            };
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            assert_eq!(run(writer.into()).exits(0).stderr, "", "{arguments:?}");
            if cfg!(target_os = "linux") {
                let full = File::options().write(true).open("/dev/full").unwrap();
                let run = run(full.into()).exits(1);
                assert!(run.stderr.starts_with("error: standard output cannot be written: No space left"), "{run:?}");
            }
        }
    }

    #[test]
    fn archives_of_the_usual_folder_are_not_packed_where_another_is_given() {
        let project = Project::with_settings("out_dir = \"build\"\n[functions.hello]\nsource = \".\"\n");
        project.write("app.py", "");
        let entries = |arguments: &[&str]| {
            let arguments = [&["package", "--stage", "dev"], arguments].concat();
            let run = project.run(&arguments);
            let mut entries = run.stdout.lines().filter_map(|line| line.trim().strip_prefix("entries"));
            entries.next().expect(&run.stderr).trim().to_owned()
        };
        assert_eq!(entries(&[]), "1");
        assert!(project.folder().join("build/hello.zip").exists());
        assert_eq!(entries(&["--out-dir", "elsewhere"]), "1");
    }

    /// The example of docs/settings.md is what the program says.
    #[test]
    fn mistakes_look_as_the_reference_shows_them() {
        let reference = include_str!("../../docs/settings.md");
        let (_, shown) = reference.split_once("## Mistakes").unwrap();
        let (shown, _) = shown.split_once("```text\n").unwrap().1.split_once("```").unwrap();
        let settings = "[artifacts]\nbukcet = \"acme\"\n\n[functions.hello]\narchive = \"tar\"\n";
        let run = Project::with_settings(settings).run(&["plan", "--stage", "dev"]).exits(2);
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", shown));
    }

    /// The setting is relative to the settings file.
    #[test]
    fn links_out_of_the_source_are_followed_where_the_settings_say_so() {
        let settings = "[functions.hello]\nsource = \"service/code\"\nfollow_links_within = \".\"\n";
        let project = Project::with_settings(settings);
        project.write("service/code/app.py", "");
        project.write("shared/shared.py", "");
        std::os::unix::fs::symlink("../../shared", project.folder().join("service/code/shared")).unwrap();
        let run = project.run(&["package", "-v"]).exits(0);
        assert!(run.stdout.contains("shared/shared.py"), "{run:?}");
        project.write("sls-release.toml", settings.replace("\".\"", "\"service\""));
        assert!(project.run(&["package"]).exits(2).stderr.contains("outside the source"));
    }

    #[test]
    fn package_needs_no_stage() {
        let settings = "[functions.hello]\nsource = \"sls-release.toml\"\nname = \"hello-{stage}\"\n";
        let run = Project::with_settings(settings).run(&["package"]).exits(0);
        assert_eq!(run.stdout.lines().next(), Some("function hello"));
    }

    #[test]
    fn without_a_settings_file_it_says_so() {
        let run = Project::empty().run(&["plan", "--stage", "dev"]).exits(2);
        assert_eq!(run.stdout, "");
        assert!(run.stderr.starts_with("error: ") && run.stderr.contains("sls-release.toml"), "{run:?}");
    }

    #[test]
    fn a_program_gets_one_document_on_failure_too() {
        let run = Project::empty().run(&["plan", "--stage", "dev", "--output", "json"]).exits(2);
        assert_eq!((&run.document()["exit_code"], run.outcome().as_str()), (&2.into(), "failed"));
    }

    #[test]
    fn a_completion_script_needs_no_settings() {
        let run = Project::empty().run(&["completions", "bash"]).exits(0);
        assert!(run.stderr.is_empty() && run.stdout.contains("complete -o nospace"), "{run:?}");
    }
}
