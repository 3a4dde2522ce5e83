//! Matches paths against the globs of the settings.

use globset::{Glob, GlobBuilder, GlobSet};

use crate::error::Problem;
use crate::model::{FunctionSettings, Sourced};

/// The globs of one function. They match paths with `/` relative to its source.
pub(super) struct Patterns {
    include: GlobSet,
    reaches: Vec<Reach>,
    exclude: GlobSet,
    /// The exclude pattern of each glob, as written in the settings, and whether the glob excludes only folders.
    excluded_by: Vec<(String, bool)>,
}

impl Patterns {
    /// Parses the globs, or returns a problem for each invalid one.
    pub(super) fn new(settings: &FunctionSettings) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let include = patterns(&settings.include, &mut problems);
        let exclude = patterns(&settings.exclude, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let names = exclude.iter().filter(|pattern| !pattern.ends_with('/'));
        let names = names.map(|pattern| (pattern.clone(), (pattern.clone(), false)));
        let folders = exclude.iter().filter_map(|pattern| Some((folder(pattern)?, (pattern.clone(), true))));
        let (exclude, excluded_by): (Vec<String>, _) = names.chain(folders).unzip();
        let include: Vec<String> = include.iter().map(|pattern| with_contents(pattern)).collect();
        let reaches = include.iter().map(|pattern| Reach::of(pattern)).collect();
        Ok(Self { include: set(&include)?, reaches, exclude: set(&exclude)?, excluded_by })
    }

    /// Returns whether the settings include this file.
    pub(super) fn includes(&self, path: &str) -> bool {
        self.include.is_match(path)
    }

    /// Returns whether the settings could include a file below this folder.
    pub(super) fn may_include_below(&self, folder: &str) -> bool {
        self.reaches.iter().any(|reach| reach.goes_below(folder))
    }

    /// Returns the pattern that excludes this path or, for a folder, everything in it.
    pub(super) fn excluding(&self, path: &str, is_folder: bool) -> Option<&str> {
        let globs = self.exclude.matches(path).into_iter().map(|place| &self.excluded_by[place]);
        globs.filter(|(_, only_folders)| is_folder || !only_folders).map(|(pattern, _)| pattern.as_str()).next()
    }
}

/// Returns the set of include patterns with a component for which `chosen` returns true.
pub(super) fn naming(include: &[Sourced<String>], chosen: impl Fn(&str) -> bool) -> GlobSet {
    let named: Vec<&str> = include
        .iter()
        .map(|pattern| pattern.value.as_str())
        .filter(|pattern| pattern.split('/').any(&chosen))
        .collect();
    // A pattern that names all contents of a folder names the folder itself too.
    let folders = named.iter().filter_map(|pattern| folder(pattern));
    let all: Vec<String> = named.iter().map(|&pattern| with_contents(pattern)).chain(folders).collect();
    // `Patterns::new` reports invalid globs.
    set(&all).unwrap_or_default()
}

fn patterns(globs: &[Sourced<String>], problems: &mut Vec<Problem>) -> Vec<String> {
    for sourced in globs {
        problems.extend(check(&sourced.value).map(|problem| problem.at(sourced.location())));
    }
    globs.iter().map(|sourced| sourced.value.clone()).collect()
}

fn check(pattern: &str) -> Option<Problem> {
    let bad = |why: &str| {
        Problem::new(format!("the pattern `{pattern}` is invalid"))
            .why(why)
            .fix("write a path relative to the source with `/`, for example `lib/**` or `*.js`")
    };
    if pattern.is_empty() {
        return Some(bad("it is empty"));
    }
    if pattern.starts_with('/') || pattern.split('/').any(|name| matches!(name, "." | "..")) {
        return Some(bad("paths are relative to the source and contain no `.` or `..`, so it matches nothing"));
    }
    glob(pattern).err().map(|error| bad(&error.kind().to_string()))
}

fn glob(pattern: &str) -> Result<Glob, globset::Error> {
    // The escape is set because its default differs between systems.
    GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build()
}

fn set<S: AsRef<str>>(patterns: &[S]) -> Result<GlobSet, Vec<Problem>> {
    let globs = patterns.iter().map(|pattern| glob(pattern.as_ref()));
    let set = globs.collect::<Result<Vec<_>, _>>().and_then(GlobSet::new);
    set.map_err(|error| {
        vec![Problem::new("the patterns are invalid").why(error.to_string()).fix("write shorter or fewer patterns")]
    })
}

/// Returns the folder that an exclude pattern like `tests/**` or `tests/` excludes completely.
fn folder(pattern: &str) -> Option<String> {
    let folder = pattern.strip_suffix("/**").or_else(|| pattern.strip_suffix('/'))?;
    Some(folder.to_owned()).filter(|folder| !folder.is_empty())
}

/// Returns an include pattern with `**` added if it ends with a slash: it includes everything in the folder.
fn with_contents(pattern: &str) -> String {
    if pattern.ends_with('/') { format!("{pattern}**") } else { pattern.to_owned() }
}

/// The folders and the depth in which an include pattern can match files.
#[derive(Debug, PartialEq, Eq)]
struct Reach {
    /// The folders before the first wildcard.
    folders: Vec<String>,
    /// The number of components of a matching path; `None` if it varies.
    depth: Option<usize>,
}

impl Reach {
    fn of(pattern: &str) -> Self {
        // Braces may contain slashes: then neither the components nor their number are known.
        let names: Vec<&str> = pattern.split('/').collect();
        let literal = |name: &&&str| !name.contains(['*', '?', '[', ']', '{', '}', '\\']);
        let folders = names[..names.len() - 1].iter().take_while(literal).map(|&name| name.to_owned()).collect();
        let open = pattern.contains("**") || pattern.contains('{');
        Self { folders, depth: (!open).then_some(names.len()) }
    }

    fn goes_below(&self, folder: &str) -> bool {
        folder.split('/').zip(&self.folders).all(|(name, own)| name == own)
            && self.depth.is_none_or(|depth| folder.split('/').count() < depth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_reaches_only_into_some_folders() {
        let below = |pattern, folder| Reach::of(pattern).goes_below(folder);
        assert!(below("**", "a/b/c"));
        assert!(!below("*.js", "lib"));
        assert!(below("src/lib/*.js", "src") && below("src/lib/*.js", "src/lib"));
        assert!(!below("src/lib/*.js", "src/lib/deep") && !below("src/lib/*.js", "test"));
        assert!(below("src/l?b/x.js", "src/lob") && !below("src/l?b/x.js", "lib"));
        assert!(below("src/**/x.js", "src/a/b") && !below("src/**/x.js", "lib"));
        assert!(below("{a/b,c}/d", "a/b"));
    }

    #[test]
    fn an_excluded_folder_is_known_without_walking_it() {
        assert_eq!(folder("tests/**").as_deref(), Some("tests"));
        assert_eq!(folder("tests/").as_deref(), Some("tests"));
        assert_eq!(folder("**/tests/**").as_deref(), Some("**/tests"));
        assert_eq!(folder("tests/*"), None);
        assert_eq!(folder("**"), None);
    }

    #[test]
    fn bad_patterns_say_why() {
        for bad in ["", "/abs/**", "./lib/**", "lib/../x", "a[", "{a"] {
            assert!(check(bad).is_some_and(|problem| !problem.why.is_empty()), "`{bad}`");
        }
        for good in ["**", "*.js", "lib/**", "lib/", "a/{b,c}/*.[ch]"] {
            assert_eq!(check(good), None, "`{good}`");
        }
    }
}
