//! `dfopt --prove`, with an engine that is a script: what is asked of it, and what its answers come to.
//!
//! These tests need no engine and skip nothing. The same with a real one: [`prove_real`](super::prove_real).
#![cfg(unix)]

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::sandbox::{Run, Sandbox};

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/testsuite/fake_engine.sh"
);

/// A file in which `merge-apt` and `reorder-copies` have something to do.
const DOCKERFILE: &str = "FROM python:3.11\nWORKDIR /app\nCOPY . .\nRUN apt-get update\n\
    RUN apt-get install -y curl\nRUN pip install -r requirements.txt\nCMD [\"app.py\"]\n";

/// A file in which only `pick-base` has something to do.
const ON_A_LARGE_IMAGE: &str =
    "FROM python:3.11\nWORKDIR /app\nCOPY app.py .\nCMD [\"python\", \"app.py\"]\n";

const TRANSFORMS: &str = "--only=merge-apt,reorder-copies";

/// What `merge-apt` writes into the file.
const MERGED: &str = "rm -rf /var/lib/apt/lists";

/// What the script calls.
const TOOLS: [&str; 11] = [
    "cat", "cp", "grep", "mkdir", "rm", "sed", "sleep", "tail", "tar", "touch", "tr",
];

/// An application, and an engine.
struct Stage {
    sandbox: Sandbox,
    engine: &'static str,
    environment: Vec<(&'static str, &'static str)>,
}

impl Stage {
    fn new(engine: &'static str) -> Self {
        let sandbox = Sandbox::new(&[
            ("app/Dockerfile", DOCKERFILE),
            ("app/app.py", "print(1)\n"),
            ("app/requirements.txt", "flask==3.0.0\n"),
            ("fake/images/.keep", ""),
            ("fake/containers/.keep", ""),
            ("tmp/.keep", ""),
            ("bin/.keep", ""),
        ]);
        fs::remove_file(sandbox.path("fake/images/.keep")).unwrap();
        fs::remove_file(sandbox.path("fake/containers/.keep")).unwrap();
        let bin = sandbox.path("bin");
        std::os::unix::fs::symlink(SCRIPT, bin.join(engine)).unwrap();
        // Real engines that are installed must not be found.
        for tool in TOOLS {
            let folders =
                std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect::<Vec<_>>();
            let found = folders
                .iter()
                .map(|folder| folder.join(tool))
                .find(|path| path.exists());
            let found = found.unwrap_or_else(|| panic!("{tool} is not installed"));
            std::os::unix::fs::symlink(found, bin.join(tool)).unwrap();
        }
        Self {
            sandbox,
            engine,
            environment: Vec::new(),
        }
    }

    fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self
            .sandbox
            .command(env!("CARGO_BIN_EXE_dfopt"), &["--prove", TRANSFORMS]);
        command
            .args(args)
            .arg("app/Dockerfile")
            .env("PATH", self.sandbox.path("bin"))
            .env("FAKE", self.sandbox.path("fake"))
            .env("TMPDIR", self.sandbox.path("tmp"))
            .envs(self.environment.iter().copied())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Run {
        let run = Run::of(self.command(args).output().unwrap());
        self.is_clean();
        run
    }

    /// The proof of a run that ends with `code`.
    fn proof(&self, args: &[&str], code: i32) -> Value {
        let args = [&["--format=json"], args].concat();
        let run = self.run(&args).exits(code);
        let report: Value = serde_json::from_str(&run.out).unwrap();
        report["files"][0]["proof"].clone()
    }

    /// Nothing that was made is left, and nothing of the user's has changed.
    #[track_caller]
    fn is_clean(&self) {
        for folder in ["fake/images", "fake/containers", "tmp"] {
            let entries = fs::read_dir(self.sandbox.path(folder)).unwrap();
            let names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            let left = names.into_iter().filter(|name| name != ".keep");
            assert_eq!(
                left.collect::<Vec<_>>(),
                Vec::<std::ffi::OsString>::new(),
                "left in {folder}"
            );
        }
        assert_eq!(self.sandbox.read("app/app.py"), "print(1)\n");
    }

    fn calls(&self) -> String {
        self.sandbox.read("fake/calls")
    }

    fn start(&self, args: &[&str]) -> Child {
        let mut command = self.command(args);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let started = Instant::now();
        while !self.sandbox.path("fake/hangs").exists() {
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "the engine is not asked"
            );
            sleep(Duration::from_millis(20));
        }
        child
    }
}

