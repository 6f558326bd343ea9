//! What an install runs of the project for whose manifest it installs.

use serde::Deserialize;
use serde_json::Value;

use crate::knowledge::pattern::{Pattern, matches};

/// The scripts of a manifest that an install runs, and what they leave beside it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lifecycle {
    /// Their names.
    scripts: Vec<String>,
    /// Keys of the manifest with which the same install works in other folders as well.
    several: Vec<String>,
    /// Files beside the manifest that say the same.
    pub several_beside: Vec<String>,
    /// Commands that leave nothing beside the manifest but what is among the dependencies.
    quiet: Option<Pattern>,
    /// Commands that leave folders.
    leaves: Vec<Left>,
}

/// What a command leaves.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Left {
    line: Pattern,
    folders: Vec<String>,
}

impl Lifecycle {
    pub(super) fn extend(&mut self, more: Self) {
        self.scripts.extend(more.scripts);
        self.several.extend(more.several);
        self.several_beside.extend(more.several_beside);
        self.quiet = more.quiet.or(self.quiet.take());
        self.leaves.extend(more.leaves);
    }

    /// The folders beside `manifest` that its scripts may make when an install runs them. `None` where they may make anything,
    /// or where the install works in other folders as well.
    #[must_use]
    pub fn folders_left_by(&self, manifest: &Value) -> Option<Vec<&str>> {
        if self.several.iter().any(|key| manifest.get(key).is_some()) {
            return None;
        }
        let scripts = manifest.get("scripts");
        let script = |name: &String| scripts?.get(name)?.as_str();
        let commands = self.scripts.iter().filter_map(script);
        let commands = commands.flat_map(|script| script.split("&&"));
        let mut folders: Vec<&str> = Vec::new();
        for command in commands.map(str::trim) {
            let mut known = self.leaves.iter();
            let known = known.find(|left| left.line.is_match(command));
            let left = known.map(|left| left.folders.as_slice());
            let quiet = || matches(&self.quiet, command).then_some(&[] as &[String]);
            folders.extend(left.or_else(quiet)?.iter().map(String::as_str));
        }
        Some(folders)
    }
}

#[cfg(test)]
mod tests {
    use crate::knowledge::Knowledge;

    fn left_by(manifest: &str) -> Option<Vec<&'static str>> {
        let manifest = serde_json::from_str(manifest).unwrap_or_default();
        let lifecycle = &Knowledge::builtin().startup.lifecycle;
        lifecycle.folders_left_by(&manifest)
    }

    #[test]
    fn scripts_of_installs_leave_what_is_known_of_them() {
        let quiet =
            r#"{"scripts": {"prepare": "husky", "postinstall": "patch-package", "build": "make"}}"#;
        assert_eq!(left_by(quiet), Some(Vec::new()));
        let types = r#"{"scripts": {"prepare": "husky && svelte-kit sync || echo ''"}}"#;
        assert_eq!(left_by(types), Some(vec![".svelte-kit"]));
        assert_eq!(left_by(r#"{"scripts": {"prepare": "node x.js"}}"#), None);
        assert_eq!(left_by(r#"{"workspaces": ["packages/*"]}"#), None);
    }
}
