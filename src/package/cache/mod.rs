//! Remembers compressed data, so that repacking after a small change compresses only what changed.
//!
//! What is remembered lies in segments: files that are written once, under a folder that anybody may delete at any
//! time. A segment that is damaged, or of another version, is as good as none. Nothing in a segment is used unless its
//! hash is right; and since whoever can write a segment can write its hashes too, those who use it prove that it
//! inflates to their data. So the hashes need not withstand an attacker, and are XXH3's, which cost nothing beside the
//! reading. No failure of the cache is a failure of packing: it is only slower.

mod segment;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;
use tracing::debug;
use xxhash_rust::xxh3::xxh3_128;

use self::segment::{Segment, SegmentWriter};

/// Less data than this is compressed about as fast as it is looked up.
const WORTHWHILE_BYTES: usize = 512;
/// All segments of a cache together; the least recently used go first.
const MAX_BYTES: u64 = 512 * 1024 * 1024;
/// Each packing that compresses anything adds a segment.
const MAX_SEGMENTS: usize = 64;
const EXTENSION: &str = "segment";
/// A segment in the making.
const WRITING: &str = ".writing-";
/// Nobody writes that long.
const ABANDONED: Duration = Duration::from_hours(24);

/// Names data before it was compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// XXH3 of the data, 128 bits.
    hash: u128,
    /// How many bytes the data has.
    bytes: u64,
    /// What was made of it, where one format makes several things of the same data.
    kind: u8,
}

impl Key {
    pub(super) fn of(data: &[u8], kind: u8) -> Self {
        Self { hash: xxh3_128(data), bytes: data.len() as u64, kind }
    }
}

/// What became of the data; `None`: compressing makes it no smaller.
pub(super) type Compressed = Option<Vec<u8>>;

/// The cache of one archive format.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
    segments: Vec<Segment>,
    /// Where each is: the segment's place, then the record's.
    known: BTreeMap<Key, (usize, usize)>,
    new: Mutex<New>,
}

#[derive(Debug)]
enum New {
    Nothing,
    Segment(SegmentWriter<NamedTempFile>),
    Failed,
}

impl Cache {
    /// Opens the cache of `revision` below `folder`. A revision's bytes never change.
    pub(super) fn open(folder: &Path, revision: &str) -> Self {
        let folder = folder.join(revision);
        let segments: Vec<Segment> = paths(&folder).iter().filter_map(|(path, ..)| open(path)).collect();
        // The newest come last, and win.
        let places = segments.iter().enumerate().rev().flat_map(|(segment, opened)| {
            opened.records.iter().enumerate().map(move |(record, known)| (known.key, (segment, record)))
        });
        Self { known: places.collect(), segments, folder, new: Mutex::new(New::Nothing) }
    }

    /// What became of this data last time.
    pub(super) fn get(&self, key: &Key) -> Option<Compressed> {
        let &(segment, record) = self.known.get(key)?;
        match self.segments[segment].read(record) {
            Ok(compressed) => Some(compressed),
            Err(error) => {
                debug!(%error, "a record of the cache is not used");
                None
            }
        }
    }

    /// Remembers what became of the data.
    pub(super) fn put(&self, key: Key, compressed: &Compressed) {
        let mut new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = new.add(&self.folder, key, compressed) {
            debug!(%error, "nothing more is written to the cache");
            *new = New::Failed;
        }
    }

    /// Keeps what is new, and deletes what was not used for the longest time where the cache is too large.
    pub(super) fn close(self) {
        let kept = self.segments.iter().filter(|segment| segment.was_used()).try_for_each(Segment::touch);
        let new = self.new.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = kept.and(new.keep(&self.folder)).and(shrink(&self.folder)) {
            debug!(%error, "the cache is not kept as it should be");
        }
    }
}

/// Whether data of this size is looked up at all.
pub(super) fn is_worthwhile(data: &[u8]) -> bool {
    data.len() >= WORTHWHILE_BYTES
}

impl New {
    fn add(&mut self, folder: &Path, key: Key, compressed: &Compressed) -> io::Result<()> {
        if matches!(self, New::Nothing) {
            fs::create_dir_all(folder)?;
            let file = tempfile::Builder::new().prefix(WRITING).tempfile_in(folder)?;
            *self = New::Segment(SegmentWriter::new(file));
        }
        match self {
            New::Segment(writer) => writer.add(key, compressed),
            New::Nothing | New::Failed => Ok(()),
        }
    }

    /// The name is new, so that nobody's segment is replaced.
    fn keep(self, folder: &Path) -> io::Result<()> {
        let New::Segment(writer) = self else { return Ok(()) };
        let (hash, file) = writer.finish()?;
        file.persist(folder.join(format!("{hash:032x}.{EXTENSION}"))).map_err(|error| error.error)?;
        Ok(())
    }
}

fn open(path: &Path) -> Option<Segment> {
    let segment = File::open(path).and_then(Segment::open);
    segment.inspect_err(|error| debug!(path = %path.display(), %error, "a segment of the cache is not used")).ok()
}

