//! Computes the digests of a finished archive.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::thread;

use md5::Digest as _;

use crate::error::{Problem, without_path};
use crate::model::{Md5, PART_BYTES, Sha256};

/// An archive's digests as AWS and Terraform compute them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Digests {
    pub(super) sha256: Sha256,
    /// As in [`crate::model::Artifact::md5`].
    pub(super) md5: Option<Md5>,
    /// As in [`crate::model::Artifact::checksum_sha256`].
    pub(super) checksum_sha256: String,
    pub(super) bytes: u64,
}

/// Returns the SHA-256 of the file at `path`, or a problem if it cannot be read.
pub(crate) fn file_sha256(path: &Path) -> Result<Sha256, Problem> {
    sha256_of(path).map_err(|error| unreadable_archive(path, &error))
}

/// Reports an archive that the user names but that cannot be read.
pub(crate) fn unreadable_archive(path: &Path, error: &io::Error) -> Problem {
    Problem::new(format!("failed to read the archive `{}`", path.display()))
        .why(without_path(error))
        .fix("name a zip that can be read")
}

/// Computes all digests. Two threads read the file at `path`: one for the SHA-256, one for the upload's digests.
pub(super) fn digests(path: &Path) -> io::Result<Digests> {
    let bytes = File::open(path)?.metadata()?.len();
    let (sha256, upload) = thread::scope(|scope| {
        let upload = scope.spawn(|| {
            let is_one_part = bytes <= PART_BYTES;
            if is_one_part { Ok((Some(md5_of(path)?), None)) } else { Ok((None, Some(checksum_of_parts(path)?))) }
        });
        let lost = || Err(io::Error::other("a thread that computes digests ended early"));
        (sha256_of(path), upload.join().unwrap_or_else(|_| lost()))
    });
    let (sha256, (md5, of_parts)) = (sha256?, upload?);
    Ok(Digests { sha256, md5, checksum_sha256: of_parts.unwrap_or_else(|| sha256.base64()), bytes })
}

fn sha256_of(path: &Path) -> io::Result<Sha256> {
    let mut digest = Sha256::stream();
    each_piece(&mut File::open(path)?, |piece| digest.update(piece))?;
    Ok(digest.finish())
}

/// Returns S3's checksum of a multipart upload: a digest over the digests of the parts.
fn checksum_of_parts(path: &Path) -> io::Result<String> {
    let (mut file, mut digests, mut parts) = (File::open(path)?, Sha256::stream(), 0);
    loop {
        let mut part = Sha256::stream();
        if each_piece(&mut (&mut file).take(PART_BYTES), |piece| part.update(piece))? == 0 {
            return Ok(format!("{}-{parts}", digests.finish().base64()));
        }
        digests.update(part.finish().as_bytes());
        parts += 1;
    }
}

fn md5_of(path: &Path) -> io::Result<Md5> {
    let mut md5 = md5::Md5::default();
    each_piece(&mut File::open(path)?, |piece| md5.update(piece))?;
    Ok(Md5::from_bytes(md5.finalize().into()))
}

/// Reads to the end, piece by piece, and returns how many bytes there were.
pub(super) fn each_piece(from: &mut impl Read, mut take: impl FnMut(&[u8])) -> io::Result<u64> {
    let mut buffer = vec![0; 64 * 1024];
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
