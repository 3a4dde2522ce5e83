//! A source that is a ready zip.

use std::fs;
use std::path::Path;

use sls_release::error::Kind;
use sls_release::model::Sha256;
use zip::CompressionMethod;

use super::support::{Packer, Tree, Warnings, all_of, names};
use crate::support::{Project, zip_of};

fn write_zip(path: &Path, files: &[(&str, &[u8])]) {
    let files = files.iter().map(|(name, data)| (*name, *data, 0o755));
    let all = std::iter::once(("folder/", &[][..], 0o755)).chain(files);
    fs::write(path, zip_of(CompressionMethod::Deflated, all)).unwrap();
}

#[test]
fn a_ready_zip_is_copied_without_changes() {
    let (tree, packer, warnings) = (Tree::new(), Packer::new(), Warnings::default());
    let path = tree.path("code.ZIP");
    write_zip(&path, &[("z.js", &vec![b'z'; 3_000_000]), ("a.js", b"a")]);
    let artifact = packer.pack_with(all_of(&path), packer.out.path(), &|| false, &warnings).unwrap();
    assert_eq!(artifact.sha256, Sha256::of(&fs::read(&path).unwrap()));
    assert_eq!(fs::read(&artifact.path).unwrap(), fs::read(&path).unwrap());
    assert_eq!(names(&artifact), ["z.js", "a.js"], "in the archive's own order");
    assert_eq!((artifact.unzipped_bytes, artifact.entries[0].mode), (3_000_001, 0o755));
    let warnings = warnings.0.into_inner().unwrap();
    assert!(warnings.len() == 1 && warnings[0].contains("have no effect"), "{warnings:?}");
}

#[test]
fn a_copy_does_not_follow_later_writes_to_its_source() {
    let (tree, packer) = (Tree::new(), Packer::new());
    let path = tree.path("code.zip");
    write_zip(&path, &[("a.js", b"a")]);
    let artifact = packer.pack(all_of(&path)).unwrap();
    fs::write(&path, b"another").unwrap();
    assert_eq!(Sha256::of(&fs::read(&artifact.path).unwrap()), artifact.sha256);
}

/// A file with one entry, `a.js`: the local header comes first, then its data, then the central directory.
fn one_entry(method: CompressionMethod) -> Vec<u8> {
    zip_of(method, [("a.js", &b"0123456789".repeat(50)[..], 0o755)])
}

/// Where the central directory's header of the only entry begins.
fn central(zip: &[u8]) -> usize {
    zip.windows(4).rposition(|bytes| bytes == b"PK\x01\x02").unwrap()
}

/// Each of them reads otherwise in one program than in another, or not at all.
#[test]
fn hostile_zips_are_refused_always() {
    let deflated = || one_entry(CompressionMethod::Deflated);
    let with = |mut zip: Vec<u8>, at: usize, bytes: &[u8]| {
        zip[at..at + bytes.len()].copy_from_slice(bytes);
        zip
    };
    let (zip, at) = (deflated(), central(&deflated()));
    let both = |local: usize, field: usize, bytes: &[u8]| with(with(deflated(), local, bytes), at + field, bytes);
    let data = 30 + "a.js".len();
    let cases = [
        ("crc", both(14, 16, &[1, 2, 3, 4])),
        ("crc-of-the-directory", with(deflated(), at + 16, &[1, 2, 3, 4])),
        ("data", with(deflated(), data, &[0xff; 6])),
        ("size-too-small", both(22, 24, &10_u32.to_le_bytes())),
        ("size-too-large", both(22, 24, &9_999_u32.to_le_bytes())),
        ("size-of-the-local-header", with(deflated(), 22, &9_999_u32.to_le_bytes())),
        ("method-of-bzip2", both(8, 10, &12_u16.to_le_bytes())),
        ("method-unknown", both(8, 10, &77_u16.to_le_bytes())),
        ("method-of-the-local-header", with(deflated(), 8, &0_u16.to_le_bytes())),
        ("name-of-the-local-header", with(deflated(), 30, b"b.js")),
        ("compressed-size-too-small", both(18, 20, &(compressed(&zip) - 1).to_le_bytes())),
        ("compressed-size-too-large", both(18, 20, &(compressed(&zip) + 40).to_le_bytes())),
        ("two-of-one-name", two_of_one_name()),
        ("encrypted", both(6, 8, &1_u16.to_le_bytes())),
        ("cut", zip[..zip.len() - 8].to_vec()),
        ("stored-with-another-crc", {
            let stored = one_entry(CompressionMethod::Stored);
            with(stored.clone(), stored.windows(3).position(|bytes| bytes == b"012").unwrap(), b"9")
        }),
    ];
    let tree = Tree::new();
    for (name, zip) in cases {
        let path = tree.path(&format!("{name}.zip"));
        fs::write(&path, zip).unwrap();
        let packer = Packer::new();
        let result = packer.pack(all_of(&path));
        let failure = result.err().unwrap_or_else(|| panic!("{name} was accepted"));
        assert_eq!(failure.kind, Kind::Usage, "{name}");
        assert_eq!(fs::read_dir(packer.out.path()).unwrap().count(), 0, "{name}");
    }
}

