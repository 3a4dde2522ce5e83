//! A pull request with a preview, and the ways in which its runs can end.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use sls_release::error::{Failure, Kind, Problem};
use sls_release::model::*;
use sls_release::report::{CommentAbout, CommentContext, Reporter};

use super::samples::{self, artifact, back, code_unchanged};

pub(crate) const COMMIT: &str = "3f5a0c9e1b7d4826a0c1d2e3f4a5b6c7d8e9f001";

/// Where comments come from.
pub(crate) fn context() -> CommentContext {
    CommentContext {
        commit: COMMIT.into(),
        repository: "acme/hello".into(),
        pull_request: 42,
        service: "hello".into(),
        about: CommentAbout::Preview,
        server_url: "https://github.com".into(),
        run_url: "https://github.com/acme/hello/actions/runs/7531902486".into(),
        updated: "2026-01-31 12:00 UTC".into(),
        is_private: false,
        phases: Vec::new(),
    }
}

/// A clock that is a little further at each reading.
pub(crate) fn clock(readings: &'static [u64]) -> impl Fn() -> Duration + Send + Sync {
    let next = Mutex::new(readings.iter());
    move || Duration::from_millis(*next.lock().unwrap().next().unwrap_or(&readings[readings.len() - 1]))
}

/// What a run tells before its end.
pub(crate) fn told_on_the_way(reporter: &Reporter) {
    reporter.artifacts(&artifacts());
    for phase in [Phase::Pack, Phase::Look, Phase::Upload, Phase::Functions, Phase::Api, Phase::Prove] {
        reporter.hear(Event::Began(phase));
    }
    reporter.changes(changes());
    let log = |key: &str| {
        let function = FunctionName::new(format!("{key}-dev-pr-42"));
        LogSource { group: marks::log_group(&function), function }
    };
    reporter.logs(&Region::new("eu-central-1"), ["hello", "orders", "thumbnails"].map(log));
}

/// When each phase began, and when the last one ended.
pub(crate) const READINGS: &[u64] = &[0, 412, 1_130, 1_380, 4_490, 8_030, 8_610];

pub(crate) fn artifacts() -> BTreeMap<FunctionKey, Artifact> {
    let sized = |key: &str, zipped_bytes| Artifact { zipped_bytes, ..artifact(key) };
    let all = [("hello", 48_310), ("orders", 2_411_724), ("thumbnails", 5_190_002)];
    all.map(|(key, bytes)| (FunctionKey::new(key), sized(key, bytes))).into()
}

fn change(key: &str, bytes: u64, before_bytes: u64, files: FilesBefore) -> (FunctionKey, CodeChange) {
    let name = FunctionName::new(format!("{key}-dev-pr-42"));
    (FunctionKey::new(key), CodeChange { name, zipped_bytes: bytes, before_bytes: Some(before_bytes), files })
}

pub(crate) fn changes() -> BTreeMap<FunctionKey, CodeChange> {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let hello = FileNames {
        added: names(&["greetings/de.py", "greetings/fr.py"]),
        removed: names(&["greetings.py"]),
        changed: names(&["app.py"]),
    };
    let orders = FileNames { changed: names(&["orders/handler.py"]), ..FileNames::default() };
    [
        change("hello", 48_310, 46_004, FilesBefore::OtherFiles(hello)),
        change("orders", 2_411_724, 2_411_790, FilesBefore::OtherFiles(orders)),
        change("thumbnails", 5_190_002, 5_190_002, FilesBefore::SameBytes),
    ]
    .into()
}

pub(crate) fn report() -> PreviewReport {
    let url = "https://k3v9w1x7q2.execute-api.eu-central-1.amazonaws.com/pr-42";
    let smoke = SmokeResult {
        url: format!("{url}/hello"),
        status: 200,
        hits: 3,
        proof: SmokeProof::ThisRelease,
        first_answer_ms: Some(812),
        last_answer_ms: Some(45),
        contains: true,
    };
    PreviewReport {
        repository: "acme/hello".into(),
        pull_request: 42,
        service: "hello".into(),
        functions: ["hello", "orders", "thumbnails"].map(|key| FunctionName::new(format!("{key}-dev-pr-42"))).into(),
        endpoints: [(ApiKey::new("public"), url.to_owned())].into(),
        skipped: vec![code_unchanged("thumbnails", "$LATEST")],
        smoke: vec![smoke],
        ..PreviewReport::default()
    }
}

