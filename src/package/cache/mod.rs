//! Remembers compressed data, so that repacking after a small change compresses only what changed.
//!
//! The data is kept in segments: files that are written once, in a folder that can be deleted at any time. A damaged
//! segment, or one of another version, is ignored. A record is used only if its hash is right. The hash need not
//! withstand an attacker, because an attacker who can write a segment can write its hashes too: the caller checks that
//! the record inflates to its own data. So the hash is XXH3, which is fast compared with reading. Such an attacker can
//! still choose other compressed data for the same file, and so other bytes of the archive, but never other files.
//! A failure of the cache does not fail packing; it only makes it slower.

mod segment;

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use tempfile::NamedTempFile;
use tracing::debug;

pub(super) use self::segment::{Compressed, Key};
use self::segment::{Segment, SegmentWriter};
use super::folder::delete_abandoned;

/// Smaller data is compressed about as fast as it is looked up.
const WORTHWHILE_BYTES: usize = 512;
/// The size limit of all segments together; the least recently used are evicted first.
const MAX_BYTES: u64 = 512 * 1024 * 1024;
/// The most segments of a cache; each run that compresses anything adds one.
const MAX_SEGMENTS: usize = 64;
const EXTENSION: &str = "segment";
/// The prefix of a segment that is being written.
const WRITING: &str = ".writing-";

/// The cache of one archive format.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
    segments: Vec<Segment>,
    /// The index of each key's segment, and of its record in there.
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
        // The newest segments come last and replace older records.
        let places = segments.iter().enumerate().rev().flat_map(|(segment, opened)| {
            opened.records.iter().enumerate().map(move |(record, known)| (known.key, (segment, record)))
        });
        Self { known: places.collect(), segments, folder, new: Mutex::new(New::Nothing) }
    }

    /// Returns the compressed data of a key, if it is cached.
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

    /// Caches the compressed data of a key.
    pub(super) fn put(&self, key: Key, compressed: &Compressed) {
        let mut new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = new.add(&self.folder, key, compressed) {
            debug!(%error, "nothing more is written to the cache");
            *new = New::Failed;
        }
    }

    /// Saves the new segment, and evicts the least recently used ones if the cache is too large.
    pub(super) fn close(self) {
        let kept = self.segments.iter().filter(|segment| segment.was_used()).try_for_each(Segment::touch);
        let new = self.new.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = kept.and(new.keep(&self.folder)).and(shrink(&self.folder)) {
            debug!(%error, "the cache is not kept as it should be");
        }
    }
}

/// Returns whether data is large enough to be cached.
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

    /// Saves the segment under a name that depends on its content, so it never replaces another one.
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

/// Returns the segments and their sizes, the most recently used first.
fn paths(folder: &Path) -> Vec<(PathBuf, u64)> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<(SystemTime, PathBuf, u64)> = entries
        .filter(|entry| Path::new(&entry.file_name()).extension().is_some_and(|extension| extension == EXTENSION))
        .filter_map(|entry| {
            // Opening a named pipe would wait for a writer, so only regular files are segments.
            let metadata = entry.metadata().ok().filter(Metadata::is_file)?;
            Some((metadata.modified().ok()?, entry.path(), metadata.len()))
        })
        .collect();
    found.sort_by(|one, other| other.cmp(one));
    found.into_iter().map(|(_, path, bytes)| (path, bytes)).collect()
}

/// Evicts segments beyond the limits, and deletes files that killed runs left behind.
fn shrink(folder: &Path) -> io::Result<()> {
    delete_abandoned(folder, WRITING);
    let mut total = 0;
    for (place, (path, bytes)) in paths(folder).into_iter().enumerate() {
        total += bytes;
        if place >= MAX_SEGMENTS || total > MAX_BYTES {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::package::folder::ABANDONED;

    fn segments(folder: &Path) -> Vec<PathBuf> {
        paths(&folder.join("r")).into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn cached_data_is_there_the_next_time() {
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
    fn the_newest_of_two_records_is_used_and_abandoned_files_are_deleted() {
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
    #[cfg(unix)]
    fn a_named_pipe_in_the_place_of_a_segment_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("r")).unwrap();
        let pipe = folder.path().join("r/pipe.segment");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let cache = Cache::open(folder.path(), "r");
        cache.put(Key::of(b"one", 0), &Some((b"1").to_vec()));
        cache.close();
        assert_eq!(segments(folder.path()).len(), 1);
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let cache = Cache::open(&file, "r");
        cache.put(Key::of(b"one", 0), &Some((b"1").to_vec()));
        cache.put(Key::of(b"two", 0), &Some((b"2").to_vec()));
        cache.close();
    }

    #[test]
    fn the_least_recently_used_segments_are_evicted() {
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
