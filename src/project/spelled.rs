//! Commands that a file of rules or a script keeps in variables: `DC = docker compose`, then `$(DC) exec web …`.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex_lite::Regex;

/// `text` with the variables that hold one of `words`, or options, replaced by what they hold.
pub(super) fn out<'t>(text: &'t str, words: &[String]) -> Cow<'t, str> {
    let mut known: Vec<(String, String)> = Vec::new();
    let holds = |value: &str| {
        let is_option = value.starts_with('-');
        is_option || words.iter().any(|word| value.contains(word.as_str()))
    };
    for line in text.lines().filter(|line| line.contains('=')) {
        if let Some((name, value)) = assigned(line) {
            let value = replaced(value, &known).into_owned();
            if holds(&value) {
                known.push((name.to_owned(), value));
            }
        }
    }
    replaced(text, &known)
}

/// The name and the value of `NAME = value`, `NAME := value`, `export NAME="value" # why`.
fn assigned(line: &str) -> Option<(&str, &str)> {
    static FORM: OnceLock<Option<Regex>> = OnceLock::new();
    let form =
        r#"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*[:?]?:?=\s*("[^"]*"|'[^']*'|[^"'#]*)\s*(?:#.*)?$"#;
    let found = FORM.get_or_init(|| Regex::new(form).ok()).as_ref()?;
    let found = found.captures(line)?;
    let value = found.get(2)?.as_str().trim().trim_matches(['"', '\'']);
    Some((found.get(1)?.as_str(), value))
}

/// `text` with the values of the variables in `known`, as make, shells, just and Task write them.
fn replaced<'t>(text: &'t str, known: &[(String, String)]) -> Cow<'t, str> {
    let mut text = Cow::Borrowed(text);
    for (name, value) in known {
        let forms = [
            format!("$({name})"),
            format!("${{{name}}}"),
            format!("{{{{{name}}}}}"),
            format!("{{{{ {name} }}}}"),
            format!("{{{{.{name}}}}}"),
        ];
        for form in forms.iter().filter(|form| form.contains(name.as_str())) {
            if text.contains(form.as_str()) {
                text = Cow::Owned(text.replace(form.as_str(), value));
            }
        }
        let plain = format!("${name}");
        if text.contains(&plain) {
            text = Cow::Owned(words_replaced(&text, &plain, value));
        }
    }
    text
}

/// `text` with `value` for `plain`, where no longer name begins with it.
fn words_replaced(text: &str, plain: &str, value: &str) -> String {
    let mut parts = text.split(plain);
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let goes_on = part.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        result.push_str(if goes_on { plain } else { value });
        result.push_str(part);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::out;

    #[test]
    fn variables_that_hold_commands_are_spelled_out() {
        let words = ["docker".to_owned()];
        for text in [
            "DC = docker compose\ntest:\n\t$(DC) exec web x",
            "export DC=\"docker compose\"\n$DC exec web x; $DCX",
            "dc := 'docker compose'\nexec := dc + x\ntest:\n  {{dc}} exec web x",
            "A = docker\nDC ?= $(A) compose\ntest:\n\t${DC} exec web x",
            "DC=\"docker compose\"   # the tool\n$DC exec web x",
        ] {
            let out = out(text, &words);
            assert!(out.contains("docker compose exec web x"), "{out}");
        }
        let options = "M=\"-v $(pwd):/data\" # kept\ndocker run $M x";
        assert!(out(options, &words).contains("docker run -v $(pwd):/data x"));
        assert_eq!(out("N = 1\nx $(N)", &words), "N = 1\nx $(N)");
        assert!(out("DC=docker\n$DCX up", &words).contains("$DCX up"));
    }
}
