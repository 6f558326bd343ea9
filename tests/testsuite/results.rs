//! Makes `docs/results.md`: what was measured, and nothing else.
//!
//!     cargo test --test testsuite -- --ignored results
//!
//! needs an engine, as [`builds`](super::builds) does, and half an hour without it having built before.

use std::fmt::Write as _;
use std::fs;

use super::builds::case::{Case, root};
use super::builds::compare::Depth;
use super::builds::engine::Engine;
use super::builds::proof::{self, Figures, Proof};
use super::builds::{buildable, engine, prove_all, say};

const HEAD: &str = "\
# Results

Made by `cargo test --test testsuite -- --ignored results`; how, stands in `tests/testsuite/results.rs`. Sizes and steps repeat to the
byte; seconds vary two- to fourfold with what else the machine does. What the base images of the engine hold decides the
sizes: compare rows with each other, not with other machines.
";

const APPLICATIONS: &str = "
## The examples

Naive is `examples/<application>/Dockerfile`, by hand is `docs/by-hand/<application>.Dockerfile`. All rows build, and answer the same
before and after a string in one source file is changed. Steps: how many `RUN`, `COPY` and `WORKDIR` are not taken from the cache
in the build after that change, and how long that build takes.

| application | | MB | layers | user | steps after a change | seconds |
|---|---|---:|---:|---|---:|---:|
";

const CASES: &str = "
## The build cases

`tests/builds/<case>`, each with a wrong rewrite in mind, at the default `--safety`. All of them build, run and answer before, and
after where they are rewritten, unless the table says broken.

| case | a wrong rewrite would be | rewritten by | MB | after |
|---|---|---|---:|---:|
";

const UNFINISHED: &str = "
## The build cases

The run that made this page ended before them.
";

/// The Dockerfiles of an example that are compared.
const VARIANTS: [&str; 4] = ["naive", "dfopt", "dfopt --safety unsafe", "by hand"];

fn measured(engine: &Engine, case: &Case, variant: &str) -> Result<Figures, String> {
    let folder = case.copy();
    match variant {
        "naive" => {}
        "by hand" => {
            let by_hand = root().join(case.by_hand.as_ref().unwrap());
            fs::copy(by_hand, folder.path().join(&case.dockerfile)).unwrap();
        }
        _ => {
            let safety = variant.rsplit(' ').next().filter(|&word| word != "dfopt");
            proof::rewrite(case, folder.path(), safety.unwrap_or("assumed"))?;
        }
    }
    proof::measure(engine, case, folder.path(), "measured")
}

fn megabytes(bytes: u64) -> String {
    let tenths = (bytes + 50_000) / 100_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// The rows of an example, and what is broken.
fn application(engine: &Engine, case: &Case, table: &mut String) -> Vec<String> {
    let name = case.name.trim_start_matches("example-");
    let mut broken = Vec::new();
    for variant in VARIANTS {
        let cells = match measured(engine, case, variant) {
            Ok(figures) => cells(&figures),
            Err(error) => {
                broken.push(format!("{name}, {variant}: {error}"));
                "broken | | | |".to_owned()
            }
        };
        let row = format!("| {name} | {variant} | {cells} |");
        say(&row);
        writeln!(table, "{row}").unwrap();
    }
    broken
}

fn cells(figures: &Figures) -> String {
    let again = figures.rebuild.as_ref();
    let again = again.expect("every example is built again");
    let user = match figures.user.as_str() {
        "" => "root",
        user => user,
    };
    let size = megabytes(figures.bytes);
    let (layers, steps, seconds) = (figures.layers, again.steps, again.seconds);
    format!("{size} | {layers} | {user} | {steps} | {seconds:.1}")
}

fn row(case: &Case, proof: &Result<Proof, String>) -> String {
    let (name, wrong) = (&case.name, &case.wrong);
    let Ok(proof) = proof else {
        return format!("| {name} | {wrong} | broken | | |\n");
    };
    let before = megabytes(proof.before.bytes);
    let after = proof.after.as_ref();
    let after = after.map_or("the same".to_owned(), |figures| megabytes(figures.bytes));
    let rewrites = proof.rewrites.join(", ");
    format!("| {name} | {wrong} | {rewrites} | {before} | {after} |\n")
}

fn write(text: &str) {
    fs::write(root().join("docs/results.md"), text).unwrap();
}

#[test]
#[ignore = "needs an engine: cargo test --test testsuite -- --ignored results"]
fn results() {
    let Some(engine) = engine() else { return };
    let (examples, cases): (Vec<_>, Vec<_>) = buildable()
        .into_iter()
        .partition(|case| case.by_hand.is_some());
    let mut text = format!(
        "{HEAD}\nVersions: dfopt {}, {}.\n{APPLICATIONS}",
        env!("CARGO_PKG_VERSION"),
        engine.prover.version()
    );
    let mut broken = Vec::new();
    for case in &examples {
        broken.extend(application(&engine, case, &mut text));
    }
    // The cases take long: a run that ends before them has shown something nevertheless, and says so.
    write(&(text.clone() + UNFINISHED));
    text.push_str(CASES);
    for (case, proof) in prove_all(&engine, cases, Depth::Configuration) {
        text.push_str(&row(&case, &proof));
        broken.extend(proof.err().map(|error| format!("{}: {error}", case.name)));
    }
    write(&text);
    assert!(broken.is_empty(), "broken:\n{}", broken.join("\n\n"));
}
