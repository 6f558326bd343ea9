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

/// Insertions, deletions, substitutions and swaps of neighbours that lead from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let above = &rows[i - 1];
        let mut row = vec![i];
        for j in 1..=b.len() {
            let substituted = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = substituted.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_near_words_only() {
        let names = ["FROM", "RUN", "COPY"];
        assert_eq!(nearest("fron", names.into_iter()), Some("FROM"));
        assert_eq!(nearest("RNU", ["ENV", "RUN"].into_iter()), Some("RUN"));
        assert_eq!(nearest("CPY", names.into_iter()), Some("COPY"));
        assert_eq!(nearest("healthcheck", names.into_iter()), None);
    }
}
