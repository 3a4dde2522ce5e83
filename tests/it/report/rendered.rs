//! What a reader of a comment or a summary gets, by GitHub's own parser: foreign text stays text.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;
use sls_release::error::{Failure, Kind, Location, Problem};
use sls_release::model::*;
use sls_release::report::{CommentContext, End, Format, Reporter, Verbosity};

use super::{previews, quiet_reporter, samples, told};
use crate::support::{Ends, fixtures, virtual_environment};

/// What became of a text.
#[derive(Deserialize)]
pub(crate) struct Rendered {
    /// The names of its elements, ends with a slash.
    elements: Vec<String>,
    links: Vec<String>,
    /// What GitHub would make a mention, an issue or a link of.
    found: Vec<String>,
    pub(crate) html: String,
    text: String,
}

impl Rendered {
    /// Its elements but for code: what stands between two backticks may be shown as that.
    fn beside_code(&self) -> Vec<&String> {
        self.elements.iter().filter(|name| !["code", "/code"].contains(&name.as_str())).collect()
    }
}

/// Renders GitHub's Markdown.
pub(crate) fn rendered(texts: &[String]) -> Vec<Rendered> {
    let python = virtual_environment(&fixtures().join("emulators/markdown.txt")).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/report/render.py");
    let mut command = Command::new(python);
    command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&serde_json::to_vec(texts).unwrap()).unwrap();
    serde_json::from_str(&child.ended().exits(0).stdout).unwrap()
}

/// Each has something that some sink obeys.
const HOSTILE: [&str; 30] = [
    "a\n::set-output name=x::y",
    "a\r\n\r\n# Title\r\n",
    "`code` ```\n```\n~~~",
    "`a` <b>`@b`</b> `|` [c](`https://evil.example`)",
    "`a$`$x$`b`",
    "<script>alert(1)</script>",
    "</details></td></table><h1>x",
    "<!-- --> --> <![CDATA[ x ]]>",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt; &#60;b&#62; &amp;",
    "@everyone @acme/team a@b.example",
    "#1 acme/hello#2 GH-3 gh-4",
    "[a](https://evil.example) ![a](https://evil.example/i.png)",
    "[a]: https://evil.example\n[a]",
    "[^1] [^1]: x",
    "https://evil.example www.evil.example ftp://evil.example mailto:x@evil.example",
    "<https://evil.example>",
    "a | b | c\n|---|---|\n| x",
    "\u{202e}gpj.exe \u{2066}x\u{2069}\u{200b}",
    "\u{1b}[31mred\u{1b}[0m\u{7}\u{0}x",
    "$x$ $$y$$ \\(z\\) \\[w\\]",
    "*a* **b** __c__ ~~d~~",
    "- a\n- b",
    "1. a\n2) b",
    "    four spaces\n\ttab",
    "> quote",
    "===\n---\n***",
    "\\",
    "x\\|y \\`z \\",
    "ends with a backslash and a bar \\|",
];

/// Pieces of these, drawn again in each run.
fn drawn(count: usize, seed: u64) -> Vec<String> {
    let pieces: Vec<char> = HOSTILE.concat().chars().collect();
    let mut state = seed;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut text = |_| {
        let pieces = (0..6).map(|_| {
            let at = next(pieces.len());
            pieces[at..(at + 1 + next(8)).min(pieces.len())].iter().collect::<String>()
        });
        // Something is always left to see.
        format!("{}x", pieces.collect::<String>())
    };
    (0..count).map(&mut text).collect()
}

/// A comment on a preview that is up, one on a failure, and the summaries of both: this text is all that is foreign.
fn all_with(text: &str) -> Vec<String> {
    let (up, failed) = (up(text), failed(text));
    let context = CommentContext {
        service: text.into(),
        phases: vec![PhaseTime { phase: Phase::PutBack, duration: std::time::Duration::from_secs(1) }],
        ..previews::context()
    };
    let comment = |outcome: &PreviewOutcome| {
        let reporter = quiet_reporter();
        tell(&reporter, text);
        reporter.comment(&context, End::Preview(outcome))
    };
    let summary = |outcome: &PreviewOutcome| {
        let told = told(Format::Github, Verbosity::Quiet, |reporter| {
            tell(reporter, text);
            reporter.end(End::Preview(outcome));
        });
        told.summary
    };
    let planned = told(Format::Github, Verbosity::Quiet, |reporter| reporter.end(End::Outcome(&planned(text)))).summary;
    let gone = comment(&PreviewOutcome::Down(vec![]));
    vec![comment(&up), comment(&failed), summary(&up), summary(&failed), planned, gone]
}

