//! Matches paths as doublestar does, the Go package that `archive_file` uses for its `excludes`.
//! <https://github.com/bmatcuk/doublestar#patterns>

mod braces;

use std::ops::RangeInclusive;

use self::braces::{class_end, expand};

/// A pattern for slash-separated paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// The pattern with its braces expanded: a path matches if one alternative does.
    alternatives: Vec<Vec<Component>>,
}

/// The part of a pattern between two slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Component {
    /// `**`: any number of folders.
    Folders,
    /// One name.
    Name(Vec<Token>),
}

/// An element of a name's pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// `?`: one character.
    Any,
    /// `*`: any number of characters.
    Star,
    /// `[…]`: one character in these ranges or, if negated, outside of them.
    Class {
        negated: bool,
        ranges: Vec<RangeInclusive<char>>,
    },
}

impl Pattern {
    /// Parses a pattern, or returns what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let alternatives = expand(text)?;
        let alternatives = alternatives.iter().map(|text| components(text)).collect::<Result<_, _>>()?;
        Ok(Self { alternatives })
    }

    /// Returns whether the pattern matches all of `path`.
    pub(super) fn matches(&self, path: &str) -> bool {
        let names: Vec<Vec<char>> = path.split('/').map(|name| name.chars().collect()).collect();
        self.alternatives.iter().any(|components| path_matches(components, &names))
    }
}

/// Splits a pattern without braces at its slashes.
fn components(text: &str) -> Result<Vec<Component>, &'static str> {
    let text: Vec<char> = text.chars().collect();
    let (mut components, mut name, mut at) = (Vec::new(), Vec::new(), 0);
    while let Some(&character) = text.get(at) {
        let (token, end) = match character {
            '/' => {
                components.push(component(std::mem::take(&mut name)));
                at += 1;
                continue;
            }
            '\\' => (Token::Literal(*text.get(at + 1).ok_or("a backslash escapes nothing")?), at + 2),
            '?' => (Token::Any, at + 1),
            '*' => (Token::Star, at + 1),
            '[' => {
                let end = class_end(&text, at).ok_or("a `[` has no `]`")?;
                (class(&text[at + 1..end - 1])?, end)
            }
            '}' => return Err("a `}` has no `{`"),
            other => (Token::Literal(other), at + 1),
        };
        name.push(token);
        at = end;
    }
    components.push(component(name));
    Ok(with_odd_end(components))
}

/// Applies what doublestar makes of a slash after two stars at the end: `a/**/` matches `a` as well, `a**/` matches
/// `a` alone, and `**/` matches nothing.
fn with_odd_end(mut components: Vec<Component>) -> Vec<Component> {
    if let [.., Component::Name(tokens), Component::Name(end)] = components.as_mut_slice()
        && end.is_empty()
        && let [start @ .., last, Token::Star, Token::Star] = tokens.as_slice()
        && *last != Token::Star
    {
        *tokens = [start, std::slice::from_ref(last)].concat();
        components.pop();
        return components;
    }
    let empty_after_folders = [Component::Folders, Component::Name(Vec::new())];
    let end = components.windows(2).position(|pair| *pair == empty_after_folders);
    let is_named = components.iter().any(|component| matches!(component, Component::Name(name) if !name.is_empty()));
    if let Some(folders) = end.filter(|_| is_named) {
        components.truncate(folders + 1);
    }
    components
}

/// Returns `**` if the component is exactly two stars; anywhere else two stars equal one.
fn component(name: Vec<Token>) -> Component {
    if name == [Token::Star, Token::Star] { Component::Folders } else { Component::Name(name) }
}

fn class(text: &[char]) -> Result<Token, &'static str> {
    let negated = matches!(text.first(), Some('^' | '!'));
    let mut rest = &text[usize::from(negated)..];
    let mut ranges = Vec::new();
    while !rest.is_empty() {
        let (first, behind) = member(rest)?;
        let (last, behind) = match behind {
            ['-', behind @ ..] if !behind.is_empty() => member(behind)?,
            _ => (first, behind),
        };
        // Of a range that runs backwards, doublestar matches the first character.
        ranges.push(first..=last.max(first));
        rest = behind;
    }
    if ranges.is_empty() { Err("a `[…]` is empty") } else { Ok(Token::Class { negated, ranges }) }
}

fn member(text: &[char]) -> Result<(char, &[char]), &'static str> {
    match text {
        ['\\', escaped, rest @ ..] => Ok((*escaped, rest)),
        ['\\'] | [] => Err("a backslash escapes nothing"),
        [plain, rest @ ..] => Ok((*plain, rest)),
    }
}

/// Compares all names of a path.
fn path_matches(components: &[Component], names: &[Vec<char>]) -> bool {
    all_match(components, names, &Component::Folders, |component, name| match component {
        Component::Folders => false,
        Component::Name(tokens) => {
            all_match(tokens, name, &Token::Star, |token, &character| token.matches_char(character))
        }
    })
}

