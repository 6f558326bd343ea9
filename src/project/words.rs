//! Command lines that other files hold in one string.

/// The words of a command line, without the quotes around them.
pub(super) fn split(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut quote = None;
    let mut inside = false;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        if quote.is_none() && c.is_whitespace() {
            inside = false;
            continue;
        }
        if !inside {
            words.push(String::new());
            inside = true;
        }
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None | Some('"'), '\\') => append(&mut words, characters.next()),
            _ => append(&mut words, Some(c)),
        }
    }
    words
}

fn append(words: &mut [String], c: Option<char>) {
    if let Some(word) = words.last_mut() {
        word.extend(c);
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn quotes_hold_words_together() {
        assert_eq!(
            split("sh -c 'a  b' \"c\\\"d\" ''"),
            ["sh", "-c", "a  b", "c\"d", ""]
        );
    }
}