#[test]
fn every_engine_is_spoken_to_in_its_own_language() {
    for engine in ["docker", "podman", "buildah"] {
        let stage = Stage::new(engine);
        let proof = stage.proof(
            &[
                "--smoke=python -V",
                "--start",
                "--build-arg=A=1",
                "--target=x",
            ],
            0,
        );
        assert_eq!(proof["verdict"], "proven", "{engine}: {proof:#}");
        assert_eq!(proof["engine"], format!("{engine} 28.0.0"));
        let checks = proof["checks"].as_array().unwrap().iter();
        let names: Vec<&str> = checks
            .map(|check| check["name"].as_str().unwrap())
            .collect();
        assert_eq!(
            names,
            [
                "configuration",
                "files",
                "libraries",
                "programs",
                "smoke",
                "start"
            ]
        );
        let (before, after) = (&proof["before"]["rebuild"], &proof["after"]["rebuild"]);
        assert!(
            before["steps_run"].as_u64() > after["steps_run"].as_u64(),
            "{engine}: {proof:#}"
        );
        assert_eq!(proof["changed_file"], "app.py");
        let calls = stage.calls();
        for part in ["--build-arg A=1", "--target=x", "--no-cache"] {
            assert!(calls.contains(part), "{engine}: no {part} in\n{calls}");
        }
    }
}

#[test]
fn docker_is_tried_first_and_another_one_on_request() {
    let stage = Stage::new("podman");
    std::os::unix::fs::symlink(SCRIPT, stage.sandbox.path("bin/docker")).unwrap();
    assert_eq!(stage.proof(&[], 0)["engine"], "docker 28.0.0");
    assert_eq!(
        stage.proof(&["--engine=podman"], 0)["engine"],
        "podman 28.0.0"
    );
    stage
        .run(&["--engine=buildah"])
        .exits(2)
        .warns("buildah: is not installed");
    let calls = stage.proof(&["--builder=far"], 0);
    assert_eq!(calls["verdict"], "proven");
    assert!(stage.calls().contains("--builder=far"), "{}", stage.calls());
}

#[test]
fn a_preview_writes_nothing_and_shows_a_table() {
    let stage = Stage::new("docker");
    stage
        .run(&[])
        .exits(0)
        .says("proven with docker 28.0.0")
        .says("steps that run again")
        .warns("app/Dockerfile: building it as it is, without a cache");
    assert_eq!(stage.sandbox.read("app/Dockerfile"), DOCKERFILE);
}

#[test]
fn what_is_proven_is_written() {
    let stage = Stage::new("docker");
    stage.run(&["--write"]).exits(0);
    let written = stage.sandbox.read("app/Dockerfile");
    assert!(written.contains(MERGED), "{written}");
    let again = stage.proof(&["--write"], 0);
    assert_eq!(again["verdict"], "nothing");
    assert_eq!(stage.sandbox.read("app/Dockerfile"), written);
}

#[test]
fn a_rewrite_that_breaks_the_build_is_taken_out_and_the_rest_proven() {
    let stage = Stage::new("docker").with("FAKE_FAILS_ON", MERGED);
    let proof = stage.proof(&["--write"], 2);
    assert_eq!(proof["verdict"], "proven", "{proof:#}");
    let taken_out = proof["taken_out"].as_array().unwrap();
    assert!(
        !taken_out.is_empty() && taken_out.iter().all(|one| one["id"] == "merge-apt"),
        "{proof:#}"
    );
    assert_eq!(taken_out[0]["refuted"], true);
    let written = stage.sandbox.read("app/Dockerfile");
    assert!(
        !written.contains(MERGED) && written.contains("COPY requirements.txt"),
        "{written}"
    );
}

#[test]
fn another_base_image_is_proven_when_the_program_runs_in_it() {
    let stage = Stage::new("docker");
    let smaller = "FROM python:3.11-slim";
    fs::write(stage.sandbox.path("app/Dockerfile"), ON_A_LARGE_IMAGE).unwrap();
    let only = "--only=pick-base";
    let unproven = stage.proof(&[only, "--write"], 0);
    assert_eq!(unproven["verdict"], "nothing", "{unproven:#}");
    let proof = stage.proof(&[only, "--write", "--smoke=python app.py"], 0);
    assert_eq!(proof["verdict"], "proven", "{proof:#}");
    let written = stage.sandbox.read("app/Dockerfile");
    assert!(written.contains(smaller), "{written}");
}

#[test]
fn another_base_image_that_cannot_be_built_is_not_taken() {
    let stage = Stage::new("docker").with("FAKE_FAILS_ON", "python:3.11-slim");
    fs::write(stage.sandbox.path("app/Dockerfile"), ON_A_LARGE_IMAGE).unwrap();
    let proof = stage.proof(&["--only=pick-base", "--write", "--smoke=python app.py"], 2);
    assert_eq!(proof["taken_out"][0]["id"], "pick-base", "{proof:#}");
    assert_eq!(stage.sandbox.read("app/Dockerfile"), ON_A_LARGE_IMAGE);
}

#[test]
fn a_rewrite_that_loses_a_file_is_taken_out() {
    let stage = Stage::new("buildah").with("FAKE_LOSES_ON", MERGED);
    let run = stage.run(&["--write"]).exits(2);
    run.says("without a reason, 1 path is gone: app/app.py")
        .warns("merge-apt does not hold and is taken out");
    let written = stage.sandbox.read("app/Dockerfile");
    assert!(
        !written.contains(MERGED) && written.contains("COPY requirements.txt"),
        "{written}"
    );
}

