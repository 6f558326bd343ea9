//! Texts of Compose files: variables, and command lines in one string.

/// `text` with `${NAME:-default}` replaced by the default and `$$` by `$`. `None` when a variable has no
/// default: only its caller knows the value.
pub(super) fn expand(text: &str) -> Option<String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        expanded.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(escaped) = after.strip_prefix('$') {
            expanded.push('$');
            rest = escaped;
            continue;
        }
        let (inner, behind) = after.strip_prefix('{')?.split_once('}')?;
        let (_, default) = inner.split_once(":-").or_else(|| inner.split_once('-'))?;
        expanded.push_str(default);
        rest = behind;
    }
    expanded.push_str(rest);
    Some(expanded)
}

/// The words of a command line, without the quotes around them.
pub(super) fn split(line: &str) -> Vec<String> {
    let line = line.replace("$$", "$");
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
    use super::*;

    #[test]
    fn defaults_replace_variables() {
        assert_eq!(expand("a/${B:-c}/$$d").as_deref(), Some("a/c/$d"));
        assert_eq!(expand("${A}"), None);
        assert_eq!(expand("$A"), None);
    }

    #[test]
    fn quotes_hold_words_together() {
        assert_eq!(
            split("sh -c 'a  b' \"c\\\"d\" ''"),
            ["sh", "-c", "a  b", "c\"d", ""]
        );
    }
}
