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

/// Both were one cleanup too many, and nothing was left to write.
#[test]
fn layers_that_only_clean() {
    let clean = "RUN rm -rf /var/lib/apt/lists/*\n";
    check(&format!("FROM python:3.11\n{clean}{clean}"));
    check(&format!(
        "FROM golang:1.21-alpine\n{clean}RUN \\\n  # first\n    rm -rf /var/lib/apt/lists/*\n"
    ));
}

/// A comment had its place above a command that stays joined to the one before it, or in a layer that goes.
#[test]
fn comments_without_a_place_of_their_own() {
    let again = "apk add --virtual .deps gcc && \\\n    # then\n    apk add --virtual .deps gcc";
    check(&format!(
        "FROM python:3.11\nRUN {again} && pip install -r requirements.txt\n"
    ));
    let packages = "apt-get -y install \\\n    curl \\\n    # for the build\n    gcc";
    check(&format!(
        "FROM node:20\n# why\nRUN {packages}\n# why\nRUN {packages} && apt-get update && apt-get update\n"
    ));
    check(
        "FROM ubuntu:22.04\nRUN set -ex && apt-get install -y git\nRUN \\\n  # first\n    rm -rf /var/lib/apt/lists/*\n",
    );
}

/// Lines that were moved in took the value of the assignment apart.
#[test]
fn an_assignment_on_two_lines() {
    check(
        "FROM debian:bookworm\nRUN apt-get update\nRUN a=\\\nb apt-get update\nRUN apt-get install -y curl\n",
    );
}

/// What is installed again behind another command was compared in place of what had been installed first.
#[test]
fn a_package_that_is_installed_twice() {
    let run = "RUN apt-get update && apt-get install -y curl && strange /opt\n";
    check(&format!(
        "FROM node:20\n{run}{run}{run}WORKDIR /app\nCOPY . .\nCMD [\"serve\"]\n"
    ));
}

/// An install gains an option that a later one of the same package has.
#[test]
fn a_package_that_is_installed_in_two_manners() {
    check(
        "FROM golang:1.22\nRUN apt-get -y install curl gcc && apt-get install -y --no-install-recommends gcc libpq-dev && apt-get update\n",
    );
}

/// The verifier took what is quoted apart at its `&&`.
#[test]
fn a_folder_with_an_operator_in_its_name() {
    check("FROM python:3.12\nWORKDIR /a && b\nCOPY . .\nCMD [\"python\", \"app.py\"]\n");
}

/// Copies were written with a destination that is two words, or three.
#[test]
fn a_folder_with_a_blank_in_its_name() {
    for folder in ["/my app", "/my\u{b}app", "/src/tool--path ."] {
        let rest = "COPY . .\nWORKDIR /other\nRUN pip install -r requirements.txt\nCMD [\"python\", \"app.py\"]\n";
        check(&format!("FROM python:3.12\nWORKDIR {folder}\n{rest}"));
        check(&format!(
            "FROM rust:1-bookworm\nWORKDIR {folder}\nRUN cargo install --path .\nCMD [\"tool\"]\n"
        ));
    }
}

/// The flag was put behind the dashes that end the flags.
#[test]
fn a_copy_with_dashes_behind_its_flags() {
    check("FROM node:20\nWORKDIR /app\nCOPY -- a b lib/\nCMD [\"node\", \"app.js\"]\n");
}

/// A mode was cut inside of a character.
#[test]
fn a_mode_that_is_none() {
    check(
        "FROM python:3.12\nWORKDIR /app\nCOPY --chmod=\u{ef}\u{bf}\u{bd}50 . .\nCMD [\"python\", \"main.py\"]\n",
    );
}

/// Names without an ending are those of folders for the verifier, and were files for the transform when an install
/// reads them.
#[test]
fn files_without_an_ending() {
    check(
        "FROM python:3.12\nWORKDIR /app\nCOPY a.txt ./\nRUN pip install flask\nCOPY . .\nCOPY b.txt ./\nRUN pip install -r deps\nCOPY . .\nCMD [\"gunicorn\", \"app:app\"]\n",
    );
}

/// Removing packages was taken for making something, and a build in a list of its own for one that reads nothing.
#[test]
fn builds_beside_other_commands() {
    for (image, run) in [
        (
            "golang:1.21-alpine",
            "cargo install --path . && apt-get autoremove -y",
        ),
        ("golang:1.22", "set -eux; go install ./..."),
        ("python:3.11", "apt-get autoremove -y && npm install"),
    ] {
        check(&format!(
            "FROM {image}\nCOPY Cargo.toml Cargo.lock ./\nRUN {run}\nCMD [\"nginx\", \"-g\", \"daemon off;\"]\n"
        ));
    }
}

/// What may not run at all was taken for the end of what it would remove.
#[test]
fn a_removal_that_may_not_run() {
    for joint in ["&", "||"] {
        check(&format!(
            "FROM python:3.12\nCOPY data.txt ./\nRUN pip install -r deps {joint} rm -rf .\nCMD [\"python\", \"app.py\"]\n"
        ));
    }
}

/// The second of two equal commands gained the option that the first had gained before, and the verifier took the first for
/// the one that had it all along.
#[test]
fn equal_commands_that_gain_an_option() {
    let install = "RUN pip install -r requirements.txt\n";
    let lean = "RUN pip install --no-cache-dir -r requirements.txt\n";
    for steps in [[install, install], [lean, install], [install, lean]] {
        let [first, second] = steps;
        check(&format!(
            "FROM python:3.12\nCOPY . .\n{first}COPY . .\n{second}"
        ));
    }
}

