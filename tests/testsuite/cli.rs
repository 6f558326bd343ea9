//! The program as people run it: arguments, output, exit codes, files on the disk.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A file in which `merge-apt` has something to do.
const APT: &str =
    "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\nCMD [\"bash\"]\n";

/// A file in which nothing has.
const CLEAN: &str = "FROM scratch\nCOPY app /app\nUSER 10001\nENTRYPOINT [\"/app\"]\n";

/// A file that BuildKit rejects.
const BROKEN: &str = "FROM debian:12\nRUN true\nCOPPY . /app\n";

/// A file whose source is copied before the install.
const NODE: &str =
    "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD [\"node\", \"index.js\"]\n";

/// A temporary folder in which dfopt runs.
struct Sandbox(TempDir);

impl Sandbox {
    fn new(files: &[(&str, &str)]) -> Self {
        let sandbox = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            sandbox.put(path, text);
        }
        sandbox
    }

    /// An application with its dependencies installed on the host.
    fn node() -> Self {
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

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn put(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.0.path());
        command
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .env_remove("COLUMNS");
        command
    }

    fn dfopt(&self, args: &[&str]) -> Run {
        let mut command = self.command(env!("CARGO_BIN_EXE_dfopt"), args);
        Run::of(command.stdin(Stdio::null()).output().unwrap())
    }

    /// Runs dfopt with `input` on standard input.
    fn pipe(&self, args: &[&str], input: &str) -> Run {
        let mut command = self.command(env!("CARGO_BIN_EXE_dfopt"), args);
        Run::of(feed(command.stderr(Stdio::piped()), input))
    }

    /// Runs a tool that takes a diff; `false` when it is not installed.
    fn apply(&self, program: &str, args: &[&str], diff: &str) -> bool {
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
    fn files(&self) -> Vec<(String, String)> {
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
struct Run {
    code: i32,
    out: String,
    err: String,
}

impl Run {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    #[track_caller]
    fn says(self, part: &str) -> Self {
        assert!(
            self.out.contains(part),
            "standard output lacks {part:?}: {self:#?}"
        );
        self
    }

    #[track_caller]
    fn warns(self, part: &str) -> Self {
        assert!(
            self.err.contains(part),
            "standard error lacks {part:?}: {self:#?}"
        );
        self
    }
}

// --- what to do --------------------------------------------------------------------------------

#[test]
fn without_a_mode_it_explains_and_changes_nothing() {
    let sandbox = Sandbox::new(&[("Dockerfile", APT)]);
    let run = sandbox.dfopt(&["--only", "merge-apt"]).exits(0);
    run.says("Dockerfile:2:1: merge-apt [")
        .says(" 2 | RUN apt-get update")
        .warns("1 of 1 file would change");
    assert_eq!(sandbox.files(), [("Dockerfile".to_owned(), APT.to_owned())]);
}

#[test]
fn check_fails_when_something_would_change() {
    let sandbox = Sandbox::new(&[("Dockerfile", APT), ("clean/Dockerfile", CLEAN)]);
    sandbox
        .dfopt(&["--check", "--only", "merge-apt"])
        .exits(1)
        .says("merge-apt");
    sandbox.dfopt(&["--check", "clean"]).exits(0);
    sandbox
        .dfopt(&["--check", "--diff", "--only", "merge-apt"])
        .exits(1)
        .says("@@");
    assert_eq!(sandbox.read("Dockerfile"), APT);
}

#[test]
fn write_changes_the_file_once() {
    let sandbox = Sandbox::new(&[("Dockerfile", APT)]);
    sandbox
        .dfopt(&["--write", "--only", "merge-apt"])
        .exits(0)
        .warns("1 of 1 file changed");
    let written = sandbox.read("Dockerfile");
    assert_ne!(written, APT);
    sandbox
        .dfopt(&["--write", "--only", "merge-apt"])
        .exits(0)
        .warns("1 file unchanged");
    assert_eq!(sandbox.files(), [("Dockerfile".to_owned(), written)]);
}

#[test]
fn modes_that_contradict_each_other_are_refused() {
    let sandbox = Sandbox::new(&[("Dockerfile", APT)]);
    for args in [
        ["--write", "--check"],
        ["--write", "--diff"],
        ["--diff", "--format=json"],
        ["-q", "-v"],
    ] {
        sandbox.dfopt(&args).exits(2).warns("cannot be used with");
    }
}

// --- diffs -------------------------------------------------------------------------------------

/// Checks that the diff of the files, applied by `git apply` and by `patch`, gives what `--write`
/// writes, and that standard output holds nothing but the diff.
fn assert_diff_equals_write(make: impl Fn() -> Sandbox, args: &[&str]) -> String {
    let with = |mode: &'static str| -> Vec<&str> { args.iter().copied().chain([mode]).collect() };
    let written = make();
    written.dfopt(&with("--write")).exits(0);
    let diff = make().dfopt(&with("--diff")).exits(0).out;
    assert!(diff.starts_with("--- "), "{diff}");
    for (program, args) in [
        ("git", &["apply"] as &[&str]),
        ("patch", &["-p1", "--quiet"]),
    ] {
        let patched = make();
        if patched.apply(program, args, &diff) {
            assert_eq!(patched.files(), written.files(), "{program}");
        }
    }
    diff
}

#[test]
fn diffs_apply_in_every_folder() {
    let files = [
        ("Dockerfile", APT),
        ("a/Dockerfile.dev", APT),
        ("b/my app/x.Dockerfile", APT),
    ];
    let diff = assert_diff_equals_write(|| Sandbox::new(&files), &["--only", "merge-apt"]);
    assert!(
        diff.contains("--- a/a/Dockerfile.dev\n+++ b/a/Dockerfile.dev\n"),
        "{diff}"
    );
}

#[test]
fn diffs_keep_carriage_returns() {
    let text = APT.replace('\n', "\r\n");
    let diff = assert_diff_equals_write(
        || Sandbox::new(&[("Dockerfile", &text)]),
        &["--only", "merge-apt"],
    );
    assert!(diff.contains("-RUN apt-get update\r\n"), "{diff}");
}

#[test]
fn diffs_mark_a_missing_final_newline() {
    let diff = assert_diff_equals_write(
        || Sandbox::new(&[("Dockerfile", APT.trim_end())]),
        &["--only", "merge-apt"],
    );
    assert!(diff.contains("\n\\ No newline at end of file\n"), "{diff}");
}

#[test]
fn diffs_create_a_dockerignore() {
    let diff = assert_diff_equals_write(Sandbox::node, &["--only", "reorder-copies"]);
    assert!(
        diff.contains("--- /dev/null\n+++ b/.dockerignore\n"),
        "{diff}"
    );
    assert!(diff.contains("\n+node_modules\n"), "{diff}");
}

#[test]
fn diffs_add_to_a_dockerignore_once() {
    let make = || {
        let sandbox = Sandbox::node();
        sandbox.put("Dockerfile.dev", NODE);
        sandbox.put(".dockerignore", ".git");
        sandbox
    };
    let diff = assert_diff_equals_write(make, &["--only", "reorder-copies"]);
    assert_eq!(diff.matches("+++ b/.dockerignore").count(), 1, "{diff}");
}

// --- standard input ----------------------------------------------------------------------------

#[test]
fn standard_input_is_a_filter_with_write() {
    let sandbox = Sandbox::new(&[]);
    let run = sandbox
        .pipe(&["--write", "--only", "merge-apt", "-"], APT)
        .exits(0);
    assert_ne!(run.out, APT);
    assert_eq!(run.err, "");
    let again = sandbox
        .pipe(&["--write", "--only", "merge-apt", "-"], &run.out)
        .exits(0);
    assert_eq!(again.out, run.out);
}

#[test]
fn standard_input_can_be_explained_and_compared() {
    let sandbox = Sandbox::new(&[]);
    sandbox
        .pipe(&["--only", "merge-apt", "-"], APT)
        .exits(0)
        .says("<stdin>:2:1: merge-apt");
    sandbox
        .pipe(&["--only", "merge-apt", "--diff", "-"], APT)
        .exits(0)
        .says("--- a/Dockerfile\n");
    sandbox
        .pipe(&["--only", "merge-apt", "--check", "-"], APT)
        .exits(1);
}

#[test]
fn a_filter_prints_nothing_for_a_file_that_is_rejected() {
    let run = Sandbox::new(&[])
        .pipe(&["--write", "-"], BROKEN)
        .exits(2)
        .warns("<stdin>:3:1");
    assert_eq!(run.out, "");
}

#[test]
fn a_filter_takes_no_other_path() {
    let sandbox = Sandbox::new(&[("Dockerfile", APT)]);
    sandbox
        .pipe(&["--write", "-", "Dockerfile"], APT)
        .exits(2)
        .warns("give no other path");
    assert_eq!(sandbox.read("Dockerfile"), APT);
}

// --- which rewrites ----------------------------------------------------------------------------

#[test]
fn only_and_skip_choose_transforms() {
    let sandbox = Sandbox::new(&[("Dockerfile", APT)]);
    let without = sandbox
        .dfopt(&["--skip", "merge-apt,nonroot-user,split-stages"])
        .exits(0);
    assert!(!without.out.contains("merge-apt"), "{without:#?}");
    sandbox
        .dfopt(&["--only", "merge-apt", "--skip", "merge-apt", "--check"])
        .exits(0);
    sandbox
        .dfopt(&["--only", "merge-atp"])
        .exits(2)
        .warns("did you mean `merge-apt`?");
    sandbox
        .dfopt(&["--skip", "reorder"])
        .exits(2)
        .warns("did you mean `reorder-copies`?");
}

#[test]
fn safety_must_be_known() {
    Sandbox::new(&[])
        .dfopt(&["--safety", "saef"])
        .exits(2)
        .warns("'safe'");
}

#[test]
fn the_context_is_the_folder_of_the_dockerfile_unless_named() {
    let sandbox = Sandbox::node();
    sandbox.put("docker/Dockerfile", NODE);
    let diff = sandbox
        .dfopt(&[
            "--only",
            "reorder-copies",
            "--diff",
            "--context",
            ".",
            "docker",
        ])
        .exits(0);
    diff.says("+++ b/docker/Dockerfile\n")
        .says("+++ b/.dockerignore\n");
    sandbox
        .dfopt(&["--context", "nosuch", "docker"])
        .exits(2)
        .warns("the build context");
}

#[test]
fn an_ignore_file_of_the_dockerfile_comes_first() {
    let sandbox = Sandbox::node();
    sandbox.put("docker/Dockerfile", NODE);
    sandbox.put("docker/Dockerfile.dockerignore", ".git\n");
    let run = sandbox
        .dfopt(&[
            "--only",
            "reorder-copies",
            "--diff",
            "--context",
            ".",
            "docker",
        ])
        .exits(0);
    run.says("+++ b/docker/Dockerfile.dockerignore\n");
}

#[test]
fn comments_switch_rewrites_off() {
    let merge = &["--only", "merge-apt", "--check", "-"];
    let sandbox = Sandbox::new(&[]);
    sandbox
        .pipe(merge, &format!("# dfopt: ignore-file\n{APT}"))
        .exits(0);
    sandbox
        .pipe(
            merge,
            &APT.replace("RUN apt-get update", "# dfopt: ignore\nRUN apt-get update"),
        )
        .exits(0);
    sandbox
        .pipe(
            merge,
            &APT.replace(
                "RUN apt-get update",
                "# dfopt: ignore=merge-apt\nRUN apt-get update",
            ),
        )
        .exits(0);
    sandbox
        .pipe(
            merge,
            &APT.replace(
                "RUN apt-get update",
                "# dfopt: ignore=nonroot-user\nRUN apt-get update",
            ),
        )
        .exits(1);
}

// --- dfopt.toml --------------------------------------------------------------------------------

#[test]
fn the_configuration_is_found_upwards() {
    let sandbox = Sandbox::new(&[
        ("a/b/Dockerfile", APT),
        ("dfopt.toml", "[transforms]\nmerge-apt = false\n"),
    ]);
    sandbox
        .dfopt(&["--check", "--skip", "nonroot-user,split-stages"])
        .exits(0);
    sandbox.dfopt(&["--check", "--only", "merge-apt"]).exits(1);
    sandbox.put("a/dfopt.toml", "");
    sandbox
        .dfopt(&["--check", "--skip", "nonroot-user,split-stages"])
        .exits(1);
    sandbox
        .dfopt(&[
            "--check",
            "--skip",
            "nonroot-user,split-stages",
            "--config",
            "dfopt.toml",
        ])
        .exits(0);
}

#[test]
fn overrides_apply_to_their_paths() {
    let config = "[[override]]\npaths = [\"legacy/**\"]\ntransforms = { merge-apt = false }\n";
    let sandbox = Sandbox::new(&[
        ("legacy/Dockerfile", APT),
        ("new/Dockerfile", APT),
        ("dfopt.toml", config),
    ]);
    let run = sandbox
        .dfopt(&["--diff", "--skip", "nonroot-user,split-stages"])
        .exits(0)
        .says("b/new/Dockerfile");
    assert!(!run.out.contains("legacy"), "{run:#?}");
}

#[test]
fn the_context_can_be_configured() {
    let sandbox = Sandbox::node();
    sandbox.put("docker/Dockerfile", NODE);
    sandbox.put(
        "dfopt.toml",
        "[[override]]\npaths = [\"docker/\"]\ncontext = \".\"\n",
    );
    let run = sandbox
        .dfopt(&["--only", "reorder-copies", "--diff", "docker"])
        .exits(0);
    run.says("+++ b/.dockerignore\n");
}

#[test]
fn mistakes_in_the_configuration_are_located() {
    let expected = [
        (
            "\nsaftey = \"safe\"\n",
            "dfopt.toml:2:1",
            "did you mean `safety`?",
        ),
        (
            "safety = \"asumed\"\n",
            "dfopt.toml:1:10",
            "did you mean `assumed`?",
        ),
        (
            "[transforms]\nmerge_apt = true\n",
            "dfopt.toml:2:1",
            "did you mean `merge-apt`?",
        ),
        (
            "[[override]]\npath = [\"a\"]\n",
            "dfopt.toml:2:1",
            "did you mean `paths`?",
        ),
        ("safety = \n", "dfopt.toml:1:", ""),
    ];
    for (config, place, advice) in expected {
        let sandbox = Sandbox::new(&[("Dockerfile", APT), ("dfopt.toml", config)]);
        sandbox
            .dfopt(&["--write"])
            .exits(2)
            .warns(place)
            .warns(advice);
        assert_eq!(sandbox.read("Dockerfile"), APT);
        sandbox
            .dfopt(&["--config", "dfopt.toml"])
            .exits(2)
            .warns(place)
            .warns(advice);
    }
    Sandbox::new(&[])
        .dfopt(&["--config", "nosuch.toml"])
        .exits(2)
        .warns("nosuch.toml cannot be read");
}

// --- output ------------------------------------------------------------------------------------

#[test]
fn json_holds_what_an_editor_needs() {
    let sandbox = Sandbox::node();
    sandbox.put("docker/broken.Dockerfile", BROKEN);
    let run = sandbox.dfopt(&["--format", "json"]).exits(2);
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["summary"]["files"], 2);
    assert_eq!(json["summary"]["errors"], 1);
    let [file, broken] = json["files"].as_array().unwrap().as_slice() else {
        panic!("{json:#}")
    };
    assert_eq!(
        (&file["path"], &file["changed"]),
        (&"Dockerfile".into(), &true.into())
    );
    assert_eq!(file["rewrites"][0]["id"], "reorder-copies");
    assert_eq!(file["rewrites"][0]["line"], 3);
    assert_eq!(broken["errors"][0]["line"], 3);

    let mut text = NODE.to_owned();
    for rewrite in file["rewrites"].as_array().unwrap() {
        for edit in rewrite["edits"].as_array().unwrap().iter().rev() {
            let offset = |key: &str| usize::try_from(edit[key].as_u64().unwrap()).unwrap();
            text.replace_range(
                offset("start")..offset("end"),
                edit["text"].as_str().unwrap(),
            );
        }
    }
    sandbox.dfopt(&["--write", "Dockerfile"]).exits(0);
    assert_eq!(text, sandbox.read("Dockerfile"));
}

#[test]
fn quiet_prints_a_line_a_rewrite() {
    let sandbox = Sandbox::new(&[("Dockerfile", APT)]);
    let run = sandbox.dfopt(&["-q", "--only", "merge-apt"]).exits(0);
    assert!(
        run.out.lines().all(|line| line.starts_with("Dockerfile:")),
        "{run:#?}"
    );
    assert_eq!(run.err, "");
}

#[test]
fn verbose_names_files_without_a_change() {
    let sandbox = Sandbox::new(&[("Dockerfile", CLEAN)]);
    assert!(
        !sandbox
            .dfopt(&["--only", "merge-apt"])
            .exits(0)
            .out
            .contains("Dockerfile")
    );
    sandbox
        .dfopt(&["-v", "--only", "merge-apt"])
        .exits(0)
        .says("Dockerfile  0 rewrites");
}

#[test]
fn colour_is_for_terminals() {
    let sandbox = Sandbox::new(&[("Dockerfile", APT), ("Dockerfile.broken", BROKEN)]);
    let is_colored = |args: &[&str]| {
        let run = sandbox.dfopt(args);
        (run.out.contains('\u{1b}'), run.err.contains('\u{1b}'))
    };
    assert_eq!(is_colored(&["--only=merge-apt"]), (false, false));
    assert_eq!(
        is_colored(&["--only=merge-apt", "--color=always"]),
        (true, true)
    );
    assert_eq!(
        is_colored(&["--only=merge-apt", "--color=always", "--diff"]),
        (true, true)
    );
    assert_eq!(is_colored(&["--color=never"]), (false, false));
}

#[test]
fn the_transforms_are_listed_and_explained() {
    let sandbox = Sandbox::new(&[]);
    let list = sandbox.dfopt(&["--list"]).exits(0).out;
    assert_eq!(list.lines().count(), dfopt::transforms::ALL.len());
    sandbox
        .dfopt(&["--explain", "merge-apt"])
        .exits(0)
        .says("# ");
    sandbox
        .dfopt(&["--explain", "merge"])
        .exits(2)
        .warns("did you mean `merge-apt`?");
}

#[test]
fn the_parse_is_an_object_a_line() {
    let sandbox = Sandbox::new(&[("Dockerfile", APT), ("Dockerfile.broken", BROKEN)]);
    let run = sandbox
        .dfopt(&["--dump-ast", "Dockerfile", "Dockerfile.broken", "nosuch"])
        .exits(2)
        .warns("nosuch");
    let objects: Vec<Value> = run
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(objects.len(), 2);
    assert_eq!(objects[0]["file"], "Dockerfile");
    assert_eq!(objects[0]["instructions"][1]["keyword"], "RUN");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let sandbox = Sandbox::new(&[]);
    for number in 0..200 {
        sandbox.put(&format!("{number}/Dockerfile"), APT);
    }
    let mut command = sandbox.command(
        env!("CARGO_BIN_EXE_dfopt"),
        &["--diff", "--only", "merge-apt"],
    );
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 4];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let run = Run::of(child.wait_with_output().unwrap()).exits(0);
    assert!(!run.err.contains("Broken pipe"), "{run:#?}");
}

