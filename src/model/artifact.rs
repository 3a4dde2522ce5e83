//! An artifact: the archive of a function's code.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FunctionKey, Md5, Sha256};

/// The part size of an upload. Up to this size an artifact is uploaded with one `PutObject`.
///
/// The size is fixed, so that the checksum over the parts can be computed from the file.
pub const PART_BYTES: u64 = 16 * 1024 * 1024;

/// Lambda's limit for the unzipped code including layers: 250 MiB.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub const UNZIPPED_LIMIT: u64 = 250 * 1024 * 1024;

/// A zip of this many bytes fits into a request of 69,905,067 bytes, which is as large as Lambda takes it: in Base64, with
/// room for the other fields.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub const SENT_LIMIT: u64 = (69_905_067 - 16 * 1024) / 4 * 3;

/// A zip with its digests, sizes and entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Artifact {
    /// The function.
    pub function: FunctionKey,
    /// The path of the zip. It is absent where the zip is deleted after its upload: `plan`, `release` and `preview up`
    /// keep none unless a folder for archives is named.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub path: PathBuf,
    /// The zip's SHA-256: Lambda's `CodeSha256`, Terraform's `source_code_hash`.
    pub sha256: Sha256,
    /// The zip's MD5: Terraform's `filemd5` and S3's `ETag`. `None` above 16 MiB, because the `ETag` of a multipart
    /// upload is not an MD5.
    pub md5: Option<Md5>,
    /// The uploaded object's `ChecksumSHA256`: the base64 of `sha256` or, above 16 MiB, the SHA-256 over the
    /// digests of the parts, followed by `-<parts>`.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html>
    pub checksum_sha256: String,
    /// Size of the zip.
    pub zipped_bytes: u64,
    /// Sum of the entries' sizes; Lambda allows 250 MiB including layers.
    pub unzipped_bytes: u64,
    /// The entries, in the order of the archive.
    pub entries: Vec<Entry>,
    /// The programs and libraries of native code among the entries, as far as their names tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub binaries: Vec<Binary>,
}

/// A program or library of native code in an artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Binary {
    /// The name of the entry.
    pub name: String,
    /// What it was built for.
    pub built_for: BuiltFor,
}

/// The system and processor that native code was built for, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BuiltFor {
    /// ELF for x86-64.
    #[serde(rename = "x86_64")]
    X86_64,
    /// ELF for 64-bit ARM.
    Arm64,
    /// ELF for another processor.
    OtherProcessor,
    /// Mach-O.
    MacOs,
    /// A DLL or program of Windows.
    Windows,
}

/// Returns whether an artifact has no path.
fn is_empty(path: &Path) -> bool {
    path.as_os_str().is_empty()
}

impl Artifact {
    /// Returns whether the archive has an entry with exactly this name.
    pub fn has_entry(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == name)
    }

    /// Returns whether a link above this name may lead to it: whether the archive has what follows the link in any folder.
    pub fn has_by_link(&self, name: &str) -> bool {
        let links = self.entries.iter().filter(|entry| entry.is_link);
        let mut below = links.filter_map(|link| name.strip_prefix(link.name.as_str())?.strip_prefix('/'));
        let ends = |entry: &Entry, file| {
            entry.name.strip_suffix(file).is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
        };
        below.any(|file| self.entries.iter().any(|entry| ends(entry, file)))
    }
}

/// A file in an artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Path with `/`, relative to the archive's root.
    pub name: String,
    /// Uncompressed size.
    pub bytes: u64,
    /// Size in the archive.
    pub compressed_bytes: u64,
    /// Permission bits, for example 0o644.
    pub mode: u32,
    /// Whether it is a link; its contents are the path of its target.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_link: bool,
    /// CRC-32 of the contents, as in the zip.
    pub crc32: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_link_leads_to_has_the_names_below_its_target() {
        let entry = |name: &str, is_link| {
            let name = name.to_owned();
            Entry { name, bytes: 1, compressed_bytes: 1, mode: 0o644, is_link, crc32: 0 }
        };
        let artifact = Artifact {
            function: FunctionKey::new("hello"),
            path: PathBuf::new(),
            sha256: Sha256::of(b""),
            md5: None,
            checksum_sha256: String::new(),
            zipped_bytes: 0,
            unzipped_bytes: 0,
            entries: vec![entry("app/lib", true), entry("lib/deep/a.js", false)],
            binaries: vec![],
        };
        assert!(artifact.has_by_link("app/lib/deep/a.js"));
        for missing in ["app/lib/b.js", "app/lib/ep/a.js", "app/libs/deep/a.js", "other/deep/a.js"] {
            assert!(!artifact.has_by_link(missing), "{missing}");
        }
    }
}