/// The segments, the most recently used first, with their sizes.
fn paths(folder: &Path) -> Vec<(PathBuf, u64)> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<(SystemTime, PathBuf, u64)> = entries
        .filter(|entry| Path::new(&entry.file_name()).extension().is_some_and(|extension| extension == EXTENSION))
        .filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            Some((metadata.modified().ok()?, entry.path(), metadata.len()))
        })
        .collect();
    found.sort_by(|one, other| other.cmp(one));
    found.into_iter().map(|(_, path, bytes)| (path, bytes)).collect()
}

/// Also deletes what runs that were killed left behind.
fn shrink(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with(WRITING) && is_old(&entry) {
            fs::remove_file(entry.path())?;
        }
    }
    let mut total = 0;
    for (place, (path, bytes)) in paths(folder).into_iter().enumerate() {
        total += bytes;
        if place >= MAX_SEGMENTS || total > MAX_BYTES {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn is_old(entry: &fs::DirEntry) -> bool {
    let age = entry.metadata().and_then(|metadata| metadata.modified()).ok().and_then(|at| at.elapsed().ok());
    age.is_some_and(|age| age > ABANDONED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(folder: &Path) -> Vec<PathBuf> {
        paths(&folder.join("r")).into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn what_was_put_is_there_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (Key::of(b"one", 0), Key::of(b"one", 1));
        let cache = Cache::open(folder.path(), "r");
        assert_eq!(cache.get(&one), None);
        cache.put(one, &Some((b"1").to_vec()));
        cache.put(two, &None);
        cache.close();
        let cache = Cache::open(folder.path(), "r");
        assert_eq!(cache.get(&one), Some(Some(b"1".to_vec())));
        assert_eq!(cache.get(&two), Some(None));
        assert_eq!(cache.get(&Key::of(b"two", 0)), None);
        assert_eq!(Cache::open(folder.path(), "other").get(&one), None);
    }

    #[test]
    fn a_changed_byte_is_never_used() {
        let folder = tempfile::tempdir().unwrap();
        let key = Key::of(b"one", 0);
        let cache = Cache::open(folder.path(), "r");
        cache.put(key, &Some(vec![b'x'; 50]));
        cache.close();
        let path = segments(folder.path()).remove(0);
        let good = fs::read(&path).unwrap();
        for place in 0..good.len() {
            let mut bad = good.clone();
            bad[place] ^= 0x40;
            fs::write(&path, &bad).unwrap();
            assert_eq!(Cache::open(folder.path(), "r").get(&key), None, "byte {place}");
            fs::write(&path, &good[..place]).unwrap();
            assert_eq!(Cache::open(folder.path(), "r").get(&key), None, "cut at {place}");
        }
    }

    #[test]
    fn the_newest_of_two_records_is_used_and_abandoned_files_go() {
        let folder = tempfile::tempdir().unwrap();
        let key = Key::of(b"one", 0);
        let put = |data: &[u8], age| {
            let cache = Cache::open(folder.path(), "r");
            cache.put(key, &Some((data).to_vec()));
            cache.close();
            let at = SystemTime::now().checked_sub(Duration::from_secs(age)).unwrap();
            let newest = segments(folder.path()).remove(0);
            File::options().write(true).open(newest).unwrap().set_modified(at).unwrap();
        };
        put(b"old", 1000);
        put(b"new", 10);
        let [abandoned, busy] = [".writing-1", ".writing-2"].map(|name| folder.path().join("r").join(name));
        fs::write(&busy, "").unwrap();
        let long_ago = SystemTime::now().checked_sub(ABANDONED * 2).unwrap();
        File::create(&abandoned).unwrap().set_modified(long_ago).unwrap();
        let cache = Cache::open(folder.path(), "r");
        assert_eq!(cache.get(&key), Some(Some(b"new".to_vec())));
        cache.close();
        assert!(busy.exists() && !abandoned.exists());
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let cache = Cache::open(&file, "r");
        cache.put(Key::of(b"one", 0), &Some((b"1").to_vec()));
        cache.put(Key::of(b"two", 0), &Some((b"2").to_vec()));
        cache.close();
    }

    #[test]
    fn the_oldest_segments_go_first_and_used_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let key = |number: usize| Key::of(&number.to_le_bytes(), 0);
        let put = |number: usize| {
            let cache = Cache::open(folder.path(), "r");
            cache.put(key(number), &Some(number.to_le_bytes().to_vec()));
            assert!(cache.get(&key(0)).is_some() || number == 0);
            cache.close();
            let age = Duration::from_secs(1_000_000 - number as u64);
            let newest = SystemTime::now().checked_sub(age).unwrap();
            for path in segments(folder.path()).iter().take(1) {
                File::options().write(true).open(path).unwrap().set_modified(newest).unwrap();
            }
        };
        (0..=MAX_SEGMENTS + 2).for_each(put);
        assert_eq!(segments(folder.path()).len(), MAX_SEGMENTS);
        let cache = Cache::open(folder.path(), "r");
        assert!(cache.get(&key(0)).is_some());
        assert!(cache.get(&key(MAX_SEGMENTS + 2)).is_some());
    }
}
