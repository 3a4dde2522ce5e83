//! Names, modes, and entries without a mode.

use sls_release::package::GivenFile;

use super::compare::{assert_same, file};

#[test]
fn names_of_all_characters() {
    let mut names: Vec<String> = (1..=0x7f_u8).map(|byte| format!("a{}b", char::from(byte))).collect();
    names.extend(["~", "ä", "日本", "\u{80}", "\u{10ffff}", "a/b/c", "-", "é~"].map(str::to_owned));
    names.push("long".repeat(1000));
    assert_same("names", names.into_iter().map(|name| file(name, b"x".to_vec())).collect());
}

#[test]
fn all_modes() {
    let modes = (0o400..=0o777).chain([0, 0o200, 0o1777, 0o2755, 0o4500, 0o4755, 0o6711, 0o7777]);
    let files = modes.map(|mode| GivenFile { mode: Some(0o100_000 | mode), ..file(format!("{mode:o}"), Vec::new()) });
    let same = assert_same("modes", files.collect());
    assert_eq!(same.entries[0].mode, 0o400);
}

#[test]
fn content_without_a_mode() {
    let content = |name: &str, bytes: &[u8]| GivenFile { mode: None, ..file(name, bytes.to_owned()) };
    let files = vec![content("a", b""), content("b ~", b"hello"), file("c", b"c".to_vec()), content("ä", &[7; 70_000])];
    let same = assert_same("contents", files);
    assert_eq!(same.entries[0].mode, 0o644);
}
