//! The proof of one case: built, run and compared, before and after.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use dfopt::context::BuildContext;
use dfopt::engine::{self, Options, Outcome};
use dfopt::prove::engines::Image;
use dfopt::transform::Safety;
use dfopt::transforms;
use serde_json::Value;

use super::case::{Case, Rebuild, Run, Serve};
use super::checks;
use super::compare::{self, Comparison, Pair};
use super::engine::{Engine, Recipe, bounded, told};

/// What came out.
pub(crate) struct Proof {
    /// The transforms that rewrote it.
    pub(crate) rewrites: Vec<String>,
    pub(crate) before: Figures,
    /// Nothing when dfopt left the file as it is.
    pub(crate) after: Option<Figures>,
}

/// What was measured.
pub(crate) struct Figures {
    pub(crate) bytes: u64,
    pub(crate) layers: usize,
    pub(crate) user: String,
    /// Of the build after a change of the source.
    pub(crate) rebuild: Option<Again>,
}

/// A build after a change.
pub(crate) struct Again {
    /// Steps that were not taken from the cache.
    pub(crate) steps: usize,
    pub(crate) seconds: f64,
}

impl Figures {
    fn is_root(&self) -> bool {
        let name = self.user.split(':').next().unwrap_or_default();
        matches!(name, "" | "0" | "root")
    }
}

/// Proves a case at all its levels, or says what is broken. The proof is that of the first.
pub(crate) fn prove(
    engine: &Engine,
    comparison: &Comparison,
    case: &Case,
) -> Result<Proof, String> {
    let at = |level: &&str| prove_at(level, engine, comparison, case);
    let proofs: Result<Vec<Proof>, String> = case.levels().iter().map(at).collect();
    let first = proofs?.into_iter().next();
    first.ok_or_else(|| "it is proven at no level".to_owned())
}

fn prove_at(
    level: &str,
    engine: &Engine,
    comparison: &Comparison,
    case: &Case,
) -> Result<Proof, String> {
    let (old, new) = (case.copy(), case.copy());
    let rewrites = rewrite(case, new.path(), level)?;
    if level == "assumed" {
        expected(case, &rewrites)?;
    }
    let before = Site::new(engine, case, old.path(), "before");
    if rewrites.is_empty() {
        return Ok(Proof {
            rewrites,
            before: before.measure()?,
            after: None,
        });
    }
    let dockerfile = fs::read_to_string(new.path().join(&case.dockerfile)).unwrap();
    let shown = |error: String| format!("{error}\nof the file at --safety {level}:\n{dockerfile}");
    let after = Site::new(engine, case, new.path(), "after");
    let pair = Pair {
        engine,
        comparison,
        case,
        outcome: &outcome(case, level, old.path(), &dockerfile)?,
        folders: [old.path(), new.path()],
    };
    // What is measured later changes a file of the source.
    compared(&pair, &before, &after).map_err(shown)?;
    let proof = Proof {
        rewrites,
        before: before.measure()?,
        after: Some(after.measure().map_err(shown)?),
    };
    users_and_sizes(&proof).map_err(shown)?;
    warned(engine, case, old.path(), new.path()).map_err(shown)?;
    Ok(proof)
}

/// Compares the images.
fn compared(pair: &Pair<'_>, before: &Site<'_>, after: &Site<'_>) -> Result<(), String> {
    let (old, new) = (
        before.build(None, Kind::First)?,
        after.build(None, Kind::First)?,
    );
    pair.compare([&old, &new], || before.build(None, Kind::Afresh))
}

/// What dfopt does with the application, from within: the same as its program has just done.
fn outcome(case: &Case, level: &str, folder: &Path, written: &str) -> Result<Outcome, String> {
    let safety = serde_json::from_value(Value::from(level)).map_err(|error| error.to_string())?;
    let path = folder.join(&case.dockerfile);
    let context = BuildContext::open(folder, Some(&path)).map_err(|error| error.to_string())?;
    let mut options = Options {
        context: Some(&context),
        safety,
        ..Options::default()
    };
    if !case.only.is_empty() {
        let only = case.only.iter();
        options.transforms = only.filter_map(|id| transforms::find(id)).collect();
        options.safety = Safety::Unsafe;
    }
    let outcome = engine::optimize(&fs::read_to_string(path).unwrap(), &options);
    match outcome.text == written {
        true => Ok(outcome),
        false => Err(format!("the library makes of it:\n{}", outcome.text)),
    }
}

/// Runs dfopt over the application; the transforms that rewrote it.
pub(crate) fn rewrite(case: &Case, folder: &Path, safety: &str) -> Result<Vec<String>, String> {
    let dfopt = |options: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dfopt"));
        if case.only.is_empty() {
            command.args(["--safety", safety]);
        } else {
            command.args(["--safety", "unsafe", "--only", &case.only.join(",")]);
        }
        command.arg("--context").arg(folder);
        command.args(options).arg(folder.join(&case.dockerfile));
        bounded(&mut command, Duration::from_secs(20))
    };
    let said = dfopt(&["--write", "--format", "json"])?;
    if said.code != 0 {
        return Err(format!(
            "dfopt: exit {}: {}{}",
            said.code, said.out, said.err
        ));
    }
    let report: Value = serde_json::from_str(&said.out).map_err(|error| error.to_string())?;
    if dfopt(&["--check"])?.code != 0 {
        return Err("dfopt: a second run changes it again".to_owned());
    }
    let rewrites = report["files"][0]["rewrites"]
        .as_array()
        .into_iter()
        .flatten();
    let ids: BTreeSet<String> = rewrites
        .filter_map(|rewrite| rewrite["id"].as_str().map(str::to_owned))
        .collect();
    Ok(ids.into_iter().collect())
}

