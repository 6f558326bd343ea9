//! Command lines that other files hold in one string.

use std::sync::OnceLock;

use regex_lite::Regex;

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

/// `text` with the forms of variables that may hold blanks as one word each.
pub(super) fn in_one_word(text: &str) -> String {
    static FORM: OnceLock<Option<Regex>> = OnceLock::new();
    let form = FORM.get_or_init(|| Regex::new(r"\$\{\{.*?\}\}|\$\([^)]*\)|`[^`]*`").ok());
    let without_blanks =
        |found: &regex_lite::Captures<'_>| found[0].replace(char::is_whitespace, "");
    match form {
        Some(form) => form.replace_all(text, without_blanks).into_owned(),
        None => text.to_owned(),
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