#[test]
fn nothing_is_written_when_nothing_holds() {
    let stage = Stage::new("docker").with("FAKE_LOSES_ON", "requirements.txt ./\\|lists");
    let proof = stage.proof(&["--write"], 2);
    assert_eq!(proof["verdict"], "nothing", "{proof:#}");
    assert_eq!(stage.sandbox.read("app/Dockerfile"), DOCKERFILE);
}

#[test]
fn a_base_that_cannot_be_had_proves_nothing_and_refutes_nothing() {
    let stage = Stage::new("docker").with("FAKE_LACKS", "python:3.11");
    let proof = stage.proof(&["--write"], 2);
    assert_eq!(proof["verdict"], "not-provable");
    assert!(
        proof["reason"].as_str().unwrap().ends_with("no such host"),
        "{proof:#}"
    );
    assert_eq!(proof["taken_out"], Value::Array(Vec::new()));
    assert_eq!(stage.sandbox.read("app/Dockerfile"), DOCKERFILE);
}

#[test]
fn without_an_engine_there_is_a_clear_error() {
    let stage = Stage::new("unheard-of");
    stage
        .run(&[])
        .exits(2)
        .warns("no engine that can build: docker: is not installed; podman: is not installed");
}

#[test]
fn an_engine_that_stops_answering_is_left() {
    let stage = Stage::new("docker").with("FAKE_HANGS", "build");
    let started = Instant::now();
    stage
        .run(&["--engine-timeout=1"])
        .exits(2)
        .warns("docker has said nothing for 1 s (--engine-timeout)");
    assert!(started.elapsed() < Duration::from_secs(30));
    let silent = Stage::new("docker").with("FAKE_HANGS", "version");
    silent
        .run(&["--engine-timeout=1"])
        .exits(2)
        .warns("docker: no answer after 1 s");
    let hanging = Stage::new("docker").with("FAKE_HANGS", "run");
    hanging
        .run(&["--smoke=serve", "--smoke-timeout=1"])
        .exits(2)
        .says("`serve` does not end before the rewrites either");
    let serving = Stage::new("docker").with("FAKE_HANGS", "run");
    serving.run(&["--start=1"]).says("still runs after 1 s");
}

#[test]
fn an_interrupt_leaves_nothing_behind() {
    for (what, signal) in [("build", "-INT"), ("run", "-TERM")] {
        let stage = Stage::new("docker").with("FAKE_HANGS", what);
        let child = stage.start(&["--write", "--smoke=serve"]);
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        let started = Instant::now();
        Run::of(child.wait_with_output().unwrap())
            .exits(130)
            .warns("interrupted; nothing is left behind");
        assert!(started.elapsed() < Duration::from_secs(20), "{what}");
        stage.is_clean();
        assert_eq!(stage.sandbox.read("app/Dockerfile"), DOCKERFILE, "{what}");
        assert_eq!(stage.engine, "docker");
    }
}

#[test]
fn arguments_that_would_take_the_image_elsewhere_are_refused() {
    let stage = Stage::new("docker");
    for argument in [
        "--push",
        "-o",
        "-oout",
        "--output=type=local,dest=out",
        "--tag=mine",
    ] {
        let run = stage
            .command(&[])
            .args(["--build-option", argument])
            .output()
            .unwrap();
        Run::of(run)
            .exits(2)
            .warns("dfopt itself says where images go");
    }
    stage
        .run(&["--smoke=a && b"])
        .exits(2)
        .warns("is not one plain command");
    let without = stage.sandbox.dfopt(&["--engine=docker", "app"]);
    without.exits(2).warns("--prove");
}

#[test]
fn secrets_and_other_arguments_reach_the_build() {
    let stage = Stage::new("docker");
    let run = stage
        .command(&[])
        .arg("--build-option=--secret=id=token,src=token.txt")
        .output()
        .unwrap();
    Run::of(run).exits(0);
    assert!(
        stage.calls().contains("--secret=id=token,src=token.txt"),
        "{}",
        stage.calls()
    );
}

#[test]
fn what_dockerignore_hides_is_not_copied() {
    let stage = Stage::new("docker");
    stage.sandbox.put("app/.dockerignore", "secret*\n");
    stage.sandbox.put("app/secret.txt", "hidden");
    stage.sandbox.put("app/app.py", "print(1)\n");
    let proof = stage.proof(&[], 0);
    assert_eq!(proof["verdict"], "proven", "{proof:#}");
    assert_eq!(stage.sandbox.read("app/secret.txt"), "hidden");
}

#[test]
fn standard_input_has_nothing_to_build_from() {
    let stage = Stage::new("docker");
    let run = stage.command(&["-"]).output().unwrap();
    Run::of(run).exits(2).warns("standard input has none");
}