/// Compares all items with a pattern, in which `many` matches any number of items. On a mismatch only the last `many` has
/// to match one more item, so this takes quadratic time.
fn all_match<P: PartialEq, I>(pattern: &[P], items: &[I], many: &P, matches: impl Fn(&P, &I) -> bool) -> bool {
    let (mut place, mut at, mut retry) = (0, 0, None);
    loop {
        match (pattern.get(place), items.get(at)) {
            (Some(part), _) if part == many => {
                place += 1;
                retry = Some((place, at));
                continue;
            }
            (Some(part), Some(item)) if matches(part, item) => {
                (place, at) = (place + 1, at + 1);
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        let Some((behind, taken)) = retry.filter(|&(_, taken)| taken < items.len()) else { return false };
        retry = Some((behind, taken + 1));
        (place, at) = (behind, taken + 1);
    }
}

impl Token {
    fn matches_char(&self, character: char) -> bool {
        match self {
            Token::Literal(own) => character == *own,
            Token::Any => true,
            Token::Class { negated, ranges } => ranges.iter().any(|range| range.contains(&character)) != *negated,
            Token::Star => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(path)
    }

    /// Takes patterns, each with the paths that it matches and with paths that it does not match.
    fn assert_matches(patterns: &[(&str, &str, &str)]) {
        for (pattern, matching, others) in patterns {
            for path in matching.split(' ').filter(|path| !path.is_empty()) {
                assert!(matches(pattern, path), "{pattern} {path}");
            }
            for path in others.split(' ').filter(|path| !path.is_empty()) {
                assert!(!matches(pattern, path), "{pattern} {path}");
            }
        }
    }

    #[test]
    fn a_star_stays_in_its_component_and_two_reach_into_folders() {
        assert_matches(&[
            ("*", "app.py", "a/b"),
            ("*.py", "app.py", "lib/app.py"),
            ("lib/*", "lib/x", "lib/x/y"),
            ("a*b*c", "a-b-b-c", ""),
            ("**", "a/b/c .", ""),
            ("**/x", "x a/b/x", "a/xy ax"),
            ("a/**", "a a/b/c", "ab"),
            ("a/**/", "a a/b a/b/c", "ab"),
            ("a/**/b", "a/b a/x/y/b", "a/xb ab"),
            ("a/**/b*/c", "a/x/b1/y/b2/c", ""),
            ("**/*.txt", "【a】.txt", ""),
            ("**/{a,b}", "x/b", ""),
            ("**/b/**", "x/b", ""),
            ("a**", "abc", "a/b"),
            ("**a", "ba", ""),
            ("?", "ö", ""),
            ("a?b", "", "a/b"),
            ("a/", "", "a"),
            ("**/a/", "", "a"),
            ("a[^b]c", "", "a/c"),
            ("", "", "a"),
            ("a**/", "a", "ab ab.txt a/b"),
            ("**/a**/", "a b/a", "ab b/ab"),
            ("{a,b}**/", "a b", "ab bb"),
            ("**/", "", "a a/b"),
            ("**a/", "", "a ba"),
        ]);
    }

    #[test]
    fn classes_braces_and_escapes_mean_what_they_say() {
        assert_matches(&[
            ("[a-c]x", "bx", ""),
            ("[^a]", "b", ""),
            ("[!a]", "b", ""),
            ("[x-]", "-", ""),
            ("[-x]", "-", ""),
            ("[a-b-d]", "- d", "c"),
            ("[z-a]", "z", "a m"),
            ("[\\]a]", "]", ""),
            ("[\\-x]", "-", "a"),
            ("[a-ζ]", "α", ""),
            ("a{,bc}", "a abc", ""),
            ("{a/{b,c},d}", "a/c", "a/d"),
            ("{[,],x}y", ",y", ""),
            ("{\\,,x}", ",", ""),
            ("\\*", "*", "x"),
            ("\\{a\\}", "{a}", ""),
            ("]", "]", ""),
            ("a,b", "a,b", ""),
            ("\\**", "", "ab"),
        ]);
    }

    #[test]
    fn a_malformed_pattern_is_an_error() {
        for pattern in ["[", "[^", "[^bc", "a[", "[]a]", "\\", "{a", "a}", "{a,[}", "[]", "ab{c,d}["] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
        assert!(Pattern::parse(&"{a,b}".repeat(10)).is_err());
        assert!(Pattern::parse(&format!("{}{}", "{".repeat(100_000), "}".repeat(100_000))).is_err());
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!matches(&"*a".repeat(30), &format!("{}b", "a".repeat(2_000))));
        assert!(!matches(&"**/*a*/".repeat(8), &format!("{}b", "aa/".repeat(200))));
    }
}
