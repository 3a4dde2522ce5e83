//! Reads `output_file_mode` as Terraform's `archive_file` does.

use crate::model::FileMode;

/// `0644`, `0o644` and `0O644` are octal, `0x1a4` hexadecimal, `0b110` binary, and, to the surprise of
/// many, `644` is decimal. Underscores may stand between digits and behind the prefix.
///
/// The rules are those of an integer literal's base: <https://go.dev/ref/spec#Integer_literals>
pub(super) fn parse(text: &str) -> Result<FileMode, &'static str> {
    let (digits, radix) = split(text);
    let after_prefix = digits.len() < text.len();
    let plain = without_underscores(digits, after_prefix).ok_or("it is no number")?;
    let is_number = !plain.is_empty() && plain.chars().all(|digit| digit.is_digit(radix));
    let bits = is_number.then(|| u32::from_str_radix(&plain, radix)).ok_or("it is no number")?;
    match bits {
        Ok(bits) if bits <= 0o7777 => Ok(FileMode::new(bits).in_decimal(radix == 10)),
        Ok(_) if radix == 10 => Err("without a leading 0 it is decimal, and so more than 0o7777"),
        _ => Err("it is more than 0o7777"),
    }
}

fn split(text: &str) -> (&str, u32) {
    for (prefixes, radix) in [(["0x", "0X"], 16), (["0o", "0O"], 8), (["0b", "0B"], 2)] {
        if let Some(digits) = prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)) {
            return (digits, radix);
        }
    }
    match text.strip_prefix('0') {
        Some(digits) if !digits.is_empty() => (digits, 8),
        _ => (text, 10),
    }
}

/// An underscore stands between digits, or between the prefix and a digit; nowhere else, and never two.
fn without_underscores(digits: &str, after_prefix: bool) -> Option<String> {
    let well_placed = !digits.contains("__") && !digits.ends_with('_') && (after_prefix || !digits.starts_with('_'));
    well_placed.then(|| digits.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_in_the_prefix() {
        for text in ["0644", "0o644", "0O644", "0x1a4", "0X1A4", "0b110100100", "420", "0_644", "0o6_44", "4_20"] {
            assert_eq!(parse(text).map(FileMode::permissions), Ok(0o644), "{text}");
        }
        assert_eq!(parse("644"), Ok(FileMode::new(644).in_decimal(true)));
        assert_eq!(parse("0o644"), Ok(FileMode::new(0o644)));
        assert_eq!(parse("0").map(FileMode::permissions), Ok(0));
        assert_eq!(parse("07777").map(FileMode::permissions), Ok(0o777));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "-1", "+0644", " 0644", "0644 ", "0o", "0x", "rw", "0888", "0__644", "0644_", "_0644", "0xg"] {
            assert_eq!(parse(text), Err("it is no number"), "{text}");
        }
        assert_eq!(parse("010000"), Err("it is more than 0o7777"));
        assert_eq!(parse("99999999999"), Err("it is more than 0o7777"));
        assert!(parse("4096").unwrap_err().contains("decimal"));
    }
}
