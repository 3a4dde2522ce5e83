//! Shows the progress of a run: bars on a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::mem;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::escape;
use super::page::{Look, short_digests};
use super::units;
use crate::model::{Amount, Event, Work};

/// A wait is reported after this time.
const LONG_WAIT: Duration = Duration::from_secs(5);
/// A wait is reported again after this time.
const REPEAT: Duration = Duration::from_mins(1);
/// The interval of a spinner's steps.
const TICK: Duration = Duration::from_millis(100);

/// A line for standard error.
pub(super) struct Line {
    pub(super) look: Look,
    pub(super) label: &'static str,
    pub(super) text: String,
}

fn line(look: Look, label: &'static str, text: String) -> Line {
    Line { look, label, text }
}

/// Turns events into bars and lines.
pub(super) struct Progress {
    /// Whether bars and spinners are shown.
    is_live: bool,
    /// Whether lines have all digits of digests.
    whole_digests: bool,
    all: MultiProgress,
    /// The bars of running work.
    bars: BTreeMap<(Work, String), ProgressBar>,
    /// The spinners of waits.
    spinners: BTreeMap<String, ProgressBar>,
    /// The reported waits, with how long each had lasted at its last report.
    reported: BTreeMap<String, Duration>,
}

impl Progress {
    /// Creates a progress display, with bars if `is_live` is set.
    pub(super) fn new(is_live: bool, whole_digests: bool) -> Self {
        let target = if is_live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let all = MultiProgress::with_draw_target(target);
        let (bars, spinners, reported) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { is_live, whole_digests, all, bars, spinners, reported }
    }

    /// Updates the bars, and returns a line for an event that is worth one.
    pub(super) fn hear(&mut self, event: Event) -> Option<Line> {
        match event {
            Event::Began(_) => {}
            Event::Started(amount) => self.start(amount),
            Event::Advanced(Amount { work, what, bytes }) => {
                self.bars.get(&(work, what)).inspect(|bar| bar.inc(bytes));
            }
            Event::Finished(amount) => return Some(self.finish(amount)),
            Event::Waiting { what, waited, tries, seen } => return self.wait(what, waited, tries, &seen),
            Event::WaitFinished { what } => {
                self.reported.remove(&what);
                remove(&self.all, self.spinners.remove(&what));
            }
            Event::Done(what) => return Some(line(Look::Good, "done:", self.digests(what))),
            Event::PuttingBack(what) => {
                // When putting back begins, all packing and uploading has ended, even without an event.
                remove(&self.all, mem::take(&mut self.bars).into_values());
                return Some(line(Look::Warning, "putting back:", what));
            }
            Event::Warning(what) | Event::NotReported(what) => return Some(line(Look::Warning, "warning:", what)),
        }
        None
    }

    fn start(&mut self, Amount { work, what, bytes }: Amount) {
        if self.is_live {
            let verb = if work == Work::Pack { "packing" } else { "uploading" };
            let bar = self.all.add(ProgressBar::new(bytes).with_style(style(BAR)));
            bar.set_message(format!("{verb} {}", short_digests(&escape::terminal(&what))));
            self.bars.insert((work, what), bar);
        }
    }

    fn finish(&mut self, Amount { work, what, bytes }: Amount) -> Line {
        let (label, verb) = if work == Work::Pack { ("packed:", "") } else { ("done:", "uploaded ") };
        let text = self.digests(format!("{verb}{what} ({})", units::bytes(bytes)));
        remove(&self.all, self.bars.remove(&(work, what)));
        line(Look::Good, label, text)
    }

    fn digests(&self, text: String) -> String {
        if self.whole_digests { text } else { short_digests(&text) }
    }

