//! `{stage}`, `{commit}` and `{env.NAME}`.

use std::borrow::Cow;

use url::form_urlencoded::byte_serialize;

use super::reader::Reader;
use crate::error::Problem;
use crate::model::Secret;

/// The placeholder of the stage. If no stage is needed and none was given, it is not replaced.
pub(super) const STAGE: &str = "{stage}";

/// How the placeholder of an environment variable begins.
pub(super) const ENVIRONMENT: &str = "{env.";

/// The same within the braces.
const OF_ENVIRONMENT: &str = "env.";

/// A commit's name is 64 hex digits at most; this leaves room for one's own.
const LONGEST_COMMIT: usize = 200;

impl Reader<'_> {
    /// Whether `text` waits for a stage that was not given, so it cannot be checked yet.
    pub(super) fn waits_for_stage(&self, text: &str) -> bool {
        self.stage == STAGE && text.contains(STAGE)
    }

    /// Fills in what cannot wait for a stage.
    pub(super) fn in_source(&self, text: &str) -> Result<String, Problem> {
        if self.waits_for_stage(text) {
            let why = format!("`{text}` needs one");
            return Err(Problem::new("no stage was given")
                .why(why)
                .fix("pass `--stage`, for example `--stage dev`, or set SLS_RELEASE_STAGE"));
        }
        self.in_name(text)
    }

    /// Fills in a name or a path: `{stage}` alone is known, since a name must not change with each commit.
    pub(super) fn in_name(&self, text: &str) -> Result<String, Problem> {
        fill(text, |word| match word {
            "stage" => Ok(Some(self.stage.into())),
            _ => Err(Problem::new(format!("unknown placeholder `{{{word}}}`")).fix("known here is `{stage}`")),
        })
    }

    /// Fills in text for the smoke test, where other braces belong to the request: `/hello/{name}`.
    pub(super) fn in_text(&self, text: &str) -> Result<String, Problem> {
        fill(text, |word| self.of_text(word))
    }

    /// Fills in a header's value, which may also hold values of the environment.
    pub(super) fn in_header(&self, text: &str) -> Result<String, Problem> {
        fill(text, |word| match word.strip_prefix(OF_ENVIRONMENT) {
            Some(name) => Ok(self.variable(name)?.map(Cow::Borrowed)),
            None => self.of_text(word),
        })
    }

    /// Fills in a path or a URL. Its query may hold values of the environment, which no report shows; each is one value,
    /// whatever it holds.
    pub(super) fn in_target(&self, text: &str) -> Result<String, Problem> {
        let Some((path, query)) = text.split_once('?') else { return self.in_text(text) };
        let query = fill(query, |word| match word.strip_prefix(OF_ENVIRONMENT) {
            Some(name) => Ok(self.variable(name)?.map(|value| in_query(value).into())),
            None => self.of_text(word),
        })?;
        Ok(format!("{}?{query}", self.in_text(path)?))
    }

    /// Fills in an image, which may be in the environment. It is no secret.
    pub(super) fn in_image(&self, text: &str) -> Result<String, Problem> {
        fill(text, |word| match word.strip_prefix(OF_ENVIRONMENT) {
            Some(name) => Ok(self.set(name, "an `image`")?.map(|value| Cow::Borrowed(value.reveal()))),
            None => self.of_text(word),
        })
    }

    fn of_text(&self, word: &str) -> Result<Option<Cow<'_, str>>, Problem> {
        match word {
            "stage" => Ok(Some(self.stage.into())),
            "commit" => Ok(self.commit()?.map(Cow::Borrowed)),
            _ => Ok(None),
        }
    }

    /// The value of a variable, which is secret from now on. Where no stage is needed, none is needed either.
    fn variable(&self, name: &str) -> Result<Option<&str>, Problem> {
        let value = self.set(name, "[smoke]")?;
        self.secrets.borrow_mut().extend(value.cloned());
        Ok(value.map(Secret::reveal))
    }

    /// The value of a variable that is needed.
    fn set(&self, name: &str, of: &str) -> Result<Option<&Secret>, Problem> {
        match self.input.common.variables.get(name).filter(|value| !value.reveal().is_empty()) {
            Some(value) => Ok(Some(value)),
            None if self.input.is_stage_optional => Ok(None),
            None => {
                let problem = Problem::new(format!("the environment variable {name} is not set"));
                Err(problem.why(format!("`{{env.{name}}}` of {of} needs it")).fix(format!("set {name}, or drop it")))
            }
        }
    }

    /// Returns the commit. Where no stage is needed, no commit is needed either, and its placeholder is not replaced.
    fn commit(&self) -> Result<Option<&str>, Problem> {
        match self.input.common.commit.as_deref().ok_or_else(unknown_commit).and_then(checked_commit) {
            Err(_) if self.input.is_stage_optional => Ok(None),
            commit => commit.map(Some),
        }
    }
}

/// A value as it stands in a query; a space is `%20`, which everybody reads alike.
fn in_query(value: &str) -> String {
    byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20")
}

fn unknown_commit() -> Problem {
    Problem::new("the commit for `{commit}` is not known").fix("set SLS_RELEASE_COMMIT, or run in a Git checkout")
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
    Err(Problem::new("the commit cannot replace `{commit}`").why(why).fix(fix))
}

/// Replaces each `{word}` of lower-case letters, and each `{env.NAME}`, for which `value_of` has a value; leaves the rest as it is.
fn fill<'a>(
    text: &str,
    mut value_of: impl FnMut(&str) -> Result<Option<Cow<'a, str>>, Problem>,
) -> Result<String, Problem> {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_word = |word: &str| {
        let is_lower = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        is_lower || word.strip_prefix(OF_ENVIRONMENT).is_some_and(is_name)
    };
    let (before, rest) = text.split_once('{').map_or((text, None), |(before, rest)| (before, Some(rest)));
    let mut filled = before.to_owned();
    for part in rest.into_iter().flat_map(|rest| rest.split('{')) {
        let word = part.split_once('}').filter(|(word, _)| is_word(word));
        if let Some((word, after)) = word
            && let Some(value) = value_of(word)?
        {
            filled.extend([value.as_ref(), after]);
        } else {
            filled.extend(["{", part]);
        }
    }
    Ok(filled)
}
