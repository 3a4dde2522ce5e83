//! Completion in bash, by its own script; zsh and fish are in `system_tools`.

use std::path::Path;
use std::process::Command;

use crate::support::{Ends, Project};

/// A project whose settings name two stages and two functions, with the scripts of the shells.
pub(crate) fn project() -> Project {
    let project = Project::with_settings(
        "[functions.hello]\nsource = \".\"\n[functions.world]\nsource = \".\"\n[stages.dev]\n[stages.prod]\n",
    );
    project.write("other.toml", "[functions.other]\nsource = \".\"\n");
    for shell in ["bash", "zsh", "fish"] {
        project.write(&format!("script.{shell}"), project.run(&["completions", shell]).exits(0).stdout);
    }
    project
}

/// Returns the command of a shell in the project, which finds the program by its name.
pub(crate) fn shell(project: &Project, name: &str) -> Command {
    let mut command = Command::new(name);
    let folder = Path::new(env!("CARGO_BIN_EXE_sls-release")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    project.scrub(&mut command).env("PATH", path);
    command
}

/// Each line to complete, and what the shell offers, sorted; `..` where it offers more.
pub(crate) const LINES: [(&str, &[&str]); 16] = [
    ("sls-release re", &["release"]),
    ("sls-release d", &["deploy"]),
    ("sls-release deploy --st", &["--stage"]),
    ("sls-release pla", &["plan"]),
    ("sls-release plan --exp", &["--expect-sha256"]),
    ("sls-release preview ", &["down", "list", "prune", "up", ".."]),
    ("sls-release preview up --p", &["--pr"]),
    ("sls-release --stage ", &["dev", "prod"]),
    ("sls-release plan --stage p", &["prod"]),
    ("sls-release --stage dev pac", &["package"]),
    ("sls-release preview up --stage d", &["dev"]),
    ("sls-release package --function ", &["hello", "world"]),
    ("sls-release package --config other.toml --function ", &["other"]),
    ("sls-release --output j", &["json"]),
    ("sls-release ci", &[]),
    ("sls-release ci --p", &[]),
];

/// Fails the test unless a shell offers what [`LINES`] says.
pub(crate) fn check(offered: impl Fn(&str) -> Vec<String>) {
    for (line, expected) in LINES {
        let mut offered = offered(line);
        offered.sort();
        let more = expected.last() == Some(&"..");
        let expected = if more { &expected[..expected.len() - 1] } else { expected };
        let all = expected.iter().all(|word| offered.iter().any(|offered| offered == word));
        assert!(all && (more || offered.len() == expected.len()), "`{line}`: {offered:?}");
    }
}

/// Calls the function that the script registers, as bash does at the Tab key.
const BASH: &str = r#"
source script.bash
read -ra COMP_WORDS <<<"$1"
[[ $1 == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_TYPE=9
spec=$(complete -p sls-release)
function=${spec##*-F } function=${function%% *}
"$function" sls-release "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\n' "${COMPREPLY[@]}"
"#;

#[test]
fn bash_completes_commands_options_stages_and_functions() {
    let project = project();
    check(|line| {
        let run = shell(&project, "bash").args(["--norc", "-c", BASH, "bash", line]).ended().exits(0);
        run.stdout.lines().map(str::to_owned).filter(|word| !word.is_empty()).collect()
    });
}

#[test]
fn a_settings_file_that_cannot_be_read_offers_nothing_and_says_nothing() {
    let project = project();
    project.write("sls-release.toml", "[functions");
    let run = shell(&project, "bash").args(["--norc", "-c", BASH, "bash", "sls-release --stage "]).ended().exits(0);
    assert_eq!((run.stdout.trim(), run.stderr.as_str()), ("", ""));
}