// --- which files -------------------------------------------------------------------------------

#[test]
fn dockerfiles_are_found_in_a_fixed_order() {
    let names = [
        "Dockerfile",
        "Dockerfile.dev",
        "x.Dockerfile",
        "sub/Containerfile",
        ".devcontainer/Dockerfile",
    ];
    let others = [
        "Dockerfile.dockerignore",
        "README",
        "vendor/Dockerfile",
        ".git/Dockerfile",
        "MyDockerfile",
    ];
    let sandbox = Sandbox::new(&[(".gitignore", "vendor/\n")]);
    for name in names.iter().chain(&others) {
        sandbox.put(name, APT);
    }
    let run = sandbox
        .dfopt(&["--diff", "--only", "merge-apt", ".", "Dockerfile"])
        .exits(0);
    let found: Vec<&str> = run
        .out
        .lines()
        .filter_map(|line| line.strip_prefix("+++ b/"))
        .collect();
    let expected = [
        ".devcontainer/Dockerfile",
        "Dockerfile",
        "Dockerfile.dev",
        "sub/Containerfile",
        "x.Dockerfile",
    ];
    assert_eq!(found, expected);
    sandbox
        .dfopt(&[
            "--check",
            "--only",
            "merge-apt",
            "MyDockerfile",
            "vendor/Dockerfile",
        ])
        .exits(1);
}

