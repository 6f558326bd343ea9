//! The scripts of the project that steps of the build run.

use std::sync::Arc;

use super::left_behind::Looker;
use crate::analysis::paths::join;
use crate::analysis::runs::Step;
use crate::context::{PACKAGE_JSON, scripts_around};
use crate::knowledge::startup::Needs;
use crate::syntax::shell;
use crate::transforms::origin::{Origin, origin_before};

impl Looker<'_> {
    /// The files of the build context that `step` runs, with their texts: itself, as a module, or by a script of the manifest.
    pub(super) fn scripts_of(&self, index: usize, step: &Step<'_>) -> Vec<(String, Arc<str>)> {
        let Some(cwd) = step.cwd.as_deref() else {
            return Vec::new();
        };
        let words = words_of(step);
        let by_manifest = self.commands_of_manifest(&words).into_iter();
        let commands = std::iter::once(words).chain(by_manifest);
        commands
            .filter_map(|words| self.script_run_by(index, cwd, &words))
            .collect()
    }

    /// The file of the build context that `step` itself runs, with its text.
    pub(super) fn script_of(&self, index: usize, step: &Step<'_>) -> Option<(String, Arc<str>)> {
        self.script_run_by(index, step.cwd.as_deref()?, &words_of(step))
    }

    fn script_run_by(
        &self,
        index: usize,
        cwd: &str,
        words: &[String],
    ) -> Option<(String, Arc<str>)> {
        let program = self.cx.knowledge.startup.program(words);
        let path = match program {
            Some((program, named)) => {
                let mut behind = words[named..].iter();
                let script = behind.find(|word| !word.starts_with('-'))?;
                match program.needs {
                    Needs::AScript | Needs::AnArgument => script.clone(),
                    Needs::NothingItself => self.source_of_module(script)?,
                    _ => return None,
                }
            }
            None => words.first().filter(|word| word.contains('/'))?.clone(),
        };
        let stage = self.cx.facts.stage_of(index)?;
        match origin_before(self.cx, stage, index, &join(cwd, &path)) {
            Origin::File(file) => {
                let text = self.cx.context?.read(&file)?;
                Some((file, text))
            }
            _ => None,
        }
    }

    /// The source that is loaded by the name `module`: `tools/seed.py` for `tools.seed`.
    fn source_of_module(&self, module: &str) -> Option<String> {
        let path = module.replace('.', "/");
        let mut sources = self.project.files().map(|(_, file)| file.path());
        let is_it = |source: &&str| {
            let stem = source.rsplit_once('.').map(|(stem, _)| stem);
            stem.is_some_and(|stem| stem == path || stem.strip_suffix("/__main__") == Some(&path))
        };
        sources.find(is_it).map(str::to_owned)
    }

    /// The commands of the script of the manifest that `words` run, if they run one.
    fn commands_of_manifest(&self, words: &[String]) -> Vec<Vec<String>> {
        let name = self.cx.knowledge.startup.script_run_by(words);
        let manifest = || self.cx.context?.document(PACKAGE_JSON);
        let Some((name, manifest)) = name.and_then(|name| Some((name, manifest()?))) else {
            return Vec::new();
        };
        let texts = scripts_around(&manifest, name);
        texts.flat_map(commands).collect()
    }
}

fn words_of(step: &Step<'_>) -> Vec<String> {
    step.words().map(str::to_owned).collect()
}

/// The commands of a script, each as its words. What cannot be read runs nothing that is known.
fn commands(text: &str) -> Vec<Vec<String>> {
    let Ok(script) = shell::parse(text) else {
        return Vec::new();
    };
    let commands = script.simple_commands().into_iter().map(|simple| {
        let words = simple.words.iter().map(|word| word.text(text).to_owned());
        words.collect()
    });
    commands.collect()
}
