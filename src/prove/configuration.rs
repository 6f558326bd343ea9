//! The configuration with which containers of an image start, and how two of them differ.

use std::collections::BTreeMap;

use serde_json::Value;

use super::declared::Declared;
use crate::transform::Change;

/// The keys that are compared as they are. Variables and labels are compared one by one.
const KEYS: [&str; 10] = [
    "Cmd",
    "Entrypoint",
    "ExposedPorts",
    "Healthcheck",
    "OnBuild",
    "Shell",
    "StopSignal",
    "User",
    "Volumes",
    "WorkingDir",
];

/// The configuration of an image, in the form of Docker's `Config`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Configuration(Value);

/// A difference between two configurations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// `User`, `Env PATH`, `Label version`.
    pub key: String,
    /// The value before, as JSON.
    pub before: String,
    /// The value after, as JSON.
    pub after: String,
    /// The transform that has declared it; `None` when nobody has.
    pub declared_by: Option<&'static str>,
}

/// The images that the final stage stands on, before and after.
pub struct Bases<'a> {
    /// Before.
    pub before: &'a Configuration,
    /// After.
    pub after: &'a Configuration,
}

impl Configuration {
    /// From what an engine shows as `Config`.
    #[must_use]
    pub fn new(config: Value) -> Self {
        Self(config)
    }

    /// The variables.
    #[must_use]
    pub fn environment(&self) -> BTreeMap<String, String> {
        let pairs = self.0["Env"].as_array().into_iter().flatten();
        let pairs = pairs.filter_map(|pair| pair.as_str()?.split_once('='));
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// The user as written; empty for root.
    #[must_use]
    pub fn user(&self) -> &str {
        self.0["User"].as_str().unwrap_or_default()
    }

    /// The working directory.
    #[must_use]
    pub fn folder(&self) -> &str {
        match self.0["WorkingDir"].as_str() {
            None | Some("") => "/",
            Some(folder) => folder,
        }
    }

    /// The words of `Entrypoint` or `Cmd`.
    #[must_use]
    pub fn words(&self, key: &str) -> Vec<String> {
        words(&self.0[key])
    }

    /// The words of the health check: without `CMD` in front, and with the shell before a shell form.
    #[must_use]
    pub fn health_check(&self) -> Vec<String> {
        let mut test = words(&self.0["Healthcheck"]["Test"]);
        if test.is_empty() {
            return test;
        }
        match test.remove(0).as_str() {
            "CMD" => test,
            "CMD-SHELL" => {
                let shell = words(&self.0["Shell"]);
                let default = || vec!["/bin/sh".to_owned(), "-c".to_owned()];
                let shell = if shell.is_empty() { default() } else { shell };
                shell.into_iter().chain(test).collect()
            }
            _ => Vec::new(),
        }
    }

    /// A value by the name that a [`Difference`] has for it; `Null` for what says nothing.
    fn value(&self, key: &str) -> Value {
        let value = if let Some(name) = key.strip_prefix("Env ") {
            self.environment()
                .get(name)
                .cloned()
                .map_or(Value::Null, Value::String)
        } else if let Some(name) = key.strip_prefix("Label ") {
            self.0["Labels"][name].clone()
        } else {
            self.0[key].clone()
        };
        let says_nothing = match &value {
            Value::String(text) => text.is_empty() && !key.contains(' '),
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        };
        if says_nothing { Value::Null } else { value }
    }

    fn keys(&self) -> impl Iterator<Item = String> {
        let labels = self.0["Labels"].as_object().into_iter().flatten();
        let labels = labels.map(|(name, _)| format!("Label {name}"));
        let variables = self.environment().into_keys();
        variables.map(|name| format!("Env {name}")).chain(labels)
    }
}

fn words(value: &Value) -> Vec<String> {
    let words = value.as_array().into_iter().flatten();
    words.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// How `after` differs from `before`, sorted by key. With `bases`, what both images take over from
/// theirs is declared by whoever has exchanged them.
#[must_use]
pub fn differences(
    before: &Configuration,
    after: &Configuration,
    bases: Option<&Bases<'_>>,
    declared: &Declared,
) -> Vec<Difference> {
    let mut keys: Vec<String> = KEYS.map(str::to_owned).into();
    keys.extend(before.keys().chain(after.keys()));
    keys.sort();
    keys.dedup();
    let difference = |key: String| {
        let (old, new) = (before.value(&key), after.value(&key));
        (old != new).then(|| Difference {
            declared_by: explained(&key, &old, &new, bases, declared),
            before: shown(&old),
            after: shown(&new),
            key,
        })
    };
    keys.into_iter().filter_map(difference).collect()
}

fn explained(
    key: &str,
    old: &Value,
    new: &Value,
    bases: Option<&Bases<'_>>,
    declared: &Declared,
) -> Option<&'static str> {
    let own = match key.split_once(' ') {
        None if matches!(key, "Cmd" | "Entrypoint") => {
            declared.by(|change| matches!(change, Change::Launch | Change::Started { .. }))
        }
        None if key == "User" => declared.user(),
        None if key == "Healthcheck" => declared.by(|change| *change == Change::Healthcheck),
        Some(("Env", name)) => {
            let sets = |setting: &str| setting.split('=').next() == Some(name);
            declared.by(|change| match change {
                Change::Env(other) | Change::Secret(other) => other == name,
                Change::Variable(setting) => sets(setting),
                _ => false,
            })
        }
        Some(("Label", name)) => declared
            .by(|change| matches!(change, Change::MaintainerAsLabel(other) if other == name)),
        _ => None,
    };
    own.or_else(|| renamed(old, new, declared)).or_else(|| {
        let bases = bases?;
        let (old_base, new_base) = (bases.before.value(key), bases.after.value(key));
        let inherited = (old, new) == (&old_base, &new_base)
            || without(old, &old_base)? == without(new, &new_base)?;
        declared.base().filter(|_| inherited)
    })
}

/// Who gave a folder another name, if that is all that differs.
fn renamed(old: &Value, new: &Value, declared: &Declared) -> Option<&'static str> {
    let (old, new) = (old.to_string(), new.to_string());
    declared
        .by(|change| matches!(change, Change::Folder { from, to } if old.replace(from, to) == new))
}

