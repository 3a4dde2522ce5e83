//! The floors of ARCHITECTURE.md, and no circles between files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::support::repository;

/// The floor of each module of `src/`, as ARCHITECTURE.md lists them.
fn floors() -> BTreeMap<String, usize> {
    let text = fs::read_to_string(repository().join("ARCHITECTURE.md")).unwrap();
    let row = |line: &str| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let floor = cells.next()?.parse().ok()?;
        let modules = cells.next()?.split(',').map(|name| name.trim().trim_matches('`'));
        let names = modules.map(|name| name.trim_end_matches('/').trim_end_matches(".rs").to_owned());
        Some(names.map(|name| (name, floor)).collect::<Vec<_>>())
    };
    text.lines().filter_map(row).flatten().collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// A file of the library.
struct Source {
    /// `plan::checks::alias_unused`; empty for `lib.rs`.
    module: Vec<String>,
    /// Without comments, strings and tests.
    code: String,
    /// What it passes on by `pub use`: the name, and the path that it stands for.
    exports: BTreeMap<String, Vec<String>>,
}

/// All files of `src/` by their modules.
fn sources() -> BTreeMap<Vec<String>, Source> {
    let root = repository().join("src");
    let read = |file: PathBuf| {
        let relative = file.strip_prefix(&root).unwrap().with_extension("");
        let mut module: Vec<String> = relative.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        if module.last().is_some_and(|last| last == "mod" || module == ["lib"]) {
            module.pop();
        }
        let code = code_of(&fs::read_to_string(&file).unwrap());
        let exports = exports(&code, &module);
        (module.clone(), Source { module, code, exports })
    };
    rust_files(&root).into_iter().map(read).collect()
}

/// The code without comments, texts and unit tests.
fn code_of(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut code = String::new();
    for line in lines {
        let mut quoted = false;
        for (at, part) in line.split('"').enumerate() {
            quoted = at % 2 == 1;
            if !quoted {
                code.push_str(part);
            }
        }
        code.push_str(if quoted { "" } else { "\n" });
    }
    code
}

/// The paths of a use tree: `a::{b, c::D}` is `a::b` and `a::c::D`. A renamed item is listed by its own name.
fn tree(text: &str) -> Vec<Vec<String>> {
    let text = text.trim();
    let Some((before, inner)) = text.split_once('{') else {
        let path = text.split(" as ").next().unwrap_or_default();
        return vec![path.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()];
    };
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    let prefix = tree(before).remove(0);
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, character) in inner.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inner[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[start..]);
    let paths = parts.into_iter().filter(|part| !part.trim().is_empty()).flat_map(tree);
    paths.map(|path| [prefix.clone(), path].concat()).collect()
}

/// The statements `use …;` of a file: their places, whether each is public, and its paths.
fn uses(code: &str) -> Vec<(Range<usize>, bool, Vec<Vec<String>>)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let line_start = code[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let before = code[line_start..at].trim();
        if before.is_empty() || before.starts_with("pub") {
            let end = code[at..].find(';').map_or(code.len(), |end| at + end);
            found.push((line_start..end, !before.is_empty(), tree(&code[at + 4..end])));
        }
    }
    found
}

fn exports(code: &str, module: &[String]) -> BTreeMap<String, Vec<String>> {
    let public = uses(code).into_iter().filter(|(_, is_public, _)| *is_public).flat_map(|(.., paths)| paths);
    let absolute = public.map(|path| absolute(&path, module));
    absolute.filter_map(|path| Some((path.last()?.clone(), path))).collect()
}

/// The path from the root of the crate.
fn absolute(path: &[String], module: &[String]) -> Vec<String> {
    let mut base = module.to_vec();
    let mut rest = path;
    match path.first().map(String::as_str) {
        Some("crate") => (base, rest) = (Vec::new(), &path[1..]),
        Some("self") => rest = &path[1..],
        _ => {}
    }
    while let Some((first, after)) = rest.split_first().filter(|(first, _)| *first == "super") {
        assert_eq!(first, "super");
        base.pop();
        rest = after;
    }
    let rest = rest.iter().filter(|part| *part != "self");
    base.into_iter().chain(rest.cloned()).collect()
}

/// The file that a path leads to, through what other files pass on.
fn target(path: &[String], sources: &BTreeMap<Vec<String>, Source>) -> Option<Vec<String>> {
    let mut current = Vec::new();
    for (at, part) in path.iter().enumerate() {
        let child = [current.as_slice(), std::slice::from_ref(part)].concat();
        if sources.contains_key(&child) {
            current = child;
            continue;
        }
        let exported = sources.get(&current)?.exports.get(part).filter(|exported| exported.as_slice() != path);
        return match exported {
            Some(exported) => target(&[exported.as_slice(), &path[at + 1..]].concat(), sources),
            None => Some(current),
        };
    }
    Some(current)
}

