//! The documentation says what the program does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dfopt::transforms;

/// What stands before the diff in the README that this test keeps true.
const MARK: &str = "<!-- cargo run -- --diff examples/python-web -->\n```diff\n";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_diff_in_the_readme_is_real() {
    let args = ["--diff", "examples/python-web"];
    let output = Command::new(env!("CARGO_BIN_EXE_dfopt"))
        .args(args)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let diff = String::from_utf8(output.stdout).unwrap();

    let path = root().join("README.md");
    let readme = read(&path);
    let (before, rest) = readme
        .split_once(MARK)
        .expect("the README has the mark of its diff");
    let (shown, after) = rest.split_once("```").expect("the diff has an end");
    if std::env::var_os("DFOPT_BLESS").is_some() {
        fs::write(path, format!("{before}{MARK}{diff}```{after}")).unwrap();
        return;
    }
    assert_eq!(
        shown, diff,
        "DFOPT_BLESS=1 puts the diff of today into the README"
    );
}

#[test]
fn the_readme_names_every_transform() {
    let readme = read(&root().join("README.md"));
    for transform in transforms::ALL {
        let id = transform.info().id;
        let folder = id.replace('-', "_");
        let link = format!("| [`{id}`](transforms/{folder}/README.md) |");
        assert!(
            readme.contains(&link),
            "the table of transforms has a row that begins with {link}"
        );
    }
}

#[test]
fn the_configuration_in_the_readme_is_valid() {
    let readme = read(&root().join("README.md"));
    let (_, rest) = readme
        .split_once("```toml\n")
        .expect("the README shows a dfopt.toml");
    let (config, _) = rest.split_once("```").expect("it has an end");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("dfopt.toml"), config).unwrap();
    fs::write(folder.path().join("Dockerfile"), "FROM scratch\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dfopt"))
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn every_dependency_has_its_reason() {
    let contributing = read(&root().join("CONTRIBUTING.md"));
    let manifest: toml::Table = read(&root().join("Cargo.toml")).parse().unwrap();
    for kind in ["dependencies", "build-dependencies", "dev-dependencies"] {
        for name in manifest[kind].as_table().unwrap().keys() {
            let named = format!("`{name}`");
            let mut rows = contributing.lines().filter(|line| line.starts_with("| `"));
            assert!(
                rows.any(|row| row.contains(&named)),
                "CONTRIBUTING.md says what {name} is for"
            );
        }
    }
}

#[test]
fn every_module_has_its_place() {
    let contributing = read(&root().join("CONTRIBUTING.md"));
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let is_named = contributing.contains(&format!("`src/{stem}"))
            || contributing.contains(&format!("`{stem}`"));
        assert!(
            is_named || stem == "lib",
            "CONTRIBUTING.md says what src/{stem} is for"
        );
    }
}
