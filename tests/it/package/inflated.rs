//! The archive of any tree inflates to its files.

use std::collections::BTreeMap;

use super::support::{Numbers, Tree, inflate, pack_all, seed};

const ROUNDS: u64 = 12;

fn data(numbers: &mut Numbers) -> Vec<u8> {
    let limit = [1, 50, 5_000, 70_000, 1_100_000, 2_300_000][usize::try_from(numbers.below(6)).unwrap()];
    let bytes = usize::try_from(numbers.below(limit)).unwrap();
    match numbers.below(4) {
        0 => numbers.noise(bytes),
        1 => vec![u8::try_from(numbers.below(256)).unwrap(); bytes],
        2 => [numbers.text(bytes / 2), numbers.noise(bytes - bytes / 2)].concat(),
        _ => numbers.text(bytes),
    }
}

/// Returns a random name, at most four folders deep. Each component ends with its depth, and files
/// end with `.f`, so that no file has the name of a folder.
fn name(numbers: &mut Numbers) -> String {
    let depth = numbers.below(4);
    let folders = (0..depth).map(|level| format!("{}{level}/", part(numbers))).collect::<Vec<_>>().concat();
    format!("{folders}{}.f", part(numbers))
}

fn part(numbers: &mut Numbers) -> &'static str {
    ["a", "b-", "c.", "d e", "ß", "é", "日", "-", "_", "~", "#", "%20"][usize::try_from(numbers.below(12)).unwrap()]
}

#[test]
#[expect(clippy::print_stdout, reason = "a failed run shows how to repeat it")]
fn random_trees_inflate_to_themselves_on_any_number_of_threads() {
    let seed = seed();
    println!("SLS_RELEASE_TEST_SEED={seed}");
    for round in 0..ROUNDS {
        let mut numbers = Numbers::new(seed + round);
        let files: BTreeMap<_, _> = (0..=numbers.below(30)).map(|_| (name(&mut numbers), data(&mut numbers))).collect();
        let tree = Tree::new();
        for (name, data) in &files {
            tree.write(name, data);
        }
        let (packer, artifact) = pack_all(tree.root(), 1 + usize::try_from(numbers.below(5)).unwrap());
        let (_other, single) = pack_all(tree.root(), 1);
        assert_eq!(artifact.sha256, single.sha256, "seed {seed}, {} threads", packer.threads);
        let inflated: Vec<_> = inflate(&artifact.path).into_iter().map(|(name, data, _)| (name, data)).collect();
        assert!(inflated == files.into_iter().collect::<Vec<_>>(), "seed {seed}, round {round}");
    }
}
