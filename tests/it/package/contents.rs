//! What is in an archive, whoever made it.

use std::fs::{self, File};
use std::io::{Cursor, Write};
use std::path::Path;

use sls_release::model::{ArchiveContents, Sha256};
use sls_release::package::contents;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::support::{Numbers, Tree, inflate, pack_all};

fn read(path: &Path) -> ArchiveContents {
    contents(path, 2).unwrap()
}

fn why(path: &Path) -> String {
    contents(path, 2).unwrap_err().why
}

/// The same files by another program: in another order, with folders, stored, and with other modes.
fn zipped_elsewhere(archive: &Path, to: &Path) {
    let mut writer = ZipWriter::new(File::create(to).unwrap());
    writer.add_directory("lib", SimpleFileOptions::default()).unwrap();
    let mut files = inflate(archive);
    files.reverse();
    for (name, data, mode) in files {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        writer.start_file(name, options.unix_permissions(mode | 0o020)).unwrap();
        writer.write_all(&data).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn other_bytes_around_the_same_files_are_the_same_contents() {
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

fn zip_of(name: &str, data: &[u8]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    writer.start_file(name, options).unwrap();
    writer.write_all(data).unwrap();
    writer.finish().unwrap().into_inner()
}

/// The place behind the name in the archive's directory, where its fields are counted from.
fn directory(zip: &[u8]) -> usize {
    zip.windows(4).rposition(|bytes| bytes == b"PK\x01\x02").unwrap()
}

#[test]
fn what_cannot_be_trusted_is_refused_with_a_reason() {
    let tree = Tree::new();
    let path = tree.path("bad.zip");
    let good = zip_of("a.js", &b"0123456789".repeat(100));
    let at = directory(&good);
    let refused = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        fs::write(&path, bytes).unwrap();
        why(&path)
    };
    assert!(refused(&|bytes| bytes.truncate(100)).contains("EOCD"), "{}", why(&path));
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
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for name in ["a.js", "b.js"] {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(name.as_bytes()).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    let text: Vec<u8> = bytes.windows(4).map(|four| if four == b"b.js" { b'a' } else { four[0] }).collect();
    fs::write(tree.path("twice.zip"), [&text[..], &bytes[text.len()..]].concat()).unwrap();
    assert!(why(&tree.path("twice.zip")).contains("the same name"), "{}", why(&tree.path("twice.zip")));
}

#[test]
fn a_missing_archive_is_a_problem_that_names_it() {
    let problem = contents(Path::new("nowhere.zip"), 1).unwrap_err();
    assert!(problem.what.contains("nowhere.zip"), "{problem}");
}

/// Others cannot read what lies in it: other code to Lambda.
#[test]
fn a_folder_that_others_may_not_enter_makes_other_contents() {
    let folder = tempfile::tempdir().unwrap();
    let zip_with = |name: &str, mode: u32| {
        let path = folder.path().join(name);
        let mut writer = ZipWriter::new(File::create(&path).unwrap());
        writer.add_directory("lib/", SimpleFileOptions::default().unix_permissions(mode)).unwrap();
        writer.start_file("lib/a.js", SimpleFileOptions::default()).unwrap();
        writer.finish().unwrap();
        read(&path).digest()
    };
    assert_ne!(zip_with("shut.zip", 0o700), zip_with("open.zip", 0o755));
}