fn expected(case: &Case, rewrites: &[String]) -> Result<(), String> {
    let missing = case.rewritten_by.iter().find(|id| !rewrites.contains(id));
    let wrong = case.left_alone_by.iter().find(|id| rewrites.contains(id));
    match (missing, wrong) {
        (Some(id), _) => Err(format!("{id} has to rewrite it; {rewrites:?} did")),
        (_, Some(id)) => Err(format!("{id} must leave it alone")),
        _ => Ok(()),
    }
}

/// Builds, runs, changes, builds and runs again.
pub(crate) fn measure(
    engine: &Engine,
    case: &Case,
    folder: &Path,
    word: &'static str,
) -> Result<Figures, String> {
    Site::new(engine, case, folder, word).measure()
}

/// A copy of an application that is being measured.
struct Site<'a> {
    engine: &'a Engine,
    case: &'a Case,
    folder: &'a Path,
    word: &'static str,
}

/// Which build it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    First,
    /// Without a cache.
    Afresh,
    /// After a change.
    Again,
}

impl<'a> Site<'a> {
    fn new(engine: &'a Engine, case: &'a Case, folder: &'a Path, word: &'static str) -> Self {
        Self {
            engine,
            case,
            folder,
            word,
        }
    }

    fn measure(&self) -> Result<Figures, String> {
        let named = |error: String| format!("{}: {error}", self.word);
        let image = self.build(None, Kind::First)?;
        self.check(&image, &self.case.run, &self.case.serve, Kind::First)
            .map_err(named)?;
        let inspected = image.inspect().map_err(told)?;
        let rebuild = self.case.rebuild.as_ref();
        let rebuild = rebuild.map(|rebuild| self.rebuild(rebuild)).transpose();
        Ok(Figures {
            bytes: inspected.bytes.unwrap_or_default(),
            layers: inspected.layers,
            user: inspected.configuration.user().to_owned(),
            rebuild: rebuild.map_err(named)?,
        })
    }

    fn build(&self, target: Option<&str>, kind: Kind) -> Result<Image<'a>, String> {
        let named = |error| format!("{}: {error}", self.word);
        let case = self.case;
        let args = case.arguments(kind == Kind::Again);
        let recipe = Recipe {
            context: self.folder,
            dockerfile: &case.dockerfile,
            target,
            args: &args,
            secrets: &case.secrets,
        };
        let image = self
            .engine
            .build(recipe, kind == Kind::Afresh)
            .map_err(named)?;
        let Some(child) = &case.child else {
            return Ok(image);
        };
        let base = [("BASE".to_owned(), image.tag.clone())];
        let recipe = Recipe {
            dockerfile: child,
            args: &base,
            ..recipe
        };
        let child = self.engine.build(recipe, false);
        child.map_err(|error| named(format!("the image built on it: {error}")))
    }

    /// Checks the image, and those of other stages where the checks ask for them.
    fn check(
        &self,
        image: &Image<'_>,
        runs: &[Run],
        serves: &[Serve],
        kind: Kind,
    ) -> Result<(), String> {
        let other = |target: &Option<String>| match target {
            Some(target) => self.build(Some(target), kind).map(Some),
            None => Ok(None),
        };
        for run in runs {
            checks::run(
                self.engine,
                run,
                other(&run.target)?.as_ref().unwrap_or(image),
            )?;
        }
        for serve in serves {
            checks::serve(
                self.engine,
                serve,
                other(&serve.target)?.as_ref().unwrap_or(image),
            )?;
        }
        Ok(())
    }

    fn rebuild(&self, rebuild: &Rebuild) -> Result<Again, String> {
        rebuild.change(self.folder);
        let image = self.build(None, Kind::Again)?;
        let state = |part: &String| {
            let mut steps = image.steps.iter();
            let step = steps.find(|step| step.name.contains(part.as_str()));
            step.map(|step| step.cached)
        };
        if let Some(part) = rebuild.again.iter().find(|part| state(part) != Some(false)) {
            return Err(format!("after a change, {part:?} does not run again"));
        }
        let run_again = rebuild.cached.iter().find(|part| state(part) != Some(true));
        if let (Some(part), "after") = (run_again, self.word) {
            return Err(format!("after a change, {part:?} runs again"));
        }
        self.check(&image, &rebuild.run, &rebuild.serve, Kind::Again)
            .map_err(|error| format!("after a change: {error}"))?;
        Ok(Again {
            steps: image.steps_run(),
            seconds: image.seconds,
        })
    }
}

/// Whether the user is another one only where that was meant, and the image no larger.
fn users_and_sizes(proof: &Proof) -> Result<(), String> {
    let (old, Some(new)) = (&proof.before, &proof.after) else {
        return Ok(());
    };
    let did = |id: &str| proof.rewrites.iter().any(|other| other == id);
    if did("nonroot-user") && new.is_root() {
        return Err("nonroot-user rewrote it, and the user is root".to_owned());
    }
    compare::sizes(old.bytes, new.bytes)
}

/// Compares what `docker build --check` says.
fn warned(engine: &Engine, case: &Case, old: &Path, new: &Path) -> Result<(), String> {
    let args = case.arguments(false);
    let warnings = |context| {
        engine.warnings(Recipe {
            context,
            dockerfile: &case.dockerfile,
            target: None,
            args: &args,
            secrets: &case.secrets,
        })
    };
    let found = compare::new_warnings(&warnings(old)?, &warnings(new)?);
    if found.is_empty() {
        return Ok(());
    }
    Err(format!("docker build --check warns: {}", found.join(", ")))
}
