//! Patterns for the crate `regex`, which takes fifteen times as long to compile and is some eighty times as fast.

use regex::bytes::{Regex, RegexBuilder};

/// A pattern that looks at lines.
#[derive(Debug)]
pub(super) struct Fast {
    regex: Regex,
    /// Whether it is about texts in ASCII alone: without the case, `regex-lite` knows no other letters.
    is_of_ascii: bool,
}

impl Fast {
    /// The pattern `text`, which is written for `regex-lite`, with `^` and `$` for the ends of lines. `None` when the two
    /// crates would not agree: the start of a line is not that of a text.
    pub(super) fn new(text: &str) -> Option<Self> {
        if [r"\A", r"\z"].iter().any(|own| text.contains(own)) {
            return None;
        }
        let is_of_ascii = text.contains("(?i");
        let mut regex = RegexBuilder::new(&in_ascii(text));
        regex.multi_line(true).unicode(!is_of_ascii);
        Some(Self {
            regex: regex.build().ok()?,
            is_of_ascii,
        })
    }

    /// Whether it matches somewhere in `text`; `None` where only `regex-lite` knows.
    pub(super) fn is_match(&self, text: &str) -> Option<bool> {
        let text = text.as_bytes();
        (!self.is_of_ascii || text.is_ascii()).then(|| self.regex.is_match(text))
    }
}

/// `text` with the classes of letters, digits and blanks of `regex-lite`: ASCII.
fn in_ascii(text: &str) -> String {
    let mut written = String::with_capacity(text.len() * 2);
    let mut in_class = false;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                let escaped = characters.next().unwrap_or('\\');
                written.push_str(&escape(escaped, in_class));
            }
            _ => {
                in_class = match character {
                    '[' => true,
                    ']' => false,
                    _ => in_class,
                };
                written.push(character);
            }
        }
    }
    written
}

/// What `\` and `escaped` mean.
fn escape(escaped: char, in_class: bool) -> String {
    let class = match escaped.to_ascii_lowercase() {
        'w' => "0-9A-Za-z_",
        'd' => "0-9",
        's' => r"\t\n\v\f\r ",
        'b' => return format!(r"(?-u:\{escaped})"),
        _ => return format!(r"\{escaped}"),
    };
    match (escaped.is_lowercase(), in_class) {
        (true, true) => class.to_owned(),
        (true, false) => format!("[{class}]"),
        (false, _) => format!("[^{class}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Pattern;
    use super::*;

    #[test]
    fn classes_are_those_of_ascii() {
        assert_eq!(in_ascii(r"\bopen\(\s*"), r"(?-u:\b)open\([\t\n\v\f\r ]*");
        assert_eq!(in_ascii(r"[\w.]+\S"), r"[0-9A-Za-z_.]+[^\t\n\v\f\r ]");
        let word = Fast::new(r"^\w+$").expect("it is well formed");
        assert_eq!(word.is_match("tea\npot"), Some(true));
        assert_eq!(word.is_match("thé"), Some(false));
    }

    #[test]
    fn letters_without_their_case_are_those_of_ascii() {
        let kettle = Fast::new("(?i)kettle").expect("it is well formed");
        assert_eq!(kettle.is_match("KETTLE"), Some(true));
        assert_eq!(kettle.is_match("\u{212a}ettle"), None, "the sign of Kelvin");
    }

    /// The strings in `value` that look like patterns.
    fn patterns(value: &toml::Value, found: &mut Vec<String>) {
        match value {
            toml::Value::String(text) if text.contains(['\\', '(']) => found.push(text.clone()),
            toml::Value::Array(values) => values.iter().for_each(|value| patterns(value, found)),
            toml::Value::Table(table) => table.values().for_each(|value| patterns(value, found)),
            _ => {}
        }
    }

    /// Lines of programs, of settings and of manifests.
    fn lines() -> Vec<String> {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
        let mut folders = vec![std::path::PathBuf::from(root)];
        let mut lines = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                let path = entry.path();
                let is_long = path
                    .extension()
                    .is_some_and(|end| end == "json" || end == "csv");
                match std::fs::read_to_string(&path) {
                    Ok(text) if !is_long => lines.extend(text.lines().map(str::to_owned)),
                    Ok(_) => {}
                    Err(_) if path.is_dir() => folders.push(path),
                    Err(_) => {}
                }
            }
        }
        lines
    }

    #[test]
    fn both_crates_agree_on_all_tables() {
        let lines = lines();
        assert!(lines.len() > 200);
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/knowledge");
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).expect("the sources are there") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|end| end == "toml") {
                let text = std::fs::read_to_string(path).expect("a table");
                patterns(&toml::from_str(&text).expect("TOML"), &mut found);
            }
        }
        let (mut compared, mut matching, mut passed_over) = (0, 0, 0);
        for text in found {
            let Ok(slow) = regex_lite::Regex::new(&text) else {
                continue;
            };
            let fast = Fast::new(&text);
            let fast = fast.unwrap_or_else(|| panic!("{text} is no pattern for both"));
            compared += 1;
            let pattern = Pattern::packed(text.clone());
            for line in &lines {
                let is_match = slow.is_match(line);
                let found = fast.is_match(line).unwrap_or(is_match);
                assert_eq!(found, is_match, "{text} in {line}");
                let has_word = pattern.has_word_in(line);
                assert!(has_word || !is_match, "a word of {text} in {line}");
                matching += usize::from(is_match);
                passed_over += usize::from(!has_word);
            }
        }
        assert!(compared > 200 && matching > 300, "{compared}, {matching}");
        let all = compared * lines.len();
        assert!(passed_over > all / 2, "{passed_over} of {all}");
    }
}
