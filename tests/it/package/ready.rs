//! A source that is a zip already.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use sls_release::error::Kind;
use sls_release::model::{Event, Listener, Sha256};
use zip::write::SimpleFileOptions;

use super::support::{Packer, Tree, names, settings};

fn write_zip(path: &Path, files: &[(&str, &[u8])]) {
    let mut writer = zip::ZipWriter::new(File::create(path).unwrap());
    writer.add_directory("folder", SimpleFileOptions::default()).unwrap();
    for (name, data) in files {
        writer.start_file(*name, SimpleFileOptions::default().unix_permissions(0o755)).unwrap();
        writer.write_all(data).unwrap();
    }
    writer.finish().unwrap();
}

#[derive(Default)]
struct Warnings(Mutex<Vec<String>>);

impl Listener for Warnings {
    fn hear(&self, event: Event) {
        if let Event::Warning(text) = event {
            self.0.lock().unwrap().push(text);
        }
    }
}

#[test]
fn it_is_shipped_as_it_is() {
    let (tree, packer, warnings) = (Tree::new(), Packer::new(), Warnings::default());
    let path = tree.path("code.ZIP");
    write_zip(&path, &[("z.js", &vec![b'z'; 3_000_000]), ("a.js", b"a")]);
    let settings = settings(&path, &["**"], &[]);
    let artifact = packer.pack_with(settings, packer.out.path(), &|| false, &warnings).unwrap();
    assert_eq!(artifact.sha256, Sha256::of(&fs::read(&path).unwrap()));
    assert_eq!(fs::read(&artifact.path).unwrap(), fs::read(&path).unwrap());
    assert_eq!(names(&artifact), ["z.js", "a.js"], "in the archive's own order");
    assert_eq!((artifact.unzipped_bytes, artifact.entries[0].mode), (3_000_001, 0o755));
    let warnings = warnings.0.into_inner().unwrap();
    assert!(warnings.len() == 1 && warnings[0].contains("do nothing"), "{warnings:?}");
}

#[test]
fn a_copy_does_not_follow_later_writes_to_its_source() {
    let (tree, packer) = (Tree::new(), Packer::new());
    let path = tree.path("code.zip");
    write_zip(&path, &[("a.js", b"a")]);
    let artifact = packer.pack(settings(&path, &["**"], &[])).unwrap();
    fs::write(&path, b"another").unwrap();
    assert_eq!(Sha256::of(&fs::read(&artifact.path).unwrap()), artifact.sha256);
}

#[test]
fn what_is_no_usable_zip_is_refused() {
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
        let failure = packer.pack(settings(&tree.path(name), &["**"], &[])).unwrap_err();
        assert_eq!(failure.kind, Kind::Usage);
        assert!(failure.to_string().contains(name), "{failure}");
        assert!(failure.problems[0].why.contains(why), "{failure}");
        assert_eq!(fs::read_dir(packer.out.path()).unwrap().count(), 0, "{name}");
    }
}
