//! Which paths the settings' globs let in.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use crate::error::Problem;
use crate::model::{FunctionSettings, Sourced};

/// The globs of one function, against paths with `/` relative to its source.
pub(super) struct Patterns {
    include: GlobSet,
    reaches: Vec<Reach>,
    exclude: Excludes,
    exclude_folders: Excludes,
}

/// A set of exclude patterns, which knows them by their places.
struct Excludes {
    set: GlobSet,
    /// As the settings write them.
    patterns: Vec<String>,
}

impl Excludes {
    fn new(patterns: Vec<(String, &String)>) -> Result<Self, Problem> {
        let (globs, patterns): (Vec<String>, Vec<String>) =
            patterns.into_iter().map(|(glob, pattern)| (glob, pattern.clone())).unzip();
        Ok(Self { set: set(&globs)?, patterns })
    }

    /// The first pattern that matches.
    fn first(&self, path: &str) -> Option<&str> {
        let place = self.set.matches(path).into_iter().min()?;
        self.patterns.get(place).map(String::as_str)
    }
}

impl Patterns {
    /// Reads the globs; every bad one is a problem.
    pub(super) fn new(settings: &FunctionSettings) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let include = patterns(&settings.include, &mut problems);
        let exclude = patterns(&settings.exclude, &mut problems);
        let folders = exclude.iter().filter_map(|pattern| Some((folder(pattern)?, pattern))).collect();
        let names = exclude.iter().filter(|pattern| !pattern.ends_with('/'));
        let names = names.map(|pattern| (pattern.clone(), pattern)).collect();
        let wanted: Vec<String> = include.iter().map(|pattern| whole_folder(pattern)).collect();
        match (set(&wanted), Excludes::new(names), Excludes::new(folders)) {
            (Ok(include), Ok(exclude), Ok(exclude_folders)) if problems.is_empty() => {
                let reaches = wanted.iter().map(|pattern| Reach::of(pattern)).collect();
                Ok(Self { include, reaches, exclude, exclude_folders })
            }
            (Err(problem), ..) | (_, Err(problem), _) | (.., Err(problem)) if problems.is_empty() => Err(vec![problem]),
            _ => Err(problems),
        }
    }

    /// Whether the settings name this file.
    pub(super) fn includes(&self, path: &str) -> bool {
        self.include.is_match(path)
    }

    /// Whether a file below this folder could be included.
    pub(super) fn may_include_below(&self, folder: &str) -> bool {
        self.reaches.iter().any(|reach| reach.goes_below(folder))
    }

    /// Whether the settings leave this path out.
    pub(super) fn excludes(&self, path: &str) -> bool {
        self.exclude.set.is_match(path)
    }

    /// Whether the settings leave this folder out, with all that is in it.
    pub(super) fn excludes_folder(&self, path: &str) -> bool {
        self.excludes(path) || self.exclude_folders.set.is_match(path)
    }

    /// The pattern that leaves this path out, or, where it is a folder, all that is in it.
    pub(super) fn excluding(&self, path: &str, is_folder: bool) -> Option<&str> {
        let folder = || self.exclude_folders.first(path).filter(|_| is_folder);
        self.exclude.first(path).or_else(folder)
    }
}

/// A set of those include patterns for which `chosen` says yes of one of their components.
pub(super) fn naming(include: &[Sourced<String>], chosen: impl Fn(&str) -> bool) -> GlobSet {
    let named: Vec<&str> = include
        .iter()
        .map(|pattern| pattern.value.as_str())
        .filter(|pattern| pattern.split('/').any(&chosen))
        .collect();
    // A folder that is named with all its contents is named itself.
    let folders = named.iter().filter_map(|pattern| folder(pattern));
    let all: Vec<String> = named.iter().map(|&pattern| whole_folder(pattern)).chain(folders).collect();
    // A bad glob is a problem of `Patterns::new`.
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
        Problem::new(format!("the pattern `{pattern}` cannot be used"))
            .why(why)
            .fix("write a path relative to the source with `/`, such as `lib/**` or `*.js`")
    };
    if pattern.is_empty() {
        return Some(bad("it is empty"));
    }
    if pattern.starts_with('/') || pattern.split('/').any(|name| matches!(name, "." | "..")) {
        return Some(bad("paths are relative to the source and hold no `.` or `..`, so it matches nothing"));
    }
    glob(pattern).err().map(|error| bad(&error.kind().to_string()))
}

fn glob(pattern: &str) -> Result<Glob, globset::Error> {
    // The escape is set, since its default differs between systems.
    GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build()
}

fn set<S: AsRef<str>>(patterns: &[S]) -> Result<GlobSet, Problem> {
    let refused = |error: &globset::Error| Problem::new("the patterns cannot be used").why(error.to_string());
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(glob(pattern.as_ref()).map_err(|error| refused(&error))?);
    }
    set.build().map_err(|error| refused(&error))
}

/// The folder that an exclude pattern such as `tests/**` or `tests/` leaves out as a whole.
fn folder(pattern: &str) -> Option<String> {
    let folder = pattern.strip_suffix("/**").or_else(|| pattern.strip_suffix('/'))?;
    Some(folder.to_owned()).filter(|folder| !folder.is_empty())
}

/// An include pattern that ends with a slash means all that is in the folder.
fn whole_folder(pattern: &str) -> String {
    if pattern.ends_with('/') { format!("{pattern}**") } else { pattern.to_owned() }
}

/// Where the files lie that an include pattern can match.
#[derive(Debug, PartialEq, Eq)]
struct Reach {
    /// The folders before the first wildcard.
    folders: Vec<String>,
    /// How many components a path has; `None` where the pattern leaves it open.
    depth: Option<usize>,
}

impl Reach {
    fn of(pattern: &str) -> Self {
        // Braces may hold slashes: then neither components nor their number are known.
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
