//! Lengths of time as the settings write them: `100ms`, `30s`, `5m`, `1h`.

use std::time::Duration;

/// Reads a whole number and a unit (`ms`, `s`, `m`, `h`), longer than zero.
///
/// # Errors
/// Says what is allowed, to stand after "invalid duration `…`: ".
pub fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let milliseconds = unit_in_milliseconds(unit)
        .and_then(|unit| number.parse::<u64>().ok()?.checked_mul(unit))
        .ok_or_else(|| "a whole number and `ms`, `s`, `m` or `h` are expected, such as `30s`".to_owned())?;
    if milliseconds == 0 {
        return Err("it must be longer than zero".to_owned());
    }
    Ok(Duration::from_millis(milliseconds))
}

fn unit_in_milliseconds(unit: &str) -> Option<u64> {
    match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    }
}