#[test]
fn a_folder_without_a_dockerfile_is_a_warning() {
    Sandbox::new(&[])
        .dfopt(&[])
        .exits(0)
        .warns("warning: there is no Dockerfile in .");
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let sandbox = Sandbox::new(&[("a/Dockerfile", BROKEN), ("z/Dockerfile", APT)]);
    sandbox.put("b/Dockerfile", b"FROM a\n# caf\xE9\n");
    let run = sandbox
        .dfopt(&["--write", "--only", "merge-apt", "nosuch", "."])
        .exits(2);
    let run = run
        .warns("nosuch: ")
        .warns("b/Dockerfile: is not UTF-8: byte 0xE9 at line 2, column 6");
    run.warns("a/Dockerfile:3:1: ")
        .warns(" 3 | COPPY . /app")
        .warns("   | ^^^^^")
        .warns("= help");
    assert_ne!(sandbox.read("z/Dockerfile"), APT);
    assert_eq!(sandbox.read("a/Dockerfile"), BROKEN);
    assert_eq!(
        fs::read(sandbox.path("b/Dockerfile")).unwrap(),
        b"FROM a\n# caf\xE9\n"
    );
}

#[test]
fn a_file_without_from_is_an_error() {
    let sandbox = Sandbox::new(&[
        ("Dockerfile", "RUN true\n"),
        ("Dockerfile.empty", "# nothing\n"),
    ]);
    sandbox
        .dfopt(&["Dockerfile"])
        .exits(2)
        .warns("Dockerfile:1:");
    sandbox
        .dfopt(&["Dockerfile.empty"])
        .exits(2)
        .warns("error: Dockerfile.empty");
}

