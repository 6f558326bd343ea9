//! What kept the cache out of the image, and would empty or refuse the mount: options, and commands that clean up.

use crate::analysis::paths::{below, join, parent};
use crate::analysis::runs::Step;
use crate::context::matches_name;
use crate::knowledge::caches::Cache;
use crate::knowledge::tools::Does;
use crate::syntax::{Span, TokenKind};
use crate::transform::{Cx, Refusal};

use super::super::commands;
use super::{Mounted, account, refuse};

/// What is taken out of a `RUN`.
#[derive(Default)]
pub(super) struct Cleanup {
    /// Options, operands and commands, each with what joins it to others; bytes of the source.
    pub(super) spans: Vec<Span>,
    /// The options and operands as they are written.
    pub(super) gone: Vec<String>,
    /// The commands as they are written.
    pub(super) commands: Vec<String>,
}

/// What is in the way of the mounts of `one`.
///
/// # Errors
/// When it cannot be taken out, or removes more than what is mounted.
pub(super) fn of(cx: &Cx<'_>, cache: &Cache, one: &Mounted<'_, '_>) -> Result<Cleanup, Refusal> {
    let search = Search { cx, cache, one };
    let mut cleanup = Cleanup::default();
    let mut useless = Vec::new();
    for step in &one.used.script.steps {
        let words = search.words(step)?;
        if search.is_document() && (!words.is_empty() || search.is_useless(step, &words)) {
            let message =
                "what keeps the cache out of the image stands in a here-document; take it out";
            return Err(search.refuse("heredoc", message));
        }
        if search.is_useless(step, &words) {
            useless.push(step.span);
            continue;
        }
        for at in words {
            let word = step.args[at].span;
            cleanup.gone.push(search.written(step, at).to_owned());
            cleanup
                .spans
                .push(search.behind(step.args[at - 1].span, word));
        }
    }
    if !useless.is_empty() {
        let texts = useless
            .iter()
            .map(|span| span.text(search.line()).to_owned());
        cleanup.commands.extend(texts);
        let spans = commands::without(cx, one.used.index, one.used.script, &useless);
        cleanup
            .spans
            .extend(spans.map_err(|why| search.refuse("shell-lists", why))?);
    }
    search.check(&cleanup)?;
    Ok(cleanup)
}

struct Search<'s, 'a> {
    cx: &'s Cx<'a>,
    cache: &'s Cache,
    one: &'s Mounted<'s, 'a>,
}

impl Search<'_, '_> {
    fn refuse(&self, code: &'static str, why: &str) -> Refusal {
        refuse(self.cx, self.one.used.index, code, why)
    }

    /// The source of `span` with what stands between it and what comes `before`.
    fn behind(&self, before: Span, span: Span) -> Span {
        let logical = &self.cx.facts.views[self.one.used.index].logical;
        Span::new(logical.source(before).end, logical.source(span).end)
    }

    /// The text that the spans of the script are those of.
    fn line(&self) -> &str {
        let view = &self.cx.facts.views[self.one.used.index];
        if self.is_document() {
            self.cx.file.text()
        } else {
            &view.logical.text
        }
    }

