//! Parses durations in the settings: `100ms`, `30s`, `5m`, `1h`.

use std::time::Duration;

/// The units, each in milliseconds.
const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

/// How to fix a duration that cannot be parsed.
pub(super) const FIX: &str = "write it like `30s`, `500ms` or `5m`";

/// Parses a whole number and a unit (`ms`, `s`, `m`, `h`). The duration must be longer than zero.
///
/// # Errors
/// Describes what is allowed, to follow "invalid duration `…`: ".
pub fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = UNITS.iter().find(|(name, _)| *name == unit);
    match unit.and_then(|(_, unit)| number.parse::<u64>().ok()?.checked_mul(*unit)) {
        None => Err("a whole number and `ms`, `s`, `m` or `h` are expected, for example `30s`".to_owned()),
        Some(0) => Err("it must be longer than zero".to_owned()),
        Some(milliseconds) => Ok(Duration::from_millis(milliseconds)),
    }
}
