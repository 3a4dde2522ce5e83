//! Suggests known words for unknown ones: "did you mean …?"

/// Returns the known word that is most similar to `word`, with at most two typos.
///
/// The word itself is never returned.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| (1..=2).contains(distance) && *distance < word.len().min(candidate.len()))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Returns the fix for an unknown word: the nearest known word or, if there is none, all known words.
pub(super) fn suggestion(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", list(known)),
    }
}

/// Lists words in the given order: `` `a`, `b` ``, or "none".
pub(super) fn list(words: &[&str]) -> String {
    if words.is_empty() { "none".to_owned() } else { format!("`{}`", words.join("`, `")) }
}