/// All paths that a file's code names, from the root; not what it only passes on.
fn named(source: &Source) -> Vec<Vec<String>> {
    let uses = uses(&source.code);
    let is_in_use = |at| uses.iter().any(|(place, ..)| place.contains(&at));
    let private = uses.iter().filter(|(_, is_public, _)| !is_public).flat_map(|(.., paths)| paths.clone());
    let inline = source.code.match_indices("::").filter_map(|(at, _)| {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        let start = source.code[..at].rfind(|c| !is_word(c)).map_or(0, |before| before + 1);
        let end = source.code[at..].find(|c| !is_word(c)).map_or(source.code.len(), |length| at + length);
        let path: Vec<String> = source.code[start..end].split("::").map(str::to_owned).collect();
        let is_visibility = source.code[..start].ends_with("pub(in ");
        let is_relative = ["crate", "super", "self"].contains(&path[0].as_str());
        (is_relative && !is_visibility && !is_in_use(at)).then_some(path)
    });
    let all = private.chain(inline).filter(|path| !path.is_empty());
    let local = |path: &Vec<String>| {
        let is_child = |part: &String| source.code.contains(&format!("mod {part};"));
        ["crate", "super", "self"].contains(&path[0].as_str()) || is_child(&path[0])
    };
    all.filter(local).map(|path| absolute(&path, &source.module)).collect()
}

/// Which files each file uses.
fn edges(sources: &BTreeMap<Vec<String>, Source>) -> BTreeMap<&Vec<String>, BTreeSet<Vec<String>>> {
    let of = |source: &Source| named(source).iter().filter_map(|path| target(path, sources)).collect();
    let mut edges: BTreeMap<_, BTreeSet<_>> = sources.iter().map(|(module, source)| (module, of(source))).collect();
    for (module, used) in &mut edges {
        used.remove(*module);
    }
    edges
}

#[test]
fn every_module_is_on_a_floor() {
    let floors = floors();
    for source in sources().values().filter(|source| !source.module.is_empty()) {
        let module = &source.module[0];
        assert!(floors.contains_key(module), "ARCHITECTURE.md gives no floor to `{module}`");
    }
}

#[test]
fn a_module_uses_only_lower_floors() {
    let (floors, sources) = (floors(), sources());
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for (module, used) in edges(&sources) {
        for used in used.iter().filter(|used| !module.is_empty() && !used.is_empty() && used[0] != module[0]) {
            checked += 1;
            if floors[&used[0]] >= floors[&module[0]] {
                wrong.push(format!("{} uses {}", module.join("::"), used.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "up a floor, or along it:\n{}", wrong.join("\n"));
    assert!(checked > 300, "only {checked} uses were found: does this test still read the sources?");
}

/// All that a file uses, and what that uses, and so on.
fn reached<'m>(
    from: &'m Vec<String>,
    edges: &'m BTreeMap<&Vec<String>, BTreeSet<Vec<String>>>,
) -> BTreeSet<&'m Vec<String>> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(module) = next.pop() {
        next.extend(edges[module].iter().filter(|used| found.insert(*used)));
    }
    found
}

/// A `mod.rs` with items may use its children or be used by them, not both; one that only passes on names is no file of
/// a circle.
#[test]
fn no_files_use_each_other_in_a_circle() {
    let sources = sources();
    let edges = edges(&sources);
    let reached: BTreeMap<_, _> = edges.keys().map(|module| (*module, reached(module, &edges))).collect();
    let in_circles = reached.iter().filter(|(module, reached)| reached.contains(*module));
    let circle = |(module, used): (&&Vec<String>, &BTreeSet<&Vec<String>>)| {
        let members = used.iter().filter(|used| reached[**used].contains(*module));
        members.map(|member| member.join("::")).collect::<Vec<_>>().join(", ")
    };
    let circles: BTreeSet<String> = in_circles.map(circle).collect();
    assert!(circles.is_empty(), "these use each other: {circles:#?}");
}

#[test]
fn a_use_tree_is_read() {
    let paths: Vec<String> = tree("crate::a::{self, b::{C, D as E}, F}").iter().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["crate::a::self", "crate::a::b::C", "crate::a::b::D", "crate::a::F"]);
    let module = ["plan".to_owned(), "checks".to_owned()];
    let path = ["super".to_owned(), "stack".to_owned(), "Stack".to_owned()];
    assert_eq!(absolute(&path, &module), ["plan", "stack", "Stack"]);
}
