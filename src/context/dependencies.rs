//! The names of the packages that a manifest asks for.

use serde_json::Value;

use super::documents::is_json;
use crate::analysis::paths::file_name;

/// The names of the packages in the manifest `text` at `path`, in lower case.
///
/// In JSON they are the keys of the tables of dependencies, and what npm has locked for more than development; in a lock
/// file of TOML the values of `name`, in others the words in front of a version; in `pyproject.toml` its requirements; in
/// `setup.py` the first words of its strings; in anything else those of the lines.
#[must_use]
pub fn dependencies(path: &str, text: &str) -> Vec<String> {
    let name = file_name(path);
    if is_json(path, text) {
        return serde_json::from_str(text)
            .map(|tree| of_tree(&tree))
            .unwrap_or_default();
    }
    if name == "pyproject.toml" {
        return text
            .parse()
            .map(|table| requirements(&table))
            .unwrap_or_default();
    }
    if name == "setup.py" {
        // A program: whatever it says in quotes may be a requirement.
        let quoted = text.split(['"', '\'']).skip(1).step_by(2);
        return quoted
            .map(first_word)
            .filter(|name| !name.is_empty())
            .collect();
    }
    let lines = text.lines().map(str::trim);
    if path.ends_with(".lock") {
        return lines.filter_map(locked).collect();
    }
    let is_settings = name == "setup.cfg";
    let values = lines.map(|line| match line.split_once(" = ") {
        Some((_, value)) if is_settings => value,
        _ => line,
    });
    values
        .flat_map(names_of)
        .filter(|name| !name.is_empty() && !name.starts_with('-'))
        .collect()
}

/// The name of the package that a requirement asks for, and the name with each of its extras.
fn names_of(requirement: &str) -> impl Iterator<Item = String> {
    std::iter::once(first_word(requirement)).chain(named_extras(requirement))
}

/// The extras that a requirement asks for, with the name of the package, in lower case: `flask[async]` of `Flask[async]==3.0`.
#[must_use]
pub fn named_extras(requirement: &str) -> Vec<String> {
    let name = first_word(requirement);
    let behind = requirement.trim_start_matches([' ', '"', '\'']);
    let behind = behind.get(name.len()..).unwrap_or_default();
    if name.is_empty() || !behind.trim_start().starts_with('[') {
        return Vec::new();
    }
    let extras = extras_of(behind).into_iter();
    extras
        .map(|extra| format!("{name}[{}]", extra.to_lowercase()))
        .collect()
}

/// The version of the Python package `name` that the manifest `text` at `path` asks for, if it is one: `flask==3.0`, an
/// entry of a lock file.
#[must_use]
pub fn pinned(path: &str, text: &str, name: &str) -> Option<String> {
    if text.starts_with('{') {
        let tree: Value = serde_json::from_str(text).ok()?;
        let packages = tree.get("default")?.as_object()?;
        let (_, package) = packages
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        return behind_equals(package.get("version")?.as_str()?);
    }
    let mut lines = text.lines().map(str::trim);
    if path.ends_with(".lock") {
        lines.find(|line| locked(line).as_deref() == Some(name))?;
        let version = lines.next()?.strip_prefix("version = \"")?;
        return Some(version.trim_end_matches('"').to_owned());
    }
    behind_equals(lines.find(|line| first_word(line) == name)?)
}

/// `3.0` of `flask==3.0 ; python_version > "3"`.
fn behind_equals(requirement: &str) -> Option<String> {
    let (_, version) = requirement.split_once("==")?;
    let end = version.find([' ', ';', ',', '#', '\\']);
    let version = version[..end.unwrap_or(version.len())].trim_start_matches('=');
    (!version.is_empty() && !version.contains('*')).then(|| version.to_owned())
}

/// `name = "flask"` of TOML, `flask (1.0)` of Bundler.
fn locked(line: &str) -> Option<String> {
    let quoted = line
        .strip_prefix("name = \"")
        .and_then(|rest| rest.strip_suffix('"'));
    let versioned = || {
        line.strip_suffix(')')?
            .split_once(" (")
            .map(|(name, _)| name)
    };
    Some(quoted.or_else(versioned)?.to_lowercase())
}

