//! Hides secrets in foreign text: the values that this process was given, and whatever has the shape of a credential or
//! of a signature. AWS and GitHub quote what they refuse.

use std::borrow::Cow;
use std::sync::{LazyLock, PoisonError, RwLock};

use regex_lite::{Captures, Regex};

/// What stands in place of a secret.
const HIDDEN: &str = "***";

/// A shorter value, such as `true`, is part of too many other words.
const SHORTEST: usize = 6;

/// The values that this process was given. A process has one environment.
static KNOWN: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// A kind of secret.
struct Shape {
    /// One of these is part of each: a search for them is quick, also in the report on a large archive.
    signs: &'static [&'static str],
    /// The first group, a name before its value, stays.
    pattern: &'static str,
}

/// The secrets that are known by their shape alone.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>,
/// <https://docs.github.com/authentication/keeping-your-account-and-data-secure/about-authentication-to-github>
const SHAPES: [Shape; 5] = [
    // Key ids of AWS.
    Shape { signs: &["AKIA", "ASIA"], pattern: r"()\b(?:AKIA|ASIA)[A-Z0-9]{16}\b" },
    // Tokens of GitHub.
    Shape {
        signs: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        pattern: r"()\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})",
    },
    // JSON web tokens.
    Shape { signs: &["eyJ"], pattern: r"()\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+" },
    // What a link, or a header of a signed request, carries.
    Shape {
        signs: &["ignature=", "redential=", "ecurity-Token=", "ecurity-token="],
        pattern: r#"(?i)\b((?:x-amz-(?:signature|credential|security-token)|signature|credential)=)[^\s&"',;]+"#,
    },
    // What stands beside its name.
    Shape {
        signs: &["ccess_key", "ccessKey", "CCESS_KEY", "ession_token", "essionToken", "ESSION_TOKEN"],
        pattern: r#"(?i)\b((?:aws_?)?(?:secret_?access_?key|session_?token)["' ]*[=:]["' ]*)[^\s&"',;]+"#,
    },
];

static ALL: LazyLock<Vec<(&[&str], Regex)>> = LazyLock::new(|| {
    let compiled = |shape: &Shape| Some((shape.signs, Regex::new(shape.pattern).ok()?));
    SHAPES.iter().filter_map(compiled).collect()
});

/// Hides these values from now on, as they are and as JSON writes them.
pub fn hide<'a>(secrets: impl IntoIterator<Item = &'a str>) {
    let secrets = secrets.into_iter().filter(|secret| secret.len() >= SHORTEST);
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    for secret in secrets {
        let quoted = serde_json::Value::from(secret).to_string();
        known.extend([secret.to_owned(), quoted.trim_matches('"').to_owned()]);
    }
    // A secret may be part of another one.
    known.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    known.dedup();
}

/// Whether this value is hidden already.
pub fn is_hidden(secret: &str) -> bool {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).iter().any(|known| known == secret)
}

/// Returns the text without these values: what was sent, and is quoted by who was asked.
pub fn without<'a>(text: &str, values: impl IntoIterator<Item = &'a str>) -> String {
    let values = values.into_iter().filter(|value| value.len() >= SHORTEST);
    values.fold(text.to_owned(), |text, value| text.replace(value, HIDDEN))
}

/// Returns the text without secrets.
pub(super) fn redacted(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for secret in KNOWN.read().unwrap_or_else(PoisonError::into_inner).iter() {
        if text.contains(secret.as_str()) {
            text = text.replace(secret.as_str(), HIDDEN).into();
        }
    }
    for (signs, shape) in ALL.iter() {
        if signs.iter().any(|sign| text.contains(sign)) {
            let hidden = |found: &Captures<'_>| format!("{}{HIDDEN}", &found[1]);
            text = shape.replace_all(&text, hidden).into_owned().into();
        }
    }
    text
}
