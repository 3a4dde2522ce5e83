//! Expands the braces of a pattern: `{a,b}` matches `a` and `b`.

/// The number of alternatives multiplies with each brace; patterns with more than this are refused.
const MAX_ALTERNATIVES: usize = 1_000;
const TOO_MANY: &str = "its braces expand to more than 1,000 patterns";

/// Returns all patterns without braces that `text` expands to. Escapes stay as they are.
pub(super) fn expand(text: &str) -> Result<Vec<String>, &'static str> {
    if text.matches('{').count() > MAX_ALTERNATIVES {
        return Err(TOO_MANY);
    }
    let mut expanded = vec![String::new()];
    expand_into(&text.chars().collect::<Vec<_>>(), &mut expanded)?;
    Ok(expanded)
}

/// Appends each alternative of `text` to each pattern expanded so far.
fn expand_into(text: &[char], expanded: &mut Vec<String>) -> Result<(), &'static str> {
    let mut at = 0;
    while let Some(&character) = text.get(at) {
        let end = match character {
            '\\' => at + 2,
            '[' => class_end(text, at).ok_or("a `[` has no `]`")?,
            '{' => {
                let (parts, end) = parts(text, at).ok_or("a `{` has no `}`")?;
                *expanded = with_each(expanded, &parts)?;
                at = end;
                continue;
            }
            _ => at + 1,
        };
        let piece: String = text.get(at..end).ok_or("a backslash escapes nothing")?.iter().collect();
        for expanded in expanded.iter_mut() {
            expanded.push_str(&piece);
        }
        at = end;
    }
    Ok(())
}

fn with_each(expanded: &[String], parts: &[&[char]]) -> Result<Vec<String>, &'static str> {
    let mut all = Vec::new();
    for part in parts {
        let mut longer = expanded.to_vec();
        expand_into(part, &mut longer)?;
        all.append(&mut longer);
        if all.len() > MAX_ALTERNATIVES {
            return Err(TOO_MANY);
        }
    }
    Ok(all)
}

/// Returns the alternatives of the brace at `open`, and the index after its end.
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

/// Returns the index after the `]` that ends the class at `open`.
pub(super) fn class_end(text: &[char], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        match text.get(at)? {
            '\\' => at += 2,
            ']' => return Some(at + 1),
            _ => at += 1,
        }
    }
}
