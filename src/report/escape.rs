//! Escapes foreign text for the place where it is written: one function per sink.
//!
//! Names, paths and messages from AWS come from outside. Each sink has its own special characters, and each function
//! here escapes those of one sink, after [`redact`] has hidden what is secret. Text is escaped once, where it is written.

use super::redact;

/// Escapes a line for a terminal, which may be the log of a GitHub Actions run.
///
/// Line breaks become spaces; ANSI sequences, control characters and characters that hide or reorder
/// text are dropped. The runner executes a line that begins with `::`, and `##[` anywhere in a line:
/// <https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs>.
pub fn terminal(text: &str) -> String {
    let line = visible(text, ' ').replace("##[", "# #[");
    if line.trim_start().starts_with("::") { line.replacen("::", ": :", 1) } else { line }
}

/// Escapes the message of a workflow command: `::error::<here>`.
///
/// <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>
pub fn command_data(text: &str) -> String {
    visible(text, '\n').replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a workflow command: `::error title=<here>::`.
pub fn command_property(text: &str) -> String {
    command_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Escapes prose in GitHub's Markdown, including table cells: no markup, no HTML, no mention, no link.
pub fn markdown(text: &str) -> String {
    // Leading spaces could make it a code block.
    escaped(visible(text, ' ').trim(), is_markup)
}

/// Escapes prose as [`markdown`] does, but for what it has between two backticks, which becomes code. Do not use it in a
/// table cell, where a bar would end it.
pub fn markdown_prose(text: &str) -> String {
    let text = visible(text, ' ');
    let parts: Vec<&str> = text.trim().split('`').collect();
    // A code span needs its other backtick, and something inside and between. Code of our own has no HTML, no
    // mention and no link.
    let mut inner = parts.iter().skip(1).take(parts.len().saturating_sub(2));
    let is_foreign = |part: &&str| part.trim().is_empty() || part.contains(['<', '>', '@', '&']) || part.contains("](");
    if parts.len().is_multiple_of(2) || inner.any(is_foreign) {
        return markdown(&text);
    }
    let written = |(at, part): (usize, &&str)| {
        if at.is_multiple_of(2) { escaped(part, is_markup) } else { markdown_code(part) }
    };
    parts.iter().enumerate().map(written).collect()
}

/// Escapes the text of an HTML element inside Markdown, where a backslash would be visible.
pub fn html(text: &str) -> String {
    escaped(&visible(text, ' '), |_, _, _| false)
}

/// Escapes what GitHub looks for in the rendered text, and what is markup between the text before and after it.
fn escaped(text: &str, is_markup: impl Fn(&str, char, &str) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let (before, after) = (&text[..at], &text[at + character.len_utf8()..]);
        if is_markup(before, character, after) {
            escaped.push('\\');
        }
        push_markup_sign(character, &mut escaped);
        if is_issue_dash(before, character, after) {
            escaped.push_str(INVISIBLE);
        }
    }
    escaped
}

/// An invisible element.
const INVISIBLE: &str = "<!-- -->";

/// Returns whether `character` is the dash of a reference like `GH-12`.
///
/// <https://docs.github.com/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls>
fn is_issue_dash(before: &str, character: char, after: &str) -> bool {
    let word = before.rsplit(|it: char| !it.is_alphanumeric()).next().unwrap_or_default();
    character == '-' && word.eq_ignore_ascii_case("gh") && after.starts_with(|it: char| it.is_ascii_digit())
}

/// Appends a character that starts HTML, a mention, an issue number or a formula in a harmless form.
///
/// GitHub looks for the last three in the rendered text, so a backslash does not help, but an element after the sign
/// does.
fn push_markup_sign(character: char, out: &mut String) {
    match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '@' => out.push_str("@<!-- -->"),
        '#' => out.push_str("#<!-- -->"),
        '$' => out.push_str("<span>$</span>"),
        other => out.push(other),
    }
}

