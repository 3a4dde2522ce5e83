//! Generated files: hard cases that are the same at each run, and random ones.

use sls_release::package::GivenFile;

use super::compare::{assert_same, file};
use super::data::{KINDS, data};
use crate::package::support::{Numbers, seed};

/// The number of random files.
const RANDOM_FILES: u64 = 150;

fn files(sizes: impl Iterator<Item = (u64, usize)>, numbers: &mut Numbers) -> Vec<GivenFile> {
    let file_of = |(place, (kind, bytes)): (usize, _)| {
        file(format!("{place}: kind {kind}, {bytes} bytes"), data(kind, bytes, numbers))
    };
    sizes.enumerate().map(file_of).collect()
}

#[test]
fn files_of_every_small_size() {
    let sizes = (0..KINDS).flat_map(|kind| (0..=300).map(move |bytes| (kind, bytes)));
    assert_same("small sizes", files(sizes, &mut Numbers::new(1)));
}

/// Sizes at which a block, a window, the matcher's look-ahead or its buffer ends, and later multiples of windows.
const BORDERS: [usize; 7] = [16_384, 32_768, 65_274, 65_536, 98_304, 131_072, 327_680];

#[test]
fn files_that_end_near_a_border() {
    let mut numbers = Numbers::new(2);
    for border in BORDERS {
        // Sizes and kinds vary together. The step shares no factor with the number of kinds.
        let offsets = (0..=600).step_by(20).chain(290..=310);
        let sizes = offsets.enumerate().map(|(place, offset)| (place as u64, border - 300 + offset));
        let mut files = files(sizes, &mut numbers);
        files.extend(
            (0..KINDS).map(|kind| file(format!("kind {kind} at the border"), data(kind, border, &mut numbers))),
        );
        assert_same(&format!("sizes around {border}"), files);
    }
}

#[test]
fn a_file_of_more_than_16_mib() {
    let mut numbers = Numbers::new(3);
    let parts = (0..KINDS).cycle().take(36).map(|kind| data(kind, 500_000, &mut numbers));
    let large = parts.collect::<Vec<_>>().concat();
    assert!(large.len() > 16 << 20);
    assert_same("a large file", vec![file("large", large)]);
}

#[test]
fn more_files_than_the_old_record_can_count() {
    let files = (0..66_000).map(|place: u32| file(place.to_string(), place.to_le_bytes().to_vec())).collect();
    let same = assert_same("66,000 files", files);
    assert_eq!(same.entries.len(), 66_000);
}

#[test]
#[expect(clippy::print_stdout, reason = "a failed run shows how to repeat it")]
fn random_files() {
    let seed = seed();
    println!("SLS_RELEASE_TEST_SEED={seed}");
    let mut numbers = Numbers::new(seed);
    let sizes: Vec<_> = (0..RANDOM_FILES).map(|_| (numbers.below(KINDS), size(&mut numbers))).collect();
    let files = files(sizes.into_iter(), &mut numbers);
    assert_same(&format!("SLS_RELEASE_TEST_SEED={seed}"), files);
}

/// Returns a random size: small ones as often as large ones, and some at borders.
fn size(numbers: &mut Numbers) -> usize {
    let limit = [20, 300, 5_000, 70_000, 400_000][usize::try_from(numbers.below(5)).unwrap()];
    let border = BORDERS[usize::try_from(numbers.below(7)).unwrap()];
    let bytes = usize::try_from(numbers.below(limit)).unwrap();
    if numbers.below(6) == 0 { border - 300 + bytes % 601 } else { bytes }
}
