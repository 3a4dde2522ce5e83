//! What a function itself said of its failure: the type of its error and the first line, nothing more.

/// How much of a line is shown, in characters.
const LONGEST: usize = 200;

/// `KeyError: 'x'`, of an error's type and message.
pub(crate) fn of(kind: &str, message: &str) -> Option<String> {
    let line = message.lines().next().unwrap_or_default().trim();
    let text = if line.is_empty() { kind.to_owned() } else { format!("{kind}: {line}") };
    (!text.is_empty()).then(|| text.chars().take(LONGEST).collect())
}

/// The last error of a log, as runtimes write them: `[ERROR] KeyError: 'x'`, `{"errorType":"TypeError", …}`, or a line
/// that begins with an error's type.
pub(crate) fn in_log(log: &str) -> Option<String> {
    log.lines().rev().find_map(in_line)
}

fn in_line(line: &str) -> Option<String> {
    if let Some(json) = line.find('{').and_then(|at| line.get(at..))
        && let Ok(document) = serde_json::from_str::<serde_json::Value>(json)
        && let Some(kind) = document["errorType"].as_str()
    {
        return of(kind, document["errorMessage"].as_str().unwrap_or_default());
    }
    let text = line.split_once("[ERROR]").map_or(line, |(_, text)| text).trim_start();
    // Some loggers write a time and a request id first.
    let text = text.rsplit('\t').next().unwrap_or(text);
    let (kind, message) = text.split_once(':')?;
    let is_name =
        !kind.is_empty() && kind.chars().all(|character| character.is_alphanumeric() || "._".contains(character));
    let is_error = ["Error", "Exception"].iter().any(|ending| kind.ends_with(ending));
    if is_name && is_error { of(kind, message.trim()) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_runtimes_are_found() {
        let found = |log| in_log(log).unwrap_or_default();
        assert_eq!(
            found("START\n[ERROR] KeyError: 'x'\nTraceback (most recent call last):\n  File\nEND"),
            "KeyError: 'x'"
        );
        assert_eq!(
            found(
                "2026-01-31T12:00:00Z\tid\tERROR\tInvoke Error\t{\"errorType\":\"TypeError\",\"errorMessage\":\"a\\nb\"}"
            ),
            "TypeError: a"
        );
        assert_eq!(
            found(
                "Traceback (most recent call last):\n  File \"app.py\", line 3\nbotocore.exceptions.ClientError: denied"
            ),
            "botocore.exceptions.ClientError: denied"
        );
        assert_eq!(found("START RequestId: 1\nall is well: no Error here\nEND"), "");
    }
}
