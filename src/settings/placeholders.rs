//! `{stage}` and `{commit}`.

use crate::error::Problem;

/// The placeholder of the stage. Where no stage is needed and none was given, it stands for itself.
pub(super) const STAGE: &str = "{stage}";

/// A commit's name is 64 hex digits at most; this leaves room for one's own.
const LONGEST_COMMIT: usize = 200;

/// What the placeholders stand for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    /// The stage, or [`STAGE`] itself.
    pub(super) stage: &'a str,
    pub(super) commit: Option<&'a str>,
    /// Whether a commit that cannot be filled in stays as it stands, since nobody needs it.
    pub(super) commit_optional: bool,
}

impl Words<'_> {
    /// Whether `text` waits for a stage that was not given, so that nothing can be said of it yet.
    pub(super) fn waits_for_stage(self, text: &str) -> bool {
        self.stage == STAGE && text.contains(STAGE)
    }

    /// Fills in what cannot wait for a stage.
    pub(super) fn in_source(self, text: &str) -> Result<String, Problem> {
        if self.waits_for_stage(text) {
            let why = format!("`{text}` needs one");
            return Err(Problem::new("no stage was given").why(why).fix("say which, such as `--stage dev`"));
        }
        self.in_name(text)
    }

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
            "commit" => self.commit(),
            _ => Ok(None),
        })
    }

    fn commit(&self) -> Result<Option<&str>, Problem> {
        match self.commit.ok_or_else(unknown_commit).and_then(checked_commit) {
            Err(_) if self.commit_optional => Ok(None),
            commit => commit.map(Some),
        }
    }
}

fn unknown_commit() -> Problem {
    Problem::new("nobody said which commit `{commit}` is").fix("set SLS_RELEASE_COMMIT, or run in a Git checkout")
}

/// What is no commit's name would break the request that it is sent in.
fn checked_commit(commit: &str) -> Result<&str, Problem> {
    let characters = commit.chars().count();
    let why = match commit.chars().find(|character| character.is_control()) {
        Some(control) => format!("it holds the control character `{}`", control.escape_default()),
        None if characters > LONGEST_COMMIT => format!("it has {characters} characters; {LONGEST_COMMIT} are allowed"),
        None => return Ok(commit),
    };
    let fix = "set SLS_RELEASE_COMMIT to the commit's name, such as `git rev-parse HEAD` prints it";
    Err(Problem::new("the commit cannot stand for `{commit}`").why(why).fix(fix))
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
