//! The scripts of `package.json`.

use serde_json::Value;

/// The manifest that names scripts, whichever tool runs them.
pub const PACKAGE_JSON: &str = "package.json";

/// The scripts of the manifest, by name.
pub fn all_scripts(manifest: &Value) -> impl Iterator<Item = (&str, &str)> {
    let scripts = manifest.get("scripts").and_then(Value::as_object);
    let scripts = scripts.into_iter().flatten();
    scripts.filter_map(|(name, text)| Some((name.as_str(), text.as_str()?)))
}

/// The texts of all that `npm run NAME` and its like run, in order: the script, and those around it that `package.json`
/// calls `preNAME` and `postNAME`. Nothing when it has no script of that name.
///
/// Source: npm's documentation, "scripts", Pre & Post Scripts; Yarn 1 runs them as well, pnpm unless it is told not to.
pub fn scripts_around<'m>(manifest: &'m Value, name: &str) -> impl Iterator<Item = &'m str> {
    let scripts = manifest.get("scripts");
    let script = |name: &str| scripts?.get(name)?.as_str();
    let own = script(name);
    let around = |prefix: &str| own.and(script(&format!("{prefix}{name}")));
    [around("pre"), own, around("post")].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str) -> Vec<String> {
        let text =
            r#"{"scripts": {"prestart": "tsc", "start": "node .", "prebuild": "rm -r dist"}}"#;
        let manifest: Value = serde_json::from_str(text).unwrap_or_default();
        scripts_around(&manifest, name).map(str::to_owned).collect()
    }

    #[test]
    fn scripts_run_with_those_around_them() {
        assert_eq!(run("start"), ["tsc", "node ."]);
        assert_eq!(run("build"), [""; 0]);
    }
}
