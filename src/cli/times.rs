//! Lengths of time as arguments.

use std::time::Duration;

const NOTHING: &str = "it must be longer than nothing";

/// `500ms`, `30s`, `5m`, `1h`: a whole number and its unit.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let unit_at = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let milliseconds = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let product = milliseconds.zip(number.parse::<u64>().ok()).and_then(|(unit, number)| number.checked_mul(unit));
    match product {
        Some(0) => Err(NOTHING.to_owned()),
        Some(milliseconds) => Ok(Duration::from_millis(milliseconds)),
        None => Err("write a whole number and its unit: 500ms, 30s, 5m or 1h".to_owned()),
    }
}

/// `14d`, or a time as everywhere else.
pub(super) fn age(text: &str) -> Result<Duration, String> {
    const DAY_IN_SECONDS: u64 = 24 * 60 * 60;
    let unclear = || "write a whole number and its unit: 14d, 12h or 30m".to_owned();
    let Some(days) = text.strip_suffix('d') else {
        return duration(text).map_err(|why| if why == NOTHING { why } else { unclear() });
    };
    match days.parse::<u64>().ok().and_then(|days| days.checked_mul(DAY_IN_SECONDS)) {
        Some(0) => Err(NOTHING.to_owned()),
        Some(seconds) => Ok(Duration::from_secs(seconds)),
        None => Err(unclear()),
    }
}
