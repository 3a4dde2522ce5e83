//! Digests and the encodings that AWS uses for them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Digest;

/// A SHA-256: base64 as in Lambda's `CodeSha256`, hex as in our object keys.
///
/// Serialized as base64, like `source_code_hash` and `CodeSha256`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String")]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// Wraps the 32 bytes of a finished digest.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the digest of `data`.
    pub fn of(data: &[u8]) -> Self {
        Self(sha2::Sha256::digest(data).into())
    }

    /// Returns the digest of `document` as canonical JSON: keys sorted by their bytes, no spaces.
    pub fn of_json(mut document: Value) -> Self {
        document.sort_all_objects();
        Self::of(document.to_string().as_bytes())
    }

    /// Starts a digest of data that comes in pieces.
    pub fn stream() -> Sha256Stream {
        Sha256Stream(sha2::Sha256::new())
    }

    /// Parses base64, as Lambda prints it; `None` if it is not 32 bytes.
    pub fn from_base64(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Parses lower-case hex, as in our object keys; `None` if it is not 64 digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(bytes)).filter(|digest| digest.hex() == text)
    }

    /// Returns base64, as in `CodeSha256` and `source_code_hash`.
    pub fn base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// Returns 64 digits of lower-case hex, as in the key of an artifact.
    pub fn hex(&self) -> String {
        hex(&self.0)
    }

    /// Returns the raw bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A SHA-256 that is being computed.
pub struct Sha256Stream(sha2::Sha256);

impl Sha256Stream {
    /// Adds the next piece.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// Returns the digest of all pieces.
    pub fn finish(self) -> Sha256 {
        Sha256(self.0.finalize().into())
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({})", self.base64())
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.base64()
    }
}

impl TryFrom<String> for Sha256 {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::from_base64(&text).ok_or_else(|| format!("`{text}` is not the base64 of a SHA-256"))
    }
}

/// An MD5 in lower-case hex: Terraform's `filemd5`, and the `ETag` of a single-part, unencrypted object in S3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Md5(String);

impl Md5 {
    /// Wraps the 16 bytes of a finished digest.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(hex(&bytes))
    }

    /// Returns 32 digits of lower-case hex.
    pub fn hex(&self) -> &str {
        &self.0
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_read_only_as_it_is_written() {
        let digest = Sha256::of(b"x");
        let hex = digest.hex();
        assert_eq!(Sha256::from_hex(&hex), Some(digest));
        for other in [&hex[1..], &hex.to_uppercase(), &format!("{hex}0"), "", &"+1".repeat(32), &"é".repeat(32)] {
            assert_eq!(Sha256::from_hex(other), None, "{other}");
        }
    }
}
