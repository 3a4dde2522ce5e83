//! The bytes of `compact-1`: only the files decide them.

use std::fs::{self, File, FileTimes};
use std::time::{Duration, SystemTime};

use md5::Digest as _;
use sls_release::model::{Artifact, Md5, Sha256};

use super::support::{Numbers, Tree, inflate, pack_all};

const MIB: usize = 1024 * 1024;

/// Returns files of every kind that the format treats differently.
pub(crate) fn corpus() -> Vec<(String, Vec<u8>)> {
    let mut numbers = Numbers::new(42);
    let mut files = vec![
        ("index.js".to_owned(), numbers.text(300_000)),
        ("empty".to_owned(), Vec::new()),
        ("one".to_owned(), b"1".to_vec()),
        ("lib/noise.bin".to_owned(), numbers.noise(100_000)),
        ("lib/chunk.js".to_owned(), numbers.text(MIB)),
        ("lib/chunk-and-one.js".to_owned(), numbers.text(MIB + 1)),
        ("lib/large.js".to_owned(), numbers.text(5 * MIB + 4321)),
        ("lib/large-noise.bin".to_owned(), numbers.noise(2 * MIB + 17)),
        ("lib/half-noise".to_owned(), [numbers.noise(MIB), vec![0; MIB], numbers.noise(999)].concat()),
        ("bin/run".to_owned(), b"#!/bin/sh\nexec node index.js\n".repeat(9)),
        ("texte/grüße.txt".to_owned(), "Grüße aus Köln\n".repeat(50).into_bytes()),
        ("データ.json".to_owned(), b"{}".to_vec()),
    ];
    files.extend((0..150).map(|place| (format!("node_modules/m{place}/index.js"), numbers.text(place * 37))));
    files
}

/// Writes the corpus in a random order, with random times and modes, by `seed`.
pub(crate) fn tree(seed: u64) -> Tree {
    let (tree, mut numbers, mut files) = (Tree::new(), Numbers::new(seed), corpus());
    for last in (1..files.len()).rev() {
        files.swap(last, usize::try_from(numbers.below(last as u64 + 1)).unwrap());
    }
    for (name, data) in &files {
        tree.write(name, data);
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(numbers.below(2_000_000_000));
        let file = File::options().append(true).open(tree.path(name)).unwrap();
        file.set_times(FileTimes::new().set_modified(time).set_accessed(time)).unwrap();
        tree.set_mode(name, mode(name, &mut numbers));
    }
    tree
}

/// Returns a random mode, as different values of umask produce them.
fn mode(name: &str, numbers: &mut Numbers) -> u32 {
    let modes = if name == "bin/run" { [0o755, 0o700, 0o777, 0o744] } else { [0o644, 0o600, 0o666, 0o655] };
    modes[usize::try_from(numbers.below(4)).unwrap()]
}

#[test]
fn the_bytes_of_the_corpus_are_those_of_the_revision() {
    let (_packer, artifact) = pack_all(tree(1).root(), 2);
    let golden = "11b6f9f1fcb0026916ef005fed4f3a723a2ff4ea26b4d23af243aea432e02a83";
    assert_eq!(artifact.sha256.hex(), golden, "other bytes need a new revision: docs/decisions/0001-compact-1.md");
}

#[test]
fn order_times_modes_and_threads_do_not_change_a_byte() {
    let (_packer, first) = pack_all(tree(1).root(), 1);
    for (seed, threads) in [(2, 2), (3, 3), (4, 16), (5, 0)] {
        let (_packer, other) = pack_all(tree(seed).root(), threads);
        assert_eq!(other.sha256, first.sha256, "seed {seed}, {threads} threads");
        assert_eq!(other.entries, first.entries);
    }
}

#[test]
fn the_artifact_has_the_digests_and_sizes_of_the_file() {
    let (_packer, artifact) = pack_all(tree(1).root(), 2);
    let archive = fs::read(&artifact.path).unwrap();
    assert!(artifact.path.ends_with("hello.zip"));
    assert_eq!(artifact.zipped_bytes, archive.len() as u64);
    assert_eq!(artifact.sha256, Sha256::of(&archive));
    assert_eq!(artifact.checksum_sha256, artifact.sha256.base64());
    assert_eq!(artifact.md5, Some(Md5::from_bytes(md5::Md5::digest(&archive).into())));
    let unzipped: usize = corpus().iter().map(|(_, data)| data.len()).sum();
    assert_eq!(artifact.unzipped_bytes, unzipped as u64);
}

#[test]
fn every_entry_inflates_to_its_file() {
    let (_packer, artifact) = pack_all(tree(1).root(), 2);
    let mut expected = corpus();
    expected.sort();
    let inflated = inflate(&artifact.path);
    assert_eq!(inflated.len(), expected.len());
    for ((name, data, mode), (file, contents)) in inflated.iter().zip(&expected) {
        assert_eq!(name, file, "sorted by the bytes of the names");
        assert!(data == contents, "{name} inflates to other bytes");
        let executable = name == "bin/run";
        assert_eq!(*mode, if executable { 0o100_755 } else { 0o100_644 }, "{name}");
    }
}

#[test]
fn files_that_do_not_shrink_are_stored() {
    let (_packer, artifact) = pack_all(tree(1).root(), 2);
    let saved = |name: &str| {
        let entry = artifact.entries.iter().find(|entry| entry.name == name).unwrap();
        entry.bytes - entry.compressed_bytes
    };
    for stored in ["empty", "one", "lib/noise.bin", "lib/large-noise.bin"] {
        assert_eq!(saved(stored), 0, "{stored}");
    }
    for deflated in ["index.js", "lib/chunk.js", "lib/chunk-and-one.js", "lib/large.js", "lib/half-noise"] {
        assert!(saved(deflated) > 0, "{deflated}");
    }
}

#[test]
fn the_archive_has_no_optional_fields() {
    let (_packer, artifact) = pack_all(tree(1).root(), 2);
    let archive = fs::read(&artifact.path).unwrap();
    assert_eq!(archive.len() as u64, expected_bytes(&artifact), "extra fields, descriptors, comments or gaps");
    let mut zip = zip::ZipArchive::new(File::open(&artifact.path).unwrap()).unwrap();
    for place in 0..zip.len() {
        let entry = zip.by_index(place).unwrap();
        let time = entry.last_modified().unwrap();
        assert_eq!((time.year(), time.month(), time.day(), time.hour(), time.second()), (1980, 1, 1, 0, 0));
        assert!(entry.is_file());
    }
}

/// Returns the size of the headers, the names, the data, and the end record.
fn expected_bytes(artifact: &Artifact) -> u64 {
    let entry = |entry: &sls_release::model::Entry| 30 + 46 + 2 * entry.name.len() as u64 + entry.compressed_bytes;
    artifact.entries.iter().map(entry).sum::<u64>() + 22
}
