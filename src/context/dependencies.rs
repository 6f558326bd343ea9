//! The names of the packages that a manifest asks for.

use serde_json::Value;

/// The names of the packages in the manifest `text` at `path`, in lower case.
///
/// In JSON they are the keys of the tables of dependencies; in a lock file of TOML the values of
/// `name`; in anything else the first words of the lines.
#[must_use]
pub fn dependencies(path: &str, text: &str) -> Vec<String> {
    if path.ends_with(".json") {
        return serde_json::from_str(text)
            .map(|tree| keys(&tree))
            .unwrap_or_default();
    }
    let lines = text.lines().map(str::trim);
    if path.ends_with(".lock") {
        let name = |line: &str| {
            Some(
                line.strip_prefix("name = \"")?
                    .strip_suffix('"')?
                    .to_lowercase(),
            )
        };
        return lines.filter_map(name).collect();
    }
    lines
        .map(first_word)
        .filter(|name| !name.is_empty() && !name.starts_with('-'))
        .collect()
}

fn keys(tree: &Value) -> Vec<String> {
    let tables = ["dependencies", "optionalDependencies"].into_iter();
    let tables = tables.filter_map(|key| tree.get(key)?.as_object());
    tables
        .flat_map(|table| table.keys().map(|name| name.to_lowercase()))
        .collect()
}

/// `flask` of `flask[async]==3.0`, `github.com/a/b` of `require github.com/a/b v1`.
fn first_word(line: &str) -> String {
    let line = line.strip_prefix("require ").unwrap_or(line);
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let end = line.find(|c| !is_part(c)).unwrap_or(line.len());
    line[..end].to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_every_form() {
        let json = r#"{"dependencies": {"Express": "4"}, "devDependencies": {"jest": "29"}}"#;
        assert_eq!(dependencies("package.json", json), ["express"]);
        assert_eq!(
            dependencies(
                "requirements.txt",
                "-r a.txt\nFlask[async]==3 # web\n\nnumpy\n"
            ),
            ["flask", "numpy"]
        );
        assert_eq!(
            dependencies("go.mod", "module m\nrequire github.com/a/b v1\n"),
            ["module", "github.com/a/b"]
        );
        assert_eq!(
            dependencies("Cargo.lock", "[[package]]\nname = \"pq-sys\"\n"),
            ["pq-sys"]
        );
    }
}
