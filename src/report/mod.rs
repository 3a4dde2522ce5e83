//! What the user sees: standard output holds the result, standard error the progress.
//!
//! [`Reporter`] is the only thing that writes. The renderers (`human`, `json`, `github`, `markdown`) turn one
//! `Document` into text, and everything foreign in it passes through [`escape`].

mod clock;
mod comment;
mod comparison;
mod document;
pub mod escape;
mod explanation;
pub mod github;
mod human;
mod json;
mod made_room;
mod markdown;
mod page;
mod preview;
mod progress;
mod sinks;
mod steps;
mod treemap;
mod units;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::clock::Clock;
use self::document::{Document, Memory};
use self::page::Page;
use self::progress::{Line, Progress};
use self::sinks::Writers;
use crate::error::Failure;
use crate::model::{
    Artifact, CodeChange, Comparison, Event, Explanation, FunctionKey, Listener, Outcome, Plan, PreviewId,
    PreviewOutcome,
};

pub use self::comment::{Run, tells_failure};
pub use self::document::{End, schema};
pub use self::made_room::made_room;
pub use self::sinks::Sinks;
pub use self::treemap::picture;
pub use crate::model::marker;

/// `--output`: who reads the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// People.
    Human,
    /// Programs: one JSON document on standard output, at the end.
    Json,
    /// GitHub Actions: workflow commands, step outputs, the job summary.
    Github,
}

/// `--quiet`, `--verbose`: how much is said besides the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbosity {
    /// Only errors.
    Quiet,
    /// Steps, long waits, warnings.
    Normal,
    /// Also what needed nothing, and each entry of an archive.
    Verbose,
}

/// Tells the user what happens and how it ended.
///
/// Exactly one of [`Reporter::outcome`], [`Reporter::preview`], [`Reporter::failure`], [`Reporter::package_result`] and
/// [`Reporter::nothing_done`] ends a run.
pub struct Reporter {
    format: Format,
    verbosity: Verbosity,
    inner: Mutex<Inner>,
}

struct Inner {
    writers: Writers,
    progress: Progress,
    memory: Memory,
    clock: Clock,
    /// The plan was shown, so that the end need not show it again.
    planned: bool,
    /// GitHub could not be told of something.
    has_untold: bool,
}

impl Reporter {
    /// A reporter that writes to these sinks.
    pub fn new(format: Format, verbosity: Verbosity, sinks: Sinks) -> Self {
        let live = sinks.stderr_is_terminal && format == Format::Human && verbosity != Verbosity::Quiet;
        let inner = Inner {
            progress: Progress::new(live),
            writers: Writers::new(sinks),
            memory: Memory::default(),
            clock: Clock::new(clock::since_now()),
            planned: false,
            has_untold: false,
        };
        Self { format, verbosity, inner: Mutex::new(inner) }
    }

    /// The exit code that the document names for a plan with pending changes, or for archives that hold other files
    /// than those they were compared with (`--exit-code`); else 0.
    #[must_use]
    pub fn pending_exit_code(self, code: u8) -> Self {
        self.lock().memory.pending_exit_code = code;
        self
    }

    /// Reads the time here: how long ago something began that every reading shares. Without it, the system's clock.
    #[must_use]
    pub fn with_clock(self, now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.lock().clock = Clock::new(Box::new(now));
        self
    }

