//! The order of files, links, and the effect of a skipped link equal those of Go's `filepath.Walk`.

use sls_release::model::ArchiveFileSettings;

use super::oracle;
use crate::package::archive_file::{packed, terraform};
use crate::package::support::{Numbers, Tree, seed};

const NAMES: [&str; 12] = ["a", "a-b", "a.b", "a b", "B", "b", "ä", "z~", "0", "_", "a+", "日本"];

/// Returns nested folders with links. The linked folders contain only files, so there is no cycle.
fn tree(numbers: &mut Numbers) -> Tree {
    // `!first` comes before every link, so at least one file is packed.
    let tree = Tree::of(&["!first", "target/x", "target/y-", "target/y/z"]);
    for file in 0..60 {
        let depth = numbers.below(4);
        let mut path: Vec<&str> = (0..depth).map(|_| name(numbers)).collect();
        let last = format!("{}{file}", name(numbers));
        path.push(&last);
        let path = path.join("/");
        if numbers.below(5) > 0 {
            tree.write(&path, b"x");
            continue;
        }
        tree.write(&format!("{path}.beside"), b"x");
        let target = if numbers.below(2) == 0 { "target" } else { "target/x" };
        tree.link(&path, tree.root().join(target));
    }
    tree
}

fn name(numbers: &mut Numbers) -> &'static str {
    NAMES[usize::try_from(numbers.below(NAMES.len() as u64)).unwrap()]
}

#[test]
fn files_have_the_order_of_go_and_a_skipped_link_ends_its_folder() {
    let seed = seed();
    let mut numbers = Numbers::new(seed);
    for _ in 0..20 {
        let tree = tree(&mut numbers);
        for exclude_symlink_directories in [false, true] {
            let settings = ArchiveFileSettings { exclude_symlink_directories, ..terraform(&[]) };
            let expected = oracle::walk(tree.root(), exclude_symlink_directories);
            assert_eq!(packed(&tree, settings), expected, "SLS_RELEASE_TEST_SEED={seed}");
        }
    }
}