    /// Shows a spinner or else returns a line for a long wait, and again each minute.
    fn wait(&mut self, what: String, waited: Duration, tries: u32, seen: &str) -> Option<Line> {
        let seen = if seen.is_empty() { String::new() } else { format!(": {seen}") };
        if self.is_live {
            let spinner = || spinner(&self.all, &what, waited);
            let bar = self.spinners.entry(what.clone()).or_insert_with(spinner);
            bar.set_message(format!("waiting for {}", escape::terminal(&(what + &seen))));
            return None;
        }
        let next = self.reported.get(&what).map_or(LONG_WAIT, |reported| *reported + REPEAT);
        if waited <= next {
            return None;
        }
        let often = if tries > 1 { format!(", {tries} tries") } else { String::new() };
        let text = format!("for {what} ({}{often}){seen}", units::duration(waited));
        self.reported.insert(what, waited);
        Some(line(Look::Plain, "waiting:", text))
    }

    /// Calls `write` while the bars are hidden.
    pub(super) fn suspended<T>(&self, write: impl FnOnce() -> T) -> T {
        self.all.suspend(write)
    }

    /// Removes the bars at the end of the run.
    pub(super) fn clear(&mut self) {
        remove(&self.all, mem::take(&mut self.bars).into_values());
        remove(&self.all, mem::take(&mut self.spinners).into_values());
    }
}

fn remove(all: &MultiProgress, bars: impl IntoIterator<Item = ProgressBar>) {
    for bar in bars {
        bar.finish_and_clear();
        all.remove(&bar);
    }
}

/// The message is cut to the width of the terminal.
const BAR: &str = "[{bar:20}] {binary_bytes:>10} of {binary_total_bytes:<10} {wide_msg}";
const SPINNER: &str = "{spinner} {waited} {wide_msg}";

/// Returns a spinner that moves by itself, since the next event may be seconds away.
fn spinner(all: &MultiProgress, what: &str, waited: Duration) -> ProgressBar {
    let bar = all.add(ProgressBar::new_spinner().with_style(style(SPINNER)).with_elapsed(waited));
    bar.set_message(format!("waiting for {}", escape::terminal(what)));
    bar.enable_steady_tick(TICK);
    bar
}

/// Returns a bar's style, or indicatif's default if the template is invalid.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .progress_chars("=> ")
        .with_key("waited", |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
            // If the buffer refuses the text, only one frame is lost.
            let _ = write!(out, "{:.1} s", state.elapsed().as_secs_f64());
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(work: Work, what: &str) -> Amount {
        Amount { work, what: what.to_owned(), bytes: 1 }
    }

    /// Returns what still has a bar, and what still has a spinner.
    fn shown_after(events: impl IntoIterator<Item = Event>) -> (Vec<(Work, String)>, Vec<String>) {
        let mut progress = Progress::new(true, false);
        events.into_iter().for_each(|event| drop(progress.hear(event)));
        (progress.bars.into_keys().collect(), progress.spinners.into_keys().collect())
    }

    #[test]
    fn a_bar_is_removed_with_its_work() {
        let sent = Event::Advanced(amount(Work::Upload, "a"));
        let begun = [
            Event::Started(amount(Work::Pack, "hello")),
            Event::Started(amount(Work::Upload, "a")),
            Event::Started(amount(Work::Upload, "b")),
            sent,
        ];
        assert_eq!(shown_after(begun.clone()).0.len(), 3);
        let ended = [Event::Finished(amount(Work::Pack, "hello")), Event::Finished(amount(Work::Upload, "a"))];
        assert_eq!(shown_after(begun.into_iter().chain(ended)).0, [(Work::Upload, "b".to_owned())]);
    }

    #[test]
    fn putting_back_leaves_the_waits_alone() {
        let waiting = Event::Waiting { what: "it".into(), waited: Duration::ZERO, tries: 1, seen: String::new() };
        let events = [Event::Started(amount(Work::Upload, "a")), waiting, Event::PuttingBack("alias live".into())];
        assert_eq!(shown_after(events), (Vec::new(), vec!["it".to_owned()]));
    }
}
