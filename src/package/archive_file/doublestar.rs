//! Patterns as doublestar reads them, the Go package that `archive_file` compares its `excludes` with.
//! <https://github.com/bmatcuk/doublestar#patterns>

use std::ops::RangeInclusive;

/// A pattern for slash-separated paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// Its alternatives, braces spelt out: a path matches where one of them does.
    alternatives: Vec<Vec<Token>>,
}

/// What a piece of a pattern stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// `?`: one character, but no slash.
    Any,
    /// `*`: any number of characters, but no slash.
    Star,
    /// `**` as a whole component: any number of folders.
    DoubleStar,
    /// `[…]`: one character of these ranges, or of none of them, but no slash.
    Class {
        negated: bool,
        ranges: Vec<RangeInclusive<char>>,
    },
}

/// Braces grow with each other's number: more alternatives than this are refused.
const MAX_ALTERNATIVES: usize = 1_000;

impl Pattern {
    /// Reads a pattern, or says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut spelt = vec![String::new()];
        spell_out(&text.chars().collect::<Vec<_>>(), &mut spelt)?;
        let alternatives = spelt.iter().map(|text| tokens(text)).collect::<Result<_, _>>()?;
        Ok(Self { alternatives })
    }

    /// Whether the pattern stands for the whole of `path`.
    pub(super) fn matches(&self, path: &str) -> bool {
        let path: Vec<char> = path.chars().collect();
        self.alternatives.iter().any(|tokens| matches(tokens, &path))
    }
}

/// Spells out `{a,b}`: appends each alternative to each text so far. Escapes stay as they are.
fn spell_out(text: &[char], spelt: &mut Vec<String>) -> Result<(), &'static str> {
    let mut at = 0;
    while let Some(&character) = text.get(at) {
        let end = match character {
            '\\' => at + 2,
            '[' => class_end(text, at).ok_or("a `[` has no `]`")?,
            '{' => {
                let (parts, end) = parts(text, at).ok_or("a `{` has no `}`")?;
                *spelt = with_each(spelt, &parts)?;
                at = end;
                continue;
            }
            _ => at + 1,
        };
        let piece: String = text.get(at..end).ok_or("a backslash escapes nothing")?.iter().collect();
        spelt.iter_mut().for_each(|spelt| spelt.push_str(&piece));
        at = end;
    }
    Ok(())
}

fn with_each(spelt: &[String], parts: &[&[char]]) -> Result<Vec<String>, &'static str> {
    let mut all = Vec::new();
    for part in parts {
        let mut longer = spelt.to_vec();
        spell_out(part, &mut longer)?;
        all.append(&mut longer);
        if all.len() > MAX_ALTERNATIVES {
            return Err("its braces stand for more than 1,000 patterns");
        }
    }
    Ok(all)
}

/// What stands between the commas of the brace at `open`, and where it ends.
fn parts(text: &[char], open: usize) -> Option<(Vec<&[char]>, usize)> {
    let (mut parts, mut start, mut depth, mut at) = (Vec::new(), open + 1, 0, open + 1);
    loop {
        match text.get(at)? {
            '\\' => at += 1,
            '[' => at = class_end(text, at)? - 1,
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' => {
                parts.push(&text[start..at]);
                return Some((parts, at + 1));
            }
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
}

/// Behind the `]` that ends the class at `open`.
fn class_end(text: &[char], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        match text.get(at)? {
            '\\' => at += 2,
            ']' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, &'static str> {
    let text: Vec<char> = text.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while let Some(&character) = text.get(at) {
        let (token, end) = match character {
            '\\' => (Token::Literal(*text.get(at + 1).ok_or("a backslash escapes nothing")?), at + 2),
            '?' => (Token::Any, at + 1),
            '*' => star(&text, at),
            '[' => {
                let end = class_end(&text, at).ok_or("a `[` has no `]`")?;
                (class(&text[at + 1..end - 1])?, end)
            }
            '}' => return Err("a `}` has no `{`"),
            other => (Token::Literal(other), at + 1),
        };
        tokens.push(token);
        at = end;
    }
    Ok(tokens)
}

/// Only as a whole component do two stars reach into folders; elsewhere they are one.
fn star(text: &[char], at: usize) -> (Token, usize) {
    let end = at + text[at..].iter().take_while(|&&character| character == '*').count();
    let begins = at == 0 || text[at - 1] == '/';
    let ends = text.get(end).is_none_or(|&next| next == '/');
    let token = if end - at == 2 && begins && ends { Token::DoubleStar } else { Token::Star };
    (token, end)
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

/// Compares all of `path`; a star that went wrong takes one character more. Folders first, then names: with two
/// places to go back to, the time grows with the product of the lengths, not with more.
fn matches(tokens: &[Token], path: &[char]) -> bool {
    let (mut token, mut at) = (0, 0);
    let (mut star, mut folders): (Option<(usize, usize)>, Option<(usize, usize)>) = (None, None);
    loop {
        let matched = match tokens.get(token) {
            Some(Token::DoubleStar) => {
                (folders, star) = (Some((token, at)), None);
                token = behind_folders(tokens, token);
                true
            }
            Some(Token::Star) => {
                star = Some((token, at));
                token += 1;
                true
            }
            Some(one) if path.get(at).is_some_and(|&character| one.takes(character)) => {
                (token, at) = (token + 1, at + 1);
                true
            }
            None if at == path.len() => return true,
            // `a/**` stands for `a` as well.
            Some(Token::Literal('/')) if at == path.len() && is_only_folders(&tokens[token + 1..]) => return true,
            _ => false,
        };
        if matched {
            continue;
        }
        if let Some((from, taken)) = star.filter(|&(_, taken)| path.get(taken).is_some_and(|&next| next != '/')) {
            star = Some((from, taken + 1));
            (token, at) = (from + 1, taken + 1);
        } else if let Some((from, taken)) = folders.filter(|&(_, taken)| taken < path.len()) {
            let next = next_component(path, taken);
            // What stands behind `**/` begins with a component; the end of `**` takes all that is left.
            (folders, star) = (Some((from, next)), None);
            (token, at) = (behind_folders(tokens, from), next);
        } else {
            return false;
        }
    }
}

/// The token behind `**/`, or behind the `**` that ends the pattern.
fn behind_folders(tokens: &[Token], double_star: usize) -> usize {
    match tokens.get(double_star + 1) {
        Some(Token::Literal('/')) => double_star + 2,
        _ => double_star + 1,
    }
}

fn is_only_folders(tokens: &[Token]) -> bool {
    matches!(tokens, [Token::DoubleStar] | [Token::DoubleStar, Token::Literal('/')])
}

fn next_component(path: &[char], at: usize) -> usize {
    path[at..].iter().position(|&character| character == '/').map_or(path.len(), |slash| at + slash + 1)
}

impl Token {
    fn takes(&self, character: char) -> bool {
        match self {
            Token::Literal(own) => character == *own,
            Token::Any => character != '/',
            Token::Class { negated, ranges } => {
                character != '/' && ranges.iter().any(|range| range.contains(&character)) != *negated
            }
            Token::Star | Token::DoubleStar => false,
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
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!matches(&"*a".repeat(30), &format!("{}b", "a".repeat(2_000))));
        assert!(!matches(&"**/*a*/".repeat(8), &format!("{}b", "aa/".repeat(200))));
    }
}
