//! Snapshots of each format over each ending.

use sls_release::error::{Failure, Kind, Problem};
use sls_release::model::{Act, Artifact, Event, FunctionKey, FunctionUrls, Listener, Outcome, Plan, Skip};
use sls_release::report::{Colour, End, Format, Reporter, Sinks, Verbosity};

use super::{Told, samples, told, told_to};
use crate::support::{Stack, snapshots};

/// All that a run can end with.
pub(super) fn endings() -> [(&'static str, Outcome); 6] {
    [
        ("planned", samples::planned()),
        ("unchanged", samples::unchanged()),
        ("released", samples::released_with_proof()),
        ("released_in_health", samples::released_in_health()),
        ("released_without_smoke", samples::released_without_smoke()),
        ("nothing_to_put_back", samples::nothing_to_put_back()),
    ]
}

/// As a command does: a release shows its plan first, `plan` does not.
fn run(format: Format, outcome: &Outcome) -> Told {
    told(format, Verbosity::Normal, |reporter| {
        reporter.artifacts(&samples::artifacts());
        match outcome {
            Outcome::Planned(_) => {}
            Outcome::Unchanged { plan, .. } | Outcome::Released { plan, .. } | Outcome::Failed { plan, .. } => {
                reporter.plan(plan);
            }
        }
        reporter.end(End::Outcome(outcome));
    })
}

fn refuse(reporter: &Reporter) {
    reporter.plan(&samples::plan());
    reporter.failure(&samples::refused());
}

fn package(reporter: &Reporter) {
    reporter.artifacts(&samples::artifacts());
    reporter.end(End::Packaged);
}

fn usage() -> Failure {
    Problem::new("there is no settings file").fix("write sls-release.toml").into_failure(Kind::Usage)
}

fn sections(told: &[(&'static str, &str)]) -> String {
    let shown = told.iter().filter(|(_, text)| !text.is_empty());
    shown.map(|(name, text)| format!("==== {name}\n{text}")).collect::<Vec<_>>().concat()
}

pub(super) fn snapshot(name: &str, told: &Told) {
    let mut settings = snapshots("");
    settings.add_filter(r"sls_release_[0-9a-f]{32}", "[DELIMITER]");
    settings.bind(|| insta::assert_snapshot!(name, sections(&told.sinks())));
}

/// What a run of a stack told: with names for what differs from run to run.
pub(super) fn snapshot_of(name: &str, told: &[(&'static str, &str)], stack: &Stack) {
    let mut settings = snapshots("recorded");
    let filters = [
        (r"sls_release_[0-9a-f]{32}", "[DELIMITER]"),
        (&stack.name, "NAME"),
        (&stack.api, "[API]"),
        (r"127\.0\.0\.1:\d+", "[AWS]"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[UUID]"),
        (r"[A-Za-z0-9+/]{43}=", "[DIGEST]"),
        (r"\b[0-9a-f]{64}\b", "[DIGEST]"),
        (r"\b[0-9a-f]{12}\b", "[DIGEST]"),
        (r"\b[0-9a-f]{8}\b", "[ID]"),
        (r"\d+ (tries|times)", "[SEVERAL] $1"),
        // The end of the window may come in the middle of a try.
        (r"; at last it did not answer in time", ""),
        (r"\d+(\.\d+)? (ms|s)\b", "[TIME]"),
        // The chart of phases, of which a quick one has no line.
        (r"(?m)^(pack|look|upload|functions|api|prove|put back) +\[TIME\] [━╸]*\n", ""),
        (r#""(milliseconds|duration_ms)": ?\d+"#, r#""$1":[TIME]"#),
    ];
    for (pattern, replacement) in filters {
        settings.add_filter(pattern, replacement);
    }
    settings.bind(|| insta::assert_snapshot!(name, sections(told)));
}

#[test]
fn every_ending_for_people() {
    for (name, outcome) in endings() {
        snapshot(&format!("human_{name}"), &run(Format::Human, &outcome));
    }
}

#[test]
fn every_ending_for_programs() {
    for (name, outcome) in endings() {
        let told = run(Format::Json, &outcome);
        let document: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
        assert_eq!(document["schema_version"], 2, "{name}");
        snapshot(&format!("json_{name}"), &told);
    }
}

#[test]
fn every_ending_in_github_actions() {
    for (name, outcome) in endings() {
        let told = run(Format::Github, &outcome);
        let count = |command: &str| told.stdout.lines().filter(|line| line.starts_with(command)).count();
        assert_eq!(count("::group::"), count("::endgroup::"), "{name}");
        snapshot(&format!("github_{name}"), &told);
    }
}

/// Compares each format with its snapshot of this name.
fn in_each_format(name: &str, tell: impl Fn(&Reporter)) {
    for (format_name, format) in [("human", Format::Human), ("json", Format::Json), ("github", Format::Github)] {
        snapshot(&format!("{format_name}_{name}"), &told(format, Verbosity::Normal, &tell));
    }
}

#[test]
fn a_refusal() {
    in_each_format("refused", refuse);
}

#[test]
fn an_event_that_calls_for_nothing() {
    in_each_format("nothing_done", |reporter| reporter.end(End::NothingDone("the code is a fork's: `x` @everyone")));
}

#[test]
fn secrets_are_masked_for_the_runner_alone() {
    for (format, expected) in [(Format::Github, "::add-mask::50%25\n"), (Format::Human, ""), (Format::Json, "")] {
        assert_eq!(told(format, Verbosity::Normal, |reporter| reporter.mask(["50%", ""])).stdout, expected);
    }
}

#[test]
fn unusable_settings() {
    in_each_format("usage", |it| it.failure(&usage()));
}

#[test]
fn archives() {
    in_each_format("packaged", package);
    snapshot("human_packaged_verbose", &told(Format::Human, Verbosity::Verbose, package));
}

fn stdout_of(outcome: &Outcome) -> String {
    told(Format::Human, Verbosity::Normal, |it| it.end(End::Outcome(outcome))).stdout
}

#[test]
fn nothing_to_do_says_what_was_looked_at() {
    let first_line = |skipped: Vec<Skip>| {
        let plan = Plan { skipped, ..samples::empty_plan() };
        stdout_of(&Outcome::Unchanged {
            plan,
            endpoints: samples::endpoints(),
            function_urls: FunctionUrls::new(),
            smoke: vec![],
        })
        .lines()
        .next()
        .unwrap()
        .to_owned()
    };
    let all = samples::empty_plan().skipped;
    let left_out = Skip::FunctionNotChosen { function: FunctionKey::new("world") };
    assert_eq!(first_line(all.clone()), "nothing to do: stage dev runs this code already");
    let chosen =
        "nothing to do: stage dev runs this code of the chosen functions already; --function left out the others";
    assert_eq!(first_line([all.clone(), vec![left_out]].concat()), chosen);
    let none = "nothing to do: stage dev has no function to release, and no API that needs a deployment";
    assert_eq!(first_line(all[1..].to_vec()), none);
}

#[test]
fn one_is_not_many() {
    let mut plan = samples::plan();
    let last = &mut plan.waves.last_mut().unwrap().steps[0];
    if let Act::Smoke(smoke) = &mut last.act {
        smoke.hits = 1;
    }
    assert!(stdout_of(&Outcome::Planned(plan)).contains("until an answer has status 200 and contains \"c0ffee\", for"));
    let Outcome::Released { plan, mut released } = samples::released_with_proof() else { panic!("it is released") };
    released.smoke[0].hits = 1;
    assert!(stdout_of(&Outcome::Released { plan, released }).contains(" answered 200: this release answers\n"));
    let small = Artifact { zipped_bytes: 600, ..samples::artifact("hello") };
    let told = told(Format::Human, Verbosity::Normal, |it| {
        it.artifacts(&[(FunctionKey::new("hello"), small.clone())].into());
        it.end(End::Packaged);
    });
    assert!(told.stdout.contains(" 600 B\n"), "{}", told.stdout);
}

#[test]
fn a_fix_of_several_lines_keeps_them() {
    let fix = "make it:\n\n[artifacts]\n  bucket = \"a\u{1b}[31m\"\n::error::x\n";
    let failure = Problem::new("no\nfile").why("a\nb").fix(fix).into_failure(Kind::Usage);
    let told = |format| told(format, Verbosity::Normal, |it| it.failure(&failure));
    let expected = "error: no file\n  why: a b\n  fix: make it:\n\n       [artifacts]\n         bucket = \"a\"\n       : :error::x\n";
    assert_eq!(told(Format::Human).stderr, expected);
    assert!(told(Format::Github).summary.contains("<br>fix: make it:<br><br>\\[artifacts\\]<br>"));
}

#[test]
fn a_hash_is_shown_to_who_wants_to_know_more() {
    let hash = samples::sha256("hello").base64();
    let released = samples::released_with_proof();
    assert!(!stdout_of(&released).contains(&hash));
    assert!(told(Format::Human, Verbosity::Verbose, |it| it.end(End::Outcome(&released))).stdout.contains(&hash));
}

#[test]
fn colours_only_on_a_terminal_that_welcomes_them() {
    let run = |terminal, colour| {
        let change = |sinks| Sinks { stdout_is_terminal: terminal, colour, ..sinks };
        told_to(Format::Human, Verbosity::Normal, |it| it.end(End::Outcome(&samples::unchanged())), change).stdout
    };
    assert!(run(true, Colour::Auto).starts_with("\u{1b}[1m\u{1b}[32mnothing to do:\u{1b}[0m stage dev"));
    assert!(!run(true, Colour::Never).contains('\u{1b}'));
    assert!(!run(false, Colour::Auto).contains('\u{1b}'));
    assert!(run(false, Colour::Always).contains('\u{1b}'));
}

/// All that each end says, on a terminal of this width.
fn on_a_terminal(columns: usize, tell: impl FnOnce(&Reporter)) -> Told {
    let change = |sinks| Sinks { stdout_is_terminal: true, colour: Colour::Never, columns: Some(columns), ..sinks };
    told_to(Format::Human, Verbosity::Normal, tell, change)
}

#[test]
fn lines_break_between_words_at_the_width_of_the_terminal() {
    let wide = told(Format::Human, Verbosity::Normal, |it| it.end(End::Outcome(&samples::planned()))).stdout;
    for columns in [40, 60, 80] {
        for outcome in [samples::planned(), samples::released_with_proof(), samples::unchanged()] {
            let text = on_a_terminal(columns, |it| it.end(End::Outcome(&outcome))).stdout;
            for line in text.lines().filter(|line| line.chars().count() > columns) {
                let words = line.trim_start().split(' ').filter(|word| !word.is_empty()).count();
                let is_column = line.trim_start().split("  ").count() > 1;
                assert!(words <= 2 || is_column, "{columns} columns: {line}");
            }
        }
        let narrow = on_a_terminal(columns, |it| it.end(End::Outcome(&samples::planned()))).stdout;
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&narrow), words(&wide), "no word is broken or lost");
    }
}

#[test]
fn a_command_to_copy_is_not_broken() {
    let outcome = samples::not_put_back();
    let wide = told(Format::Human, Verbosity::Normal, |it| it.end(End::Outcome(&outcome))).stderr;
    let change = |sinks| Sinks { stderr_is_terminal: true, colour: Colour::Never, columns: Some(40), ..sinks };
    let narrow = told_to(Format::Human, Verbosity::Normal, |it| it.end(End::Outcome(&outcome)), change).stderr;
    let commands = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.trim().starts_with("run: ")).map(str::to_owned).collect()
    };
    assert!(!commands(&wide).is_empty());
    assert_eq!(commands(&narrow), commands(&wide));
}

#[test]
fn digests_are_twelve_digits_unless_all_are_wanted() {
    let digest = samples::sha256("hello").hex();
    let tell = |it: &Reporter| it.hear(Event::Done(format!("uploaded hello/{digest}.zip")));
    let short = told(Format::Human, Verbosity::Normal, tell).stderr;
    assert_eq!(short, format!("done: uploaded hello/{}.zip\n", &digest[..12]));
    assert!(told(Format::Human, Verbosity::Verbose, tell).stderr.contains(&digest));
}

#[test]
fn quiet_leaves_the_result_alone_on_standard_output() {
    let tell = |reporter: &Reporter| {
        reporter.plan(&samples::plan());
        reporter.end(End::Outcome(&samples::released_with_proof()));
    };
    let (quiet, normal) = (told(Format::Human, Verbosity::Quiet, tell), told(Format::Human, Verbosity::Normal, tell));
    assert_eq!(quiet.stdout, normal.stdout);
    assert_eq!(quiet.stderr, "");
    assert!(normal.stderr.starts_with("plan for stage dev"));
}

#[test]
fn no_format_prints_what_the_smoke_test_sends() {
    for format in [Format::Human, Format::Json, Format::Github] {
        let told = told(format, Verbosity::Verbose, |reporter| {
            reporter.plan(&samples::plan());
            reporter.end(End::Outcome(&samples::planned()));
        });
        assert!(sections(&told.sinks()).contains("c0ffee"), "the plan is there");
        assert!(!sections(&told.sinks()).contains(samples::SECRET));
    }
}

/// Comments and job summaries of a public repository are public.
#[test]
fn what_a_function_says_is_in_no_comment_and_no_summary() {
    let mut outcome = samples::put_back();
    let Outcome::Failed { failure, .. } = &mut outcome else { panic!("it failed") };
    failure.problems[0].own_error = Some("ValueError: no table t4ble".into());
    let people = told(Format::Human, Verbosity::Normal, |reporter| reporter.end(End::Outcome(&outcome)));
    assert!(people.stderr.contains("ValueError: no table t4ble"), "{}", people.stderr);
    let github = told(Format::Github, Verbosity::Normal, |reporter| reporter.end(End::Outcome(&outcome)));
    assert!(!github.summary.is_empty() && !github.summary.contains("t4ble"), "{}", github.summary);
    let comment = super::comment::comment(End::Outcome(&outcome));
    assert!(!comment.contains("t4ble"), "{comment}");
}
