//! The comment on a pull request, and what the other outputs say of a preview.

use sls_release::error::Problem;
use sls_release::model::marks::{marker, release_marker, tells_failure};
use sls_release::model::{Event, FileNames, FunctionKey, Listener, Outcome, PreviewOutcome, Skip};
use sls_release::report::{CommentAbout, CommentContext, End, Format, Reporter, Verbosity};

use super::{previews, quiet_reporter, samples, told};
use crate::support::snapshots;

fn reporter() -> Reporter {
    quiet_reporter().with_clock(previews::clock(previews::READINGS))
}

/// The comment on a run that told the usual things and ended so.
pub(crate) fn comment(end: End<'_>) -> String {
    comment_of(CommentAbout::Preview, end)
}

fn comment_of(about: CommentAbout, end: End<'_>) -> String {
    let reporter = reporter();
    previews::told_on_the_way(&reporter);
    reporter.hear(Event::Warning("there is no [smoke] for `orders`".into()));
    let context = CommentContext { phases: reporter.phases(), about, ..previews::context() };
    reporter.comment(&context, end)
}

fn snapshot(name: &str, text: &str) {
    snapshots("comment").bind(|| insta::assert_snapshot!(name, text));
}

/// The ways in which a run for a preview ends.
fn endings() -> [(&'static str, PreviewOutcome); 5] {
    [
        ("up", previews::up()),
        ("unchanged", previews::unchanged()),
        ("put_back", previews::put_back()),
        ("not_put_back", previews::not_put_back()),
        ("down", previews::down()),
    ]
}

#[test]
fn every_ending_of_a_preview() {
    for (name, outcome) in endings() {
        snapshot(name, &comment(End::Preview(&outcome)));
    }
    snapshot("gone", &comment(End::Gone("there were 10 previews, and it was idle the longest")));
    snapshot("nothing_done", &comment(End::NothingDone("the code is a fork's")));
}

#[test]
fn a_preview_that_was_refused() {
    let reporter = reporter();
    reporter.about_a_preview();
    snapshot("refused", &reporter.comment(&previews::context(), End::Failure(&previews::refused())));
}

#[test]
fn a_release() {
    let released: Outcome = previews::released();
    snapshot("released", &comment_of(CommentAbout::Release("dev".to_owned()), End::Outcome(&released)));
}

#[test]
fn a_plan() {
    let planned = Outcome::Planned(samples::plan());
    snapshot("planned", &comment_of(CommentAbout::Plan("dev".to_owned()), End::Outcome(&planned)));
}

#[test]
fn what_a_function_said_is_in_private_comments_on_previews_alone() {
    let said = |is_private, about| {
        let reporter = reporter();
        reporter.about_a_preview();
        let context = CommentContext { is_private, about, ..previews::context() };
        reporter
            .comment(&context, End::Preview(&previews::put_back()))
            .contains("the function's error: hello-dev-pr-42: KeyError")
    };
    assert!(said(true, CommentAbout::Preview));
    assert!(!said(false, CommentAbout::Preview));
}

#[test]
fn the_marker_is_the_first_line_and_cannot_be_left() {
    assert_eq!(comment(End::Preview(&previews::up())).lines().next(), Some("<!-- sls-release:hello -->"));
    assert_eq!(release_marker("x", "--><b>"), "<!-- sls-release-to:--%3E%3Cb%3E:x -->");
    assert_eq!(marker("a b/c_d.e-f"), "<!-- sls-release:a b/c_d.e-f -->");
    assert_eq!(marker("x--><b>\n"), "<!-- sls-release:x--%3E%3Cb%3E%0A -->");
}

#[test]
fn a_comment_tells_the_next_run_how_this_one_ended() {
    let refused = previews::refused();
    for (end, has_failed) in [
        (End::Outcome(&previews::released()), false),
        (End::Preview(&previews::up()), false),
        (End::Preview(&previews::down()), false),
        (End::NothingDone("the release failed"), false),
        (End::Preview(&previews::put_back()), true),
        (End::Preview(&previews::not_put_back()), true),
        (End::Failure(&refused), true),
    ] {
        let body = comment_of(CommentAbout::Release("dev".to_owned()), end);
        assert_eq!(tells_failure(&body), has_failed, "{body}");
        assert_eq!(tells_failure(&body.replace('\n', "\r\n")), has_failed, "GitHub writes line ends as it likes");
    }
    let without_the_line = format!("{}\n### Release of hello failed on stage dev\n", release_marker("hello", "dev"));
    assert!(!tells_failure(&without_the_line));
}

#[test]
fn every_ending_of_a_preview_in_github_actions() {
    for (name, outcome) in endings().into_iter().chain([("listed", previews::listed())]) {
        let told = told(Format::Github, Verbosity::Normal, |reporter| {
            reporter.artifacts(&previews::artifacts());
            reporter.changes(previews::changes());
            reporter.end(End::Preview(&outcome));
        });
        super::formats::snapshot(&format!("github_preview_{name}"), &told);
    }
}

#[test]
fn outputs_of_a_preview() {
    let outputs = |outcome: &PreviewOutcome| {
        let told = told(Format::Github, Verbosity::Normal, |reporter| {
            reporter.artifacts(&previews::artifacts());
            reporter.end(End::Preview(outcome));
        });
        let mut lines = told.outputs.lines();
        let mut found = std::collections::BTreeMap::new();
        while let Some((name, delimiter)) = lines.next().and_then(|line| line.split_once("<<")) {
            let value: Vec<_> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            found.insert(name.to_owned(), value.join("\n"));
        }
        found
    };
    let up = outputs(&previews::up());
    assert_eq!(up["endpoint"], "https://k3v9w1x7q2.execute-api.eu-central-1.amazonaws.com/pr-42");
    assert_eq!((up["changed"].as_str(), up["release"].len(), up["sha256"].lines().count()), ("true", 12, 3));
    let unchanged = outputs(&previews::unchanged());
    assert_eq!((unchanged["changed"].as_str(), unchanged["versions"].as_str()), ("false", "{}"));
    assert_eq!(outputs(&previews::put_back())["changed"], "false");
    assert_eq!(outputs(&previews::not_put_back())["changed"], "true");
    assert_eq!(outputs(&previews::down())["changed"], "true");
}

#[test]
fn a_failed_preview_says_nothing_of_the_stage() {
    let told_people =
        |outcome: &PreviewOutcome| told(Format::Human, Verbosity::Normal, |it| it.end(End::Preview(outcome))).stderr;
    let left = told_people(&previews::not_put_back());
    assert!(left.ends_with("\nthe preview is NOT as it should be: run the commands above\n"), "{left}");
    let gone = told_people(&previews::put_back());
    assert!(gone.ends_with("\neverything was put back: nothing of this run is left\n"), "{gone}");
    for text in [left, gone] {
        assert!(!text.contains("the stage is"), "{text}");
    }
}

#[test]
fn phases_are_told_by_the_clock() {
    let reporter = reporter();
    previews::told_on_the_way(&reporter);
    let phases: Vec<_> =
        reporter.phases().iter().map(|time| format!("{} {}", time.phase, time.duration.as_millis())).collect();
    assert_eq!(phases, ["pack 412", "look 718", "upload 250", "functions 3110", "API 3540", "prove 580"]);
}

#[test]
fn a_comment_stays_below_the_limit_and_whole_whatever_there_is() {
    for (files, functions, text) in [(10_000, 1, "src/app.py"), (10_000, 50, "@#$_"), (3, 1_000, "a|b"), (50, 50, "$")]
    {
        let text = text.repeat(60 / text.len());
        let reporter = crowded(files, functions, &text);
        let context = CommentContext { service: text.repeat(10), ..previews::context() };
        for outcome in [hostile(&previews::up(), &text), hostile(&previews::not_put_back(), &text)] {
            let comment = reporter.comment(&context, End::Preview(&outcome));
            assert!(comment.len() < 65_536, "{} bytes", comment.len());
            assert!(comment.lines().filter(|line| line.starts_with("```")).count() % 2 == 0, "an open fence");
            assert_eq!(comment.matches("<details>").count(), comment.matches("</details>").count());
            assert!(comment.contains("more"), "what is left out is counted");
        }
    }
}

/// So many functions with so many new files each, all with this in their names.
fn crowded(files: usize, functions: usize, text: &str) -> Reporter {
    let reporter = reporter();
    let keys: Vec<String> = (0..functions).map(|at| format!("{at}{text}")).collect();
    let added: Vec<String> = (0..files).map(|at| format!("{at}{text}")).collect();
    let change = |key: &String| previews::other(key, FileNames { added: added.clone(), ..FileNames::default() });
    reporter.artifacts(&keys.iter().map(|key| (FunctionKey::new(key), samples::artifact(key))).collect());
    reporter.changes(keys.iter().map(change).collect());
    keys.iter().take(200).for_each(|key| reporter.hear(Event::Warning(key.repeat(10))));
    reporter
}

/// The same with many things of this text.
fn hostile(outcome: &PreviewOutcome, text: &str) -> PreviewOutcome {
    let many = |text: &str| vec![text.repeat(20); 300];
    match outcome.clone() {
        PreviewOutcome::Up(mut report) => {
            let skip = |text| Skip::FunctionNotChosen { function: FunctionKey::new(text) };
            report.skipped = many(text).into_iter().map(skip).collect();
            PreviewOutcome::Up(report)
        }
        PreviewOutcome::Failed { mut failure, mut undone } => {
            failure.problems =
                many(text).into_iter().map(|what| Problem { fix: what, ..failure.problems[0].clone() }).collect();
            undone.put_back.extend(many(text).into_iter().map(|what| sls_release::model::PutBack { what }));
            let left = undone.not_put_back[0].clone();
            let named = |why| sls_release::model::NotPutBack { command: text.repeat(30), why, ..left.clone() };
            undone.not_put_back = many(text).into_iter().map(named).collect();
            PreviewOutcome::Failed { failure, undone }
        }
        other => other,
    }
}
