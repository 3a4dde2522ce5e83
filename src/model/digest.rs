//! Digests, each with the spellings that AWS uses for it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Digest;

/// A SHA-256: base64 as Lambda's `CodeSha256` prints it, hex as our object keys do.
///
/// Serialized as base64, the spelling of `source_code_hash` and `CodeSha256`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String")]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// Wraps the 32 bytes of a finished digest.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest of `data`.
    pub fn of(data: &[u8]) -> Self {
        Self(sha2::Sha256::digest(data).into())
    }

    /// A digest of data that comes in pieces.
    pub fn stream() -> Sha256Stream {
        Sha256Stream(sha2::Sha256::new())
    }

    /// Reads Lambda's spelling; `None` where it is not 32 bytes of base64.
    pub fn from_base64(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Reads our spelling; `None` where it is not 64 digits of lower-case hex.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(bytes)).filter(|digest| digest.hex() == text)
    }

    /// As Lambda prints it: `CodeSha256`, `source_code_hash`.
    pub fn base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// Lower-case hex, 64 digits: the key of an artifact.
    pub fn hex(&self) -> String {
        hex(&self.0)
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A SHA-256 under way.
pub struct Sha256Stream(sha2::Sha256);

impl Sha256Stream {
    /// Takes the next piece.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The digest of all pieces.
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

/// An MD5 in lower-case hex: what S3 answers as the `ETag` of a single-part, unencrypted object,
/// and Terraform's `filemd5`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Md5(String);

impl Md5 {
    /// Wraps the 16 bytes of a finished digest.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(hex(&bytes))
    }

    /// Lower-case hex, 32 digits.
    pub fn hex(&self) -> &str {
        &self.0
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
        text
    })
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
