//! Proof by real builds: what worked before a rewrite works after it.
//!
//! Every case of `tests/builds` is built, run and called as it is; dfopt rewrites it with its default
//! options; it is built, run and called again, and the two images are compared by what `dfopt --prove` compares.
//!
//!     cargo test --test testsuite -- --ignored builds
//!
//! needs an engine: a `docker` on the path whose daemon (`DOCKER_HOST`) has the base images or can fetch them.
//! `DFOPT_BUILDS=all` adds the slow cases, `DFOPT_BUILDS=cache-buster,port-80` runs these alone: in both, the files of the images
//! are compared as well, which takes many times as long. `DFOPT_BUILDS=quick` is the default, but it is an error when no engine
//! answers.

use std::collections::VecDeque;
use std::env;
use std::io::{self, Write};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

pub(crate) mod case;
mod checks;
pub(crate) mod compare;
pub(crate) mod engine;
mod ignored;
pub(crate) mod proof;

use case::Case;
use compare::{Comparison, Depth};
use engine::Engine;
use proof::Proof;

/// How many cases are built at the same time.
const PARALLEL: usize = 2;

/// Says something at once, past the test harness, which keeps back what a test prints.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// The engine, or nothing with a loud note. When cases were asked for, there has to be one.
pub(crate) fn engine() -> Option<Engine> {
    match Engine::find() {
        Ok(engine) => Some(engine),
        Err(error) if env::var_os("DFOPT_BUILDS").is_some() => panic!("no engine: {error}"),
        Err(error) => {
            say(&format!(
                "\n*** SKIPPED: nothing was built: {error}\n*** Start Docker, or name its daemon in DOCKER_HOST. ***\n"
            ));
            None
        }
    }
}

/// The cases that can be built here. The others are named.
pub(crate) fn buildable() -> Vec<Case> {
    let told = |case: &Case| match &case.unbuilt {
        Some(why) => {
            say(&format!("{:28} SKIPPED: {why}", case.name));
            false
        }
        None => true,
    };
    let mut cases = case::all();
    cases.retain(told);
    cases
}

/// Whether `DFOPT_BUILDS` names the case, or none.
pub(crate) fn is_named(case: &Case) -> bool {
    match env::var("DFOPT_BUILDS").unwrap_or_default().as_str() {
        "" | "quick" | "all" => true,
        names => names.split(',').any(|name| name == case.name),
    }
}

/// The cases that `DFOPT_BUILDS` asks for, and how deep the images are compared.
fn chosen() -> (Vec<Case>, Depth) {
    let choice = env::var("DFOPT_BUILDS").unwrap_or_default();
    let (mut cases, all) = (buildable(), case::all().len());
    match choice.as_str() {
        "" | "quick" => cases.retain(|case| !case.slow),
        _ => cases.retain(is_named),
    }
    assert!(!cases.is_empty(), "DFOPT_BUILDS={choice} names no case");
    say(&format!(
        "{} of {all} cases (DFOPT_BUILDS=all runs all)",
        cases.len()
    ));
    let depth = match choice.as_str() {
        "" | "quick" => Depth::Configuration,
        _ => Depth::Files,
    };
    (cases, depth)
}

/// Proves all cases, a few at a time, and tells about each.
pub(crate) fn prove_all(
    engine: &Engine,
    cases: Vec<Case>,
    depth: Depth,
) -> Vec<(Case, Result<Proof, String>)> {
    let waiting = Mutex::new(VecDeque::from(cases));
    let comparison = Comparison::new(depth);
    let proven = Mutex::new(Vec::new());
    let work = || {
        loop {
            let Some(case) = waiting.lock().unwrap().pop_front() else {
                return;
            };
            let started = Instant::now();
            let proof = proof::prove(engine, &comparison, &case);
            let seconds = started.elapsed().as_secs();
            say(&format!(
                "{:28} {seconds:>4} s  {}",
                case.name,
                told(&proof)
            ));
            proven.lock().unwrap().push((case, proof));
        }
    };
    thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(work);
        }
    });
    let mut proven = proven.into_inner().unwrap();
    proven.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    proven
}

fn told(proof: &Result<Proof, String>) -> String {
    match proof {
        Ok(Proof { after: None, .. }) => "left as it is".to_owned(),
        Ok(proof) => proof.rewrites.join(", "),
        Err(error) => format!("BROKEN: {}", error.lines().next().unwrap_or_default()),
    }
}

#[test]
#[ignore = "needs an engine: cargo test --test testsuite -- --ignored builds"]
fn what_worked_before_a_rewrite_works_after_it() {
    let Some(engine) = engine() else { return };
    let (cases, depth) = chosen();
    let broken: Vec<String> = prove_all(&engine, cases, depth)
        .into_iter()
        .filter_map(|(case, proof)| {
            Some(format!("{}: {}: {}", case.name, case.wrong, proof.err()?))
        })
        .collect();
    assert!(
        broken.is_empty(),
        "{} cases are broken:\n\n{}",
        broken.len(),
        broken.join("\n\n")
    );
}

#[test]
fn every_case_checks_something() {
    let cases = case::all();
    for case in &cases {
        assert!(
            !(case.run.is_empty() && case.serve.is_empty()),
            "{}: nothing is run",
            case.name
        );
    }
    assert!(cases.len() >= 40, "{} cases", cases.len());
}
