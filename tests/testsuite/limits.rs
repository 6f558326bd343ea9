//! Inputs that nobody writes: large, deep or odd. The pipeline takes them in linear time, or refuses.

use dfopt::engine::limits::{MOST_BYTES, MOST_COMMANDS, MOST_INSTRUCTIONS};
use dfopt::transforms;

use super::invariants::{dockerfile, pipeline};
use super::sandbox::Sandbox;

/// Every transform refuses `text`, which is above a limit, and nothing is changed.
#[track_caller]
fn assert_too_large(text: &str) {
    let outcome = pipeline::optimize(text);
    assert_eq!(outcome.text, text);
    assert_eq!(outcome.refusals.len(), transforms::by_default().len());
    let codes = outcome.refusals.iter().map(|refused| refused.refusal.code);
    assert!(codes.into_iter().all(|code| code == "too-large"));
}

#[test]
fn files_above_a_limit_are_left_alone() {
    let line = "RUN apt-get update\n";
    assert_too_large(&format!("FROM debian\n{}", line.repeat(MOST_INSTRUCTIONS)));
    assert_too_large(&format!("FROM debian\n{}", line.repeat(100_000)));
    assert_too_large(&format!(
        "FROM debian\nRUN true{}\n",
        " && true".repeat(MOST_COMMANDS)
    ));
    assert_too_large(&format!("FROM debian\n#{}\n", "x".repeat(MOST_BYTES)));
}

/// As many rewrites as the file needs, however many these are.
#[test]
fn a_rewrite_for_every_line() {
    let lines = "RUN apt-get update && apt-get install -y curl\nENV A=b\n";
    let text = format!("FROM debian\n{}", lines.repeat(250));
    assert!(pipeline::check(&text) >= 250);
}

#[test]
fn lines_of_64_kilobytes() {
    let long = "x".repeat(64 * 1024);
    for line in [
        format!("RUN apt-get install -y {long}"),
        format!("RUN {long}"),
        format!("# {long}\nCOPY {long} ."),
        format!("ENV A={long}"),
        format!("CMD [\"{long}\"]"),
    ] {
        let text = format!("FROM python:3.11\n{line}\nRUN pip install x\n");
        dockerfile::check(&text);
        pipeline::check(&text);
    }
}

#[test]
fn bytes_that_are_no_text() {
    for text in [
        "FROM debian\nRUN apt-get update\0\nRUN apt-get install -y curl\n",
        "FROM debian\rRUN apt-get update\r",
        "FROM debian\nRUN apt-get update\rRUN apt-get install -y curl\n",
        "FROM debian\nRUN apt-get update \\\r&& apt-get install -y curl\n",
        "\0",
        "\r",
        "\u{feff}\u{feff}FROM a\n",
    ] {
        dockerfile::check(text);
        pipeline::check(text);
    }
}

#[test]
fn ten_thousand_levels_of_a_script() {
    for (open, close) in [
        ("( ", " )"),
        ("{ ", "; }"),
        ("$( ", " )"),
        ("if ", "; then a; fi"),
    ] {
        let script = format!("{}a{}", open.repeat(10_000), close.repeat(10_000));
        pipeline::check(&format!("FROM debian\nRUN {script}\nRUN apt-get update\n"));
    }
}

/// The program takes any bytes for a file: it says what is wrong, or rewrites, and never crashes.
#[test]
fn the_program_takes_any_bytes() {
    let noise: Vec<u8> = (0..100_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let nested = format!(
        "FROM a\nRUN {}b{}\n",
        "( ".repeat(10_000),
        " )".repeat(10_000)
    );
    let files: [(&str, Vec<u8>); 7] = [
        ("empty", Vec::new()),
        ("noise", noise),
        ("latin1", b"FROM a\n# caf\xE9\n".to_vec()),
        ("nul", b"FROM a\nRUN apt-get update\0\n".to_vec()),
        ("cr", b"FROM a\rRUN apt-get update\r".to_vec()),
        (
            "long",
            format!("FROM a\nRUN {}\n", "x".repeat(64 * 1024)).into_bytes(),
        ),
        ("nested", nested.into_bytes()),
    ];
    for (name, bytes) in files {
        let sandbox = Sandbox::new(&[]);
        sandbox.put("Dockerfile", &bytes);
        let run = sandbox.dfopt(&["--write", "Dockerfile"]);
        assert!(matches!(run.code, 0 | 2), "{name}: {run:#?}");
        let left = std::fs::read(sandbox.path("Dockerfile")).unwrap();
        assert!(left == bytes || run.code == 0, "{name} has changed");
        assert!(
            run.code == 0 || run.err.contains("error: Dockerfile:"),
            "{name}: {run:#?}"
        );
    }
}
