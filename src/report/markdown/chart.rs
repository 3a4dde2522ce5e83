//! Draws the durations of a run's phases as bars of text, narrow enough for a phone.

use super::detail::folded;
use crate::model::PhaseTime;
use crate::report::units;

/// The longest bar in columns; a line has at most 40.
const BAR: u128 = 18;

/// Returns a line for each phase of the run, folded; empty without phases.
pub(in crate::report) fn chart(phases: &[PhaseTime]) -> String {
    let longest = phases.iter().map(|time| time.duration.as_micros()).max().unwrap_or(0).max(1);
    let lines: Vec<String> = phases.iter().map(|time| line(time, longest)).collect();
    if lines.is_empty() {
        return String::new();
    }
    folded("Where the time went", &[format!("```text\n{}\n```", lines.join("\n"))])
}

fn line(time: &PhaseTime, longest: u128) -> String {
    let half_columns = usize::try_from(time.duration.as_micros() * BAR * 2 / longest).unwrap_or(0);
    let bar = "━".repeat(half_columns / 2) + if half_columns % 2 == 1 { "╸" } else { "" };
    let bar = if bar.is_empty() { "╸" } else { &bar };
    format!("{:<9} {:>9} {bar}", time.phase.to_string(), units::duration(time.duration))
}

/// Returns the total duration as text; `None` without phases.
pub(in crate::report) fn total(phases: &[PhaseTime]) -> Option<String> {
    (!phases.is_empty()).then(|| units::duration(phases.iter().map(|time| time.duration).sum()))
}