/// The size of the only entry's data, as its local header says it.
fn compressed(zip: &[u8]) -> u32 {
    u32::from_le_bytes(zip[18..22].try_into().unwrap())
}

/// Two entries `a.js` with different contents: which one a program takes is its own choice.
fn two_of_one_name() -> Vec<u8> {
    let mut zip = zip_of(CompressionMethod::Stored, [("a.js", &b"one"[..], 0o644), ("b.js", &b"two"[..], 0o644)]);
    let names: Vec<_> = zip.windows(4).enumerate().filter(|(_, name)| name == b"b.js").map(|(at, _)| at).collect();
    assert_eq!(names.len(), 2, "in both headers");
    for at in names {
        zip[at] = b'a';
    }
    zip
}

/// As a user meets them.
#[test]
fn package_refuses_zips_that_programs_read_differently() {
    let deflated = one_entry(CompressionMethod::Deflated);
    let at = central(&deflated);
    let lying = |size: u32| {
        let mut zip = deflated.clone();
        zip[18..22].copy_from_slice(&size.to_le_bytes());
        zip[at + 20..at + 24].copy_from_slice(&size.to_le_bytes());
        zip
    };
    let size = compressed(&deflated);
    for (zip, why) in
        [(two_of_one_name(), "two entries have the same name"), (lying(size - 1), "a.js"), (lying(size + 40), "")]
    {
        let project = Project::with_settings("[functions.hello]\nsource = \"code.zip\"\n");
        project.write("code.zip", zip);
        let run = project.run(&["package", "--stage", "dev"]).exits(2);
        assert!(run.stderr.contains("is not a usable zip archive") && run.stderr.contains(why), "{run:?}");
        assert!(!project.folder().join("target/sls-release/hello.zip").exists());
    }
}

/// What other programs write: sizes behind the data, and links.
#[test]
fn what_other_programs_write_is_taken() {
    let tree = Tree::new();
    let script = "import sys, zipfile\n\
                  class Stream:\n    def __init__(self, path): self.file = open(path, 'wb')\n    \
                  def write(self, data): return self.file.write(data)\n    def flush(self): self.file.flush()\n\
                  with zipfile.ZipFile(Stream(sys.argv[1]), 'w', zipfile.ZIP_DEFLATED) as out:\n    \
                  out.writestr('a.js', 'a' * 5000)\n    link = zipfile.ZipInfo('b.js')\n    \
                  link.create_system, link.external_attr = 3, 0o120777 << 16\n    out.writestr(link, 'a.js')\n";
    let path = tree.path("stream.zip");
    let status = std::process::Command::new("python3").args(["-c", script]).arg(&path).status().unwrap();
    assert!(status.success());
    let artifact = Packer::new().pack(all_of(&path)).unwrap();
    assert_eq!(names(&artifact), ["a.js", "b.js"]);
}

#[test]
fn unusable_zips_are_refused() {
    let tree = Tree::new();
    tree.write("text.zip", b"no zip at all");
    write_zip(&tree.path("empty.zip"), &[]);
    write_zip(&tree.path("broken.zip"), &[("a.js", &b"0123456789".repeat(50))]);
    let mut broken = fs::read(tree.path("broken.zip")).unwrap();
    let data = broken.windows(4).position(|bytes| bytes == b"a.js").unwrap() + 4;
    broken[data + 5] ^= 0x55;
    fs::write(tree.path("broken.zip"), broken).unwrap();
    for (name, why) in [("text.zip", ""), ("empty.zip", "no file"), ("broken.zip", "a.js")] {
        let packer = Packer::new();
        let failure = packer.pack(all_of(&tree.path(name))).unwrap_err();
        assert_eq!(failure.kind, Kind::Usage);
        assert!(failure.to_string().contains(name), "{failure}");
        assert!(failure.problems[0].why.contains(why), "{failure}");
        assert_eq!(fs::read_dir(packer.out.path()).unwrap().count(), 0, "{name}");
    }
}