    /// The word `at` of `step` as it is written; of an array, without the quotes.
    fn written<'w>(&'w self, step: &'w Step<'_>, at: usize) -> &'w str {
        let word = &step.args[at];
        match self.one.used.script.script {
            Some(_) => word.span.text(self.line()),
            None => word.known(),
        }
    }

    fn is_document(&self) -> bool {
        self.cx.facts.runs[self.one.used.index]
            .as_ref()
            .is_some_and(|run| run.document.is_some())
    }

    /// The words of `step` that have to go.
    fn words(&self, step: &Step<'_>) -> Result<Vec<usize>, Refusal> {
        if self
            .one
            .used
            .steps
            .iter()
            .any(|used| used.span == step.span)
        {
            let is_off = |word: &str| self.cache.off_options.iter().any(|option| option == word);
            let words = (1..step.args.len()).filter(|&at| is_off(step.args[at].known()));
            return Ok(words.collect());
        }
        if step.args.first().is_none_or(|arg| arg.known() != "rm") {
            return Ok(Vec::new());
        }
        let mut words = Vec::new();
        for at in 1..step.args.len() {
            if self.is_mounted(step, at)? {
                words.push(at);
            }
        }
        Ok(words)
    }

    /// Whether word `at` of an `rm` is a path in a mount.
    fn is_mounted(&self, step: &Step<'_>, at: usize) -> Result<bool, Refusal> {
        let raw = step.args[at].span.text(self.line());
        let at_home = raw
            .strip_prefix("~/")
            .filter(|rest| rest.chars().all(is_literal));
        let Some(word) = step.args[at].text.as_deref().or(at_home.map(|_| raw)) else {
            if ["HOME", "~", "cache"].iter().any(|part| raw.contains(part)) {
                return Err(self.refuse(
                    "removes-more",
                    &format!("nobody knows what `{raw}` removes"),
                ));
            }
            return Ok(false);
        };
        if word.starts_with('-') {
            return Ok(false);
        }
        let path = match word.strip_prefix("~/") {
            Some(rest) => join(&account::of(self.cx, self.one.used.index)?.home, rest),
            None => match step.cwd.as_deref() {
                Some(cwd) => join(cwd, word),
                None => join("/", word),
            },
        };
        for place in &self.one.places {
            match relation(&path, &place.target) {
                Relation::Inside => return Ok(true),
                Relation::Around => {
                    let why = format!(
                        "`rm` of {word} would fail at the mount {}, and removes more than that",
                        place.target
                    );
                    return Err(self.refuse("removes-more", &why));
                }
                Relation::Apart => {}
            }
        }
        Ok(false)
    }

    /// Whether nothing remains of `step`: it cleans the cache, or removes nothing but `words`.
    fn is_useless(&self, step: &Step<'_>, words: &[usize]) -> bool {
        let cleans = step.does() == Some(Does::CleanCache);
        let own = step
            .invocation
            .as_ref()
            .is_some_and(|call| call.tool.id == self.cache.tool);
        let is_operand = |at: &usize| !step.args[*at].known().starts_with('-');
        let operands = (1..step.args.len()).filter(is_operand).count();
        let removes = step.args.first().is_some_and(|arg| arg.known() == "rm");
        cleans && own || removes && !words.is_empty() && words.len() == operands
    }

    /// Taking something out must not take a comment with it.
    fn check(&self, cleanup: &Cleanup) -> Result<(), Refusal> {
        let tokens = self.cx.file.tokens().iter();
        let mut comments = tokens.filter(|token| token.kind == TokenKind::Comment);
        let is_hit = |comment: Span| cleanup.spans.iter().any(|span| span.contains(comment));
        if comments.any(|token| is_hit(token.span)) {
            return Err(self.refuse(
                "comment",
                "a comment stands in the middle of what would have to go; move it",
            ));
        }
        Ok(())
    }
}

/// Whether a shell leaves the character as it is.
fn is_literal(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/._-+".contains(c)
}

/// How a path that is removed lies to a folder that is mounted.
enum Relation {
    Inside,
    Around,
    Apart,
}

fn relation(path: &str, target: &str) -> Relation {
    let fixed = match path.find(['*', '?', '[']) {
        Some(at) => parent(&path[..at]),
        None => path,
    };
    if below(fixed, target).is_some() {
        return Relation::Inside;
    }
    let Some(rest) = below(target, fixed) else {
        return Relation::Apart;
    };
    if fixed == path {
        return Relation::Around;
    }
    let pattern = below(path, fixed)
        .and_then(|rest| rest.split('/').next())
        .unwrap_or_default();
    let name = rest.split('/').next().unwrap_or_default();
    if matches_name(pattern, name) {
        Relation::Around
    } else {
        Relation::Apart
    }
}
