//! What dfopt is installed and started with beside cargo.

use std::fs;
use std::path::{Path, PathBuf};

use super::sandbox::Sandbox;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The release is named in files that cargo knows nothing of.
#[test]
fn all_name_the_same_version() {
    let version = env!("CARGO_PKG_VERSION");
    for (path, line) in [
        ("pyproject.toml", format!("version = \"{version}\"\n")),
        (
            "pyproject.toml",
            format!("dependencies = [\"dfopt=={version}\"]\n"),
        ),
        ("action.yml", format!("    default: \"{version}\"\n")),
        ("docs/install.md", format!("    rev: v{version}\n")),
    ] {
        assert!(read(path).contains(&line), "{path} lacks {line}");
    }
}

#[test]
fn dfopt_leaves_its_own_image_as_it_is() {
    let sandbox = Sandbox::new(&[]);
    let dockerfile = root().join("Dockerfile");
    let run = sandbox.dfopt(&[
        "--check",
        "--safety=unsafe",
        &dockerfile.display().to_string(),
    ]);
    run.exits(0);
}

/// What the Dockerfile needs of the repository is not hidden from it.
#[test]
fn the_image_is_built_from_what_the_program_needs() {
    let ignore_file = read(".dockerignore");
    for name in ["Cargo.toml", "Cargo.lock", "src", "transforms"] {
        assert!(
            ignore_file.lines().any(|line| line == format!("!{name}")),
            "{name}"
        );
    }
    for folder in ["src", "transforms"] {
        let outside = included(&root().join(folder)).into_iter();
        let outside: Vec<String> = outside.filter(|path| path.contains("../..")).collect();
        assert!(
            outside.is_empty(),
            "the program includes files from elsewhere: {outside:?}"
        );
    }
}

/// The paths that the sources below `folder` include.
fn included(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(included(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let paths = text.split("include_str!(\"").skip(1);
            found.extend(paths.filter_map(|rest| Some(rest.split('"').next()?.to_owned())));
        }
    }
    found
}

#[test]
fn every_shell_has_completions() {
    let sandbox = Sandbox::new(&[]);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        sandbox
            .dfopt(&["--completions", shell])
            .exits(0)
            .says("safety");
    }
    sandbox.dfopt(&["--man"]).exits(0).says(".TH dfopt 1");
}

#[test]
fn a_file_that_is_called_as_a_command_can_be_named() {
    let sandbox = Sandbox::new(&[("lsp", super::sandbox::APT)]);
    sandbox.dfopt(&["--diff", "lsp"]).exits(0).says("--- a/lsp");
    sandbox.dfopt(&["./lsp", "--check"]).exits(1);
    sandbox.dfopt(&["--", "lsp"]).exits(0).says("merge-apt");
    sandbox.dfopt(&["help"]).exits(2).warns("help");
}
