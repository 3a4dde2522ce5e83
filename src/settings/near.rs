//! "Did you mean …?"

/// The known word that `word` most likely stands for: at most two slips away, and not all of it changed.
///
/// A word is not near itself.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| (1..=2).contains(distance) && *distance < word.len().min(candidate.len()))
        .min()
        .map(|(_, candidate)| candidate)
}

/// What to do about an unknown word: the nearest known one, or else all of them.
pub(super) fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", list(known)),
    }
}

/// `` `a`, `b` ``, in the order given; "none" when there is nothing.
pub(super) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}
