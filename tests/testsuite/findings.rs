//! Inputs that once broke a promise, as the fuzz targets and the people who read them found them.

use super::invariants::{dockerfile, pipeline, shell};

/// Both levels of reading at once.
fn check(text: &str) {
    dockerfile::check(text);
    pipeline::check(text);
}

/// The verifier took the reference for one that the rewrite had broken.
#[test]
fn a_stage_that_copies_from_itself() {
    check(
        "FROM golang:1.22\nCOPY --from=0 /server /server\nRUN apt-get update\nRUN apt-get update\nCMD [\"/server\"]\n",
    );
}

/// The verifier compared the first stage of the name with itself and then the second one with the first.
#[test]
fn two_stages_of_one_name() {
    check(
        "FROM alpine AS base\nUSER a\nFROM debian AS base\nRUN apt-get update\nRUN apt-get install -y curl\nFROM scratch\n",
    );
}

/// Each level was walked twice: once as a part of the one around it, once on its own.
#[test]
fn substitutions_inside_each_other() {
    let nested = |open: &str, close: &str| {
        let script = format!("{}a{}", open.repeat(40), close.repeat(40));
        check(&format!("FROM debian\nRUN {script}\n"));
    };
    nested("echo $( ", " )");
    nested("{ echo $( ", " ); }");
    nested("if true; then echo \"$( ", " )\"; fi");
    nested("for i in $( ", " ); do true; done");
}

/// Instructions that were moved or put behind the last one became a part of it.
#[test]
fn a_last_line_that_is_continued() {
    for end in ["\\", "\\\n", "\\\n\n# why\n", "\\ \n  \\\n"] {
        for run in ["apt-get install -y curl", "npm ci", "npm install -g pm2"] {
            check(&format!(
                "FROM node:20 AS final\nCOPY . /app\nCMD [\"/app/server\"]\nRUN {run} {end}"
            ));
        }
    }
}

/// The command that the comment stood above is left out, and the others keep what is between them.
#[test]
fn a_comment_above_a_command_that_was_there_before() {
    let runs = "RUN apt-get update && rm -rf /var/lib/apt/lists/*\n# why\nRUN apt-get update\n";
    check(&format!("FROM python:3.11\n{runs}"));
    check(&format!(
        "FROM python:3.11\n{}",
        runs.replace(" &&", " \\\n    &&")
    ));
}

/// The verifier knew only of commands that `&&` joins that nothing they make is needed later.
#[test]
fn commands_that_make_nothing_to_ship() {
    for run in ["go mod download # done", "set -eux; go mod download"] {
        check(&format!(
            "FROM python:3.11\nRUN {run}\nCMD [\"node\", \"dist/index.js\"]\n"
        ));
    }
}

/// The one of the build is `/`, the one of the runtime image is not in the tables.
#[test]
fn a_working_directory_that_nobody_set() {
    check("FROM rust:1.75 AS base\nCMD [\"nginx\"]\nRUN go install ./...\n");
}

/// The verifier took a copy that had gained an owner for the one that had it before.
#[test]
fn copies_that_differ_in_their_owner() {
    let copies = "COPY --chown=10001:10001 . .\nCOPY . .\nCOPY . .\n";
    for copies in [copies.to_owned(), copies.replace("10001:10001", "app:app")] {
        let rest = "CMD [\"python\", \"app.py\"]\nRUN chown -R app:app /app\n";
        check(&format!(
            "FROM golang:1.22\n{copies}WORKDIR /app\n{copies}{rest}"
        ));
    }
}

/// What is between the brackets of a word is read to its end, whatever is in it.
#[test]
fn brackets_around_what_looks_like_a_process_substitution() {
    shell::check("a[<>(]]x $p");
    shell::check("a[ >(]b");
}
