//! The variables of Compose files, and the `.env` file that gives them values.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use crate::project::{files, setting};

/// What the `.env` file of a project says. The environment of the caller may say otherwise.
#[derive(Clone, Default, Debug)]
pub(super) struct Variables(HashMap<String, String>);

impl Variables {
    /// Those of the `.env` file in `folder`, if there is one.
    pub(super) fn of_folder(folder: &Path) -> Self {
        Self::of_file(&folder.join(".env"))
    }

    /// Those of the file at `path`, if there is one.
    pub(super) fn of_file(path: &Path) -> Self {
        Self::read(&files::read(path).unwrap_or_default())
    }

    /// Their names and values.
    pub(super) fn into_pairs(self) -> impl Iterator<Item = (String, String)> {
        let mut pairs: Vec<_> = self.0.into_iter().collect();
        pairs.sort_unstable();
        pairs.into_iter()
    }

    fn read(text: &str) -> Self {
        let pair = |line: &str| {
            let line = line.trim();
            let line = line.strip_prefix("export ").unwrap_or(line);
            let (name, value) = line.split_once('=')?;
            (!name.starts_with('#')).then(|| (name.trim().to_owned(), unquoted(value)))
        };
        Self(text.lines().filter_map(pair).collect())
    }

    /// Replaces the variables in all texts of `value` by settings.
    pub(super) fn expand_all(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.expand(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.expand_all(item)),
            Value::Object(object) => object.values_mut().for_each(|inner| self.expand_all(inner)),
            _ => {}
        }
    }

    /// `text` with `$$` as `$`, and `$NAME`, `${NAME}`, `${NAME:-default}` and the like as settings.
    pub(super) fn expand(&self, text: &str) -> String {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            expanded.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            rest = if let Some(escaped) = after.strip_prefix('$') {
                expanded.push('$');
                escaped
            } else if let Some((inner, behind)) = braced(after) {
                expanded.push_str(&setting::variable(&self.braced(inner)));
                behind
            } else {
                let (name, behind) = after.split_at(name_length(after));
                match name {
                    "" => expanded.push('$'),
                    name => expanded.push_str(&setting::variable(&self.of(name))),
                }
                behind
            };
        }
        expanded + rest
    }

    /// The value of what stands between braces: a name, and perhaps what to do when it has none.
    fn braced(&self, inner: &str) -> String {
        let (name, operator) = inner.split_at(name_length(inner));
        let known = self.0.get(name);
        let known = match operator.strip_prefix(':') {
            Some(_) => known.filter(|value| !value.is_empty()),
            None => known,
        };
        let operator = operator.strip_prefix(':').unwrap_or(operator);
        let expanded = |text| setting::value(&self.expand(text));
        if let Some(default) = operator.strip_prefix('-') {
            return known.cloned().unwrap_or_else(|| expanded(default));
        }
        if let Some(other) = operator.strip_prefix('+') {
            return known.map(|_| expanded(other)).unwrap_or_default();
        }
        known.cloned().unwrap_or_default()
    }

    fn of(&self, name: &str) -> String {
        self.0.get(name).cloned().unwrap_or_default()
    }
}

/// What stands between the brace at the start of `text` and the one that closes it, and what comes behind.
fn braced(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('{')?;
    let mut depth = 1;
    for (at, c) in inner.char_indices() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if depth == 0 {
            return Some((&inner[..at], &inner[at + 1..]));
        }
    }
    None
}

fn name_length(text: &str) -> usize {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}

/// A value without the quotes around it, or without the comment behind it.
fn unquoted(value: &str) -> String {
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some((inner, _)) = value
            .strip_prefix(quote)
            .and_then(|inner| inner.split_once(quote))
        {
            return inner.to_owned();
        }
    }
    let end = value.find(" #").unwrap_or(value.len());
    value[..end].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::Variables;
    use crate::project::setting::{is_open, value};

    #[test]
    fn values_come_from_the_file_and_from_defaults() {
        let variables = Variables::read("# a\nexport SET='x y'\nEMPTY=\nNAMED=n # why\n");
        let expand = |text| value(&variables.expand(text));
        assert_eq!(expand("$SET/${NAMED}/${UNSET}"), "x y/n/");
        assert_eq!(expand("${UNSET:-${NAMED:-d}}"), "n");
        assert_eq!(expand("${EMPTY:-d}${EMPTY-d}"), "d");
        assert_eq!(expand("${SET:+yes}${UNSET+no}${UNSET:?why}"), "yes");
        assert_eq!(expand("$$SET $ 5${"), "$SET $ 5${");
    }

    #[test]
    fn whatever_has_a_variable_is_open() {
        let variables = Variables::read("SET=x\n");
        assert!(is_open(&variables.expand("a$SET")));
        assert!(!is_open(&variables.expand("a$$SET")));
    }
}