fn is_markup(before: &str, character: char, after: &str) -> bool {
    match character {
        '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' => true,
        '-' | '+' | '=' => before.trim().is_empty(),
        '.' => before.to_ascii_lowercase().ends_with("www") || before.bytes().all(|byte| byte.is_ascii_digit()),
        ':' => after.starts_with("//"),
        _ => false,
    }
}

/// Returns a code span in Markdown. Do not use it in a table cell, where a bar would end it.
pub fn markdown_code(text: &str) -> String {
    let text = visible(text, ' ');
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    // Markdown removes the space on both sides. It separates a backtick in the text from the fence.
    format!("{fence} {text} {fence}")
}

fn longest_run(text: &str, wanted: char) -> usize {
    text.split(|character| character != wanted).map(str::len).max().unwrap_or(0)
}

/// Escapes text or an attribute's value in XML: <https://www.w3.org/TR/xml/#syntax>.
pub fn xml(text: &str) -> String {
    let escaped = visible(text, ' ').replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.replace('"', "&quot;").replace('\'', "&apos;")
}

/// Returns a URL as a link in Markdown, or as prose if it contains anything but plain URL characters.
pub fn markdown_link(url: &str) -> String {
    if is_url_of(url, PLAIN) { format!("<{url}>") } else { markdown(url) }
}

/// Returns a link with this text, or only the text if the URL contains anything but plain URL characters and those of a
/// page in AWS's console.
pub fn markdown_named_link(text: &str, url: &str) -> String {
    let text = markdown(text);
    let is_link = is_url_of(url, &[PLAIN, b"#$"].concat()) && !text.is_empty();
    if is_link { format!("[{text}]({url})") } else { text }
}

/// Escapes a line of a fenced block. The caller puts a mark before it, so the line cannot end the block.
pub fn fenced(text: &str) -> String {
    visible(text, ' ')
}

/// The characters of a URL, beside letters and digits, that mean nothing in Markdown.
const PLAIN: &[u8] = b":/?=&._~%-";

/// Returns whether it is a URL of letters, digits and these characters.
fn is_url_of(url: &str, characters: &[u8]) -> bool {
    let is_taken = |byte: u8| byte.is_ascii_alphanumeric() || characters.contains(&byte);
    (url.starts_with("https://") || url.starts_with("http://")) && url.bytes().all(is_taken)
}

/// Escapes a JSON document: the values stay the same, but no terminal or runner executes anything in it.
pub fn json(document: &str) -> String {
    let mut escaped = String::with_capacity(document.len());
    for character in redact::redacted(document).chars() {
        if character != '\n' && is_hidden(character) {
            push_json_escape(character, &mut escaped);
        } else {
            escaped.push(character);
        }
    }
    // `#` occurs only inside of JSON strings.
    escaped.replace("##[", "\\u0023#[")
}

fn push_json_escape(character: char, out: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        out.extend([format!("\\u{unit:04x}")]);
    }
}

/// Returns the text without ANSI sequences and hidden characters; each line break becomes `line_break`.
fn visible(text: &str, line_break: char) -> String {
    without_ansi(&redact::redacted(text))
        .replace("\r\n", "\n")
        .chars()
        .map(|character| if is_line_break(character) { line_break } else { character })
        .map(|character| if character == '\t' { ' ' } else { character })
        .filter(|character| *character == line_break || !is_hidden(*character))
        .collect()
}

fn is_line_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Returns whether a character is a control character, is invisible, or changes the direction of text.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'
                ..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
        )
}

fn without_ansi(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        kept.push_str(before);
        rest = after.strip_prefix('[').and_then(after_control_sequence).unwrap_or(after);
    }
    kept.push_str(rest);
    kept
}

/// Returns the text after the parameters and the final byte of a control sequence (ECMA-48, 5.4).
fn after_control_sequence(text: &str) -> Option<&str> {
    let end = text.find(|character| !(' '..='?').contains(&character))?;
    text[end..].strip_prefix(|character| ('@'..='~').contains(&character))
}
