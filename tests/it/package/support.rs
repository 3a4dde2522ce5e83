//! Creates folders to pack, and packs them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use sls_release::error::{Failure, Location};
use sls_release::model::{
    ArchiveFormat, Artifact, CodeSource, Event, FunctionKey, FunctionName, FunctionSettings, Listener, Silent, Source,
    Sourced,
};
use sls_release::package::{Options, build};
use tempfile::TempDir;

pub(crate) use super::numbers::Numbers;
use crate::support::write;

/// Returns the seed of random data. `SLS_RELEASE_TEST_SEED` repeats a run.
pub(crate) fn seed() -> u64 {
    match std::env::var("SLS_RELEASE_TEST_SEED") {
        Ok(seed) => seed.parse().expect("SLS_RELEASE_TEST_SEED is a number"),
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs(),
    }
}

/// A temporary folder.
pub(crate) struct Tree {
    folder: TempDir,
}

impl Tree {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Creates a tree of small files.
    pub(crate) fn of(names: &[&str]) -> Self {
        let tree = Self::new();
        for name in names {
            tree.write(name, name.as_bytes());
        }
        tree
    }

    /// Creates a tree of small files with these links: name and target.
    pub(crate) fn linked(names: &[&str], links: &[(&str, &str)]) -> Self {
        let tree = Self::of(names);
        for (name, target) in links {
            tree.link(name, target);
        }
        tree
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub(crate) fn write(&self, name: &str, data: &[u8]) {
        write(&self.path(name), data);
    }

    pub(crate) fn set_mode(&self, name: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    pub(crate) fn link(&self, name: &str, target: impl AsRef<Path>) {
        std::os::unix::fs::symlink(target, self.path(name)).unwrap();
    }
}

/// Returns a line of an imaginary settings file.
pub(crate) fn line(line: usize) -> Location {
    Location { file: "sls-release.toml".into(), line, column: 1 }
}

fn at_line<T>(value: T, number: usize) -> Sourced<T> {
    Sourced { value, source: Source::File(line(number)) }
}

/// Returns settings with the source in line 1, include patterns from line 10 on, and exclude patterns from line 20 on.
pub(crate) fn settings(source: &Path, include: &[&str], exclude: &[&str]) -> FunctionSettings {
    let globs = |globs: &[&str], first: usize| {
        globs.iter().zip(first..).map(|(glob, line)| at_line((*glob).to_owned(), line)).collect()
    };
    FunctionSettings {
        source: at_line(CodeSource::Path(source.to_owned()), 1),
        include: globs(include, 10),
        exclude: globs(exclude, 20),
        follow_links_within: None,
        archive: ArchiveFormat::Compact,
        key: None,
        name: Sourced::default_of(FunctionName::new("hello-dev")),
        alias: None,
        latest_on_purpose: false,
    }
}

/// Packs a function named `hello`.
pub(crate) struct Packer {
    pub(crate) out: TempDir,
    pub(crate) threads: usize,
    pub(crate) keep_out: Vec<PathBuf>,
    pub(crate) cache: Option<PathBuf>,
}

impl Packer {
    pub(crate) fn new() -> Self {
        Self { out: tempfile::tempdir().unwrap(), threads: 2, keep_out: Vec::new(), cache: None }
    }

    pub(crate) fn pack_with(
        &self,
        settings: FunctionSettings,
        out_dir: &Path,
        cancelled: &(dyn Fn() -> bool + Sync),
        listener: &dyn Listener,
    ) -> Result<Artifact, Failure> {
        let key = FunctionKey::new("hello");
        let functions = BTreeMap::from([(key.clone(), settings)]);
        let (threads, cache) = (self.threads, self.cache.as_deref());
        let options = Options { out_dir, verify: true, threads, cache, keep_out: &self.keep_out };
        build(&functions, &options, cancelled, listener).map(|mut artifacts| artifacts.remove(&key).unwrap())
    }

    /// Packs into this folder.
    pub(crate) fn pack_to(&self, settings: FunctionSettings, out_dir: &Path) -> Result<Artifact, Failure> {
        self.pack_with(settings, out_dir, &|| false, &Silent)
    }

    pub(crate) fn pack(&self, settings: FunctionSettings) -> Result<Artifact, Failure> {
        self.pack_to(settings, self.out.path())
    }
}

/// Returns settings with a whole folder or file as the source.
pub(crate) fn all_of(source: &Path) -> FunctionSettings {
    settings(source, &["**"], &[])
}

/// Packs a complete folder, on this number of threads.
pub(crate) fn pack_all(source: &Path, threads: usize) -> (Packer, Artifact) {
    let packer = Packer { threads, ..Packer::new() };
    let artifact = packer.pack(all_of(source)).unwrap();
    (packer, artifact)
}

pub(crate) fn names(artifact: &Artifact) -> Vec<String> {
    artifact.entries.iter().map(|entry| entry.name.clone()).collect()
}

/// The warnings of a run.
#[derive(Default)]
pub(crate) struct Warnings(pub(crate) Mutex<Vec<String>>);

impl Listener for Warnings {
    fn hear(&self, event: Event) {
        if let Event::Warning(text) = event {
            self.0.lock().unwrap().push(text);
        }
    }
}

/// Returns name, data and mode of each entry, read by crate `zip`.
pub(crate) fn inflate(path: &Path) -> Vec<(String, Vec<u8>, u32)> {
    let mut archive = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let count = archive.len();
    let mut entry = |place| {
        let mut entry = archive.by_index(place).unwrap();
        let mut data = Vec::new();
        entry.read_to_end(&mut data).unwrap();
        (entry.name().unwrap().into_owned(), data, entry.unix_mode().unwrap_or_default())
    };
    (0..count).map(&mut entry).collect()
}
