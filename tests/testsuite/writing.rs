//! What happens to files when writing is interrupted, fails, or is asked about.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::sandbox::{APT, CLEAN, Sandbox};

/// How often the program is killed, unless `DFOPT_KILLS` says otherwise.
const KILLS: u32 = 200;

/// How many files a run that is killed has to write.
const FILES: usize = 12;

#[test]
fn a_killed_run_leaves_every_file_old_or_new() {
    let sandbox = Sandbox::new(&[]);
    let reset = || {
        for nth in 0..FILES {
            sandbox.put(&format!("{nth}/Dockerfile"), APT);
        }
    };
    reset();
    let began = Instant::now();
    sandbox.dfopt(&["--write", "."]).exits(0);
    let duration = began.elapsed();
    let new = sandbox.read("0/Dockerfile");
    assert_ne!(new, APT);

    let kills = std::env::var("DFOPT_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let mut halfway = 0;
    for kill in 0..kills {
        reset();
        // Spread over the whole run, in an order in which neighbours are far apart.
        let part = f64::from(kill * 79 % kills) / f64::from(kills);
        kill_after(&sandbox, duration.mul_f64(part));
        let (left_over, files): (Vec<_>, Vec<_>) = sandbox
            .files()
            .into_iter()
            .partition(|(path, _)| path.contains("/.dfopt-") && path.ends_with(".tmp"));
        assert_eq!(files.len(), FILES, "nothing else appears, nothing goes");
        for (path, text) in &files {
            assert!(text == APT || *text == new, "{path} is neither: {text}");
        }
        let written = files.iter().filter(|(_, text)| *text == new).count();
        halfway += u32::from(0 < written && written < FILES);
        assert!(left_over.len() <= FILES, "{left_over:?}");
        for (path, _) in left_over {
            fs::remove_file(sandbox.path(&path)).unwrap();
        }
    }
    println!("killed {kills} times, {halfway} of them between the first and the last file");
    assert!(
        kills < KILLS || halfway > 0,
        "no run was killed in the middle"
    );
}

fn kill_after(sandbox: &Sandbox, time: Duration) {
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_dfopt"), &["--write", "-q", "."]);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(time);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A file system of one page, which the Dockerfile fills.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_nothing() {
    let sandbox = Sandbox::new(&[("Dockerfile", APT), ("disk/.keep", "")]);
    let script = "mount -t tmpfs -o size=4k none disk && cp Dockerfile disk/ && echo mounted \
        && \"$0\" --write disk; echo \"exit $?\"; ls -A disk; cat disk/Dockerfile";
    let args = [
        "--mount",
        "--map-root-user",
        "sh",
        "-c",
        script,
        env!("CARGO_BIN_EXE_dfopt"),
    ];
    let output = sandbox.command("unshare", &args).output();
    let Some(output) = output
        .ok()
        .filter(|output| output.stdout.starts_with(b"mounted\n"))
    else {
        eprintln!("SKIPPED: a file system of its own cannot be mounted here");
        return;
    };
    let out = String::from_utf8(output.stdout).unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(
        out.ends_with(&format!("exit 2\nDockerfile\n{APT}")),
        "{out}{err}"
    );
    assert!(
        err.contains("disk/Dockerfile: its new text cannot be written: No space left"),
        "{err}"
    );
}

fn answer(sandbox: &Sandbox, args: &[&str], answers: &str) -> String {
    let args = [&["--write", "--interactive"], args].concat();
    sandbox.pipe(&args, answers).exits(0).out
}

#[test]
fn each_rewrite_is_asked_about() {
    let sandbox = Sandbox::new(&[("Dockerfile", APT)]);
    let shown = answer(&sandbox, &[], "?\nn\nn\n");
    assert!(
        shown.contains("Dockerfile:2:1: merge-apt [safe] 2 RUN"),
        "{shown}"
    );
    assert!(shown.contains("+RUN apt-get update \\\n"), "{shown}");
    assert!(shown.contains("y - make this rewrite"), "{shown}");
    assert_eq!(sandbox.read("Dockerfile"), APT, "nothing was wanted");

    answer(&sandbox, &[], "y\nn\n");
    let merged = sandbox.read("Dockerfile");
    assert!(merged.contains("&& apt-get install -y curl"), "{merged}");
    let shown = answer(&sandbox, &[], "y\n");
    assert!(shown.contains("= assumes nothing needs"), "{shown}");
    assert!(
        sandbox
            .read("Dockerfile")
            .contains("--no-install-recommends")
    );
    assert_eq!(answer(&sandbox, &[], ""), "", "nothing is left to ask");
}

#[test]
fn the_rest_can_be_decided_at_once() {
    let files = ["a/Dockerfile", "b/Dockerfile", "c/Dockerfile"];
    let decided = |answers: &str| {
        let sandbox = Sandbox::new(&files.map(|file| (file, APT)));
        answer(&sandbox, &[], answers);
        files.map(|file| {
            let text = sandbox.read(file);
            let marks = ["&& apt-get", "--no-install-recommends"];
            marks.iter().filter(|mark| text.contains(**mark)).count()
        })
    };
    assert_eq!(decided("a\nd\ny\nd\n"), [2, 0, 1]);
    assert_eq!(
        decided("y\nq\n"),
        [1, 0, 0],
        "what was wanted before is made"
    );
    assert_eq!(
        decided("a\n"),
        [2, 0, 0],
        "the end of the input is no consent"
    );
}

#[test]
fn questions_need_files_and_their_answers_standard_input() {
    let sandbox = Sandbox::new(&[("Dockerfile", CLEAN)]);
    sandbox.dfopt(&["--interactive"]).exits(2).warns("--write");
    let asks = ["--write", "--interactive"];
    for from_stdin in [&["-"] as &[&str], &["--files-from", "-"]] {
        let run = sandbox.pipe(&[&asks, from_stdin].concat(), CLEAN);
        run.exits(2).warns("name the files");
    }
}

/// A pseudo-terminal, as `script` makes one.
#[test]
fn a_terminal_can_answer() {
    let sandbox = Sandbox::new(&[("Dockerfile", APT)]);
    let line = format!("{} --write --interactive", env!("CARGO_BIN_EXE_dfopt"));
    let mut script = sandbox.command("script", &["-qec", &line, "/dev/null"]);
    let piped = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = piped else {
        eprintln!("SKIPPED: script is not installed");
        return;
    };
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"y\nq\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("Make this rewrite"), "{shown}");
    assert!(
        shown.contains("\u{1b}["),
        "a terminal is given colours: {shown}"
    );
    assert!(
        sandbox
            .read("Dockerfile")
            .contains("&& apt-get install -y curl")
    );
}

#[test]
fn a_stage_for_development_comes_with_a_compose_file_for_each_dockerfile() {
    let text =
        "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\nEXPOSE 80\nCMD [\"node\", \"a.js\"]\n";
    let sandbox = Sandbox::new(&[("Dockerfile", text), ("api/Dockerfile.web", text)]);
    let args = ["--only", "dev-target", "--context", ".", "--write"];
    sandbox.dfopt(&args).exits(0);
    let written = sandbox.files();
    let compose = sandbox.read("compose.dev.yaml");
    assert!(
        compose.contains("  app:\n    build:\n      context: .\n      target: dev\n"),
        "{compose}"
    );
    let other = sandbox.read("compose.api-web.dev.yaml");
    assert!(
        other.contains("      dockerfile: \"api/Dockerfile.web\"\n"),
        "{other}"
    );
    sandbox.dfopt(&args).exits(0);
    assert_eq!(sandbox.files(), written, "a second run changes nothing");
}
