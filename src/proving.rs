//! `--prove`: what the arguments say about the builds, and what their results mean for the run.

use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use dfopt::engine::{self, Options, Outcome, Unwanted};
use dfopt::prove::{self, Engine, Error, Smoke, Subject, Wishes, interrupt};
use dfopt::report::proof::{TakenOut, Verdict};
use dfopt::report::{Companion, Problem, Proof};
use dfopt::transform::Addition;

use crate::cli::Args;
use crate::discover::Source;
use crate::progress::Ticker;
use crate::rewrite::Setup;

/// Build arguments that dfopt gives itself, or that would take the image elsewhere.
const RESERVED: [&str; 14] = [
    "-f",
    "--file",
    "-t",
    "--tag",
    "-o",
    "--output",
    "--push",
    "--load",
    "--target",
    "--builder",
    "--no-cache",
    "--progress",
    "--call",
    "--check",
];

/// What proves.
pub(crate) struct Prover {
    engine: Engine,
    wishes: Wishes,
    quiet: bool,
    writes: bool,
}

/// What became of a text.
pub(crate) struct Proven {
    /// The rewrites that are left.
    pub(crate) outcome: Outcome,
    /// What builds have shown.
    pub(crate) proof: Option<Proof>,
    /// What is wrong with the rewrites that are not.
    pub(crate) problems: Vec<Problem>,
}

impl Proven {
    /// A text that nobody wants to have proven.
    pub(crate) fn without_builds(outcome: Outcome) -> Self {
        Self {
            outcome,
            proof: None,
            problems: Vec::new(),
        }
    }
}

impl Prover {
    /// Finds the engine.
    pub(crate) fn new(args: &Args) -> Result<Self> {
        let wishes = wishes(args)?;
        interrupt::listen().context("interrupts cannot be caught")?;
        let settings = prove::Settings {
            name: args
                .proof
                .engine
                .clone()
                .or_else(|| args.proof.builder.is_some().then(|| "docker".to_owned())),
            builder: args.proof.builder.clone(),
            patience: Duration::from_secs(args.proof.engine_timeout),
        };
        let engine = Engine::find(settings).map_err(described)?;
        Ok(Self {
            engine,
            wishes,
            quiet: args.quiet,
            writes: args.write,
        })
    }

    /// Rewrites `text` and proves it.
    ///
    /// # Errors
    /// When the engine fails, or the user interrupts.
    pub(crate) fn prove(&self, source: &Source, text: &str, setup: &Setup<'_>) -> Result<Proven> {
        let options = setup.options();
        let (Some(dockerfile), Some(context)) = (source.path(), options.context) else {
            bail!("there is no build context to build it in");
        };
        let runs = !self.wishes.smokes.is_empty() || self.wishes.start.is_some();
        let rewritten = |without: &[Unwanted], proven_by_builds: bool| {
            let options = Options {
                without,
                proven_by_builds,
                ..options.clone()
            };
            engine::optimize(text, &options)
        };
        let optimize = |without: &[Unwanted]| rewritten(without, runs);
        let others = |additions: &[Addition]| others(setup, context.root(), additions);
        let subject = Subject {
            dockerfile,
            text,
            context,
            knowledge: options.knowledge,
            optimize: &optimize,
            others: &others,
            wishes: &self.wishes,
        };
        let mut ticker = Ticker::new(&source.name(), !self.quiet);
        let proven = prove::prove(&self.engine, &subject, &mut ticker);
        drop(ticker);
        let (mut outcome, proof) = proven.map_err(described)?;
        let problems = problems(&proof);
        if proof.verdict == Verdict::NotProvable {
            outcome = match self.writes {
                true => Outcome {
                    text: text.to_owned(),
                    ..Outcome::default()
                },
                false => rewritten(&[], false),
            };
        }
        Ok(Proven {
            outcome,
            proof: Some(proof),
            problems,
        })
    }
}

fn wishes(args: &Args) -> Result<Wishes> {
    let given = &args.proof;
    let is_reserved = |word: &&String| {
        let name = word.split('=').next().unwrap_or_default();
        RESERVED.contains(&name)
            || RESERVED
                .iter()
                .any(|short| short.len() == 2 && word.starts_with(short) && !word.starts_with("--"))
    };
    if let Some(word) = given.build_option.iter().find(is_reserved) {
        bail!(
            "{word}: dfopt itself says where images go and how they are built (see --target and --builder)"
        );
    }
    let pair = |pair: &String| ["--build-arg".to_owned(), pair.clone()];
    let smokes = given
        .smoke
        .iter()
        .map(|text| Smoke::new(text).map_err(|error| anyhow!("--smoke: {error}")));
    ensure!(
        given.smoke_timeout > 0 && given.engine_timeout > 0 && given.start != Some(0),
        "a time limit of 0 s leaves no time"
    );
    Ok(Wishes {
        target: given.target.clone(),
        arguments: given
            .build_arg
            .iter()
            .flat_map(pair)
            .chain(given.build_option.iter().cloned())
            .collect(),
        change: given.change.clone(),
        smokes: smokes.collect::<Result<_>>()?,
        smoke_limit: Duration::from_secs(given.smoke_timeout),
        start: given.start.map(Duration::from_secs),
        each: args.is_review(),
    })
}

/// The files of the build context in `root` with what is added to them, by their paths there.
fn others(setup: &Setup<'_>, root: &Path, additions: &[Addition]) -> io::Result<prove::Files> {
    let companions = setup.companions(additions.to_vec());
    let companions = companions.map_err(io::Error::other)?;
    let named = |companion: Companion| {
        let path = companion.path.strip_prefix(root).unwrap_or(&companion.path);
        (path.to_owned(), companion.after())
    };
    Ok(companions.into_iter().map(named).collect())
}

fn described(error: Error) -> anyhow::Error {
    match error {
        Error::Interrupted => anyhow!("interrupted; nothing is left behind"),
        Error::Engine(message) => anyhow!(message),
        Error::Build { log, .. } => anyhow!("a build fails: {log}"),
    }
}

/// What is not proven is said aloud, and makes the run fail.
fn problems(proof: &Proof) -> Vec<Problem> {
    let not_provable = proof.verdict == Verdict::NotProvable;
    let reason = proof.reason.as_deref().unwrap_or_default();
    let whole =
        not_provable.then(|| Problem::new(format!("not provable here: {}", first_line(reason))));
    let one = |one: &TakenOut| {
        let word = if one.refuted {
            "does not hold"
        } else {
            "is not provable here"
        };
        let (id, message, why) = (one.id, &one.message, first_line(&one.why));
        Problem::new(format!("{id} {word} and is taken out: {message}: {why}"))
    };
    whole
        .into_iter()
        .chain(proof.taken_out.iter().map(one))
        .collect()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
