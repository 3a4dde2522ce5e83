//! What packaging makes.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FunctionKey, Md5, Sha256};

/// Up to this size an artifact is one `PutObject`; above, parts of this size. Fixed, so that the
/// checksum over the parts can be computed again from the file.
pub const PART_BYTES: u64 = 16 * 1024 * 1024;

/// What Lambda takes, unzipped and with the layers: 250 MiB.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub const UNZIPPED_LIMIT: u64 = 250 * 1024 * 1024;

/// A zip with its digests, sizes and entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Artifact {
    /// The function whose code it is.
    pub function: FunctionKey,
    /// Where the zip lies.
    pub path: PathBuf,
    /// Of the zip: Lambda's `CodeSha256`, Terraform's `source_code_hash`.
    pub sha256: Sha256,
    /// Of the zip: Terraform's `filemd5`, and S3's `ETag`; `None` above one part of 16 MiB, whose `ETag` is no MD5.
    pub md5: Option<Md5>,
    /// What S3 answers as `ChecksumSHA256` once it is uploaded: the base64 of `sha256`, or, above
    /// one part of 16 MiB, the SHA-256 over the parts' digests with `-<parts>` behind it.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html>
    pub checksum_sha256: String,
    /// Size of the zip.
    pub zipped_bytes: u64,
    /// Sum of the entries' sizes; Lambda allows 250 MiB with the layers.
    pub unzipped_bytes: u64,
    /// In the order of the archive.
    pub entries: Vec<Entry>,
}

impl Artifact {
    /// Whether the archive has an entry of exactly this name.
    pub fn has_entry(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == name)
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
    /// Permission bits, such as 0o644.
    pub mode: u32,
    /// CRC-32 of the contents, as in the zip.
    pub crc32: u32,
}