/// The requirements of a Python project: those of the standard, and the tables of Poetry.
fn requirements(table: &toml::Table) -> Vec<String> {
    let optional = at(table, "project.optional-dependencies").and_then(toml::Value::as_table);
    let extras = optional
        .into_iter()
        .flat_map(|groups| groups.keys().cloned());
    with_extras(table, extras.collect())
}

/// The names of the packages that the project with the `pyproject.toml` `text` asks for, with those of its `extras`, in
/// lower case.
#[must_use]
pub fn required_with(text: &str, extras: &[String]) -> Vec<String> {
    let table = text.parse();
    table.map_or_else(|_| Vec::new(), |table| with_extras(&table, extras.to_vec()))
}

/// An extra may ask for other ones of its own project: `all = ["name[pdf, xls]"]`.
fn with_extras(table: &toml::Table, mut extras: Vec<String>) -> Vec<String> {
    let own = at(table, "project.name").and_then(toml::Value::as_str);
    let lines = |path: &str| {
        let list = at(table, path).and_then(toml::Value::as_array);
        list.into_iter().flatten().filter_map(toml::Value::as_str)
    };
    let mut required: Vec<&str> = lines("project.dependencies").collect();
    let mut nth = 0;
    while let Some(extra) = extras.get(nth) {
        let group = lines(&format!("project.optional-dependencies.{extra}"));
        let (again, others): (Vec<&str>, Vec<&str>) =
            group.partition(|line| Some(first_word(line)) == own.map(str::to_lowercase));
        required.extend(others);
        let more = again.into_iter().flat_map(extras_of);
        let more: Vec<String> = more.filter(|extra| !extras.contains(extra)).collect();
        extras.extend(more);
        nth += 1;
    }
    let poetry = at(table, "tool.poetry.dependencies").and_then(toml::Value::as_table);
    let names = poetry.into_iter().flat_map(|table| table.keys());
    let required = required.into_iter().flat_map(names_of);
    required
        .chain(names.map(|name| name.to_lowercase()))
        .collect()
}

/// `pdf` and `xls` of `name[pdf, xls]>=1`.
#[must_use]
pub fn extras_of(requirement: &str) -> Vec<String> {
    let inside = requirement
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'));
    let extras = inside.into_iter().flat_map(|(extras, _)| extras.split(','));
    extras.map(|extra| extra.trim().to_owned()).collect()
}

/// The value at the dotted `path`.
fn at<'t>(table: &'t toml::Table, path: &str) -> Option<&'t toml::Value> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let rest = rest.split('.').filter(|key| !key.is_empty());
    rest.fold(table.get(first), |tree, key| tree?.get(key))
}

/// The names in a manifest or lock file of JSON.
pub(super) fn of_tree(tree: &Value) -> Vec<String> {
    // `default` is that of Pipfile.lock.
    let tables = ["dependencies", "optionalDependencies", "default"].into_iter();
    let tables = tables.filter_map(|key| tree.get(key)?.as_object());
    let names = tables.flat_map(|table| table.keys().map(|name| name.to_lowercase()));
    names.chain(locked_by_npm(tree)).collect()
}

/// What `package-lock.json` installs for the program, at any depth: `node_modules/a/node_modules/b` is `b`.
/// Source: npm's documentation, "package-lock.json", packages.
fn locked_by_npm(tree: &Value) -> impl Iterator<Item = String> {
    let packages = tree.get("packages").and_then(Value::as_object);
    let is_for_development = |package: &Value| package.get("dev") == Some(&Value::Bool(true));
    let packages = packages.into_iter().flatten();
    let shipped = packages.filter(move |(_, package)| !is_for_development(package));
    shipped.filter_map(|(path, _)| Some(path.rsplit_once("node_modules/")?.1.to_lowercase()))
}

