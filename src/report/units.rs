//! Formats sizes and times.

use std::cmp::Ordering;
use std::time::Duration;

/// Formats a size in binary units, as in Lambda's limits: `950 B`, `12.3 KiB`, `4.5 MiB`.
pub(super) fn bytes(count: u64) -> String {
    const KIB: u64 = 1024;
    const MIB: u64 = 1024 * KIB;
    match count {
        0..KIB => format!("{count} B"),
        KIB..MIB => format!("{} KiB", tenths(count, KIB)),
        _ => format!("{} MiB", tenths(count, MIB)),
    }
}

/// Formats a change of size: `+1.2 KiB`, `-300 B`, or an empty string for no change.
pub(super) fn change(before: u64, after: u64) -> String {
    match after.cmp(&before) {
        Ordering::Greater => format!("+{}", bytes(after - before)),
        Ordering::Less => format!("-{}", bytes(before - after)),
        Ordering::Equal => String::new(),
    }
}

/// Formats `count / unit` with one decimal, rounded down.
fn tenths(count: u64, unit: u64) -> String {
    let tenths = u128::from(count) * 10 / u128::from(unit);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Formats a duration: `850 ms`, `2.3 s`, `1 min 5 s`.
pub(super) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{} ms", time.as_millis()),
        1..60 => format!("{seconds}.{} s", time.subsec_millis() / 100),
        _ if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// Formats a count with its noun: `1 write`, `2 writes`.
pub(super) fn counted(count: usize, singular: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {singular}{ending}")
}