fn tell(reporter: &Reporter, text: &str) {
    let key = FunctionKey::new(text);
    reporter.artifacts(&[(key.clone(), samples::artifact(text))].into());
    let names = FileNames { added: vec![text.into(); 2], removed: vec![text.into()], changed: vec![text.into()] };
    let mut change = previews::other("x", names).1;
    change.name = FunctionName::new(text);
    let unknown = CodeChange { files: FilesBefore::NotCompared { why: text.into() }, ..change.clone() };
    reporter.changes([(key, change), (FunctionKey::new(format!("{text}2")), unknown)].into());
    reporter.hear(Event::Warning(text.into()));
}

fn up(text: &str) -> PreviewOutcome {
    let report = previews::report();
    let url = "https://a.example/pr-42".to_owned();
    PreviewOutcome::Up(PreviewReport {
        endpoints: [(ApiKey::new(text), url.clone()), (ApiKey::new(format!("{text}2")), url)].into(),
        skipped: vec![Skip::FunctionNotChosen { function: FunctionKey::new(text) }],
        ..report
    })
}

fn failed(text: &str) -> PreviewOutcome {
    let at = Location { file: text.into(), line: 1, column: 1 };
    let problem = Problem::new(text).why(text).fix(text.replace(['\n', '\r'], " ")).at(Some(at));
    PreviewOutcome::Failed {
        failure: Failure { kind: Kind::NotPutBack, problems: vec![problem] },
        undone: UndoReport {
            put_back: vec![PutBack { what: text.into() }],
            not_put_back: vec![NotPutBack { what: text.into(), why: text.into(), command: text.into() }],
            ..UndoReport::default()
        },
    }
}

fn planned(text: &str) -> Outcome {
    let skipped = vec![Skip::FunctionNotChosen { function: FunctionKey::new(text) }];
    Outcome::Planned(Plan { stage: StageName::new(text), skipped, ..samples::plan() })
}

#[test]
fn whatever_foreign_text_says_the_page_has_the_same_elements() {
    let seed = crate::package::support::seed();
    let texts: Vec<String> = HOSTILE.iter().map(|text| (*text).to_owned()).chain(drawn(150, seed)).collect();
    let plain = rendered(&all_with("plain"));
    let all: Vec<String> = texts.iter().flat_map(|text| all_with(text)).collect();
    for (at, found) in rendered(&all).iter().enumerate() {
        let (text, expected) = (&texts[at / plain.len()], &plain[at % plain.len()]);
        assert_eq!(found.beside_code(), expected.beside_code(), "SLS_RELEASE_TEST_SEED={seed} {text:?}\n{}", all[at]);
        assert_eq!(found.links, expected.links, "{text:?}");
        assert!(found.found.is_empty(), "{text:?} has {:?}\n{}", found.found, found.html);
        assert!(!found.text.contains(['\u{202e}', '\u{2066}', '\u{1b}', '\u{200b}']), "{text:?}");
    }
}

#[test]
fn a_comment_links_to_its_commit_its_logs_and_its_endpoint_alone() {
    let comment = super::comment::comment(End::Preview(&previews::up()));
    let found = rendered(&[comment]).remove(0);
    let endpoint = "https://k3v9w1x7q2.execute-api.eu-central-1.amazonaws.com/pr-42";
    let commit = format!("https://github.com/acme/hello/commit/{}", previews::COMMIT);
    let logs = ["hello", "orders", "thumbnails"].map(|key| {
        let page = "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#logsV2:log-groups";
        format!("{page}/log-group/$252Faws$252Flambda$252F{key}-dev-pr-42")
    });
    let first = [endpoint.to_owned(), commit, previews::context().run_url];
    let expected: Vec<String> = first.into_iter().chain(logs).chain([format!("{endpoint}/hello")]).collect();
    assert_eq!(found.links, expected);
    assert_eq!(found.elements.iter().filter(|element| *element == "tr").count(), 4, "a head and three functions");
    let delete = "To delete it: sls-release preview down --pr 42 --service hello";
    assert!(found.text.contains(delete), "{}", found.text);
}

#[test]
fn a_chart_is_no_wider_than_a_phone() {
    let comment = super::comment::comment(End::Preview(&previews::up()));
    let chart = comment.split("```text\n").nth(1).unwrap().split("\n```").next().unwrap();
    let widths: Vec<usize> = chart.lines().map(|line| line.chars().count()).collect();
    assert!(widths.len() == 6 && widths.iter().all(|width| *width <= 40), "{chart}");
}

#[test]
fn a_commit_that_is_none_is_not_linked() {
    let context =
        CommentContext { commit: "../../evil".into(), run_url: "javascript:alert(1)".into(), ..previews::context() };
    let comment = quiet_reporter().comment(&context, End::Preview(&previews::put_back()));
    let url = "https://k3v9w1x7q2.execute-api.eu-central-1.amazonaws.com/pr-42/hello";
    assert_eq!(rendered(&[comment]).remove(0).links, [url], "the endpoint that failed");
}
