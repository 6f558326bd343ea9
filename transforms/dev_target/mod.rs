//! A stage for those who work on the program, beside the one that is shipped.
//!
//! ```dockerfile
//! FROM node:20 AS dev             # compose.dev.yaml builds it, and mounts the source over it
//! WORKDIR /app
//! COPY package*.json ./
//! RUN npm ci
//! CMD ["npm", "run", "dev"]
//! ```

mod compose;
mod source;
mod stage;

use crate::analysis::launch;
use crate::analysis::runs::Step;
use crate::analysis::stages::{Os, Stage};
use crate::context::{PACKAGE_JSON, all_scripts};
use crate::knowledge::development::Language;
use crate::knowledge::tools::Does;
use crate::transform::{Change, Cx, Gain, Info, Place, Plan, Refusal, Rewrite, Runs, Transform};

/// Adds a stage for development, and a Compose file that uses it.
pub struct DevTarget;

static INFO: Info = Info {
    id: "dev-target",
    title: "adds a stage for those who work on the program, and a Compose file that uses it",
    doc: include_str!("README.md"),
    gain: Gain::Upkeep,
    runs: Runs::WhenNamed {
        because: "nothing that is shipped gets better by it",
    },
};

/// What the stage is called.
const NAME: &str = "dev";

impl Transform for DevTarget {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let stages = &cx.facts.stages;
        let is_there = |name: &str| stages.iter().any(|stage| stage.is_named(name));
        let is_linux = stages.iter().all(|stage| stage.os == Os::Linux);
        let starts = |stage: &&Stage| launch::of_stage(cx.facts, stage).declared;
        let last = cx.facts.final_stage().filter(starts);
        let last = last.filter(|_| is_linux && ![NAME, "development"].into_iter().any(is_there));
        last.map(|last| Site { cx, last }.rewrite())
            .into_iter()
            .collect()
    }
}

/// The stage that is shipped.
struct Site<'s, 'a> {
    cx: &'s Cx<'a>,
    last: &'s Stage,
}

/// The step that installs what development needs.
struct Install<'s, 'a> {
    /// The instruction.
    index: usize,
    step: &'s Step<'a>,
}

impl<'s, 'a> Site<'s, 'a> {
    fn refuse(&self, code: &'static str, message: impl Into<String>) -> Refusal {
        let at = self.cx.file.instructions()[self.last.from].span;
        Refusal::new(at, code, message)
    }

    fn rewrite(&self) -> Plan {
        let (language, install) = self.install()?;
        let command = self.command(language, &install)?;
        let source = self.source(&install)?;
        let file = self.compose_file()?;
        let site = self.cx.file.instructions()[self.last.from].span;
        let message = format!(
            "a stage `{NAME}` takes up changes of the source: `docker compose -f {file} up --build`"
        );
        let mut rewrite = Rewrite::new(site, message);
        rewrite.evidence(
            self.cx.file.instructions()[install.index].span,
            "installs what development needs",
        );
        if let Some(place) = command.place {
            rewrite.evidence(place, "says how to start it");
        }
        rewrite.assume("the image is built by BuildKit, Podman or Buildah: older builders build stages that nothing needs");
        let settings = self.write_stage(language, &install, &command.words, &mut rewrite);
        rewrite
            .additions
            .push(self.compose(&file, &source, &install));
        rewrite.declares.push(Change::ExtraStage {
            name: NAME.to_owned(),
            repeats: install.index,
            settings,
        });
        Ok(rewrite)
    }

    /// The last step that installs what development needs as well, and the language that it does so for.
    fn install(&self) -> Result<(&'a Language, Install<'s, 'a>), Refusal> {
        let launches = launch::of_stage(self.cx.facts, self.last).launches;
        let mut without = false;
        for language in &self.cx.knowledge.development.languages {
            let steps = self.installs(language);
            let is_whole = |install: &Install<'_, '_>| !self.leaves_out(language, install);
            without |= !steps.is_empty();
            let runs = |install: &Install<'_, '_>| {
                let reloads = launches
                    .iter()
                    .any(|launch| language.reloading(&launch.words).is_some());
                reloads || self.script(language, install).is_some()
            };
            let mut whole = steps.into_iter().filter(is_whole).filter(runs);
            if let Some(install) = whole.next_back() {
                return Ok((language, install));
            }
        }
        let message = if without {
            "no install brings what development needs, or nothing says how to start the program so that it takes up changes (a script `dev` in package.json, `flask run`, `uvicorn` …)"
        } else {
            "no step installs the dependencies of a program that can take up changes"
        };
        Err(self.refuse("no-development", message))
    }

    /// The steps that install dependencies of `language`.
    fn installs(&self, language: &Language) -> Vec<Install<'s, 'a>> {
        let runs = &self.cx.facts.runs;
        let steps = runs.iter().enumerate().flat_map(|(index, run)| {
            let steps = run.iter().flat_map(|run| &run.steps);
            steps.map(move |step| Install { index, step })
        });
        let installs = |install: &Install<'_, '_>| {
            let call = install.step.invocation.as_ref();
            call.is_some_and(|call| {
                call.action.does == Does::InstallDependencies
                    && language.tools.contains(&call.tool.id)
            })
        };
        steps.filter(installs).collect()
    }

    /// Whether an install leaves out what only development needs.
    fn leaves_out(&self, language: &Language, install: &Install<'_, '_>) -> bool {
        let is_option = |word: &str| language.without_options.iter().any(|option| option == word);
        let production = language.production.as_ref();
        let value = production.and_then(|name| self.cx.facts.states[install.index].value(name));
        install.step.args.iter().any(|arg| is_option(arg.known()))
            || value.as_deref() == Some("production")
    }
}

/// How the program is started, and what says so.
struct Command {
    words: Vec<String>,
    place: Option<Place>,
}

impl Site<'_, '_> {
    fn command(&self, language: &Language, install: &Install<'_, '_>) -> Result<Command, Refusal> {
        if let Some((tool, script)) = self.script(language, install) {
            let words = [tool, "run".to_owned(), script].to_vec();
            let place = Some(Place::File(PACKAGE_JSON.to_owned(), None));
            return Ok(Command { words, place });
        }
        let launches = launch::of_stage(self.cx.facts, self.last).launches;
        let reloading = launches.iter().rev().find_map(|launch| {
            let words = language.reloading(&launch.words)?;
            let place = self.cx.file.instructions()[launch.instruction].span.into();
            Some(Command {
                words,
                place: Some(place),
            })
        });
        reloading.ok_or_else(|| self.refuse("no-development", "nothing says how to start it"))
    }

    /// The tool and the script of `package.json` that starts the program.
    fn script(&self, language: &Language, install: &Install<'_, '_>) -> Option<(String, String)> {
        let manifest = self.cx.context?.document(PACKAGE_JSON)?;
        let is_there = |name: &&String| all_scripts(&manifest).any(|(known, _)| known == *name);
        let script = language.scripts.iter().find(is_there)?;
        let tool = install.step.invocation.as_ref()?.tool.id.clone();
        Some((tool, script.clone()))
    }
}
