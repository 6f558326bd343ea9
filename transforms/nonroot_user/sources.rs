//! The sources and settings of the project, read once.

use crate::analysis::stages::Stage;
use crate::context::{SourceLine, Sources};
use crate::knowledge::tools::Language;
use crate::syntax::Span;
use crate::transform::{Cx, Place, Refusal};

use super::calls;

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
            .filter(|(language, line)| language.is_of_program(&line.path))
    }

    /// Refuses when a line of the program does what only root may do, or starts a command that does.
    ///
    /// # Errors
    /// The first such line. A file that asks which user runs it, and goes on, has provided for both.
    pub(super) fn check_rights(&self, cx: &Cx<'_>, site: Span) -> Result<(), Refusal> {
        let needs_root = |(language, line): &(&Language, SourceLine)| {
            let mut patterns = language.as_root.iter();
            !line.is_comment() && patterns.any(|regex| regex.is_match(&line.text))
        };
        let of_root = self
            .lines()
            .filter(needs_root)
            .find(|(_, line)| !self.asks_for_root(&line.path));
        if let Some((_, line)) = of_root {
            let does = "does what only root may do (accounts, owners of files, raw sockets)";
            return Err(refuse_line(site, line, does));
        }
        for (language, sources) in &self.languages {
            let is_of_program = |line: &SourceLine| {
                language.is_of_program(&line.path) && !self.asks_for_root(&line.path)
            };
            let starts = |line: &SourceLine| {
                let mut patterns = language.starts.iter();
                patterns.any(|regex| regex.is_match(&line.text))
            };
            let lines = || sources.lines().filter(is_of_program);
            if let Some((line, name)) = calls::first_of_root(cx.knowledge, lines, starts) {
                return Err(refuse_line(
                    site,
                    line,
                    &format!("starts `{name}`, which needs root"),
                ));
            }
        }
        Ok(())
    }

    /// Whether the source at `path` does something only if root runs it.
    fn asks_for_root(&self, path: &str) -> bool {
        let mut lines = self.lines().filter(|(_, line)| line.path == path);
        lines.any(|(_, line)| asks_for_root(&line.text))
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

fn refuse_line(site: Span, line: SourceLine, does: &str) -> Refusal {
    let message = format!(
        "{}:{} {does}; set USER yourself if the program does without",
        line.path, line.line
    );
    let place = Place::File(line.path, Some(line.line));
    Refusal::new(site, "needs-root", message).because(place, "what the program does")
}

/// Whether a line does something only if root runs it: `if os.getuid() == 0:`.
fn asks_for_root(text: &str) -> bool {
    let text: String = text.to_lowercase().split_whitespace().collect();
    let asks = ["uid()==0", "uid()===0"];
    asks.iter().any(|asked| text.contains(asked))
}

/// The languages of all stages: all there are where no image says what it is for, as that of a distribution.
fn languages<'a>(cx: &Cx<'a>) -> Vec<&'a Language> {
    let provided = |stage: &Stage| cx.facts.image(stage)?.provides;
    let mut names: Vec<&str> = cx.facts.stages.iter().filter_map(provided).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return cx.knowledge.tools.languages().iter().collect();
    }
    names
        .into_iter()
        .filter_map(|name| cx.knowledge.tools.language(name))
        .collect()
}
