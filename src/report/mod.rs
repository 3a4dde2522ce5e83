//! What the user sees: standard output holds the result, standard error the progress.
//!
//! [`Reporter`] is the only thing that writes. The renderers (`human`, `github`, `markdown`, and JSON in `end`) turn one
//! `Document` into text, and everything foreign in it passes through [`escape`].

mod clock;
mod comment;
mod comparison;
mod document;
mod end;
pub mod escape;
mod explanation;
pub mod github;
mod human;
mod markdown;
pub(crate) mod own_error;
mod page;
mod progress;
pub mod redact;
mod sinks;
mod treemap;
mod units;
mod words;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use self::clock::Clock;
use self::document::Document;
use self::page::Page;
use self::progress::{Line, Progress};
use self::sinks::Writers;
use crate::error::Failure;
use crate::model::{
    Artifact, CodeChange, Comparison, Event, Explanation, FunctionKey, Listener, LogSource, PhaseTime, Plan, PreviewId,
    Region,
};

pub(crate) use self::comment::evicted;
pub use self::comment::{CommentAbout, CommentContext};
pub use self::document::{End, schema};
pub use self::sinks::{Colour, Sinks};
pub(crate) use self::treemap::picture;
pub use crate::model::marks::marker;

/// `--output`: who reads the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// People
    Human,
    /// Programs: one JSON document
    Json,
    /// GitHub Actions: workflow commands, outputs, the job summary
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
/// Either [`Reporter::end`] or [`Reporter::failure`] ends a run.
pub struct Reporter {
    format: Format,
    verbosity: Verbosity,
    inner: Mutex<Inner>,
}

struct Inner {
    writers: Writers,
    progress: Progress,
    /// What is known of the run so far.
    memory: Document<'static>,
    clock: Clock,
    end: EndState,
    /// GitHub refused a part of the report, or did not answer.
    is_unreported: bool,
    /// An unreported part makes the run fail.
    is_strict: bool,
}

/// How far a run has ended.
#[derive(Default)]
struct EndState {
    /// The end was shown; the JSON document comes later.
    is_shown: bool,
    /// The exit code, once the run has ended.
    exit_code: Option<u8>,
    is_document_written: bool,
}

impl Reporter {
    /// A reporter that writes to these sinks.
    pub fn new(format: Format, verbosity: Verbosity, sinks: Sinks) -> Self {
        let live = sinks.stderr_is_terminal && format == Format::Human && verbosity != Verbosity::Quiet;
        let start = Instant::now();
        let inner = Inner {
            progress: Progress::new(live, verbosity == Verbosity::Verbose),
            writers: Writers::new(sinks),
            memory: Document::default(),
            clock: Clock::new(move || start.elapsed()),
            end: EndState::default(),
            is_unreported: false,
            is_strict: false,
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
        self.lock().clock = Clock::new(now);
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
        self.lock().memory.artifacts = Some(artifacts.clone()).filter(|artifacts| !artifacts.is_empty());
    }

    /// Returns whether this format shows how the code differs from what the stage had. Finding out costs a download.
    pub fn shows_changes(&self) -> bool {
        self.format != Format::Human
    }

    /// Remembers how the code differs from what the stage had.
    pub fn changes(&self, changes: BTreeMap<FunctionKey, CodeChange>) {
        self.lock().memory.changes = changes;
    }

    /// Remembers where the functions log, for links to the pages of CloudWatch.
    pub fn logs(&self, region: &Region, sources: impl IntoIterator<Item = LogSource>) {
        let page = |source: LogSource| Some((source.function.to_string(), region.page_of_logs(&source.group)?));
        self.lock().memory.logs = sources.into_iter().filter_map(page).collect();
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

    /// Shows what a release is going to do, and remembers it. `plan` shows its plan by [`Reporter::end`] alone.
    pub fn plan(&self, plan: &Plan) {
        let inner = &mut *self.lock();
        inner.memory = std::mem::take(&mut inner.memory).of(plan);
        match self.format {
            Format::Human if self.verbosity != Verbosity::Quiet => {
                let verbose = self.verbosity == Verbosity::Verbose;
                let screen = inner.writers.stderr_screen(verbose);
                inner.stderr(&human::announcement(plan, verbose, screen));
            }
            Format::Github => inner.writers.stdout(&github::plan(plan)),
            Format::Human | Format::Json => {}
        }
    }

    /// Whether people read the report, so that standard output may hold something else.
    pub fn is_for_people(&self) -> bool {
        self.format == Format::Human
    }

    /// Writes this to standard output in place of the result, which goes to standard error.
    pub fn print_instead(&self, text: &str) {
        let inner = &mut *self.lock();
        inner.writers.stdout(text);
        inner.writers.result_to_stderr();
    }

    /// The run ended before it had an outcome: unusable settings, or a refusal. A defect may follow an end that was
    /// shown.
    pub fn failure(&self, failure: &Failure) {
        self.lock().end.is_shown = false;
        self.end(End::Failure(failure));
    }

    /// How long each part of the run took until its end, or until now: what [`CommentContext::phases`] takes.
    pub fn phases(&self) -> Vec<PhaseTime> {
        let inner = self.lock();
        let ended = &inner.memory.phases;
        if ended.is_empty() { inner.clock.times() } else { ended.clone() }
    }

    /// The comment on the pull request about a run that ended so: the marker in the first line, below 65,536
    /// characters. Nothing is written.
    pub fn comment(&self, context: &CommentContext, end: End<'_>) -> String {
        comment::comment(context, &self.lock().memory.at(end))
    }

    /// The comment about a preview that another run than its pull request's own took away, in words why.
    pub fn gone(&self, id: &PreviewId, why: &str) -> String {
        let PreviewId { repository, number, service } = id.clone();
        let context = CommentContext { repository, pull_request: number, service, ..CommentContext::default() };
        self.comment(&context, End::Gone(why))
    }

    /// The first write that failed, once, as `<sink>: <why>`; a reader that went away is no error.
    pub fn write_error(&self) -> Option<io::Error> {
        self.lock().writers.error.take()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// What the end of the run tells of this.
    fn remember(&mut self, event: &Event) {
        match event {
            Event::Began(phase) => self.clock.began(*phase),
            Event::Warning(text) | Event::NotReported(text) if !self.memory.warnings.contains(text) => {
                self.memory.warnings.push(text.clone());
            }
            _ => {}
        }
    }

    fn line(&mut self, line: &Line) {
        let mut page = Page::new(self.writers.stderr_screen(true));
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
        inner.is_unreported |= matches!(event, Event::NotReported(_));
        inner.remember(&event);
        if self.verbosity == Verbosity::Quiet {
            return;
        }
        match event {
            Event::Warning(text) | Event::NotReported(text) if self.format == Format::Github => {
                inner.writers.stdout(&github::annotation("warning", &text));
            }
            event => {
                if let Some(line) = inner.progress.hear(event) {
                    inner.line(&line);
                }
            }
        }
    }
}