/// A text with a mark in the place of the text that it has from the base image: `ENV PATH=/app:$PATH`.
fn without(value: &Value, base: &Value) -> Option<String> {
    Some(value.as_str()?.replacen(base.as_str()?, "\0", 1))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stages() -> Change {
        Change::Stages {
            builder: "golang".to_owned(),
            runtime: "debian".to_owned(),
        }
    }

    fn keys(before: &Value, after: &Value, changes: &[Change]) -> Vec<(String, bool)> {
        let configuration = |value: &Value| Configuration::new(value.clone());
        let bases = Bases {
            before: &configuration(&json!({"Env": ["PATH=/go/bin:/bin", "GO=1"], "Cmd": ["bash"]})),
            after: &configuration(&json!({"Env": ["PATH=/bin"]})),
        };
        let declared = Declared::new("it", changes);
        let bases = changes
            .iter()
            .any(|change| matches!(change, Change::Stages { .. }))
            .then_some(&bases);
        let found = differences(
            &configuration(before),
            &configuration(after),
            bases,
            &declared,
        );
        let found = found.into_iter();
        found
            .map(|one| (one.key, one.declared_by.is_some()))
            .collect()
    }

    #[test]
    fn what_nobody_has_declared_is_told_from_what_somebody_has() {
        let before = json!({"User": "", "Cmd": ["a"], "Env": ["A=1"], "Labels": {"v": "1"}});
        let after = json!({"User": "app", "Cmd": ["b"], "Env": ["A=2"], "Volumes": {}});
        let named = |name: &str, declared| (name.to_owned(), declared);
        assert_eq!(
            keys(&before, &after, &[Change::User("app".to_owned())]),
            [
                named("Cmd", false),
                named("Env A", false),
                named("Label v", false),
                named("User", true),
            ]
        );
        assert!(keys(&before, &before, &[]).is_empty());
    }

    #[test]
    fn with_another_base_only_what_it_brings_may_differ() {
        let before = json!({"Env": ["PATH=/app:/go/bin:/bin", "GO=1", "A=1"], "Cmd": ["bash"]});
        let after = json!({"Env": ["PATH=/app:/bin", "A=1"]});
        let found = keys(&before, &after, &[stages()]);
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|(_, declared)| *declared), "{found:?}");
        let lost = json!({"Env": ["PATH=/bin"]});
        let found = keys(&before, &lost, &[stages()]);
        let undeclared = found.into_iter().filter(|(_, declared)| !declared);
        let undeclared: Vec<String> = undeclared.map(|(key, _)| key).collect();
        assert_eq!(undeclared, ["Env A", "Env PATH"]);
        assert_eq!(keys(&before, &after, &[]).len(), 3);
    }

    #[test]
    fn a_health_check_has_the_words_that_run() {
        let words =
            |test: Value| Configuration::new(json!({"Healthcheck": {"Test": test}})).health_check();
        assert_eq!(
            words(json!(["CMD-SHELL", "curl -f x"])),
            ["/bin/sh", "-c", "curl -f x"]
        );
        assert_eq!(words(json!(["CMD", "curl"])), ["curl"]);
        assert!(words(json!(["NONE"])).is_empty());
    }
}
