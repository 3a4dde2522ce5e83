//! Where the time went, as bars of text: narrow enough for a phone.

use std::time::Duration;

use crate::model::PhaseTime;
use crate::report::units;

/// Columns of the longest bar; a line has 40 at most.
const BAR: u128 = 18;

/// A line for each part of the run; empty where nothing is known.
pub(in crate::report) fn chart(phases: &[(String, Duration)]) -> String {
    let longest = phases.iter().map(|(_, time)| time.as_micros()).max().unwrap_or(0).max(1);
    let lines: Vec<String> = phases.iter().map(|(name, time)| line(name, *time, longest)).collect();
    if lines.is_empty() { String::new() } else { format!("```text\n{}\n```", lines.join("\n")) }
}

fn line(name: &str, time: Duration, longest: u128) -> String {
    let plain: String =
        name.chars().filter(|character| character.is_ascii_alphanumeric() || *character == ' ').collect();
    let half_columns = usize::try_from(time.as_micros() * BAR * 2 / longest).unwrap_or(0);
    let bar = "█".repeat(half_columns / 2) + if half_columns % 2 == 1 { "▌" } else { "" };
    let bar = if bar.is_empty() { "▏" } else { &bar };
    format!("{plain:<9.9} {:>9} {bar}", units::duration(time))
}

/// The parts with their names.
pub(in crate::report) fn named(times: &[PhaseTime]) -> Vec<(String, Duration)> {
    times.iter().map(|time| (time.phase.to_string(), time.duration)).collect()
}

/// All of them together, in words; `None` where nothing is known.
pub(in crate::report) fn total(phases: &[(String, Duration)]) -> Option<String> {
    (!phases.is_empty()).then(|| units::duration(phases.iter().map(|(_, time)| *time).sum()))
}
