//! The digests of a finished archive.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Digest as _;

use crate::error::Problem;
use crate::model::{Md5, PART_BYTES, Sha256};

/// What AWS and Terraform say of an archive's bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Digests {
    pub(super) sha256: Sha256,
    /// As in [`crate::model::Artifact::md5`].
    pub(super) md5: Option<Md5>,
    /// As in [`crate::model::Artifact::checksum_sha256`].
    pub(super) checksum_sha256: String,
    pub(super) bytes: u64,
}

/// The SHA-256 of the file at `path`; a file that cannot be read is a problem.
pub fn file_sha256(path: &Path) -> Result<Sha256, Problem> {
    whole_of(path).map_err(|error| {
        Problem::new(format!("failed to read the archive `{}`", path.display()))
            .why(error.to_string())
            .fix("name a zip that can be read")
    })
}

/// Reads the file at `path` twice, by two threads: whole, and as S3 gets it.
pub(super) fn digests(path: &Path) -> io::Result<Digests> {
    let bytes = File::open(path)?.metadata()?.len();
    let (whole, rest) = thread::scope(|scope| {
        let rest = scope.spawn(|| if bytes <= PART_BYTES { md5_of(path).map(Rest::Md5) } else { parts_of(path) });
        let lost = || Err(io::Error::other("a thread that computes digests ended early"));
        (whole_of(path), rest.join().unwrap_or_else(|_| lost()))
    });
    let sha256 = whole?;
    Ok(match rest? {
        Rest::Md5(md5) => Digests { sha256, md5: Some(md5), checksum_sha256: sha256.base64(), bytes },
        Rest::Parts(parts) => Digests { sha256, md5: None, checksum_sha256: of_parts(&parts), bytes },
    })
}

/// What is known beside the SHA-256 of the whole file.
enum Rest {
    /// Of one part.
    Md5(Md5),
    /// The SHA-256 of each part of several.
    Parts(Vec<Sha256>),
}

fn whole_of(path: &Path) -> io::Result<Sha256> {
    let mut digest = Sha256::stream();
    each_piece(&mut File::open(path)?, |piece| digest.update(piece))?;
    Ok(digest.finish())
}

fn parts_of(path: &Path) -> io::Result<Rest> {
    let (mut file, mut parts) = (File::open(path)?, Vec::new());
    loop {
        let mut part = Sha256::stream();
        if each_piece(&mut (&mut file).take(PART_BYTES), |piece| part.update(piece))? == 0 {
            return Ok(Rest::Parts(parts));
        }
        parts.push(part.finish());
    }
}

/// S3's checksum of a multipart upload: over the digests of the parts.
fn of_parts(parts: &[Sha256]) -> String {
    let digests: Vec<u8> = parts.iter().flat_map(|part| *part.as_bytes()).collect();
    format!("{}-{}", STANDARD.encode(Sha256::of(&digests).as_bytes()), parts.len())
}

fn md5_of(path: &Path) -> io::Result<Md5> {
    let mut md5 = md5::Md5::default();
    each_piece(&mut File::open(path)?, |piece| md5.update(piece))?;
    Ok(Md5::from_bytes(md5.finalize().into()))
}

fn each_piece(from: &mut impl Read, mut take: impl FnMut(&[u8])) -> io::Result<u64> {
    let mut buffer = vec![0; 256 * 1024];
    let mut bytes = 0;
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(bytes);
        }
        take(&buffer[..count]);
        bytes += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: usize) -> Digests {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), vec![b'x'; bytes]).unwrap();
        digests(file.path()).unwrap()
    }

    #[test]
    fn up_to_one_part_the_checksum_is_the_digest() {
        let digests = of(3);
        assert_eq!(digests.md5.unwrap().hex(), "f561aaf6ef0bf14d4208bb46a4ccb3ad");
        assert_eq!(digests.sha256, Sha256::of(b"xxx"));
        assert_eq!(digests.checksum_sha256, digests.sha256.base64());
        let part = usize::try_from(PART_BYTES).unwrap();
        assert_eq!(of(part).checksum_sha256, of(part).sha256.base64());
    }

    #[test]
    fn above_one_part_the_checksum_is_over_the_parts() {
        let part = usize::try_from(PART_BYTES).unwrap();
        let digests = of(part + 1);
        let parts = [*Sha256::of(&vec![b'x'; part]).as_bytes(), *Sha256::of(b"x").as_bytes()].concat();
        assert_eq!(digests.checksum_sha256, format!("{}-2", Sha256::of(&parts).base64()));
        assert_eq!((digests.bytes, digests.md5), (PART_BYTES + 1, None));
        assert_eq!(digests.sha256, Sha256::of(&vec![b'x'; part + 1]));
    }
}
