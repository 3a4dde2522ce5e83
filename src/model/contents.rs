//! The files of an archive.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Sha256, Sha256Stream};

/// The mode bits that matter in Lambda, which does not run code as its owner: "others may read" and "executable".
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html>
const MODE_BITS: u32 = 0o105;

/// The files of an archive, independent of the archive's format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArchiveContents {
    /// The files by name: the path with `/`, relative to the archive's root. Folders are not included.
    pub files: BTreeMap<String, FileFacts>,
    /// The names in the order of the archive.
    pub order: Vec<String>,
}

/// A file in an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileFacts {
    /// The SHA-256 of the content or, for a link, of its target path.
    pub sha256: Sha256,
    /// Uncompressed size.
    pub bytes: u64,
    /// Size in the archive.
    pub compressed_bytes: u64,
    /// Permission bits, for example 0o644.
    pub mode: u32,
    /// Whether it is a symbolic link.
    pub is_link: bool,
}

impl FileFacts {
    /// Returns the mode bits that matter in Lambda.
    fn allows(&self) -> u32 {
        self.mode & MODE_BITS
    }
}

impl ArchiveContents {
    /// Returns a digest over all names, contents and modes. Equal digests mean the same files to Lambda; order, times
    /// and compression may differ.
    ///
    /// The digest is stored with objects in S3, so its input must not change. For each file, sorted by name, it is: the
    /// SHA-256 of the content, a byte for the mode, a byte for a link, the length of the name in 8 bytes (big-endian),
    /// and the name.
    pub fn digest(&self) -> Sha256 {
        let mut digest = Sha256::stream();
        for (name, facts) in &self.files {
            digest_file(&mut digest, name, facts);
        }
        digest.finish()
    }

    /// Returns the sum of the files' sizes.
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|facts| facts.bytes).sum()
    }
}

fn digest_file(digest: &mut Sha256Stream, name: &str, facts: &FileFacts) {
    digest.update(facts.sha256.as_bytes());
    // `MODE_BITS` fit into the lowest byte.
    digest.update(&[facts.allows().to_be_bytes()[3], u8::from(facts.is_link)]);
    digest.update(&(name.len() as u64).to_be_bytes());
    digest.update(name.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str, u32)]) -> ArchiveContents {
        let facts = |content: &str, mode| FileFacts {
            sha256: Sha256::of(content.as_bytes()),
            bytes: content.len() as u64,
            compressed_bytes: 7,
            mode,
            is_link: false,
        };
        ArchiveContents {
            files: files.iter().map(|(name, content, mode)| ((*name).to_owned(), facts(content, *mode))).collect(),
            order: files.iter().map(|(name, ..)| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn order_compression_and_bits_without_effect_do_not_change_the_digest() {
        let mut other = of(&[("b", "2", 0o664), ("a", "1", 0o777)]);
        for facts in other.files.values_mut() {
            facts.compressed_bytes = 9;
        }
        assert_eq!(of(&[("a", "1", 0o755), ("b", "2", 0o644)]).digest(), other.digest());
    }

    #[test]
    fn another_name_content_or_permission_changes_the_digest() {
        let own = of(&[("a", "1", 0o644), ("b", "2", 0o644)]).digest();
        for other in [
            of(&[("a", "1", 0o644), ("c", "2", 0o644)]),
            of(&[("a", "1", 0o644), ("b", "3", 0o644)]),
            of(&[("a", "2", 0o644), ("b", "1", 0o644)]),
            of(&[("a", "1", 0o644), ("b", "2", 0o755)]),
            of(&[("a", "1", 0o644), ("b", "2", 0o640)]),
            of(&[("a", "1", 0o644)]),
        ] {
            assert_ne!(own, other.digest(), "{other:?}");
        }
        let mut link = of(&[("a", "1", 0o644), ("b", "2", 0o644)]);
        link.files.values_mut().for_each(|facts| facts.is_link = true);
        assert_ne!(own, link.digest());
    }

    /// The digest is stored with objects in S3. If this test fails, the code is wrong, not the test.
    #[test]
    fn the_digest_never_changes() {
        let digest = of(&[("a", "1", 0o644), ("bin/b", "2", 0o755)]).digest();
        assert_eq!(digest.hex(), "c250f69fcfff6819f3cde0f2838d363693b793a7192c6493ab8b3b24a1e8d966");
    }
}
