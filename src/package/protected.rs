//! Keeps secrets, caches and our own files out of an archive unless an include pattern names them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use globset::GlobSet;

use super::patterns::naming;
use crate::model::{LeftOutBy, Sourced};

/// Names that are never packed, at any depth. A star matches any ending.
const NAMES: [&str; 4] = [".git", "__pycache__", ".terraform", ".env*"];

/// Returns the rule of [`NAMES`] that keeps this name out of compact archives.
pub(super) fn never_packed(name: &str) -> Option<&'static str> {
    NAMES.into_iter().find(|own| own.strip_suffix('*').map_or(name == *own, |prefix| name.starts_with(prefix)))
}

/// The rules of one function, identified by their index.
pub(super) struct Protected {
    rules: Vec<Rule>,
}

/// The indices of the rules that keep a path out.
pub(super) type RuleIds = BTreeSet<usize>;

struct Rule {
    target: Target,
    /// The include patterns that lift the rule.
    named: GlobSet,
}

enum Target {
    /// A file or folder that this rule of [`NAMES`] matches, at any depth.
    Name(&'static str),
    /// This path and everything below it.
    Path(PathBuf),
}

impl Protected {
    /// Creates the rules for these include patterns; `keep_out` are resolved paths.
    pub(super) fn new(include: &[Sourced<String>], keep_out: &[PathBuf]) -> Self {
        let paths = keep_out.iter().cloned().map(Target::Path);
        let rule = |target: Target| Rule { named: naming(include, |component| target.is_named_by(component)), target };
        Self { rules: NAMES.map(Target::Name).into_iter().chain(paths).map(rule).collect() }
    }

    /// Returns the rules that keep out `name`, whose real path is `real`.
    pub(super) fn rules_for(&self, name: &str, real: &Path) -> RuleIds {
        self.matching(|target| target.covers(name, real))
    }

    /// Returns the rules that keep out the target of a link; `inside` is its path below the source.
    pub(super) fn rules_for_target(&self, inside: &Path, real: &Path) -> RuleIds {
        let names: Vec<_> = inside.iter().map(|name| name.to_string_lossy()).collect();
        self.matching(|target| names.iter().any(|name| target.covers(name, real)))
    }

    /// Removes the rules that an include pattern lifts by naming `path`.
    pub(super) fn lift(&self, rules: &mut RuleIds, path: &str) {
        rules.retain(|&place| !self.rules[place].named.is_match(path));
    }

    /// Returns whether include patterns may lift all the rules further down.
    pub(super) fn may_lift_below(&self, rules: &RuleIds) -> bool {
        rules.iter().all(|&place| !self.rules[place].named.is_empty())
    }

    /// Returns why the first of the rules leaves a path out.
    pub(super) fn reason(&self, rules: &RuleIds) -> Option<LeftOutBy> {
        let rule = self.rules.get(*rules.first()?)?;
        Some(match rule.target {
            Target::Name(own) => LeftOutBy::Protected { name: own.to_owned() },
            Target::Path(_) => LeftOutBy::OwnFile,
        })
    }

    fn matching(&self, covers: impl Fn(&Target) -> bool) -> RuleIds {
        (0..).zip(&self.rules).filter(|(_, rule)| covers(&rule.target)).map(|(place, _)| place).collect()
    }
}

impl Target {
    fn covers(&self, name: &str, real: &Path) -> bool {
        match self {
            Target::Name(own) => never_packed(name) == Some(own),
            Target::Path(own) => real.starts_with(own),
        }
    }

    fn is_named_by(&self, component: &str) -> bool {
        match self {
            Target::Name(own) => never_packed(component) == Some(own),
            Target::Path(own) => own.file_name().is_some_and(|name| name == component),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protected(include: &[&str]) -> Protected {
        let include: Vec<_> = include.iter().map(|&pattern| Sourced::default_of(pattern.to_owned())).collect();
        Protected::new(&include, &[PathBuf::from("/project/out")])
    }

    fn is_kept_out(protected: &Protected, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap();
        let mut rules = protected.rules_for(name, &Path::new("/project").join(path));
        protected.lift(&mut rules, path);
        !rules.is_empty()
    }

    #[test]
    fn secrets_caches_and_our_own_files_are_kept_out() {
        let all = protected(&["**"]);
        for path in [".git", "a/.env", "a/.env.local", "lib/__pycache__", ".terraform", "out", "out/hello.zip"] {
            assert!(is_kept_out(&all, path), "{path}");
        }
        for path in [".gitignore", "env", "a.env", "pycache", "output", "b/out"] {
            assert!(!is_kept_out(&all, path), "{path}");
        }
    }

    #[test]
    fn naming_one_secret_does_not_include_others() {
        let named = protected(&["**", ".env.production", "out/**"]);
        assert!(!is_kept_out(&named, ".env.production"));
        assert!(!is_kept_out(&named, "out"));
        assert!(is_kept_out(&named, ".env"));
        assert!(is_kept_out(&named, "a/.env.production"));
    }

    #[test]
    fn a_pattern_that_names_a_file_below_lets_the_walk_in() {
        let named = protected(&[".git/config"]);
        let rules = named.rules_for(".git", Path::new("/project/.git"));
        assert!(named.may_lift_below(&rules));
        assert!(!protected(&["**"]).may_lift_below(&rules));
    }
}
