//! The cache of compressed data does not change the bytes of an archive.

use std::fs;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_128;

use super::support::{Numbers, Packer, Tree, all_of};

const MIB: usize = 1024 * 1024;

fn tree() -> Tree {
    let (tree, mut numbers) = (Tree::new(), Numbers::new(7));
    tree.write("large.js", &numbers.text(3 * MIB + 5));
    tree.write("large.bin", &numbers.noise(MIB + 5));
    tree.write("noise.bin", &numbers.noise(9_000));
    tree.write("tiny.js", b"1");
    for place in 0..40 {
        tree.write(&format!("lib/{place}.js"), &numbers.text(place * 500));
    }
    tree
}

/// Returns the archive's bytes, packed with this cache or without one.
fn packed(tree: &Tree, cache: Option<&Path>) -> Vec<u8> {
    let packer = Packer { cache: cache.map(Path::to_owned), ..Packer::new() };
    let artifact = packer.pack(all_of(tree.root())).unwrap();
    fs::read(artifact.path).unwrap()
}

fn segments(cache: &Path) -> Vec<PathBuf> {
    let revision = fs::read_dir(cache).unwrap().next().unwrap().unwrap().path();
    let mut paths: Vec<PathBuf> = fs::read_dir(revision).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn the_bytes_are_the_same_with_a_cold_warm_damaged_or_no_cache() {
    let (tree, cache) = (tree(), tempfile::tempdir().unwrap());
    let expected = packed(&tree, None);
    assert_eq!(packed(&tree, Some(cache.path())), expected, "cold");
    let first = segments(cache.path());
    assert_eq!(first.len(), 1);
    assert_eq!(packed(&tree, Some(cache.path())), expected, "warm");
    assert_eq!(segments(cache.path()), first, "nothing was compressed anew");
    let mut bytes = fs::read(&first[0]).unwrap();
    for place in (0..bytes.len()).step_by(1_000) {
        bytes[place] ^= 1;
    }
    fs::write(&first[0], bytes).unwrap();
    assert_eq!(packed(&tree, Some(cache.path())), expected, "damaged");
    fs::remove_dir_all(cache.path()).unwrap();
    assert_eq!(packed(&tree, Some(cache.path())), expected, "deleted");
}

#[test]
fn only_the_changed_file_is_compressed_again() {
    let (tree, cache) = (tree(), tempfile::tempdir().unwrap());
    packed(&tree, Some(cache.path()));
    let first = fs::metadata(&segments(cache.path())[0]).unwrap().len();
    tree.write("lib/7.js", &Numbers::new(8).text(4_000));
    assert_eq!(packed(&tree, Some(cache.path())), packed(&tree, None));
    let sizes: Vec<u64> = segments(cache.path()).iter().map(|path| fs::metadata(path).unwrap().len()).collect();
    assert_eq!(sizes.len(), 2);
    assert!(sizes.iter().min().unwrap() * 50 < first, "{sizes:?}");
}

/// An attacker who can write a segment can write its digests too. Only inflating finds that.
#[test]
fn a_planted_record_is_never_packed() {
    let (tree, cache) = (Tree::new(), tempfile::tempdir().unwrap());
    let (own, foreign) = (Numbers::new(1).text(50_000), Numbers::new(2).text(50_000));
    tree.write("app.js", &foreign);
    packed(&tree, Some(cache.path()));
    tree.write("app.js", &own);
    let path = segments(cache.path()).remove(0);
    let bytes = fs::read(&path).unwrap();
    let end = bytes.len() - 32;
    let index_at = usize::try_from(u64::from_le_bytes(bytes[end..end + 8].try_into().unwrap())).unwrap();
    let mut planted = bytes.clone();
    planted[index_at..index_at + 16].copy_from_slice(&xxh3_128(&own).to_le_bytes());
    planted[index_at + 16..index_at + 24].copy_from_slice(&(own.len() as u64).to_le_bytes());
    let hash = xxh3_128(&planted[index_at..end]);
    planted[end + 8..end + 24].copy_from_slice(&hash.to_le_bytes());
    fs::write(&path, planted).unwrap();
    assert_eq!(packed(&tree, Some(cache.path())), packed(&tree, None));
    assert_eq!(segments(cache.path()).len(), 2, "it was compressed anew");
}