    /// Has the runner of GitHub Actions hide these from the log; nothing in the other formats.
    pub fn mask<'a>(&self, secrets: impl IntoIterator<Item = &'a str>) {
        if self.format == Format::Github {
            let masks: String = secrets.into_iter().filter(|secret| !secret.is_empty()).map(github::mask).collect();
            self.lock().writers.stdout(&masks);
        }
    }

    /// Remembers the archives.
    pub fn artifacts(&self, artifacts: &BTreeMap<FunctionKey, Artifact>) {
        self.lock().memory.artifacts.clone_from(artifacts);
    }

    /// Remembers how the code differs from what the stage had.
    pub fn changes(&self, changes: BTreeMap<FunctionKey, CodeChange>) {
        self.lock().memory.changes = changes;
    }

    /// Remembers that the run is about a preview, however it ends.
    pub fn about_a_preview(&self) {
        self.lock().memory.is_preview = true;
    }

    /// Remembers how the archives differ from others.
    pub fn comparisons(&self, comparisons: &BTreeMap<FunctionKey, Comparison>) {
        self.lock().memory.comparisons.clone_from(comparisons);
    }

    /// Remembers where the bytes of the archives are.
    pub fn explanations(&self, explanations: &BTreeMap<FunctionKey, Explanation>) {
        self.lock().memory.explanations.clone_from(explanations);
    }

    /// Shows what a release is going to do, and remembers it. `plan` shows its plan by [`Reporter::outcome`] alone.
    pub fn plan(&self, plan: &Plan) {
        let inner = &mut *self.lock();
        inner.memory.plan = Some(plan.clone());
        match self.format {
            Format::Human if self.verbosity != Verbosity::Quiet => {
                let colour = inner.writers.stderr_colour();
                inner.stderr(&human::announcement(plan, self.verbosity == Verbosity::Verbose, colour));
            }
            Format::Github => {
                inner.planned = true;
                inner.writers.stdout(&github::plan(plan));
            }
            Format::Human | Format::Json => {}
        }
    }

    /// `package` ended well.
    pub fn package_result(&self) {
        self.end(End::Packaged);
    }

    /// The run ended before it began: what started it calls for nothing.
    pub fn nothing_done(&self, why: &str) {
        self.end(End::NothingDone(why));
    }

    /// The run ended, well or not.
    pub fn outcome(&self, outcome: &Outcome) {
        self.end(End::Outcome(outcome));
    }

    /// `preview` ended, well or not.
    pub fn preview(&self, outcome: &PreviewOutcome) {
        self.end(End::Preview(outcome));
    }

    /// The run ended before it had an outcome: unusable settings, or a refusal.
    pub fn failure(&self, failure: &Failure) {
        self.end(End::Failure(failure));
    }

    /// How long each part of the run took until its end, or until now: what [`Run::phases`] takes.
    pub fn phases(&self) -> Vec<(String, Duration)> {
        let inner = self.lock();
        let ended = &inner.memory.phases;
        if ended.is_empty() { markdown::chart::named(&inner.clock.times()) } else { markdown::chart::named(ended) }
    }

    /// The comment on the pull request about a run that ended so: the marker in the first line, below 65,536
    /// characters. Nothing is written.
    pub fn comment(&self, run: &Run, end: End<'_>) -> String {
        comment::comment(run, &self.lock().memory.document(end))
    }

    /// The comment about a preview that another run than its pull request's own took away, in words why.
    pub fn gone(&self, id: &PreviewId, why: &str) -> String {
        let PreviewId { repository, number, service } = id.clone();
        let run = Run { repository, pull_request: number, service, ..Run::default() };
        self.comment(&run, End::Gone(why))
    }

    /// Whether there was anything that GitHub could not be told.
    pub fn has_untold(&self) -> bool {
        self.lock().has_untold
    }

    /// That GitHub could not be told makes this run fail, though its work was done: says so.
    pub fn untold_is_failure(&self) {
        let inner = &mut *self.lock();
        let text = "the run did its work, but GitHub could not be told of it, and strict-report is true";
        match self.format {
            Format::Github => {
                inner.writers.stdout(&github::error_of(text));
                inner.writers.github_summary(format!("**Failed**: {text}.\n"));
            }
            Format::Human | Format::Json => inner.line(&Line::error(text)),
        }
    }

    /// The first write that failed, once, as `<sink>: <why>`; a reader that went away is no error.
    pub fn write_error(&self) -> Option<io::Error> {
        self.lock().writers.error.take()
    }

    fn end(&self, end: End<'_>) {
        let inner = &mut *self.lock();
        inner.progress.clear();
        inner.memory.phases = inner.clock.times();
        let document = inner.memory.document(end);
        let writers = &mut inner.writers;
        match self.format {
            Format::Human => self.end_for_people(&document, writers),
            Format::Json => writers.stdout_or_error(json::end(&document)),
            Format::Github => end_for_github(&document, inner.planned, writers),
        }
    }

    fn end_for_people(&self, document: &Document<'_>, writers: &mut Writers) {
        let verbose = self.verbosity == Verbosity::Verbose;
        let (stdout_colour, stderr_colour) = (writers.stdout_colour(), writers.stderr_colour());
        writers.stdout(&human::result(document, verbose, stdout_colour));
        writers.stderr(&human::failure(document, stderr_colour));
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn end_for_github(document: &Document<'_>, planned: bool, writers: &mut Writers) {
    writers.stdout(&github::end(document, planned));
    writers.github_output(github::outputs(document));
    writers.github_summary(markdown::summary(document));
}

impl Inner {
    /// What the end of the run tells of this.
    fn remember(&mut self, event: &Event) {
        match event {
            Event::Began(phase) => self.clock.began(*phase),
            Event::Warning(text) | Event::Untold(text) if !self.memory.warnings.contains(text) => {
                self.memory.warnings.push(text.clone());
            }
            _ => {}
        }
    }

    fn line(&mut self, line: &Line) {
        let mut page = Page::new(self.writers.stderr_colour());
        page.labelled(0, line.look, line.label, &line.text);
        self.stderr(&page.finish());
    }

    fn stderr(&mut self, text: &str) {
        let writers = &mut self.writers;
        self.progress.suspended(|| writers.stderr(text));
    }
}

impl Listener for Reporter {
    fn hear(&self, event: Event) {
        let inner = &mut *self.lock();
        inner.has_untold |= matches!(event, Event::Untold(_));
        inner.remember(&event);
        if self.verbosity == Verbosity::Quiet {
            return;
        }
        match event {
            Event::Warning(text) | Event::Untold(text) if self.format == Format::Github => {
                inner.writers.stdout(&github::warning(&text));
            }
            event => {
                if let Some(line) = inner.progress.hear(event) {
                    inner.line(&line);
                }
            }
        }
    }
}
