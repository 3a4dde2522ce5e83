//! The settings of an archive in the format of Terraform's `archive_file`.
//! <https://registry.terraform.io/providers/hashicorp/archive/latest/docs/data-sources/file>

use serde::Serialize;

use super::Sourced;

/// The settings that decide the bytes of an `archive_file` archive, beside its files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ArchiveFileSettings {
    /// The encoder.
    pub flavour: Flavour,
    /// Whether the release of hashicorp/archive is unknown and the flavour is assumed.
    pub is_assumed: bool,
    /// The patterns of files that are left out of a folder.
    pub excludes: Vec<Sourced<String>>,
    /// How `excludes` are compared with paths.
    pub matching: ExcludesMatching,
    /// Whether links to folders are left out.
    pub exclude_symlink_directories: bool,
    /// Replaces the mode of every file that is read from disk.
    pub output_file_mode: Option<FileMode>,
}

/// An encoder of Go's standard library, named after the releases of Go that contain it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Flavour {
    /// Go 1.21 to 1.26, which hashicorp/archive 2.5.0 to 2.8.1 are built with.
    #[default]
    #[serde(rename = "go1.21-1.26")]
    Go1_21,
}

impl Flavour {
    /// All known flavours.
    pub const ALL: [Self; 1] = [Self::Go1_21];

    /// Returns the name used in the settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Go1_21 => "go1.21-1.26",
        }
    }
}

/// How `excludes` are compared with paths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExcludesMatching {
    /// As doublestar's patterns: hashicorp/archive from 2.5.0 on.
    #[default]
    Doublestar,
    /// For equality: hashicorp/archive before 2.5.0.
    Exact,
}

/// The value of `output_file_mode`: at most 0o7777. Only the lowest nine bits have an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FileMode {
    bits: u32,
    /// Whether it was written in decimal, without a leading zero.
    pub is_decimal: bool,
}

impl FileMode {
    /// Creates a mode. Bits above 0o7777 are dropped.
    pub fn new(bits: u32) -> Self {
        Self { bits: bits & 0o7777, is_decimal: false }
    }

    /// Records whether the mode was written in decimal.
    #[must_use]
    pub fn in_decimal(self, is_decimal: bool) -> Self {
        Self { is_decimal, ..self }
    }

    /// Returns the permission bits in the archive, without setuid, setgid and sticky.
    pub fn permissions(self) -> u32 {
        self.bits & 0o777
    }
}
