//! YAML as Compose uses it: anchors, merge keys (`<<`) and the tags `!reset` and `!override`.

use saphyr::{LoadableYamlNode, ScalarOwned, YamlOwned};
use serde_json::{Map, Value};

/// The first document of `text`; `None` when it is no YAML.
pub(super) fn read(text: &str) -> Option<Value> {
    let documents = YamlOwned::load_from_str(text).ok()?;
    documents.into_iter().next().map(value)
}

/// All documents of `text`; none when it is no YAML.
pub(super) fn read_all(text: &str) -> Vec<Value> {
    let documents = YamlOwned::load_from_str(text).unwrap_or_default();
    documents.into_iter().map(value).collect()
}

/// A scalar that is a word or a number, as it is written.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn value(node: YamlOwned) -> Value {
    match node {
        YamlOwned::Representation(text, ..) => Value::String(text),
        YamlOwned::Value(scalar) => self::scalar(scalar),
        YamlOwned::Sequence(items) => Value::Array(items.into_iter().map(value).collect()),
        YamlOwned::Mapping(pairs) => mapping(pairs.into_iter()),
        YamlOwned::Tagged(tag, _) if tag.suffix == "reset" => Value::Null,
        YamlOwned::Tagged(_, node) => value(*node),
        YamlOwned::Alias(_) | YamlOwned::BadValue => Value::Null,
    }
}

fn scalar(scalar: ScalarOwned) -> Value {
    match scalar {
        ScalarOwned::Null => Value::Null,
        ScalarOwned::Boolean(truth) => truth.into(),
        ScalarOwned::Integer(number) => number.into(),
        ScalarOwned::FloatingPoint(number) => number.into_inner().into(),
        ScalarOwned::String(text) => text.into(),
    }
}

/// The keys that stand there win over those that `<<` brings.
fn mapping(pairs: impl Iterator<Item = (YamlOwned, YamlOwned)>) -> Value {
    let mut own = Map::new();
    let mut merged = Vec::new();
    for (key, node) in pairs {
        match (key_text(value(key)), value(node)) {
            (key, Value::Array(several)) if key == "<<" => merged.extend(several),
            (key, one) if key == "<<" => merged.push(one),
            (key, value) => {
                own.insert(key, value);
            }
        }
    }
    for source in merged {
        if let Value::Object(source) = source {
            for (key, value) in source {
                own.entry(key).or_insert(value);
            }
        }
    }
    Value::Object(own)
}

fn key_text(key: Value) -> String {
    match key {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde_json::json;

    #[test]
    fn anchors_and_merge_keys_are_resolved() {
        let text = "x-base: &base\n  build: .\n  user: '1'\nservices:\n  web:\n    <<: *base\n    user: root\n";
        let web = &read(text).expect("YAML")["services"]["web"];
        assert_eq!(*web, json!({"build": ".", "user": "root"}));
    }

    #[test]
    fn what_is_no_yaml_is_nothing() {
        assert_eq!(read("a: [1"), None);
        assert_eq!(read(""), None);
    }
}
