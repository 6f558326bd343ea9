//! The program as people run it: arguments, output, exit codes.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::sandbox::{APT, BROKEN, CLEAN, NODE, Run, Sandbox};

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
    let run = "RUN apt-get update && apt-get install -y curl";
    let check = |above_file: &str, above_run: &str| {
        let text = format!("{above_file}FROM debian:12\n{above_run}{run}\nCMD [\"bash\"]\n");
        Sandbox::new(&[]).pipe(&["--only", "merge-apt", "--check", "-"], &text)
    };
    check("", "").exits(1);
    check("# dfopt: ignore-file\n", "").exits(0);
    check("", "# dfopt: ignore\n").exits(0);
    check("", "# dfopt: ignore=nonroot-user,merge-apt\n").exits(0);
    check("", "# dfopt: ignore=nonroot-user\n").exits(1);
}

#[test]
fn json_names_files_rewrites_and_errors() {
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
