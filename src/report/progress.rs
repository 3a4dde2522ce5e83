//! What a run tells while it goes on: bars on a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::escape;
use super::page::Look;
use super::units;
use crate::model::Event;

/// A wait as long as this is worth a line.
const LONG_WAIT: Duration = Duration::from_secs(5);
/// After this long, a wait is worth another line.
const TOLD_AGAIN: Duration = Duration::from_mins(1);
/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(100);

/// A line for standard error.
pub(super) struct Line {
    pub(super) look: Look,
    pub(super) label: &'static str,
    pub(super) text: String,
}

impl Line {
    /// An error that stands alone.
    pub(super) fn error(text: &str) -> Self {
        line(Look::Bad, "error:", text)
    }
}

fn line(look: Look, label: &'static str, text: impl Into<String>) -> Line {
    Line { look, label, text: text.into() }
}

/// Turns events into bars and lines.
pub(super) struct Progress {
    bars: Option<Bars>,
    /// The waits that had a line, with how long they had lasted then.
    told: BTreeMap<String, Duration>,
    /// The sizes of the uploads that are under way.
    uploads: BTreeMap<String, u64>,
}

impl Progress {
    /// With bars where standard error is a terminal that may move.
    pub(super) fn new(live: bool) -> Self {
        Self { bars: live.then(Bars::new), told: BTreeMap::new(), uploads: BTreeMap::new() }
    }

    /// Takes an event; some are worth a line.
    pub(super) fn hear(&mut self, event: Event) -> Option<Line> {
        if let Some(bars) = &mut self.bars {
            bars.hear(&event);
        }
        match event {
            Event::PackFinished { what, bytes } => {
                Some(line(Look::Good, "packed:", format!("{what} ({})", units::bytes(bytes))))
            }
            Event::UploadStarted { what, bytes } => {
                self.uploads.insert(what, bytes);
                None
            }
            Event::UploadFinished { what } => {
                let size = self.uploads.remove(&what).map(|bytes| format!(" ({})", units::bytes(bytes)));
                Some(line(Look::Good, "done:", format!("uploaded {what}{}", size.unwrap_or_default())))
            }
            Event::Waiting { what, waited, tries } => self.wait(&what, waited, tries),
            Event::WaitFinished { what } => {
                self.told.remove(&what);
                None
            }
            Event::Done(what) => Some(line(Look::Good, "done:", what)),
            Event::PuttingBack(what) => Some(line(Look::Warning, "putting back:", what)),
            Event::Warning(what) | Event::Untold(what) => Some(line(Look::Warning, "warning:", what)),
            _ => None,
        }
    }

    /// One line for each long wait, and another one a minute, where no spinner shows it.
    fn wait(&mut self, what: &str, waited: Duration, tries: u32) -> Option<Line> {
        let next = self.told.get(what).map_or(LONG_WAIT, |told| *told + TOLD_AGAIN);
        if self.bars.is_some() || waited <= next {
            return None;
        }
        self.told.insert(what.to_owned(), waited);
        let often = if tries > 1 { format!(", {tries} tries") } else { String::new() };
        Some(line(Look::Plain, "waiting:", format!("for {what} ({}{often})", units::duration(waited))))
    }

    /// Writes while the bars step aside.
    pub(super) fn suspended<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bars {
            Some(bars) => bars.all.suspend(write),
            None => write(),
        }
    }

    /// Takes the bars away: the run is over.
    pub(super) fn clear(&mut self) {
        if let Some(bars) = &mut self.bars {
            bars.clear();
        }
    }
}

/// The three kinds of work that take time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Pack,
    Upload,
    Wait,
}

struct Bars {
    all: MultiProgress,
    by_work: BTreeMap<(Work, String), ProgressBar>,
}

