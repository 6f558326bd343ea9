//! As much HCL as a bake file needs: blocks with labels, and attributes of strings, lists and maps.
//!
//! The result has the shape of `docker-bake.json`. What is computed (functions, conditions, variables)
//! is `null`: nothing is known of it.

use serde_json::{Map, Value};

/// The blocks of `text`, as `{"target": {"app": {…}}}`.
pub(super) fn read(text: &str) -> Value {
    let mut reader = Reader { rest: text };
    Value::Object(reader.body())
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    /// Attributes and blocks up to the `}` that ends them, or to the end of the text.
    fn body(&mut self) -> Map<String, Value> {
        let mut body = Map::new();
        loop {
            self.skip_blanks();
            if self.rest.is_empty() || self.take('}') {
                return body;
            }
            let Some(name) = self.name() else {
                self.skip_line();
                continue;
            };
            self.skip_blanks();
            if self.take('=') || self.take(':') {
                let value = self.value();
                body.insert(name, value);
                self.skip_blanks();
                self.take(',');
            } else {
                self.block(&mut body, name);
            }
        }
    }

    /// `"label" … {` and what stands in it.
    fn block(&mut self, body: &mut Map<String, Value>, kind: String) {
        let mut path = vec![kind];
        while let Some(label) = self.string() {
            path.extend(label);
            self.skip_blanks();
        }
        if !self.take('{') {
            self.skip_line();
            return;
        }
        let content = Value::Object(self.body());
        let mut place = body;
        let last = path.pop().unwrap_or_default();
        for key in path {
            let inner = place
                .entry(key)
                .or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(inner) = inner else { return };
            place = inner;
        }
        place.insert(last, content);
    }

    /// A value that is written out; `null` for one that is computed.
    fn value(&mut self) -> Value {
        self.skip_blanks();
        if self.take('[') {
            return Value::Array(self.items());
        }
        if self.take('{') {
            return Value::Object(self.body());
        }
        let text = self.string().flatten();
        let computed = !self.skip_expression().trim().is_empty();
        text.filter(|_| !computed)
            .map_or(Value::Null, Value::String)
    }

    /// Passes over the rest of an expression, up to what ends it: a line, a comma or a bracket.
    fn skip_expression(&mut self) -> &'t str {
        let start = self.rest;
        let mut depth = 0;
        while let Some(c) = self.rest.chars().next() {
            match c {
                '"' => {
                    self.string();
                    continue;
                }
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' if depth > 0 => depth -= 1,
                '}' | ']' | ',' | '\n' | '#' if depth == 0 => break,
                _ => {}
            }
            self.rest = &self.rest[c.len_utf8()..];
        }
        &start[..start.len() - self.rest.len()]
    }

    fn items(&mut self) -> Vec<Value> {
        let mut items = Vec::new();
        loop {
            self.skip_blanks();
            if self.rest.is_empty() || self.take(']') {
                return items;
            }
            if self.take(',') {
                continue;
            }
            let before = self.rest.len();
            match self.value() {
                Value::Null => {}
                value => items.push(value),
            }
            if self.rest.len() == before {
                self.skip_line();
            }
        }
    }

    fn name(&mut self) -> Option<String> {
        if let Some(text) = self.string() {
            return text;
        }
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// A quoted string; `Some(None)` when it holds a template, whose value is not known.
    #[allow(clippy::option_option)]
    fn string(&mut self) -> Option<Option<String>> {
        let inner = self.rest.strip_prefix('"')?;
        let mut text = String::new();
        let mut characters = inner.char_indices();
        while let Some((at, c)) = characters.next() {
            match c {
                '"' => {
                    self.rest = &inner[at + 1..];
                    return Some((!text.contains("${")).then_some(text));
                }
                '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
                c => text.push(c),
            }
        }
        self.rest = "";
        Some(None)
    }

    fn take(&mut self, wanted: char) -> bool {
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn skip_blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.starts_with('#') || self.rest.starts_with("//") {
                self.skip_line();
            } else if self.rest.starts_with("/*") {
                self.rest = self.rest.split_once("*/").map_or("", |(_, rest)| rest);
            } else {
                return;
            }
        }
    }

    fn skip_line(&mut self) {
        self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde_json::json;

    #[test]
    fn targets_are_found_between_what_is_computed() {
        let text = r#"
variable "TAG" { default = "latest" }
// a comment
target "app" {
  context    = ".." # the root
  dockerfile = "docker/Dockerfile"
  tags       = ["app:${TAG}", "app:stable"]
  args       = { VERSION = "1", OTHER: TAG }
  target     = TAG == "" ? "dev" : "prod"
}
target "next" { inherits = ["app"] }
"#;
        let app = json!({"context": "..", "dockerfile": "docker/Dockerfile", "tags": ["app:stable"],
            "args": {"VERSION": "1", "OTHER": null}, "target": null});
        let read = read(text);
        assert_eq!(read["target"]["app"], app);
        assert_eq!(read["target"]["next"], json!({"inherits": ["app"]}));
    }

    #[test]
    fn any_text_comes_to_an_end() {
        for text in [
            "target \"a\" {",
            "\"",
            "}{",
            "a = [",
            "a = [[x], y]",
            "= =",
            "a = \"\\",
        ] {
            read(text);
        }
    }
}
