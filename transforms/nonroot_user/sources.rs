//! The sources and settings of the project, read once.

use crate::analysis::stages::Stage;
use crate::context::{SourceLine, Sources};
use crate::knowledge::tools::Language;
use crate::syntax::Span;
use crate::transform::{Cx, Refusal};

/// What the build context has of the program.
pub(super) struct Project<'a> {
    /// The sources in the languages of all stages.
    languages: Vec<(&'a Language, Sources)>,
    /// Its settings.
    settings: Sources,
}

impl<'a> Project<'a> {
    /// Reads it. Without a build context there is nothing in it.
    pub(super) fn read(cx: &Cx<'a>) -> Self {
        let Some(context) = cx.context else {
            return Self {
                languages: Vec::new(),
                settings: Sources::default(),
            };
        };
        let languages = languages(cx).into_iter();
        Self {
            languages: languages
                .map(|language| (language, context.sources(language)))
                .collect(),
            settings: context.files_called(&cx.knowledge.startup.settings.files),
        }
    }

    /// Whether the sources of the program are at hand.
    pub(super) fn has_sources(&self) -> bool {
        self.lines().next().is_some()
    }

    /// The lines of sources, with their languages.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&'a Language, SourceLine)> + '_ {
        self.languages
            .iter()
            .flat_map(|(language, sources)| sources.lines().map(|line| (*language, line)))
    }

    /// The lines of settings.
    pub(super) fn settings(&self) -> impl Iterator<Item = SourceLine> + '_ {
        self.settings.lines()
    }

    /// Refuses when the sources start a program that works only on what its own account has made, and a step
    /// has made some as root.
    ///
    /// # Errors
    /// The first such program.
    pub(super) fn check_owner_bound(
        &self,
        cx: &Cx<'_>,
        stage: &Stage,
        site: Span,
    ) -> Result<(), Refusal> {
        let known = &cx.knowledge.startup.owner_bound;
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let programs = self
            .languages
            .iter()
            .flat_map(|(language, sources)| sources.programs(&language.starts, &known));
        for program in programs {
            let calls = |index: &usize| {
                let mut steps = cx.facts.runs[*index].iter().flat_map(|run| &run.steps);
                steps.any(|step| step.args.first().is_some_and(|arg| arg.known() == program))
            };
            if let Some(index) = stage.body.clone().find(calls) {
                let message = format!(
                    "the program starts {program}, which refuses to work on what root has made with it"
                );
                let instruction = cx.file.instructions()[index].span;
                return Err(
                    Refusal::new(site, "owner-bound", message).because(instruction, "made by root")
                );
            }
        }
        Ok(())
    }
}

/// The languages of all stages.
fn languages<'a>(cx: &Cx<'a>) -> Vec<&'a Language> {
    let provided = |stage: &Stage| cx.facts.image(stage)?.provides;
    let mut names: Vec<&str> = cx.facts.stages.iter().filter_map(provided).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter_map(|name| cx.knowledge.tools.language(name))
        .collect()
}