impl Bars {
    fn new() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        Self { all, by_work: BTreeMap::new() }
    }

    fn hear(&mut self, event: &Event) {
        match event {
            Event::PackStarted { what, bytes } => self.start(Work::Pack, what, *bytes),
            Event::UploadStarted { what, bytes } => self.start(Work::Upload, what, *bytes),
            Event::Packed { what, bytes } => self.advance(Work::Pack, what, *bytes),
            Event::Uploaded { what, bytes } => self.advance(Work::Upload, what, *bytes),
            Event::PackFinished { what, .. } => self.finish(Work::Pack, what),
            Event::UploadFinished { what } => self.finish(Work::Upload, what),
            Event::Waiting { what, waited, .. } => self.wait(what, *waited),
            Event::WaitFinished { what } => self.finish(Work::Wait, what),
            // What is put back began nothing new, and what was under way has ended, well or not.
            Event::PuttingBack(_) => self.clear_sizes(),
            Event::Began(_) | Event::Done(_) | Event::Warning(_) | Event::Untold(_) => {}
        }
    }

    fn start(&mut self, work: Work, what: &str, bytes: u64) {
        let verb = if work == Work::Pack { "packing" } else { "uploading" };
        let bar = self.all.add(ProgressBar::new(bytes).with_style(style(BAR)));
        bar.set_message(format!("{verb} {}", escape::terminal(what)));
        self.by_work.insert((work, what.to_owned()), bar);
    }

    fn advance(&self, work: Work, what: &str, bytes: u64) {
        if let Some(bar) = self.by_work.get(&(work, what.to_owned())) {
            bar.inc(bytes);
        }
    }

    fn wait(&mut self, what: &str, waited: Duration) {
        let all = &self.all;
        self.by_work.entry((Work::Wait, what.to_owned())).or_insert_with(|| spinner(all, what, waited));
    }

    fn finish(&mut self, work: Work, what: &str) {
        self.clear_where(|key| *key == (work, what.to_owned()));
    }

    fn clear_sizes(&mut self) {
        self.clear_where(|(work, _)| *work != Work::Wait);
    }

    fn clear(&mut self) {
        self.clear_where(|_| true);
    }

    fn clear_where(&mut self, over: impl Fn(&(Work, String)) -> bool) {
        for (_, bar) in self.by_work.extract_if(.., |key, _| over(key)) {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
    }
}

const BAR: &str = "{msg} [{bar:24}] {binary_bytes}/{binary_total_bytes}";
const SPINNER: &str = "{spinner} {msg} ({waited})";

/// Counts on by itself, since the next event may be seconds away.
fn spinner(all: &MultiProgress, what: &str, waited: Duration) -> ProgressBar {
    let bar = all.add(ProgressBar::new_spinner().with_style(style(SPINNER)).with_elapsed(waited));
    bar.set_message(format!("waiting for {}", escape::terminal(what)));
    bar.enable_steady_tick(TICK);
    bar
}

/// A template that cannot be read would give indicatif's own style: no reason to end a release.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .progress_chars("=> ")
        .with_key("waited", |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
            // The display loses one frame where its buffer refuses text.
            let _ = write!(out, "{:.1} s", state.elapsed().as_secs_f64());
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(what: &str) -> [Event; 2] {
        let what = what.to_owned();
        [Event::UploadStarted { what: what.clone(), bytes: 5 }, Event::Uploaded { what, bytes: 5 }]
    }

    fn bars_after(events: impl IntoIterator<Item = Event>) -> Vec<(Work, String)> {
        let mut progress = Progress::new(true);
        for event in events {
            progress.hear(event);
        }
        progress.bars.unwrap().by_work.into_keys().collect()
    }

    #[test]
    fn a_bar_goes_away_with_its_work() {
        let begun =
            [Event::PackStarted { what: "hello".into(), bytes: 1 }].into_iter().chain(upload("a")).chain(upload("b"));
        assert_eq!(bars_after(begun.clone()).len(), 3);
        let ended =
            [Event::PackFinished { what: "hello".into(), bytes: 1 }, Event::UploadFinished { what: "a".into() }];
        assert_eq!(bars_after(begun.chain(ended)), [(Work::Upload, "b".to_owned())]);
    }

    #[test]
    fn putting_back_leaves_the_waits_alone() {
        let waiting = Event::Waiting { what: "it".into(), waited: Duration::ZERO, tries: 1 };
        let events = upload("a").into_iter().chain([waiting, Event::PuttingBack("alias live".into())]);
        assert_eq!(bars_after(events), [(Work::Wait, "it".to_owned())]);
    }
}