// --- writing -----------------------------------------------------------------------------------

#[test]
fn a_read_only_file_is_left_alone() {
    let sandbox = Sandbox::new(&[("Dockerfile", APT)]);
    let path = sandbox.path("Dockerfile");
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    sandbox
        .dfopt(&["--write", "--only", "merge-apt"])
        .exits(2)
        .warns("is read-only; left as it is");
    assert_eq!(sandbox.files(), [("Dockerfile".to_owned(), APT.to_owned())]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_modes_kept() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new(&[("real/file", APT)]);
    fs::set_permissions(sandbox.path("real/file"), fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real/file", sandbox.path("Dockerfile")).unwrap();
    let diff = sandbox
        .dfopt(&["--diff", "--only", "merge-apt", "Dockerfile"])
        .exits(0);
    diff.says("+++ b/real/file\n");
    sandbox
        .dfopt(&["--write", "--only", "merge-apt", "Dockerfile"])
        .exits(0);
    assert_eq!(
        fs::read_link(sandbox.path("Dockerfile")).unwrap(),
        Path::new("real/file")
    );
    assert_ne!(sandbox.read("real/file"), APT);
    let mode = fs::metadata(sandbox.path("real/file"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn the_help_is_as_written_down() {
    let help = Sandbox::new(&[]).dfopt(&["--help"]).exits(0).out;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testsuite/help.txt");
    if std::env::var_os("DFOPT_BLESS").is_some() {
        fs::write(&path, &help).unwrap();
    }
    assert_eq!(
        help,
        fs::read_to_string(&path).unwrap_or_default(),
        "DFOPT_BLESS=1 writes help.txt anew"
    );
}