/// `flask` of `flask[async]==3.0`, `github.com/a/b` of `require github.com/a/b v1`, `pg` of `gem "pg", "~> 1.5"`.
fn first_word(line: &str) -> String {
    let keyword = ["require ", "gem "].into_iter();
    let behind = keyword
        .filter_map(|keyword| line.strip_prefix(keyword))
        .next();
    let line = behind.unwrap_or(line).trim_start_matches([' ', '"', '\'']);
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let end = line.find(|c| !is_part(c)).unwrap_or(line.len());
    line[..end].to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extras_are_asked_for_by_name() {
        let text = "[project]\nname = \"Shop\"\ndependencies = [\"flask>=3\"]\n[project.optional-dependencies]\npg = [\"psycopg[pool]\"]\ndev = [\"pytest\"]\nall = [\"shop[pg]\"]\n";
        let with = |extras: &str| required_with(text, &extras_of(extras));
        assert_eq!(with("."), ["flask"]);
        assert_eq!(with(".[all, none]"), ["flask", "psycopg", "psycopg[pool]"]);
        assert_eq!(dependencies("pyproject.toml", text).len(), 4);
        let program = "setup(install_requires=['flask>=3', \"pg\"])";
        assert_eq!(dependencies("setup.py", program), ["flask", "pg"]);
        let settings = "[options]\ninstall_requires = flask\n  pg>=1\n";
        assert!(dependencies("setup.cfg", settings).ends_with(&["flask".into(), "pg".into()]));
    }

    #[test]
    fn versions_are_found_where_there_is_one() {
        let requirements = "Flask==3.0.1 ; python_version > '3'\npillow>=9\n";
        let version = |name| pinned("requirements.txt", requirements, name);
        assert_eq!(version("flask").as_deref(), Some("3.0.1"));
        assert_eq!(version("pillow"), None);
        let lock = "[[package]]\nname = \"pillow\"\nversion = \"9.5.0\"\n";
        assert_eq!(pinned("uv.lock", lock, "pillow").as_deref(), Some("9.5.0"));
        let lock = r#"{"default": {"pillow": {"version": "==9.5.0"}}}"#;
        assert_eq!(
            pinned("Pipfile.lock", lock, "pillow").as_deref(),
            Some("9.5.0")
        );
    }

    #[test]
    fn names_are_found_in_every_form() {
        let json = r#"{"dependencies": {"Express": "4"}, "devDependencies": {"jest": "29"}}"#;
        assert_eq!(dependencies("package.json", json), ["express"]);
        let lock = r#"{"packages": {"": {}, "node_modules/a": {}, "node_modules/a/node_modules/@s/b": {}, "node_modules/c": {"dev": true}}}"#;
        assert_eq!(dependencies("package-lock.json", lock), ["a", "@s/b"]);
        assert_eq!(
            dependencies(
                "requirements.txt",
                "-r a.txt\nFlask[async]==3 # web\n\nnumpy\n"
            ),
            ["flask", "flask[async]", "numpy"]
        );
        assert_eq!(
            dependencies("go.mod", "module m\nrequire github.com/a/b v1\n"),
            ["module", "github.com/a/b"]
        );
        assert_eq!(
            dependencies("Cargo.lock", "[[package]]\nname = \"pq-sys\"\n"),
            ["pq-sys"]
        );
        assert_eq!(
            dependencies(
                "Gemfile",
                "source \"x\"\ngem \"pg\", \"~> 1\"\n  gem 'rails'\n"
            ),
            ["source", "pg", "rails"]
        );
        assert_eq!(
            dependencies("Gemfile.lock", "GEM\n  specs:\n    pg (1.5.9)\n"),
            ["pg"]
        );
        assert_eq!(
            dependencies(
                "Pipfile.lock",
                r#"{"default": {"Flask": {}}, "develop": {"pytest": {}}}"#
            ),
            ["flask"]
        );
        let project = "[project]\ndependencies = [\"Flask>=3\", \"lxml\"]\n\
                       [tool.poetry.dependencies]\npython = \"^3\"\n";
        assert_eq!(
            dependencies("pyproject.toml", project),
            ["flask", "lxml", "python"]
        );
    }
}
