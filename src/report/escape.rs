//! Foreign text, made harmless for the place where it is written: one function per sink.
//!
//! Names, paths, and the words of AWS come from outside. Each sink has its own way out of plain
//! text, and each function here closes it. Text is escaped once, where it is written.

/// One line on a terminal, which may be the log of a GitHub Actions run.
///
/// Line breaks become spaces; ANSI sequences, control characters and characters that hide or reorder
/// text are dropped. The runner obeys a line that begins with `::`, and `##[` anywhere in a line:
/// <https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs>.
pub fn terminal(text: &str) -> String {
    let line = visible(text, ' ').replace("##[", "# #[");
    if line.trim_start().starts_with("::") { line.replacen("::", ": :", 1) } else { line }
}

/// The message of a workflow command: `::error::<here>`.
///
/// <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>
pub fn command_data(text: &str) -> String {
    visible(text, '\n').replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command: `::error title=<here>::`.
pub fn command_property(text: &str) -> String {
    command_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Prose in GitHub's Markdown, also in a table's cell: no markup, no HTML, no mention, no link.
pub fn markdown(text: &str) -> String {
    let text = visible(text, ' ');
    // Spaces before a text could make code of it.
    let text = text.trim();
    let mut escaped = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let (before, after) = (&text[..at], &text[at + character.len_utf8()..]);
        if is_markup(before, character, after) {
            escaped.push('\\');
        }
        push_markup_sign(character, &mut escaped);
        if is_of_issue(before, character, after) {
            escaped.push_str(NOTHING);
        }
    }
    escaped
}

/// The text of an HTML element inside Markdown, where a backslash would be shown.
pub fn html(text: &str) -> String {
    let text = visible(text, ' ');
    let mut escaped = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        push_markup_sign(character, &mut escaped);
        if is_of_issue(&text[..at], character, &text[at + character.len_utf8()..]) {
            escaped.push_str(NOTHING);
        }
    }
    escaped
}

/// An element that shows nothing.
const NOTHING: &str = "<!-- -->";

/// The dash of `GH-12`.
///
/// <https://docs.github.com/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls>
fn is_of_issue(before: &str, character: char, after: &str) -> bool {
    let word = before.rsplit(|it: char| !it.is_alphanumeric()).next().unwrap_or_default();
    character == '-' && word.eq_ignore_ascii_case("gh") && after.starts_with(|it: char| it.is_ascii_digit())
}

/// A mention, an issue number and a formula are found in what Markdown has made of the text, so that a
/// backslash does not help: an element between the sign and the word does.
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

/// A code span in Markdown. Not for a table's cell, where a bar would end it.
pub fn markdown_code(text: &str) -> String {
    let text = visible(text, ' ');
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    // A space on both sides is taken away again by Markdown, and parts a backtick from the fence.
    format!("{fence} {text} {fence}")
}

fn longest_run(text: &str, wanted: char) -> usize {
    text.split(|character| character != wanted).map(str::len).max().unwrap_or(0)
}

/// Text, or the value of an attribute, in XML: <https://www.w3.org/TR/xml/#syntax>.
pub fn xml(text: &str) -> String {
    visible(text, ' ').chars().fold(String::new(), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            other => escaped.push(other),
        }
        escaped
    })
}

/// An URL as a link in Markdown; as prose where it holds anything but plain URL characters.
pub fn markdown_link(url: &str) -> String {
    if is_plain_url(url) { format!("<{url}>") } else { markdown(url) }
}

/// An URL as a link with this text; the text alone where the URL holds anything but plain URL characters.
pub fn markdown_named_link(text: &str, url: &str) -> String {
    let text = markdown(text);
    if is_plain_url(url) && !text.is_empty() { format!("[{text}]({url})") } else { text }
}

/// A line of a fenced block, behind a mark of its own: no line break can end the line, nor what follows the block.
pub fn fenced(text: &str) -> String {
    visible(text, ' ')
}

fn is_plain_url(url: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b":/?=&._~%-".contains(&byte);
    (url.starts_with("https://") || url.starts_with("http://")) && url.bytes().all(plain)
}

/// A whole JSON document that serde wrote: the same values, but nothing that a terminal or the runner obeys.
pub fn json(document: &str) -> String {
    let mut escaped = String::with_capacity(document.len());
    for character in document.chars() {
        if character != '\n' && is_hidden(character) {
            push_json_escape(character, &mut escaped);
        } else {
            escaped.push(character);
        }
    }
    // Outside a string, JSON has no `#`.
    escaped.replace("##[", "\\u0023#[")
}

fn push_json_escape(character: char, out: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        out.extend([format!("\\u{unit:04x}")]);
    }
}

/// The text without ANSI sequences and hidden characters; each line break becomes `line_break`.
fn visible(text: &str, line_break: char) -> String {
    without_ansi(text)
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

/// Control characters, and what has no shape of its own or turns the direction of reading.
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

/// What follows the parameters and the final byte of a control sequence (ECMA-48, 5.4).
fn after_control_sequence(text: &str) -> Option<&str> {
    let end = text.find(|character| !(' '..='?').contains(&character))?;
    text[end..].strip_prefix(|character| ('@'..='~').contains(&character))
}
