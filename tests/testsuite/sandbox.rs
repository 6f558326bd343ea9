//! A temporary folder in which the program runs as people run it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A file in which `merge-apt` has something to do.
pub(crate) const APT: &str =
    "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\nCMD [\"bash\"]\n";

/// A file in which nothing has.
pub(crate) const CLEAN: &str = "FROM scratch\nCOPY app /app\nUSER 10001\nENTRYPOINT [\"/app\"]\n";

/// A file that BuildKit rejects.
pub(crate) const BROKEN: &str = "FROM debian:12\nRUN true\nCOPPY . /app\n";

/// A file whose source is copied before the install.
pub(crate) const NODE: &str =
    "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD [\"node\", \"index.js\"]\n";

/// A temporary folder in which dfopt runs.
pub(crate) struct Sandbox(TempDir);

impl Sandbox {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let sandbox = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            sandbox.put(path, text);
        }
        sandbox
    }

    /// An application with its dependencies installed on the host.
    pub(crate) fn node() -> Self {
        let lock = r#"{"name":"a","lockfileVersion":3,"packages":{"":{"dependencies":{"ms":"2"}},
            "node_modules/ms":{"version":"2.1.3"}}}"#;
        Self::new(&[
            ("Dockerfile", NODE),
            ("package.json", r#"{"name":"a","dependencies":{"ms":"2"}}"#),
            ("package-lock.json", lock),
            ("node_modules/ms/index.js", "module.exports = 1\n"),
            ("index.js", "require('ms')\n"),
        ])
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub(crate) fn put(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.0.path());
        command
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .env_remove("COLUMNS");
        command
    }

    pub(crate) fn dfopt(&self, args: &[&str]) -> Run {
        let mut command = self.command(env!("CARGO_BIN_EXE_dfopt"), args);
        Run::of(command.stdin(Stdio::null()).output().unwrap())
    }

    /// Runs dfopt with `input` on standard input.
    pub(crate) fn pipe(&self, args: &[&str], input: &str) -> Run {
        let mut command = self.command(env!("CARGO_BIN_EXE_dfopt"), args);
        Run::of(feed(command.stderr(Stdio::piped()), input))
    }

    /// Runs a tool that takes a diff; `false` when it is not installed.
    pub(crate) fn apply(&self, program: &str, args: &[&str], diff: &str) -> bool {
        if Command::new(program).arg("--version").output().is_err() {
            eprintln!("SKIPPED: {program} is not installed");
            return false;
        }
        let output = feed(&mut self.command(program, args), diff);
        assert!(
            output.status.success(),
            "{program} does not take the diff:\n{diff}\n{output:?}"
        );
        true
    }

    /// The texts of all files, by path.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let mut folders = vec![self.0.path().to_owned()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path
                        .strip_prefix(self.0.path())
                        .unwrap()
                        .display()
                        .to_string();
                    files.push((name, fs::read_to_string(path).unwrap()));
                }
            }
        }
        files.sort();
        files
    }
}

/// Runs `command` with `input` on standard input, of which it need not read everything.
fn feed(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// What a run of dfopt came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn says(self, part: &str) -> Self {
        assert!(
            self.out.contains(part),
            "standard output lacks {part:?}: {self:#?}"
        );
        self
    }

    #[track_caller]
    pub(crate) fn warns(self, part: &str) -> Self {
        assert!(
            self.err.contains(part),
            "standard error lacks {part:?}: {self:#?}"
        );
        self
    }
}
