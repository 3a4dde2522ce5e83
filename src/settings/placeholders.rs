//! `{stage}` and `{commit}`.

use crate::error::Problem;

/// What the placeholders stand for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    pub(super) stage: &'a str,
    pub(super) commit: Option<&'a str>,
}

impl Words<'_> {
    /// Fills in a name or a path: `{stage}` alone is known, since a name must not change with each commit.
    pub(super) fn in_name(self, text: &str) -> Result<String, Problem> {
        fill(text, |word| match word {
            "stage" => Ok(Some(self.stage)),
            _ => Err(Problem::new(format!("unknown placeholder `{{{word}}}`")).fix("known here is `{stage}`")),
        })
    }

    /// Fills in text for the smoke test, where other braces belong to the request: `/hello/{name}`.
    pub(super) fn in_text(self, text: &str) -> Result<String, Problem> {
        fill(text, |word| match word {
            "stage" => Ok(Some(self.stage)),
            "commit" => self.commit.map(Some).ok_or_else(unknown_commit),
            _ => Ok(None),
        })
    }
}

fn unknown_commit() -> Problem {
    Problem::new("nobody said which commit `{commit}` is").fix("set SLS_RELEASE_COMMIT, or run in a Git checkout")
}

/// Replaces each `{word}` of lower-case letters for which `value_of` has a value; leaves the rest as it stands.
fn fill<'a>(text: &str, mut value_of: impl FnMut(&str) -> Result<Option<&'a str>, Problem>) -> Result<String, Problem> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        rest = &rest[open..];
        let value = match word_at_start(rest) {
            Some(word) => value_of(word)?.map(|value| (value, word.len() + 2)),
            None => None,
        };
        let (value, length) = value.unwrap_or(("{", 1));
        filled.push_str(value);
        rest = &rest[length..];
    }
    filled.push_str(rest);
    Ok(filled)
}

/// The word of a `{word}` that `text` begins with.
fn word_at_start(text: &str) -> Option<&str> {
    let (word, _) = text.strip_prefix('{')?.split_once('}')?;
    (!word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase())).then_some(word)
}
