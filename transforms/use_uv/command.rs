//! One command line of pip, as uv takes it.

use crate::analysis::commands::{Invocation, OptionUse};
use crate::analysis::runs::Step;
use crate::syntax::Span;
use crate::transform::{Change, Refusal};
use crate::transforms::dependencies;

use super::Site;

/// What becomes of a command.
pub(super) struct Translation {
    /// What is replaced, in the source.
    pub(super) edits: Vec<(Span, String)>,
    pub(super) change: Change,
}

/// The command `step` of the `RUN` at `at`, for uv.
///
/// # Errors
/// When it asks for something that uv does not do, or not in the same way.
pub(super) fn translate(
    site: &Site<'_>,
    at: usize,
    step: &Step<'_>,
) -> Result<Translation, Refusal> {
    let Some(invocation) = &step.invocation else {
        return Err(site.refuse(at, "not-separable", "the command cannot be read"));
    };
    let call = Call {
        site,
        at,
        step,
        invocation,
    };
    call.check_place()?;
    let files = call.check_files()?;
    call.translate(&files)
}

struct Call<'s, 'a> {
    site: &'s Site<'a>,
    at: usize,
    step: &'s Step<'a>,
    invocation: &'s Invocation<'a>,
}

impl Call<'_, '_> {
    fn refuse(&self, code: &'static str, message: impl Into<String>) -> Refusal {
        self.site.refuse(self.at, code, message)
    }

    /// Whether it is a command of its own, and installs for the image's own Python.
    fn check_place(&self) -> Result<(), Refusal> {
        let state = &self.site.cx.facts.states[self.at];
        self.site.check_place(self.at)?;
        let program = self.step.args[0].known();
        let is_elsewhere = program.contains('/')
            || self.step.environment.is_some()
            || !state.environments.is_empty()
            || state.variables.contains_key("VIRTUAL_ENV");
        if is_elsewhere {
            let message = "it installs into an environment of its own; name that with `uv pip install --python` by hand";
            return Err(self.refuse("environment", message));
        }
        Ok(())
    }

    /// The files of requirements, in one text.
    fn check_files(&self) -> Result<String, Refusal> {
        let cx = self.site.cx;
        let texts = dependencies::texts(cx, self.step);
        if texts.is_empty() && dependencies::reads(self.step) {
            let message =
                "the requirements are not at hand, and may hold what uv does not understand";
            return Err(self.refuse("unread-manifest", message));
        }
        for (path, text) in &texts {
            if let Some(option) = cx.knowledge.uv.unknown_in(text) {
                let message = format!("{path} holds {option}, which uv does not understand");
                return Err(self.refuse("option", message));
            }
        }
        Ok(texts.iter().map(|(_, text)| &**text).collect())
    }

    fn translate(&self, files: &str) -> Result<Translation, Refusal> {
        let uv = &self.site.cx.knowledge.uv;
        let indexes = &uv.indexes;
        let mut words = vec!["uv pip install --system"];
        if !self.invocation.has("--no-compile") {
            words.push("--compile-bytecode");
        }
        if self.invocation.has(&indexes.option) || files.contains(&indexes.option) {
            words.push(&indexes.needs);
        }
        let variables = &self.site.cx.facts.states[self.at].variables;
        if variables.contains_key("PIP_NO_CACHE_DIR") && !self.invocation.has("--no-cache-dir") {
            words.push("--no-cache");
        }
        let verb = self.invocation.verb_words.clone();
        let head = Span::new(
            self.step.args[0].span.start,
            self.step.args[verb.end - 1].span.end,
        );
        let mut edits = vec![(head, words.join(" "))];
        for option in &self.invocation.options {
            edits.extend(self.option(option)?.filter(|_| option.at >= verb.end));
        }
        self.finish(edits)
    }

    /// What replaces an option, if it does not stay as it is.
    fn option(&self, option: &OptionUse) -> Result<Option<(Span, String)>, Refusal> {
        let Some(name) = self.site.cx.knowledge.uv.option(&option.name) else {
            let message = format!("uv has nothing like {} of pip", option.name);
            return Err(self.refuse("option", message));
        };
        let args = &self.step.args;
        let word = args[option.at].known();
        let is_early = option.at < self.invocation.verb_words.start;
        if is_early && !name.is_empty() {
            let message = format!(
                "{} stands in front of `install`; put it behind",
                option.name
            );
            return Err(self.refuse("option", message));
        }
        if name.is_empty() {
            let last = option.value_at.unwrap_or(option.at);
            let gone = Span::new(args[option.at - 1].span.end, args[last].span.end);
            return Ok(Some((gone, String::new())));
        }
        if name == option.name {
            return Ok(None);
        }
        if !word.starts_with(&option.name) {
            return Err(self.refuse("option", format!("`{word}` is several options in one")));
        }
        let start = args[option.at].span.start;
        Ok(Some((
            Span::new(start, start + option.name.len()),
            name.to_owned(),
        )))
    }

    /// The edits in the source, and the command before and after.
    fn finish(&self, edits: Vec<(Span, String)>) -> Result<Translation, Refusal> {
        let view = &self.site.cx.facts.views[self.at];
        let from = self.step.span.text(&view.logical.text);
        let mut to = from.to_owned();
        for (span, text) in edits.iter().rev() {
            let at = span.start - self.step.span.start..span.end - self.step.span.start;
            to.replace_range(at, text);
        }
        if edits
            .iter()
            .any(|(span, text)| !text.is_empty() && view.logical.crosses_seam(*span))
        {
            let message = "the command is broken in the middle of its first words; join the lines";
            return Err(self.refuse("not-separable", message));
        }
        let source =
            |(span, text): (Span, String)| (self.site.cx.facts.source(self.at, span), text);
        let edits: Vec<(Span, String)> = edits.into_iter().map(source).collect();
        if edits
            .iter()
            .any(|(span, _)| span.text(self.site.cx.file.text()).contains('#'))
        {
            return Err(self.refuse(
                "not-separable",
                "a comment stands in the middle of the command",
            ));
        }
        let from = from.to_owned();
        Ok(Translation {
            edits,
            change: Change::Replaced { from, to },
        })
    }
}
