//! Braces of a pattern: `{a,b}` stands for `a` and for `b`.

/// Braces grow with each other's number: more alternatives than this are refused.
const MAX_ALTERNATIVES: usize = 1_000;
const TOO_MANY: &str = "its braces stand for more than 1,000 patterns";

/// All patterns without braces that `text` stands for. Escapes stay as they are.
pub(super) fn spelt_out(text: &str) -> Result<Vec<String>, &'static str> {
    if text.matches('{').count() > MAX_ALTERNATIVES {
        return Err(TOO_MANY);
    }
    let mut spelt = vec![String::new()];
    spell_out(&text.chars().collect::<Vec<_>>(), &mut spelt)?;
    Ok(spelt)
}

/// Appends each alternative to each text so far.
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
        for spelt in spelt.iter_mut() {
            spelt.push_str(&piece);
        }
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
            return Err(TOO_MANY);
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