/// The folder of a pattern in no folder was taken for a part of its first character.
#[test]
fn a_pattern_of_a_relative_path() {
    check(
        "FROM debian:12\nRUN rm -rf \u{fffd}var?lib/apt\u{fffd}/lists/$a && apt-get install -y curl\n",
    );
}

/// The quote was taken off that BuildKit finds open.
#[test]
fn a_working_directory_with_an_open_quote() {
    for path in ["'app", "\"app", "app'", "'app\""] {
        check(&format!(
            "FROM node:20\nWORKDIR {path}\nCOPY . serve\nCMD [\"serve\"]\n"
        ));
    }
}

/// Of two installs of a package the first gained an option, and the verifier took the second for the one that was there.
#[test]
fn a_package_that_is_installed_again_later() {
    for later in ["apt-get install -y curl", "apt-get install -y curl git"] {
        check(&format!(
            "FROM debian:bookworm\nRUN apt-get update\nRUN apt-get install -y curl\nEXPOSE 80\nRUN apt-get update && {later}\n"
        ));
    }
}

/// An install of nothing gained an option in front of the `&` that stands at its end.
#[test]
fn an_install_of_nothing() {
    check(
        "FROM python:3.12\nCOPY . .\nRUN pip install&-r deps.txt\nCMD [\"python\", \"app.py\"]\n",
    );
}

/// An install gained an option in the middle of what bash and other shells read in different ways.
#[test]
fn an_install_with_an_operator_at_its_verb() {
    check("FROM python:3.12\nRUN pip install&> log https://example.com/a.whl\nCMD [\"python\"]\n");
}

/// Two copies wrote to one place, of which one was written with an escape or in quotes.
#[test]
fn one_destination_in_two_spellings() {
    for second in ["ima\\ge/", "\"image/\"", "'image/'"] {
        check(&format!(
            "FROM node:20\nCOPY . image/\nCOPY app.js {second}\nRUN npm install\nCMD [\"node\", \"image/app.js\"]\n"
        ));
    }
}

/// A download of lists was taken out in front of a comment of the shell, behind which the verifier reads no list.
#[test]
fn a_comment_of_the_shell_behind_a_download() {
    for first in ["echo hi && apt-get update # done", "apt-get update # done"] {
        check(&format!(
            "FROM python:3.11\nRUN {first}\nRUN apt-get -y install curl\nCMD [\"python\"]\n"
        ));
    }
}

/// A step that nobody knows ran in front of the sources, without the manifests that it had seen before.
#[test]
fn a_program_between_the_install_and_the_sources() {
    check(
        "FROM python:3.12\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n\
         RUN python -m nltk.downloader punkt\nCOPY . .\nCMD [\"python\", \"app.py\"]\n",
    );
}

/// What was installed before `PATH` names an environment was looked for in that environment.
#[test]
fn an_install_in_front_of_the_environment() {
    for first in ["pip install virtualenv", "pip install /opt/venv"] {
        check(&format!(
            "FROM python:3.12\nWORKDIR /app\nRUN {first}\nRUN python -m venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH\n\
             COPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\nCMD [\"python\", \"app.py\"]\n"
        ));
    }
}

/// A package that is there already was compared with its first installation, which a `RUN` without that flag makes.
#[test]
fn a_package_again_in_a_run_with_a_flag() {
    check(
        "FROM python:3.11\nRUN apt-get -y install \\\n    # for the build\n    gcc \\\n  && apt-get install -y curl\n\
         RUN --network=none apt-get install -y --no-install-recommends gcc libpq-dev\n",
    );
}

/// One of two equal copies was left out, and the other one taken for it.
#[test]
fn equal_copies_around_another() {
    check(
        "FROM python:3.12 AS web\nWORKDIR /srv\nCOPY . .\nCOPY -r requirements.txt\nCOPY . u./\n\
         RUN pip install -r requirements.txt\nCOPY . .\nCMD [\"python\", \"app.py\"]\n",
    );
}

/// The rewrite had a copy of a name with a blank, without quotes.
#[test]
fn a_manifest_with_a_blank_in_its_name() {
    check(
        "FROM python:3.12\nWORKDIR /app\nCOPY deploy/ .\nRUN pip install -r \"of all.txt\"\nCOPY . .\nCMD [\"python\", \"app.py\"]\n",
    );
}

/// A small copy may come behind one that brings the same file.
#[test]
fn a_copy_that_another_one_brings_as_well() {
    check(
        "FROM node:next\nCOPY package.json dest\nCOPY locked.json /\nCOPY package.json locked.json /\nRUN npm ci\n",
    );
}

/// A variable that the shell reads in another way than BuildKit was written between quotes.
#[test]
fn a_working_folder_with_an_open_brace() {
    for folder in ["/src=${rv/clock;", "/src${rv/clock", "/src/${a/b/c}"] {
        check(&format!(
            "FROM rust:1-alpine\nCOPY . /x\nCMD build\nWORKDIR {folder}\n"
        ));
    }
}

/// Of three equal commands the second had an option already, which the other two gained.
#[test]
fn equal_commands_of_which_one_has_the_option() {
    check(
        "FROM python:3.11\nRUN pip install requirements.txt && pip install --no-cache-dir requirements.txt && pip install requirements.txt\n",
    );
}

/// Each run copied the manifest out of a folder of its name, which the run before had made.
#[test]
fn a_manifest_with_a_slash_at_its_end() {
    check(
        "FROM python:3.11\nWORKDIR /app\nCOPY . .\nRUN pip install -r reqs/\nCMD [\"python\", \"app.py\"]\n",
    );
}
