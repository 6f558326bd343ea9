//! Guessing what a misspelt word was meant to be.

/// The candidate that is at most two edits from `word`, letter case aside; the first of the
/// nearest. `None` also when `word` is far longer than any candidate.
pub(super) fn nearest<'c>(
    word: &str,
    candidates: impl Iterator<Item = &'c str>,
) -> Option<&'c str> {
    const MAX_DISTANCE: usize = 2;
    const MAX_LENGTH: usize = 32;
    if word.len() > MAX_LENGTH {
        return None;
    }
    let word = word.to_lowercase();
    candidates
        .map(|candidate| (distance(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= MAX_DISTANCE)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.chars().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_near_words_only() {
        let names = ["FROM", "RUN", "COPY"];
        assert_eq!(nearest("fron", names.into_iter()), Some("FROM"));
        assert_eq!(nearest("CPY", names.into_iter()), Some("COPY"));
        assert_eq!(nearest("healthcheck", names.into_iter()), None);
    }
}