pub(crate) fn up() -> PreviewOutcome {
    PreviewOutcome::Up(report())
}

/// As it was.
pub(crate) fn unchanged() -> PreviewOutcome {
    PreviewOutcome::Unchanged(PreviewReport { smoke: vec![], ..report() })
}

fn smoke_failed(kind: Kind) -> Failure {
    let url = "https://k3v9w1x7q2.execute-api.eu-central-1.amazonaws.com/pr-42/hello";
    let problem = Problem::new(format!("failed to get good answers from {url} in time"))
        .why("it answered 502 instead of 200")
        .fix("check [smoke] in the settings, and the logs of the preview's functions")
        .about_url(url);
    Problem { own_error: Some("hello-dev-pr-42: KeyError: 'TABLE'".into()), ..problem }.into_failure(kind)
}

fn failed(kind: Kind, put_back: Vec<PutBack>, not_put_back: Vec<NotPutBack>) -> PreviewOutcome {
    let undone = UndoReport { put_back, not_put_back, ..UndoReport::default() };
    PreviewOutcome::Failed { failure: smoke_failed(kind), undone }
}

/// All of it is gone again.
pub(crate) fn put_back() -> PreviewOutcome {
    let deleted = [
        "API hello-api-pr-42 (k3v9w1x7q2) deleted",
        "function orders-dev-pr-42 deleted",
        "function hello-dev-pr-42 deleted",
    ];
    failed(Kind::Failed, deleted.map(back).into(), vec![])
}

/// A part of it is left.
pub(crate) fn not_put_back() -> PreviewOutcome {
    let left = NotPutBack {
        what: "function hello-dev-pr-42".into(),
        why: "lambda:DeleteFunction on hello-dev-pr-42: AccessDeniedException: not authorized".into(),
        command: "sls-release preview down --pr 42 --repository acme/hello --service hello".into(),
    };
    let deleted = ["API hello-api-pr-42 (k3v9w1x7q2) deleted", "function orders-dev-pr-42 deleted"];
    failed(Kind::NotPutBack, deleted.map(back).into(), vec![left])
}

pub(crate) fn down() -> PreviewOutcome {
    let deleted = vec!["API hello-api-pr-42 (k3v9w1x7q2) deleted".into(), "function hello-dev-pr-42 deleted".into()];
    PreviewOutcome::Down(vec![PreviewReport { deleted, smoke: vec![], skipped: vec![], ..report() }])
}

pub(crate) fn listed() -> PreviewOutcome {
    PreviewOutcome::Listed(vec![PreviewReport { smoke: vec![], skipped: vec![], ..report() }])
}

pub(crate) fn refused() -> Failure {
    Problem::new("the name of function hello-dev-pr-42 belongs to somebody else")
        .why("it does not carry the tags of this preview")
        .fix("rename it, or delete it")
        .into_failure(Kind::Refused)
}

/// What [`changes`] would say of a function whose code is another.
pub(crate) fn other(key: &str, names: FileNames) -> (FunctionKey, CodeChange) {
    change(key, 1_000, 2_000, FilesBefore::OtherFiles(names))
}

/// A release of the same functions.
pub(crate) fn released() -> Outcome {
    let Outcome::Released { plan, mut released } = samples::released_with_proof() else { panic!("it is released") };
    let function = |key: &str, version: &str| ReleasedFunction {
        function: FunctionKey::new(key),
        name: FunctionName::new(format!("{key}-dev")),
        version: Version::new(version),
        ..released.functions[0].clone()
    };
    released.functions = vec![function("hello", "43"), function("orders", "17")];
    let skipped = vec![code_unchanged("thumbnails", "8")];
    Outcome::Released { plan: Plan { skipped, warnings: vec![], ..plan }, released }
}
