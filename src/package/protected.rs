//! What is never packed unless an include pattern names it: secrets, caches, our own files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use globset::GlobSet;

use super::patterns::naming;
use crate::model::{LeftOutBy, Sourced};

/// Names that are never packed, at any depth.
const NAMES: [&str; 3] = [".git", "__pycache__", ".terraform"];
/// Names that begin so are never packed, at any depth.
const PREFIX: &str = ".env";

/// The glob of the rule that keeps this name out of compact archives.
pub(super) fn never_packed(name: &str) -> Option<&'static str> {
    NAMES.into_iter().find(|own| name == *own).or_else(|| name.starts_with(PREFIX).then_some(".env*"))
}

/// The rules of one function. A rule is known by its place.
pub(super) struct Protected {
    rules: Vec<Rule>,
}

/// The places of the rules that keep a path out.
pub(super) type Locks = BTreeSet<usize>;

struct Rule {
    what: What,
    /// The include patterns that name it.
    named: GlobSet,
}

enum What {
    /// A file or folder of this name, at any depth.
    Name(&'static str),
    /// A file or folder whose name begins so, at any depth.
    Prefix(&'static str),
    /// This path and all that is below.
    Path(PathBuf),
}

impl Protected {
    /// The rules for these include patterns; `keep_out` are resolved paths.
    pub(super) fn new(include: &[Sourced<String>], keep_out: &[PathBuf]) -> Self {
        let names = NAMES.map(What::Name);
        let paths = keep_out.iter().cloned().map(What::Path);
        let rules = names
            .into_iter()
            .chain([What::Prefix(PREFIX)])
            .chain(paths)
            .map(|what| Rule { named: naming(include, |component| what.is_named_by(component)), what });
        Self { rules: rules.collect() }
    }

    /// What keeps `name`, which lies at `real`, out.
    pub(super) fn locks(&self, name: &str, real: &Path) -> Locks {
        self.places(|what| what.covers(name, real))
    }

    /// What keeps the target of a link out; `inside` is its path below the source.
    pub(super) fn locks_of_target(&self, inside: &Path, real: &Path) -> Locks {
        let names: Vec<_> = inside.iter().map(|name| name.to_string_lossy()).collect();
        self.places(|what| names.iter().any(|name| what.covers(name, real)))
    }

    /// Takes away the locks that an include pattern opens by naming `path`.
    pub(super) fn unlock(&self, locks: &mut Locks, path: &str) {
        locks.retain(|&place| !self.rules[place].named.is_match(path));
    }

    /// Whether an include pattern may open all the locks further down.
    pub(super) fn may_unlock_below(&self, locks: &Locks) -> bool {
        locks.iter().all(|&place| !self.rules[place].named.is_empty())
    }

    /// The rule behind the first of the locks.
    pub(super) fn rule(&self, locks: &Locks) -> Option<LeftOutBy> {
        let rule = self.rules.get(*locks.first()?)?;
        Some(match rule.what {
            What::Name(own) => LeftOutBy::Protected { name: own.to_owned() },
            What::Prefix(own) => LeftOutBy::Protected { name: format!("{own}*") },
            What::Path(_) => LeftOutBy::OwnFile,
        })
    }

    fn places(&self, covers: impl Fn(&What) -> bool) -> Locks {
        (0..).zip(&self.rules).filter(|(_, rule)| covers(&rule.what)).map(|(place, _)| place).collect()
    }
}

impl What {
    fn covers(&self, name: &str, real: &Path) -> bool {
        match self {
            What::Name(own) => name == *own,
            What::Prefix(own) => name.starts_with(own),
            What::Path(own) => real.starts_with(own),
        }
    }

    fn is_named_by(&self, component: &str) -> bool {
        match self {
            What::Name(own) => component == *own,
            What::Prefix(own) => component.starts_with(own),
            What::Path(own) => own.file_name().is_some_and(|name| name == component),
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

    fn locked(protected: &Protected, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap();
        let mut locks = protected.locks(name, &Path::new("/project").join(path));
        protected.unlock(&mut locks, path);
        !locks.is_empty()
    }

    #[test]
    fn secrets_caches_and_our_own_files_are_locked() {
        let all = protected(&["**"]);
        for path in [".git", "a/.env", "a/.env.local", "lib/__pycache__", ".terraform", "out", "out/hello.zip"] {
            assert!(locked(&all, path), "{path}");
        }
        for path in [".gitignore", "env", "a.env", "pycache", "output", "b/out"] {
            assert!(!locked(&all, path), "{path}");
        }
    }

    #[test]
    fn naming_one_secret_does_not_open_the_others() {
        let named = protected(&["**", ".env.production", "out/**"]);
        assert!(!locked(&named, ".env.production"));
        assert!(!locked(&named, "out"));
        assert!(locked(&named, ".env"));
        assert!(locked(&named, "a/.env.production"));
    }

    #[test]
    fn a_pattern_that_names_something_below_lets_the_walk_in() {
        let named = protected(&[".git/config"]);
        let locks = named.locks(".git", Path::new("/project/.git"));
        assert!(named.may_unlock_below(&locks));
        assert!(!protected(&["**"]).may_unlock_below(&locks));
    }
}
