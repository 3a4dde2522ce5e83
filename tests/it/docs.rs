//! The pages: the tests and files that docs/aws.md and docs/threat-model.md name exist, every behaviour has a source and
//! a test, every rule of the strict proxy is listed, and every link has a target.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const RULES: &str = "tests/it/support/strict/rules";

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(at(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns the cells of the rows of all tables with this head.
fn rows<'t>(text: &'t str, head: &str) -> Vec<Vec<&'t str>> {
    let (mut rows, mut is_below) = (Vec::new(), false);
    for line in text.lines() {
        is_below = line == head || (is_below && line.starts_with('|'));
        if is_below && line != head && !line.starts_with("|---") {
            rows.push(line.trim_matches('|').split(" | ").map(str::trim).collect());
        }
    }
    rows
}

fn behaviours(text: &str) -> Vec<Vec<&str>> {
    rows(text, "| behaviour | relied on in | source | held by |")
}

/// Returns the texts between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Returns the numbers after the word `account`.
fn accounts(text: &str) -> impl Iterator<Item = &str> {
    text.split(", ").filter_map(|part| part.strip_prefix("account "))
}

#[test]
fn every_named_test_exists() {
    for page in ["docs/aws.md", "docs/threat-model.md"] {
        let text = read(page);
        let tests: BTreeSet<_> = quoted(&text).filter_map(|name| name.split_once("::")).collect();
        assert!(tests.len() > 30, "only {} tests were found: does this test still read {page}?", tests.len());
        for (file, function) in tests {
            let source = read(&format!("tests/it/{file}"));
            let (written, row) = (format!("#[test]\nfn {function}()"), format!("\n    {function} =>"));
            let is_row = source.contains("tests! {") && source.contains(&row);
            assert!(source.contains(&written) || is_row, "tests/it/{file} has no test `{function}`, as {page} says");
        }
    }
}

#[test]
fn every_named_file_exists() {
    let text = read("docs/aws.md");
    for row in behaviours(&text) {
        for file in quoted(row[1]) {
            assert!(at("src").join(file).is_file(), "src/{file}: {row:?}");
        }
        for fixture in quoted(row[3]).filter(|name| name.starts_with("fixtures/")) {
            assert!(at(fixture).is_file(), "{fixture}: {row:?}");
        }
    }
}

#[test]
fn every_behaviour_has_a_source_and_a_test() {
    let text = read("docs/aws.md");
    for row in behaviours(&text) {
        assert_eq!(row.len(), 4, "{row:?}");
        assert!(row[2].contains("(https://docs.aws.amazon.com/"), "{row:?}");
        let is_held = quoted(row[3]).any(|name| name.contains("::") || name.starts_with("fixtures/plans/"));
        assert!(is_held || accounts(row[3]).next().is_some(), "{row:?}");
    }
}

#[test]
fn every_rule_is_listed() {
    let text = read("docs/aws.md");
    let named: BTreeSet<String> = behaviours(&text)
        .into_iter()
        .filter_map(|row| row[3].strip_prefix("rule `")?.split_once('`'))
        .map(|(rule, _)| rule.to_owned())
        .collect();
    let there = fs::read_dir(at(RULES)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let there: BTreeSet<String> = there.filter(|name| name != "mod.rs").collect();
    assert_eq!(named, there);
}

#[test]
fn every_question_to_an_account_has_its_command() {
    let text = read("docs/aws.md");
    let asked: BTreeSet<&str> = behaviours(&text).iter().flat_map(|row| accounts(row[3])).collect();
    let answers = rows(&text, "| account | to be seen | by |");
    let answered: BTreeSet<&str> = answers.iter().map(|row| row[0]).collect();
    assert_eq!(asked, answered);
    for row in &answers {
        assert!(quoted(row[2]).next().is_some_and(|command| command.contains("aws ")), "{row:?}");
    }
}

/// Returns GitHub's anchors of the headings: lower case, without punctuation, with hyphens for spaces.
fn anchors(text: &str) -> BTreeSet<String> {
    let is_kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    headings.map(|title| title.to_lowercase().chars().filter(is_kept).collect::<String>().replace(' ', "-")).collect()
}

#[test]
fn the_architecture_says_what_each_file_of_tests_holds() {
    let page = read("ARCHITECTURE.md");
    let files = fs::read_dir(at("tests/it")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let tests = files.filter(|name| name.strip_suffix(".rs").is_some_and(|test| test != "main"));
    let missing: Vec<_> = tests.filter(|name| !page.contains(&format!("`tests/it/{name}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_link_of_a_page_has_a_target() {
    let pages =
        ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "benches/README.md"].map(ToOwned::to_owned);
    let in_folder = |folder: &'static str| {
        let entries = fs::read_dir(at(folder)).unwrap();
        entries.map(move |entry| format!("{folder}/{}", entry.unwrap().file_name().display()))
    };
    let docs = in_folder("docs").chain(in_folder("docs/decisions"));
    let mut links = 0;
    for page in pages.into_iter().chain(docs.filter(|name| Path::new(name).extension().is_some_and(|it| it == "md"))) {
        let text = read(&page);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            links += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { at(&page) } else { at(&page).parent().unwrap().join(file) };
            assert!(path.exists(), "{page} names {target}");
            let is_there = || anchors(&fs::read_to_string(&path).unwrap()).contains(anchor);
            assert!(anchor.is_empty() || is_there(), "{page} names {target}, which has no such heading");
        }
    }
    assert!(links > 40, "only {links} links were found: does this test still read the pages?");
}
