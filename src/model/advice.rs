//! Advice on files that should not be in an archive, each with a message and a fix.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// Advice on files of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Advice {
    /// What is wrong with the files.
    pub about: AdviceAbout,
    /// The number of files.
    pub files: usize,
    /// The sum of their sizes in the archive.
    pub compressed_bytes: u64,
    /// The first of the files.
    pub example: String,
    /// All the files, if they look like secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// What to do about it.
    pub fix: String,
}

/// How files stay out of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaveOut {
    /// `exclude` of the settings.
    Exclude,
    /// `excludes` of the settings, which is `archive_file`'s own.
    Excludes,
    /// In the source itself, which is not a folder: for example, a ready zip.
    OfSource,
}

/// What is wrong with files of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdviceAbout {
    /// Their names or first bytes look like keys, passwords or tokens.
    Secret,
    /// Only their owner may read them, but Lambda runs code as another user.
    ClosedToOthers,
    /// They are scripts whose first line ends in CR LF, so Linux does not find the interpreter.
    CrLfScript,
    /// They are in the folder that archives are written to.
    OwnArchive,
    /// They are compiled Python files, which contain the time and path of their source.
    CompiledPython,
    /// They are in a folder for tests.
    Tests,
    /// They are a tool's cache.
    Cache,
}

impl AdviceAbout {
    /// Returns whether every run warns about it. Files that only take space are listed by `package --explain`.
    pub fn is_harmful(self) -> bool {
        match self {
            Self::Secret | Self::ClosedToOthers | Self::CrLfScript | Self::OwnArchive => true,
            Self::CompiledPython | Self::Tests | Self::Cache => false,
        }
    }

    /// Returns what is wrong with one file, and with several.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            AdviceAbout::Secret => ("looks like a secret", "look like secrets"),
            AdviceAbout::ClosedToOthers => ("is readable only by its owner", "are readable only by their owner"),
            AdviceAbout::CrLfScript => ("has a first line that ends in CR LF", "have a first line that ends in CR LF"),
            AdviceAbout::OwnArchive => ("is in the folder for archives", "are in the folder for archives"),
            AdviceAbout::CompiledPython => ("is compiled Python", "are compiled Python"),
            AdviceAbout::Tests => ("is for tests", "are for tests"),
            AdviceAbout::Cache => ("is a tool's cache", "are a tool's cache"),
        }
    }
    /// Returns what to do about it, given the name of the first file.
    pub fn fix(self, example: &str, how: LeaveOut) -> String {
        let folder = example.rsplit_once('/').map_or("", |(folder, _)| folder);
        let any =
            |is_one: fn(&str) -> bool| format!("**/{}/**", folder.split('/').find(|it| is_one(it)).unwrap_or("*"));
        match self {
            AdviceAbout::Secret => how.leave_out(&literal(example)),
            AdviceAbout::OwnArchive => how.leave_out(&format!("{}/**", literal(folder))),
            AdviceAbout::ClosedToOthers => {
                "Lambda runs code as another user: run `chmod -R a+rX` before packaging".to_owned()
            }
            AdviceAbout::CrLfScript => "Linux does not find the interpreter: save it with LF line endings".to_owned(),
            AdviceAbout::CompiledPython => how.leave_out("**/*.pyc"),
            AdviceAbout::Tests => how.leave_out(&any(is_test_folder)),
            AdviceAbout::Cache => how.leave_out(&any(is_cache_folder)),
        }
    }
}

impl LeaveOut {
    /// Returns how to leave out all of these files.
    pub fn leave_out_all(self, names: &[String]) -> String {
        let patterns: Vec<String> = names.iter().map(|name| toml_string(&literal(name))).collect();
        match self {
            LeaveOut::OfSource if names.len() > 1 => "leave them out of the source".to_owned(),
            _ => self.leave_out_list(&patterns.join(", ")),
        }
    }

    fn leave_out(self, pattern: &str) -> String {
        self.leave_out_list(&toml_string(pattern))
    }

    /// Returns how to leave out what a list of patterns, written as in TOML, matches.
    fn leave_out_list(self, patterns: &str) -> String {
        match self {
            LeaveOut::Exclude => format!("exclude = [{patterns}]"),
            LeaveOut::Excludes => format!("excludes = [{patterns}], here and in Terraform"),
            LeaveOut::OfSource => "leave it out of the source".to_owned(),
        }
    }
}

/// Returns whether a folder with this name contains tests.
pub fn is_test_folder(name: &str) -> bool {
    matches!(name, "test" | "tests" | "__tests__")
}

/// Returns whether a folder with this name is a tool's cache.
pub fn is_cache_folder(name: &str) -> bool {
    matches!(name, ".cache" | ".pytest_cache" | ".mypy_cache" | ".ruff_cache")
}

/// Returns a pattern that matches only this path.
fn literal(path: &str) -> String {
    path.chars().fold(String::new(), |mut pattern, character| {
        if "*?[]{}!\\".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
        pattern
    })
}

/// Quotes text as a basic string of TOML: <https://toml.io/en/v1.0.0#string>.
fn toml_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (one, many) = self.about.words();
        match self.files {
            1 => write!(f, "{} {one}", self.example)?,
            files if self.secrets.is_empty() => write!(f, "{files} files {many}, for example {}", self.example)?,
            files => write!(f, "{files} files {many}: {}", self.secrets.join(", "))?,
        }
        write!(f, "; {}", self.fix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(about: AdviceAbout, files: usize, example: &str, how: LeaveOut) -> String {
        let fix = about.fix(example, how);
        Advice { about, files, compressed_bytes: 7, example: example.to_owned(), secrets: Vec::new(), fix }.to_string()
    }

    #[test]
    fn each_advice_has_a_fix() {
        assert_eq!(
            advice(AdviceAbout::Tests, 12, "lib/tests/t.py", LeaveOut::Exclude),
            "12 files are for tests, for example lib/tests/t.py; exclude = [\"**/tests/**\"]"
        );
        assert_eq!(
            advice(AdviceAbout::Secret, 1, "keys/[a] \"b\".pem", LeaveOut::Exclude),
            r#"keys/[a] "b".pem looks like a secret; exclude = ["keys/\\[a\\] \"b\".pem"]"#
        );
        assert_eq!(
            advice(AdviceAbout::CompiledPython, 1, "a.pyc", LeaveOut::Excludes),
            "a.pyc is compiled Python; excludes = [\"**/*.pyc\"], here and in Terraform"
        );
        assert_eq!(
            advice(AdviceAbout::Secret, 1, "id_rsa", LeaveOut::OfSource),
            "id_rsa looks like a secret; leave it out of the source"
        );
    }
}
