//! What should not be in an archive, or not so; each with its words and its way out.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// Files of an archive that should be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Advice {
    /// What is the matter with them.
    pub about: AdviceAbout,
    /// How many there are.
    pub files: usize,
    /// Their sizes in the archive.
    pub compressed_bytes: u64,
    /// The first of them.
    pub example: String,
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
    /// Its source is no folder: a ready zip, say.
    OfSource,
}

/// What is the matter with files of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdviceAbout {
    /// Their names or first bytes are those of keys, passwords or tokens.
    Secret,
    /// Their modes let only their owner read them, who is not the user that Lambda runs code as.
    ClosedToOthers,
    /// Scripts whose first line ends in CR LF: Linux looks for an interpreter whose name ends in CR.
    CrLfScript,
    /// They lie in the folder that archives are written to.
    OwnArchive,
    /// Python's compiled files, which hold the time and place of their source.
    CompiledPython,
    /// They lie in a folder for tests.
    Tests,
    /// A tool's cache.
    Cache,
}

impl AdviceAbout {
    /// Whether it harms, and is said in every run; what only takes up room is said where somebody asks for it.
    pub fn is_harmful(self) -> bool {
        match self {
            Self::Secret | Self::ClosedToOthers | Self::CrLfScript | Self::OwnArchive => true,
            Self::CompiledPython | Self::Tests | Self::Cache => false,
        }
    }
}

impl Advice {
    fn words(&self) -> (&'static str, &'static str) {
        match self.about {
            AdviceAbout::Secret => ("looks like a secret", "look like secrets"),
            AdviceAbout::ClosedToOthers => ("may be read by its owner alone", "may be read by their owner alone"),
            AdviceAbout::CrLfScript => ("has a first line that ends in CR LF", "have a first line that ends in CR LF"),
            AdviceAbout::OwnArchive => ("lies in the folder for archives", "lie in the folder for archives"),
            AdviceAbout::CompiledPython => ("is compiled Python", "are compiled Python"),
            AdviceAbout::Tests => ("is for tests", "are for tests"),
            AdviceAbout::Cache => ("is a tool's cache", "are a tool's cache"),
        }
    }
}

impl AdviceAbout {
    /// What to do about it, by the first of the files.
    pub fn fix(self, example: &str, how: LeaveOut) -> String {
        let folder = example.rsplit_once('/').map_or("", |(folder, _)| folder);
        let any =
            |is_one: fn(&str) -> bool| format!("**/{}/**", folder.split('/').find(|it| is_one(it)).unwrap_or("*"));
        match self {
            AdviceAbout::Secret => how.leave_out(&literal(example)),
            AdviceAbout::OwnArchive => how.leave_out(&format!("{}/**", literal(folder))),
            AdviceAbout::ClosedToOthers => {
                "Lambda runs code as another user: `chmod -R a+rX` before it is zipped".to_owned()
            }
            AdviceAbout::CrLfScript => "Linux does not find its interpreter: save it with LF alone".to_owned(),
            AdviceAbout::CompiledPython => how.leave_out("**/*.pyc"),
            AdviceAbout::Tests => how.leave_out(&any(is_test_folder)),
            AdviceAbout::Cache => how.leave_out(&any(is_cache_folder)),
        }
    }
}

impl LeaveOut {
    fn leave_out(self, pattern: &str) -> String {
        match self {
            LeaveOut::Exclude => format!("exclude = [{}]", toml_string(pattern)),
            LeaveOut::Excludes => format!("excludes = [{}], here and in Terraform", toml_string(pattern)),
            LeaveOut::OfSource => "leave it out of the source".to_owned(),
        }
    }
}

/// Whether a folder of this name holds tests.
pub fn is_test_folder(name: &str) -> bool {
    matches!(name, "test" | "tests" | "__tests__")
}

/// Whether a folder of this name is a tool's cache.
pub fn is_cache_folder(name: &str) -> bool {
    matches!(name, ".cache" | ".pytest_cache" | ".mypy_cache" | ".ruff_cache")
}

/// A pattern that matches this path alone.
fn literal(path: &str) -> String {
    path.chars().fold(String::new(), |mut pattern, character| {
        if "*?[]{}!\\".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
        pattern
    })
}

/// As a basic string of TOML: <https://toml.io/en/v1.0.0#string>.
fn toml_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (one, many) = self.words();
        match self.files {
            1 => write!(f, "{} {one}", self.example)?,
            files => write!(f, "{files} files {many}, such as {}", self.example)?,
        }
        write!(f, "; {}", self.fix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(about: AdviceAbout, files: usize, example: &str, how: LeaveOut) -> String {
        let fix = about.fix(example, how);
        Advice { about, files, compressed_bytes: 7, example: example.to_owned(), fix }.to_string()
    }

    #[test]
    fn each_says_its_way_out() {
        assert_eq!(
            advice(AdviceAbout::Tests, 12, "lib/tests/t.py", LeaveOut::Exclude),
            "12 files are for tests, such as lib/tests/t.py; exclude = [\"**/tests/**\"]"
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
