//! How Terraform's `archive_file` is told to make an archive.
//! <https://registry.terraform.io/providers/hashicorp/archive/latest/docs/data-sources/file>

use std::fmt;

use serde::Serialize;

use super::Sourced;

/// What decides the bytes of an `archive_file` archive, beside the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ArchiveFileSettings {
    /// Which encoder's bytes are made.
    pub flavour: Flavour,
    /// Nothing told which release of hashicorp/archive Terraform uses.
    pub is_assumed: bool,
    /// What stays out of a folder.
    pub excludes: Vec<Sourced<String>>,
    /// How `excludes` are compared with paths.
    pub matching: ExcludesMatching,
    /// Links to folders stay out.
    pub exclude_symlink_directories: bool,
    /// Replaces the mode of every file that is read from disk.
    pub output_file_mode: Option<FileMode>,
}

/// An encoder of Go's standard library, named after the releases of Go that have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Flavour {
    /// Go 1.21 to 1.26, which hashicorp/archive 2.5.0 to 2.8.1 are built with.
    #[default]
    #[serde(rename = "go1.21-1.26")]
    Go1_21,
}

impl Flavour {
    /// All that are known.
    pub const ALL: [Self; 1] = [Self::Go1_21];

    /// As the settings name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Go1_21 => "go1.21-1.26",
        }
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How `excludes` are compared with paths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExcludesMatching {
    /// As doublestar's patterns: hashicorp/archive from 2.5.0 on.
    #[default]
    Doublestar,
    /// Letter by letter: hashicorp/archive before 2.5.0.
    Exact,
}

/// The mode that `output_file_mode` gives to files: at most 0o7777, of which the low nine bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FileMode {
    bits: u32,
    /// It was written without a leading zero, and so in decimal.
    pub is_decimal: bool,
}

impl FileMode {
    /// `bits` beyond 0o7777 are dropped.
    pub fn new(bits: u32) -> Self {
        Self { bits: bits & 0o7777, is_decimal: false }
    }

    /// The same, written in decimal.
    #[must_use]
    pub fn in_decimal(self, is_decimal: bool) -> Self {
        Self { is_decimal, ..self }
    }

    /// Its permissions, as the archive holds them: setuid, setgid and sticky are not among them.
    pub fn permissions(self) -> u32 {
        self.bits & 0o777
    }
}
