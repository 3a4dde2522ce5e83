//! `action.yml`, the README, `run.sh`, the flags of the binary and the workflows of `fixtures` name the same things: no
//! schema catches a misspelt input, and the runner only warns of it.

use std::collections::BTreeSet;
use std::fs;

use sls_release::cli;

use crate::support::fixtures;

const ACTION: &str = include_str!("../../../action.yml");
const README: &str = include_str!("../../../README.md");

/// What the runner reads alone, and no flag of the binary.
const OF_THE_ACTION: [&str; 9] = [
    "allow-privileged-events",
    "command",
    "comment",
    "dependabot",
    "download-base-url",
    "draft",
    "github-token",
    "label",
    "strict-report",
];
/// What a workflow has no use for: the report is always GitHub's, which has no colours, and a log is never too long.
const OF_THE_COMMAND_LINE: [&str; 3] = ["color", "output", "quiet"];

/// The keys below a key of the first level.
fn keys_of(section: &str) -> Vec<&'static str> {
    let (_, rest) = ACTION.split_once(&format!("\n{section}:\n")).unwrap();
    let inside = rest.lines().take_while(|line| line.is_empty() || line.starts_with(' '));
    let keys = inside.filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'));
    keys.filter(|key| !key.starts_with(' ')).collect()
}

/// The first cells of a table of the README.
fn rows_of(head: &str) -> Vec<&'static str> {
    let (_, rest) = README.split_once(&format!("\n{head}\n|---|---|\n")).unwrap();
    rest.lines().map_while(|line| line.strip_prefix("| `")?.split('`').next()).collect()
}

fn variable(input: &str) -> String {
    format!("SLS_RELEASE_INPUT_{}", input.replace('-', "_").to_uppercase())
}

#[test]
fn the_readme_has_a_row_for_each_input_and_output() {
    assert!(keys_of("inputs").len() > 10 && keys_of("outputs").len() > 4);
    assert_eq!(rows_of("| input | is |"), keys_of("inputs"));
    assert_eq!(rows_of("| output | is |"), keys_of("outputs"));
}

#[test]
fn each_input_is_mapped_and_read() {
    let script = include_str!("../../../action/run.sh");
    let mapped: Vec<&str> =
        ACTION.lines().map(str::trim).filter(|line| line.starts_with("SLS_RELEASE_INPUT_")).collect();
    let inputs = keys_of("inputs");
    let wanted: Vec<String> =
        inputs.iter().map(|input| format!("{}: ${{{{ inputs.{input} }}}}", variable(input))).collect();
    assert_eq!(mapped, wanted);
    for input in inputs {
        assert!(script.contains(&format!("${{{}:-", variable(input))), "run.sh does not read {input}");
    }
}

#[test]
fn each_flag_is_an_input_and_each_input_a_flag() {
    let definition = cli::definition();
    let of_all = definition.get_arguments().filter(|it| it.is_global_set());
    let of_ci = definition.find_subcommand("ci").unwrap().get_arguments();
    let flags: BTreeSet<&str> = of_all.chain(of_ci).filter_map(|it| it.get_long()).collect();
    let inputs: BTreeSet<&str> = keys_of("inputs").into_iter().collect();
    let only = |one: &BTreeSet<&'static str>, other: &BTreeSet<&str>| -> Vec<&'static str> {
        one.iter().filter(|name| !other.contains(*name)).copied().collect()
    };
    assert_eq!(only(&inputs, &flags), OF_THE_ACTION);
    let flags: BTreeSet<String> = flags.into_iter().map(str::to_owned).collect();
    let left: Vec<&String> = flags.iter().filter(|flag| !inputs.contains(flag.as_str())).collect();
    assert_eq!(left, OF_THE_COMMAND_LINE);
}

#[test]
fn each_output_is_one_that_the_binary_writes() {
    let report = include_str!("../snapshots/github_released.snap");
    let written: BTreeSet<&str> = report.lines().filter_map(|line| line.strip_suffix("<<[DELIMITER]")).collect();
    assert_eq!(keys_of("outputs").into_iter().collect::<BTreeSet<_>>(), written);
    for output in written {
        assert!(ACTION.contains(&format!("  {output}:\n")));
        assert!(ACTION.contains(&format!("    value: ${{{{ steps.run.outputs.{output} }}}}\n")), "{output}");
    }
}

/// What stands in `run` is a script: an expression there would be foreign code.
#[test]
fn no_expression_stands_in_a_script() {
    let (_, run) = ACTION.split_once("      run: ").unwrap();
    assert!(!run.contains("${{"), "{run}");
}

#[test]
fn the_readme_shows_workflows_that_are_tested() {
    for workflow in [
        include_str!("../../../fixtures/workflows/release.yml"),
        include_str!("../../../fixtures/workflows/preview.yml"),
    ] {
        assert!(README.contains(&format!("```yaml\n{workflow}```\n")));
    }
}

#[test]
fn the_workflows_name_only_inputs_that_are_there() {
    let inputs = keys_of("inputs");
    let mut named = 0;
    for file in fs::read_dir(fixtures().join("workflows")).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for step in text.split("- uses: ").filter(|step| step.starts_with("org/sls-release@")) {
            let given = step.split_once("with:\n").map_or("", |(_, given)| given);
            for key in given.lines().map_while(|line| line.strip_prefix("          ")?.split(':').next()) {
                assert!(inputs.contains(&key), "{}: {key}", path.display());
                named += 1;
            }
        }
    }
    assert!(named > 6, "only {named} inputs were found: does this test still read the workflows?");
}
