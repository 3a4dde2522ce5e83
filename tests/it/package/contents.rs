//! Reading the contents of any archive.

use std::fs;
use std::path::Path;

use sls_release::model::{ArchiveContents, Sha256};
use sls_release::package::contents;
use zip::CompressionMethod;

use super::support::{Numbers, Tree, inflate, pack_all};
use crate::support::zip_of;

fn read(path: &Path) -> ArchiveContents {
    contents(path, 2).unwrap()
}

fn why(path: &Path) -> String {
    contents(path, 2).unwrap_err().why
}

/// Writes the same files differently: in another order, with folders, stored, and with other modes.
fn zipped_elsewhere(archive: &Path, to: &Path) {
    let mut files = inflate(archive);
    files.reverse();
    let files = files.iter().map(|(name, data, mode)| (name.as_str(), data.as_slice(), mode | 0o020));
    let all = std::iter::once(("lib/", &[][..], 0o755)).chain(files);
    fs::write(to, zip_of(CompressionMethod::Stored, all)).unwrap();
}

#[test]
fn the_same_files_in_another_archive_are_the_same_contents() {
    let tree = Tree::of(&["a.py", "lib/b.py", "lib/deep/c.py"]);
    // Large enough for several threads.
    tree.write("data.bin", &Numbers::new(7).noise(9 * 1024 * 1024));
    let (packer, artifact) = pack_all(tree.root(), 2);
    let other = packer.out.path().join("other.zip");
    zipped_elsewhere(&artifact.path, &other);
    let (ours, theirs) = (read(&artifact.path), read(&other));
    assert_ne!(fs::read(&artifact.path).unwrap(), fs::read(&other).unwrap());
    assert_eq!(ours.digest(), theirs.digest());
    assert_eq!(ours.order, ["a.py", "data.bin", "lib/b.py", "lib/deep/c.py"]);
    assert_eq!(theirs.order, ["lib/deep/c.py", "lib/b.py", "data.bin", "a.py"]);
    assert_eq!((ours.files["a.py"].mode, theirs.files["a.py"].mode), (0o644, 0o664));
    assert_eq!(ours.files["lib/b.py"].sha256, Sha256::of(b"lib/b.py"));
    assert_eq!(contents(&other, 1).unwrap(), theirs, "on one thread as on two");
}

/// Returns the offset of the first central header.
fn directory(zip: &[u8]) -> usize {
    zip.windows(4).rposition(|bytes| bytes == b"PK\x01\x02").unwrap()
}

#[test]
fn invalid_archives_are_refused_with_a_reason() {
    let tree = Tree::new();
    let path = tree.path("bad.zip");
    let good = zip_of(CompressionMethod::Stored, [("a.js", &*b"0123456789".repeat(100), 0o644)]);
    let at = directory(&good);
    let refused = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        fs::write(&path, bytes).unwrap();
        why(&path)
    };
    assert!(refused(&|bytes| bytes.truncate(100)).contains("its end is missing"), "{}", why(&path));
    assert!(refused(&|bytes| bytes[60] ^= 0x55).contains("`a.js`"), "another byte: {}", why(&path));
    assert!(refused(&|bytes| bytes[at + 8] |= 1).contains("encrypted"), "{}", why(&path));
    let huge = |bytes: &mut Vec<u8>| bytes[at + 24..at + 28].copy_from_slice(&(300u32 << 20).to_le_bytes());
    assert!(refused(&huge).contains("314572800"), "a bomb is not inflated: {}", why(&path));
    let small = |bytes: &mut Vec<u8>| bytes[at + 24..at + 28].copy_from_slice(&10u32.to_le_bytes());
    assert!(refused(&small).contains("`a.js`"), "more than it declares: {}", why(&path));
}

#[test]
fn two_entries_of_one_name_are_refused() {
    let tree = Tree::new();
    let files = ["a.js", "b.js"].map(|name| (name, name.as_bytes(), 0o644));
    let bytes = zip_of(CompressionMethod::Deflated, files);
    let text: Vec<u8> = bytes.windows(4).map(|four| if four == b"b.js" { b'a' } else { four[0] }).collect();
    fs::write(tree.path("twice.zip"), [&text[..], &bytes[text.len()..]].concat()).unwrap();
    assert!(why(&tree.path("twice.zip")).contains("the same name"), "{}", why(&tree.path("twice.zip")));
}

#[test]
fn a_missing_archive_is_a_problem_that_names_it() {
    let problem = contents(Path::new("nowhere.zip"), 1).unwrap_err();
    assert!(problem.what.contains("nowhere.zip"), "{problem}");
}

/// Lambda cannot read the files in the folder, so it is different code.
#[test]
fn a_folder_that_others_may_not_enter_changes_the_digest() {
    let folder = tempfile::tempdir().unwrap();
    let zip_with = |name: &str, mode: u32| {
        let path = folder.path().join(name);
        let files: [(&str, &[u8], u32); 2] = [("lib/", b"", mode), ("lib/a.js", b"", 0o644)];
        fs::write(&path, zip_of(CompressionMethod::Deflated, files)).unwrap();
        read(&path).digest()
    };
    assert_ne!(zip_with("shut.zip", 0o700), zip_with("open.zip", 0o755));
}
