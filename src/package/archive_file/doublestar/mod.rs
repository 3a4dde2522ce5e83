//! Patterns as doublestar reads them, the Go package that `archive_file` compares its `excludes` with.
//! <https://github.com/bmatcuk/doublestar#patterns>

mod braces;

use std::ops::RangeInclusive;

use self::braces::{class_end, spelt_out};

/// A pattern for slash-separated paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// Its alternatives, braces spelt out: a path matches where one of them does.
    alternatives: Vec<Vec<Component>>,
}

/// What stands between two slashes of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Component {
    /// `**`: any number of folders.
    Folders,
    /// One name.
    Name(Vec<Token>),
}

/// What a piece of a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// `?`: one character.
    Any,
    /// `*`: any number of characters.
    Star,
    /// `[…]`: one character of these ranges, or of none of them.
    Class {
        negated: bool,
        ranges: Vec<RangeInclusive<char>>,
    },
}

impl Pattern {
    /// Reads a pattern, or says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let alternatives = spelt_out(text)?;
        let alternatives = alternatives.iter().map(|text| components(text)).collect::<Result<_, _>>()?;
        Ok(Self { alternatives })
    }

    /// Whether the pattern stands for the whole of `path`.
    pub(super) fn matches(&self, path: &str) -> bool {
        let names: Vec<Vec<char>> = path.split('/').map(|name| name.chars().collect()).collect();
        self.alternatives.iter().any(|components| path_matches(components, &names))
    }
}

/// Cuts a pattern without braces at its slashes.
fn components(text: &str) -> Result<Vec<Component>, &'static str> {
    let text: Vec<char> = text.chars().collect();
    let (mut components, mut name, mut at) = (Vec::new(), Vec::new(), 0);
    let mut stars = 0;
    while let Some(&character) = text.get(at) {
        let (token, end) = match character {
            '/' => {
                components.push(component(std::mem::take(&mut name), std::mem::take(&mut stars)));
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
        stars += usize::from(token == Token::Star);
        name.push(token);
        at = end;
    }
    components.push(component(name, stars));
    Ok(components)
}

/// Only as a whole component do two stars stand for folders; elsewhere they are as good as one.
fn component(name: Vec<Token>, stars: usize) -> Component {
    if name.len() == 2 && stars == 2 { Component::Folders } else { Component::Name(name) }
}

fn class(text: &[char]) -> Result<Token, &'static str> {
    let negated = matches!(text.first(), Some('^' | '!'));
    let mut rest = &text[usize::from(negated)..];
    let mut ranges = Vec::new();
    while !rest.is_empty() {
        let (first, behind) = member(rest)?;
        match behind {
            ['-', behind @ ..] if !behind.is_empty() => {
                let (last, behind) = member(behind)?;
                if last < first {
                    return Err("a range in a `[…]` runs backwards");
                }
                ranges.push(first..=last);
                rest = behind;
            }
            behind => {
                ranges.push(first..=first);
                rest = behind;
            }
        }
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

/// Compares all names. Where one goes wrong, the last `**` takes a folder more: an earlier one need not.
fn path_matches(components: &[Component], names: &[Vec<char>]) -> bool {
    let (mut component, mut at, mut retry) = (0, 0, None);
    loop {
        match components.get(component) {
            Some(Component::Folders) => {
                component += 1;
                retry = Some((component, at));
                continue;
            }
            Some(Component::Name(tokens)) if names.get(at).is_some_and(|name| name_matches(tokens, name)) => {
                (component, at) = (component + 1, at + 1);
                continue;
            }
            // `a/**/` stands for `a` as well.
            Some(Component::Name(end)) if end.is_empty() && retry == Some((component, names.len())) => return true,
            None if at == names.len() => return true,
            _ => {}
        }
        let Some((behind, taken)) = retry.filter(|&(_, taken)| taken < names.len()) else { return false };
        retry = Some((behind, taken + 1));
        (component, at) = (behind, taken + 1);
    }
}

/// Compares all of a name. Where a character goes wrong, the last `*` takes one more: an earlier one need not.
fn name_matches(tokens: &[Token], name: &[char]) -> bool {
    let (mut place, mut at, mut retry) = (0, 0, None);
    loop {
        match tokens.get(place) {
            Some(Token::Star) => {
                place += 1;
                retry = Some((place, at));
                continue;
            }
            Some(one) if name.get(at).is_some_and(|&character| one.takes(character)) => {
                (place, at) = (place + 1, at + 1);
                continue;
            }
            None if at == name.len() => return true,
            _ => {}
        }
        let Some((behind, taken)) = retry.filter(|&(_, taken)| taken < name.len()) else { return false };
        retry = Some((behind, taken + 1));
        (place, at) = (behind, taken + 1);
    }
}

impl Token {
    fn takes(&self, character: char) -> bool {
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

    #[test]
    fn a_star_stays_in_its_component_and_two_reach_into_folders() {
        for (pattern, path) in [
            ("*", "app.py"),
            ("*.py", "app.py"),
            ("lib/*", "lib/x"),
            ("a*b*c", "a-b-b-c"),
            ("**", "a/b/c"),
            ("**", "."),
            ("**/x", "x"),
            ("**/x", "a/b/x"),
            ("a/**", "a"),
            ("a/**/", "a"),
            ("a/**", "a/b/c"),
            ("a/**/b", "a/b"),
            ("a/**/b", "a/x/y/b"),
            ("a/**/b*/c", "a/x/b1/y/b2/c"),
            ("**/*.txt", "【a】.txt"),
            ("**/{a,b}", "x/b"),
            ("**/b/**", "x/b"),
            ("a**", "abc"),
            ("**a", "ba"),
            ("?", "ö"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("*", "a/b"),
            ("*.py", "lib/app.py"),
            ("lib/*", "lib/x/y"),
            ("a/**", "ab"),
            ("**/x", "a/xy"),
            ("**/x", "ax"),
            ("a/**/b", "a/xb"),
            ("a/**/b", "ab"),
            ("a**", "a/b"),
            ("a?b", "a/b"),
            ("a/", "a"),
            ("**/a/", "a"),
            ("a[^b]c", "a/c"),
            ("", "a"),
        ] {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn classes_braces_and_escapes_mean_what_they_say() {
        for (pattern, path) in [
            ("[a-c]x", "bx"),
            ("[^a]", "b"),
            ("[!a]", "b"),
            ("[x-]", "-"),
            ("[-x]", "-"),
            ("[a-b-d]", "-"),
            ("[a-b-d]", "d"),
            ("[\\]a]", "]"),
            ("[\\-x]", "-"),
            ("[a-ζ]", "α"),
            ("a{,bc}", "a"),
            ("a{,bc}", "abc"),
            ("{a/{b,c},d}", "a/c"),
            ("{[,],x}y", ",y"),
            ("{\\,,x}", ","),
            ("\\*", "*"),
            ("\\{a\\}", "{a}"),
            ("]", "]"),
            ("a,b", "a,b"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [("[a-b-d]", "c"), ("[\\-x]", "a"), ("{a/{b,c},d}", "a/d"), ("\\**", "ab"), ("\\*", "x")]
        {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn a_malformed_pattern_is_an_error() {
        for pattern in ["[", "[^", "[^bc", "a[", "[]a]", "\\", "{a", "a}", "{a,[}", "[b-a]", "[]", "ab{c,d}["] {
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
