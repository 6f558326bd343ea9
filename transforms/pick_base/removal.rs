//! Taking packages out of the commands that install them.

use crate::analysis::paths::Extent;
use crate::analysis::runs::{Run, Step};
use crate::knowledge::tools::Does;
use crate::syntax::{Span, TokenKind};
use crate::transform::Refusal;
use crate::transforms::{commands, style};

use super::Site;

/// What is taken out.
#[derive(Default)]
pub(super) struct Removal {
    /// The bytes that go.
    pub(super) edits: Vec<Span>,
    /// The packages.
    pub(super) names: Vec<String>,
}

/// The code for packages that cannot be taken out.
const NOT_SEPARABLE: &str = "not-separable";

/// Takes out all packages that `is_gone` says, with the commands that then have nothing to do.
///
/// # Errors
/// When other commands depend on those.
pub(super) fn of(site: &Site<'_>, is_gone: &dyn Fn(&str) -> bool) -> Result<Removal, Refusal> {
    let mut removal = Removal::default();
    for (at, run) in site.runs() {
        let work = Work {
            site,
            at,
            run,
            is_gone,
        };
        let names = work.names();
        if names.is_empty() && site.setups().iter().all(|setup| setup.at != at) {
            continue;
        }
        if site.cx.facts.runs[at]
            .as_ref()
            .is_some_and(|run| run.document.is_some())
        {
            let message = "it installs packages in a here-document, among other things";
            return Err(site.refuse_at(at, NOT_SEPARABLE, message));
        }
        removal.edits.extend(work.edits()?);
        removal.names.extend(names);
    }
    Ok(removal)
}

/// A `RUN` that installs packages which go.
struct Work<'s, 'a> {
    site: &'s Site<'a>,
    at: usize,
    run: &'a Run<'a>,
    is_gone: &'s dyn Fn(&str) -> bool,
}

impl<'a> Work<'_, 'a> {
    /// The words with packages that `step` installs, and whether each goes.
    fn words(&self, step: &Step<'_>) -> Vec<(usize, bool)> {
        let installs = step.does() == Some(Does::InstallPackages);
        let invocation = step.invocation.as_ref().filter(|_| installs);
        let operands = invocation
            .into_iter()
            .flat_map(|invocation| &invocation.operands);
        operands
            .map(|&word| (word, (self.is_gone)(step.args[word].known())))
            .collect()
    }

    fn names(&self) -> Vec<String> {
        let gone = self.run.steps.iter().flat_map(|step| {
            let gone = self.words(step).into_iter().filter(|(_, gone)| *gone);
            gone.map(|(word, _)| step.args[word].known().to_owned())
        });
        gone.collect()
    }

    fn edits(&self) -> Result<Vec<Span>, Refusal> {
        let is_empty = |step: &&Step<'a>| {
            let words = self.words(step);
            !words.is_empty() && words.iter().all(|(_, gone)| *gone)
        };
        let mut edits = Vec::new();
        for step in self.run.steps.iter().filter(|step| !is_empty(step)) {
            let gone = self.words(step).into_iter().filter(|(_, gone)| *gone);
            edits.extend(gone.map(|(word, _)| {
                Span::new(
                    self.source(step.args[word - 1].span).end,
                    self.source(step.args[word].span).end,
                )
            }));
        }
        let is_set_up = self.site.setups().iter().any(|setup| setup.at == self.at);
        if is_set_up || self.run.steps.iter().any(|step| is_empty(&step)) {
            edits.extend(self.commands(&is_empty)?);
        }
        match edits.iter().find(|span| self.has_comment(**span)) {
            Some(_) => Err(self.refuse("a comment stands among the packages")),
            None => Ok(edits),
        }
    }

    fn source(&self, span: Span) -> Span {
        self.site.cx.facts.source(self.at, span)
    }

    fn refuse(&self, message: &str) -> Refusal {
        self.site.refuse_at(self.at, NOT_SEPARABLE, message)
    }

    /// The commands that have nothing left to do: whole installs, what makes their source known, and what prepares and
    /// tidies up behind them.
    fn commands(&self, is_empty: &dyn Fn(&&Step<'a>) -> bool) -> Result<Vec<Span>, Refusal> {
        let steps = &self.run.steps;
        let installs = |step: &&Step<'_>| step.does() == Some(Does::InstallPackages);
        let installs_others = steps.iter().any(|step| installs(&step) && !is_empty(&step));
        let installs_own = steps.iter().any(|step| is_empty(&step));
        let serves = |step: &&Step<'a>| {
            is_empty(step) || installs_own && !installs_others && self.is_about_lists(step)
        };
        if installs_own && !installs_others && self.lists_are_needed() {
            return Err(self.refuse("a later step finds packages in the lists that it downloads"));
        }
        let setups = self
            .site
            .setups()
            .iter()
            .filter(|setup| setup.at == self.at);
        let mut useless: Vec<Span> = setups.map(|setup| setup.span).collect();
        let serving = steps.iter().filter(serves).map(|step| step.span);
        useless.extend(serving.filter(|span| !self.site.is_setup(self.at, *span)));
        if self.is_all(&useless) {
            let instruction = self.site.cx.file.instructions()[self.at].full;
            let text = self.site.cx.file.text();
            return Ok(vec![style::with_blank_line(text, instruction)]);
        }
        let spans = commands::without(self.site.cx, self.at, self.run, &useless);
        spans.map_err(|_| {
            self.refuse(
                "it does other things than to install packages, and goes on when something fails",
            )
        })
    }

    /// Whether `useless` are all its commands.
    fn is_all(&self, useless: &[Span]) -> bool {
        let script = self.run.script.as_ref();
        let items = script.into_iter().flat_map(|script| &script.items);
        let mut spans = items
            .flat_map(|item| item.pipelines())
            .map(|pipeline| pipeline.span.shift(self.run.body.start));
        spans.all(|span| useless.contains(&span))
    }

    /// Whether `step` downloads lists, or removes what package managers keep.
    fn is_about_lists(&self, step: &Step<'_>) -> bool {
        let managers = &self.site.cx.knowledge.package_managers;
        let is_kept = |path: &str| managers.iter().any(|manager| manager.owns(path));
        let removes = step.args.first().is_some_and(|arg| arg.known() == "rm");
        let is_cleanup = match &step.effects.writes {
            Extent::Regions(regions) => {
                removes && regions.iter().all(|region| is_kept(region.path()))
            }
            Extent::Everything => false,
        };
        is_cleanup || matches!(step.does(), Some(Does::RefreshLists | Does::CleanCache))
    }

    /// Whether a later `RUN` installs packages without downloading lists of its own.
    fn lists_are_needed(&self) -> bool {
        let later = self.site.runs().filter(|(at, _)| *at > self.at);
        later.map(|(_, run)| &run.steps).any(|steps| {
            let mut steps = steps.iter().map(Step::does);
            let first =
                steps.find(|does| matches!(does, Some(Does::InstallPackages | Does::RefreshLists)));
            first == Some(Some(Does::InstallPackages))
        })
    }

    fn has_comment(&self, span: Span) -> bool {
        let mut tokens = self.site.cx.file.tokens().iter();
        tokens.any(|token| {
            token.kind == TokenKind::Comment
                && token.span.start >= span.start
                && token.span.end <= span.end
        })
    }
}
