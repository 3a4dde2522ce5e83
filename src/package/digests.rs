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
    pub(super) md5: Md5,
    /// As in [`crate::model::Artifact::checksum_sha256`].
    pub(super) checksum_sha256: String,
    pub(super) bytes: u64,
}

/// The SHA-256 of the file at `path`; a file that cannot be read is a problem.
pub fn file_sha256(path: &Path) -> Result<Sha256, Problem> {
    let mut digest = Sha256::stream();
    let read = File::open(path).and_then(|mut file| each_piece(&mut file, |piece| digest.update(piece)));
    match read {
        Ok(_) => Ok(digest.finish()),
        Err(error) => Err(Problem::new(format!("failed to read the archive `{}`", path.display()))
            .why(error.to_string())
            .fix("name a zip that can be read")),
    }
}

/// Reads the file at `path` once for each kind of digest, both at once.
pub(super) fn digests(path: &Path) -> io::Result<Digests> {
    let (shas, md5) = thread::scope(|scope| {
        let md5 = scope.spawn(|| md5_of(path));
        let shas = shas_of(path);
        let lost = || Err(io::Error::other("the thread that computes the MD5 ended early"));
        (shas, md5.join().unwrap_or_else(|_| lost()))
    });
    let Shas { whole, parts, bytes } = shas?;
    let checksum_sha256 = if bytes <= PART_BYTES { whole.base64() } else { of_parts(&parts) };
    Ok(Digests { sha256: whole, md5: md5?, checksum_sha256, bytes })
}

struct Shas {
    whole: Sha256,
    parts: Vec<Sha256>,
    bytes: u64,
}

fn shas_of(path: &Path) -> io::Result<Shas> {
    let (mut whole, mut parts, mut bytes) = (sha2::Sha256::default(), Vec::new(), 0);
    let mut file = File::open(path)?;
    loop {
        let mut part = sha2::Sha256::default();
        let count = each_piece(&mut (&mut file).take(PART_BYTES), |piece| {
            whole.update(piece);
            part.update(piece);
        })?;
        if count == 0 {
            return Ok(Shas { whole: Sha256::from_bytes(whole.finalize().into()), parts, bytes });
        }
        parts.push(Sha256::from_bytes(part.finalize().into()));
        bytes += count;
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
        assert_eq!(digests.md5.hex(), "f561aaf6ef0bf14d4208bb46a4ccb3ad");
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
        assert_eq!(digests.bytes, PART_BYTES + 1);
        assert_eq!(digests.sha256, Sha256::of(&vec![b'x'; part + 1]));
    }
}
