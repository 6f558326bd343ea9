//! Every check of `docker build --check` has a fix, or a reason why there is none: the table in the README of build-checks
//! says which, and here that is tried. The names are those of the list in BuildKit's documentation, "Build checks".

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dfopt::context::BuildContext;
use dfopt::engine::{self, Options};
use dfopt::transform::Safety;
use dfopt::transforms;
use tempfile::TempDir;

use crate::builds::engine::{Engine, Recipe};

/// A check, and a Dockerfile of which BuildKit warns.
struct Check {
    name: &'static str,
    text: &'static str,
    answer: Answer,
}

/// Who answers it.
enum Answer {
    /// This transform: the warning is gone behind it.
    FixedBy(&'static str),
    /// Nobody: the file stays as it is.
    Nobody,
    /// Nobody, and the engine of these tests does not raise it: it wants a registry, or to know the build context.
    NotRaised,
}

use Answer::{FixedBy, Nobody, NotRaised};

const CHECKS: [Check; 22] = [
    check(
        "ConsistentInstructionCasing",
        "FROM debian:bookworm\nworkdir /a\nCMD [\"a\"]\n",
        FixedBy("build-checks"),
    ),
    check(
        "FromAsCasing",
        "FROM debian:bookworm as x\n",
        FixedBy("build-checks"),
    ),
    check(
        "StageNameCasing",
        "FROM debian:bookworm AS Build\nFROM debian:bookworm\nCOPY --from=Build /etc/hostname /x\n",
        FixedBy("build-checks"),
    ),
    check(
        "LegacyKeyValueFormat",
        "FROM debian:bookworm\nENV A b c\nLABEL x y\n",
        FixedBy("build-checks"),
    ),
    check(
        "ExposeProtoCasing",
        "FROM debian:bookworm\nEXPOSE 80/TCP\n",
        FixedBy("build-checks"),
    ),
    check(
        "MaintainerDeprecated",
        "FROM debian:bookworm\nMAINTAINER Jo\n",
        FixedBy("tidy"),
    ),
    check(
        "MultipleInstructionsDisallowed",
        "FROM debian:bookworm\nCMD [\"a\"]\nCMD [\"b\"]\n",
        FixedBy("tidy"),
    ),
    check(
        "NoEmptyContinuation",
        "FROM debian:bookworm\nRUN true \\\n\n  && true\n",
        FixedBy("tidy"),
    ),
    check(
        "WorkdirRelativePath",
        "FROM debian:bookworm\nWORKDIR app\n",
        FixedBy("tidy"),
    ),
    check(
        "JSONArgsRecommended",
        "FROM debian:bookworm\nCMD sleep 3\n",
        FixedBy("exec-form"),
    ),
    check(
        "SecretsUsedInArgOrEnv",
        "FROM debian:bookworm\nARG NPM_TOKEN\nRUN test -n \"$NPM_TOKEN\"\n",
        FixedBy("mount-secrets"),
    ),
    check(
        "CopyIgnoredFile",
        "FROM debian:bookworm\nCOPY ignored /a\n",
        NotRaised,
    ),
    check(
        "DuplicateStageName",
        "FROM debian:bookworm AS x\nFROM debian:bookworm AS x\n",
        Nobody,
    ),
    check(
        "ReservedStageName",
        "FROM debian:bookworm AS context\n",
        Nobody,
    ),
    check(
        "UndefinedVar",
        "FROM debian:bookworm\nCOPY $foo /x\n",
        Nobody,
    ),
    check("UndefinedArgInFrom", "FROM debian:$TAG\n", NotRaised),
    check(
        "InvalidDefaultArgInFrom",
        "ARG TAG\nFROM debian:${TAG}\n",
        NotRaised,
    ),
    check(
        "FromPlatformFlagConstDisallowed",
        "FROM --platform=linux/amd64 debian:bookworm AS b\nFROM debian:bookworm\nCOPY --from=b /etc/hostname /x\n",
        Nobody,
    ),
    check(
        "RedundantTargetPlatform",
        "FROM --platform=$TARGETPLATFORM debian:bookworm\n",
        Nobody,
    ),
    check(
        "InvalidBaseImagePlatform",
        "FROM --platform=linux/s390x debian:bookworm\n",
        NotRaised,
    ),
    check(
        "ExposeInvalidFormat",
        "FROM debian:bookworm\nEXPOSE 127.0.0.1:80:80\n",
        Nobody,
    ),
    check(
        "InvalidDefinitionDescription",
        "# check=experimental=all\n# nothing of the sort\nFROM debian:bookworm AS base\n",
        Nobody,
    ),
];

const fn check(name: &'static str, text: &'static str, answer: Answer) -> Check {
    Check { name, text, answer }
}

/// The folder with the Dockerfile of a check.
fn folder(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Dockerfile"), text).unwrap();
    fs::write(folder.path().join("ignored"), "").unwrap();
    fs::write(folder.path().join(".dockerignore"), "ignored\n").unwrap();
    folder
}

/// What the transforms that answer checks make of the Dockerfile in `folder`, with who did it.
fn rewritten(folder: &Path) -> (String, Vec<&'static str>) {
    let path = folder.join("Dockerfile");
    let context = BuildContext::open(folder, Some(&path)).unwrap();
    let ids = ["tidy", "build-checks", "exec-form", "mount-secrets"];
    let options = Options {
        transforms: ids.into_iter().filter_map(transforms::find).collect(),
        safety: Safety::Unsafe,
        context: Some(&context),
        ..Options::default()
    };
    let outcome = engine::optimize(&fs::read_to_string(path).unwrap(), &options);
    let by = outcome.journal.iter().map(|entry| entry.id).collect();
    (outcome.text, by)
}

#[test]
fn every_check_is_answered_as_the_readme_says() {
    let readme = transforms::find("build-checks").unwrap().info().doc;
    let rows: Vec<&str> = readme
        .lines()
        .filter(|line| line.starts_with("| "))
        .collect();
    for check in &CHECKS {
        let row = rows
            .iter()
            .find(|row| row.split(['|', ',', ' ']).any(|word| word == check.name));
        let row = row.unwrap_or_else(|| panic!("the README says nothing of {}", check.name));
        let (text, by) = rewritten(folder(check.text).path());
        match check.answer {
            FixedBy(id) => {
                assert!(row.contains(id), "{row}");
                assert_eq!(by.first(), Some(&id), "{}: {text}", check.name);
            }
            Nobody | NotRaised => {
                assert!(row.contains("nobody"), "{row}");
                assert_eq!(text, check.text, "{}", check.name);
            }
        }
    }
}

#[test]
#[ignore = "needs docker: cargo test --test testsuite -- --ignored build_checks"]
fn what_is_fixed_is_warned_of_no_more() {
    let engine = Engine::find().unwrap();
    let warnings = |folder: &Path| {
        let recipe = Recipe {
            context: folder,
            dockerfile: "Dockerfile",
            target: None,
            args: &[],
            secrets: &BTreeMap::new(),
        };
        engine.warnings(recipe)
    };
    for check in &CHECKS {
        let folder = folder(check.text);
        if matches!(check.answer, NotRaised) {
            continue;
        }
        let before = warnings(folder.path()).unwrap();
        assert!(
            before.iter().any(|rule| rule == check.name),
            "{}: {before:?}",
            check.name
        );
        let (text, _) = rewritten(folder.path());
        fs::write(folder.path().join("Dockerfile"), text).unwrap();
        let after = warnings(folder.path()).unwrap();
        let is_left = after.iter().any(|rule| rule == check.name);
        assert_eq!(
            is_left,
            matches!(check.answer, Nobody),
            "{}: {after:?}",
            check.name
        );
    }
}
