//! Parses `output_file_mode` as Terraform's `archive_file` does.

use crate::model::FileMode;

/// Parses a file mode. `0644`, `0o644` and `0O644` are octal, `0x1a4` is hexadecimal, `0b110` is binary, and `644` is
/// decimal. Underscores may separate digits, and may follow the prefix.
///
/// These are the rules of Go's integer literals: <https://go.dev/ref/spec#Integer_literals>
pub(super) fn parse(text: &str) -> Result<FileMode, &'static str> {
    let (digits, radix) = split(text);
    let after_prefix = digits.len() < text.len();
    let plain = without_underscores(digits, after_prefix).ok_or("it is not a number")?;
    let is_number = !plain.is_empty() && plain.chars().all(|digit| digit.is_digit(radix));
    let bits = is_number.then(|| u32::from_str_radix(&plain, radix)).ok_or("it is not a number")?;
    match bits {
        Ok(bits) if bits <= 0o7777 => Ok(FileMode::new(bits).in_decimal(radix == 10)),
        Ok(_) if radix == 10 => Err("without a leading 0 it is decimal, and then it is more than 0o7777"),
        _ => Err("it is more than 0o7777"),
    }
}

fn split(text: &str) -> (&str, u32) {
    match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', b'o' | b'O', ..] => (&text[2..], 8),
        [b'0', b'b' | b'B', ..] => (&text[2..], 2),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    }
}

/// Removes underscores. Only a single underscore between digits, or between the prefix and a digit, is allowed.
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
            assert_eq!(parse(text), Err("it is not a number"), "{text}");
        }
        assert_eq!(parse("010000"), Err("it is more than 0o7777"));
        assert_eq!(parse("99999999999"), Err("it is more than 0o7777"));
        assert!(parse("4096").unwrap_err().contains("decimal"));
    }
}
