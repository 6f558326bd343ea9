//! The proof of one case: built, run and compared, before and after.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{self, Command};
use std::time::Duration;

use serde_json::Value;

use super::case::{Case, Rebuild, Run, Serve};
use super::checks;
use super::compare;
use super::engine::{Engine, Image, Recipe, bounded};

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
    image: Value,
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

/// Proves a case, or says what is broken.
pub(crate) fn prove(engine: &Engine, case: &Case) -> Result<Proof, String> {
    let (old, new) = (case.copy(), case.copy());
    let rewrites = rewrite(case, new.path(), "assumed")?;
    expected(case, &rewrites)?;
    let before = measure(engine, case, old.path(), "before")?;
    if rewrites.is_empty() {
        return Ok(Proof {
            rewrites,
            before,
            after: None,
        });
    }
    let dockerfile = fs::read_to_string(new.path().join(&case.dockerfile)).unwrap();
    let shown = |error: String| format!("{error}\nof the rewritten file:\n{dockerfile}");
    let after = measure(engine, case, new.path(), "after").map_err(shown)?;
    let proof = Proof {
        rewrites,
        before,
        after: Some(after),
    };
    compared(case, &proof, old.path()).map_err(shown)?;
    warned(engine, case, old.path(), new.path()).map_err(shown)?;
    Ok(proof)
}

/// Runs dfopt over the application; the transforms that rewrote it.
pub(crate) fn rewrite(case: &Case, folder: &Path, safety: &str) -> Result<Vec<String>, String> {
    let dfopt = |options: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dfopt"));
        command.args(["--safety", safety, "--context"]).arg(folder);
        command.args(options).arg(folder.join(&case.dockerfile));
        bounded(&mut command, Duration::from_secs(20)).map_err(|error| error.to_string())
    };
    let said = dfopt(&["--write", "--format", "json"])?;
    if said.code() != 0 {
        return Err(format!(
            "dfopt: exit {}: {}{}",
            said.code(),
            said.out,
            said.err
        ));
    }
    let report: Value = serde_json::from_str(&said.out).map_err(|error| error.to_string())?;
    if dfopt(&["--check"])?.code() != 0 {
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
    word: &str,
) -> Result<Figures, String> {
    let site = Site {
        engine,
        case,
        folder,
        word,
    };
    site.measure().map_err(|error| format!("{word}: {error}"))
}

/// A copy of an application that is being measured.
struct Site<'a> {
    engine: &'a Engine,
    case: &'a Case,
    folder: &'a Path,
    word: &'a str,
}

impl<'a> Site<'a> {
    fn measure(&self) -> Result<Figures, String> {
        let image = self.build(None, false)?;
        self.check(&image, &self.case.run, &self.case.serve, false)?;
        let inspected = image.inspect()?;
        let rebuild = match &self.case.rebuild {
            Some(rebuild) => Some(self.rebuild(rebuild)?),
            None => None,
        };
        let user = inspected["Config"]["User"].as_str().unwrap_or_default();
        Ok(Figures {
            bytes: inspected["Size"].as_u64().unwrap_or_default(),
            layers: inspected["RootFS"]["Layers"].as_array().map_or(0, Vec::len),
            user: user.to_owned(),
            rebuild,
            image: inspected,
        })
    }

    fn build(&self, target: Option<&str>, again: bool) -> Result<Image<'a>, String> {
        let (case, word) = (self.case, self.word);
        let args = case.arguments(again);
        let recipe = Recipe {
            context: self.folder,
            dockerfile: &case.dockerfile,
            target,
            args: &args,
        };
        let tag = |kind: &str| format!("dfopt-test-{}-{kind}:{word}-{}", case.name, process::id());
        let image = self.engine.build(recipe, tag(target.unwrap_or("image")))?;
        let Some(child) = &case.child else {
            return Ok(image);
        };
        let base = [("BASE".to_owned(), image.tag.clone())];
        let recipe = Recipe {
            dockerfile: child,
            args: &base,
            ..recipe
        };
        let child = self.engine.build(recipe, tag("child"));
        child.map_err(|error| format!("the image built on it: {error}"))
    }

    /// Checks the image, and those of other stages where the checks ask for them.
    fn check(
        &self,
        image: &Image<'_>,
        runs: &[Run],
        serves: &[Serve],
        again: bool,
    ) -> Result<(), String> {
        let other = |target: &Option<String>| match target {
            Some(target) => self.build(Some(target), again).map(Some),
            None => Ok(None),
        };
        for run in runs {
            checks::run(run, other(&run.target)?.as_ref().unwrap_or(image))?;
        }
        for serve in serves {
            checks::serve(serve, other(&serve.target)?.as_ref().unwrap_or(image))?;
        }
        Ok(())
    }

    fn rebuild(&self, rebuild: &Rebuild) -> Result<Again, String> {
        rebuild.change(self.folder);
        let image = self.build(None, true)?;
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
        self.check(&image, &rebuild.run, &rebuild.serve, true)
            .map_err(|error| format!("after a change: {error}"))?;
        Ok(Again {
            steps: image.steps_run(),
            seconds: image.seconds,
        })
    }
}

/// Compares the images.
fn compared(case: &Case, proof: &Proof, folder: &Path) -> Result<(), String> {
    let (old, Some(new)) = (&proof.before, &proof.after) else {
        return Ok(());
    };
    let did = |id: &str| proof.rewrites.iter().any(|other| other == id);
    let dockerfile = fs::read_to_string(folder.join(&case.dockerfile)).unwrap();
    let differences =
        compare::configurations(&old.image, &new.image, &dockerfile, did("split-stages"));
    if !differences.is_empty() {
        return Err(format!("the configuration: {}", differences.join("; ")));
    }
    if did("nonroot-user") && new.is_root() {
        return Err("nonroot-user rewrote it, and the user is root".to_owned());
    }
    let explained = did("nonroot-user") || did("split-stages") && old.is_root();
    if old.user != new.user && !explained {
        return Err(format!("the user {:?} became {:?}", old.user, new.user));
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
        })
    };
    let found = compare::new_warnings(&warnings(old)?, &warnings(new)?);
    if found.is_empty() {
        return Ok(());
    }
    Err(format!("docker build --check warns: {}", found.join(", ")))
}
