//! The floors of ARCHITECTURE.md: a file uses only what lies below its floor.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

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

/// `src/aws/s3/mod.rs` is of module `aws`, `src/world.rs` of `world`.
fn module_of(file: &Path) -> String {
    let relative = file.strip_prefix(repository().join("src")).unwrap();
    let first = relative.components().next().unwrap();
    Path::new(first.as_os_str()).file_stem().unwrap().to_str().unwrap().to_owned()
}

/// The modules that a file names, in `use` lines and in paths.
fn used_by(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut used = Vec::new();
    for line in code {
        for prefix in ["crate::", "sls_release::"] {
            for (at, _) in line.match_indices(prefix) {
                let rest = &line[at + prefix.len()..];
                let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                used.push(name);
            }
        }
    }
    used
}

#[test]
fn every_module_stands_on_a_floor() {
    let floors = floors();
    for file in rust_files(&repository().join("src")) {
        let module = module_of(&file);
        assert!(module == "lib" || floors.contains_key(&module), "ARCHITECTURE.md gives no floor to `{module}`");
    }
}

#[test]
fn a_module_uses_only_lower_floors() {
    let floors = floors();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for file in rust_files(&repository().join("src")) {
        let module = module_of(&file);
        let Some(own) = floors.get(&module) else { continue };
        for used in used_by(&fs::read_to_string(&file).unwrap()) {
            let Some(floor) = floors.get(&used).filter(|_| used != module) else { continue };
            checked += 1;
            if floor >= own {
                wrong.push(format!("{}: `{module}` (floor {own}) uses `{used}` (floor {floor})", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 50, "only {checked} uses were found: does this test still read the sources?");
}

#[test]
fn files_and_functions_stay_small() {
    for file in rust_files(&repository().join("src")) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 350, "{} has {lines} lines: make it a folder", file.display());
    }
}
