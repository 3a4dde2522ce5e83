//! What is in an archive, file by file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Sha256, Sha256Stream};

/// The bits of a mode that make a difference in Lambda, where code runs as another user than its owner: whether the
/// others may read, and whether it is to be executed.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html>
const MODE_BITS: u32 = 0o105;

/// The files of an archive, whatever the bytes around them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArchiveContents {
    /// By name: the path with `/`, relative to the archive's root. Folders are left out.
    pub files: BTreeMap<String, FileFacts>,
    /// The names in the order of the archive.
    pub order: Vec<String>,
}

/// A file in an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileFacts {
    /// Of the content; of a link, of the path that it leads to.
    pub sha256: Sha256,
    /// Uncompressed size.
    pub bytes: u64,
    /// Size in the archive.
    pub compressed_bytes: u64,
    /// Permission bits, such as 0o644.
    pub mode: u32,
    /// Whether it is a symbolic link.
    pub is_link: bool,
}

impl FileFacts {
    /// Whether the two are the same to Lambda: their content, and what their modes allow.
    pub fn is_same_to_lambda(&self, other: &Self) -> bool {
        self.sha256 == other.sha256 && self.is_link == other.is_link && self.allows() == other.allows()
    }

    fn allows(&self) -> u32 {
        self.mode & MODE_BITS
    }
}

impl ArchiveContents {
    /// One digest over all names, contents and what the modes allow: equal digests mean the same files to Lambda, in
    /// whatever order, with whatever times and compression.
    ///
    /// It is kept with objects in S3, so its form must not change: for each file in the order of names, the SHA-256 of
    /// its content, a byte for the mode, a byte for a link, the length of the name in 8 bytes, big end first, and the
    /// name.
    pub fn digest(&self) -> Sha256 {
        let mut digest = Sha256::stream();
        for (name, facts) in &self.files {
            digest_file(&mut digest, name, facts);
        }
        digest.finish()
    }

    /// Sum of the files' sizes.
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|facts| facts.bytes).sum()
    }
}

fn digest_file(digest: &mut Sha256Stream, name: &str, facts: &FileFacts) {
    digest.update(facts.sha256.as_bytes());
    // 0o105 has its bits in the lowest byte.
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
    fn order_compression_and_bits_without_effect_make_no_other_digest() {
        let mut other = of(&[("b", "2", 0o664), ("a", "1", 0o777)]);
        for facts in other.files.values_mut() {
            facts.compressed_bytes = 9;
        }
        assert_eq!(of(&[("a", "1", 0o755), ("b", "2", 0o644)]).digest(), other.digest());
    }

    #[test]
    fn another_name_content_or_right_makes_another_digest() {
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

    /// The digest is kept with objects in S3: if this one does not hold any more, the code is wrong.
    #[test]
    fn the_digest_never_changes() {
        let digest = of(&[("a", "1", 0o644), ("bin/b", "2", 0o755)]).digest();
        assert_eq!(digest.hex(), "c250f69fcfff6819f3cde0f2838d363693b793a7192c6493ab8b3b24a1e8d966");
    }
}
