//! `--pin-digests`: the images that a file names, with the digests that registries have for them today.
//!
//! The only part of dfopt that uses the network. It works on what the transforms have made of a file: they read tags.

mod credentials;
mod reference;
mod registry;

use dfopt::analysis::Facts;
use dfopt::analysis::stages::{Base, Stage};
use dfopt::engine::{self, Entry, Options, Outcome};
use dfopt::report::Problem;
use dfopt::suppress::Suppressions;
use dfopt::syntax::{self, Kind, Span};
use dfopt::transform::{Change, Rewrite};
use dfopt::verify;

use registry::Registry;

/// What rewrites that pin belong to, in reports and in `# dfopt: ignore`.
const ID: &str = "pin-base";

/// The comment above a digest that dfopt may bring up to date. One without it is the author's.
const MARK: &str = "# dfopt: pinned";

/// Pins images.
pub(crate) struct Pinner {
    registry: Registry,
}

impl Pinner {
    pub(crate) fn new() -> Self {
        Self {
            registry: Registry::new(),
        }
    }

    /// Names the digest of every image in the text of `outcome`. What cannot be had is a problem, and stays as it is.
    pub(crate) fn pin(&self, outcome: &mut Outcome, options: &Options<'_>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let count = Facts::new(&syntax::parse(&outcome.text), options.knowledge)
            .stages
            .len();
        let mut is_changed = false;
        for stage in 0..count {
            match self.pinned(&outcome.text, stage, options) {
                Ok(None) => {}
                Ok(Some((rewrite, text))) => {
                    is_changed = true;
                    let before = std::mem::replace(&mut outcome.text, text);
                    outcome.journal.push(Entry {
                        id: ID,
                        rewrite,
                        before,
                    });
                }
                Err(problem) => problems.push(problem),
            }
        }
        if is_changed {
            refresh(outcome, options);
        }
        problems
    }

    /// The rewrite that pins the image of one stage of `text`, and what comes of it; nothing when there is nothing to do.
    fn pinned(
        &self,
        text: &str,
        stage: usize,
        options: &Options<'_>,
    ) -> Result<Option<(Rewrite, String)>, Problem> {
        let file = syntax::parse(text);
        let facts = Facts::new(&file, options.knowledge);
        let stage = &facts.stages[stage];
        let Some(site) = Site::find(&facts, stage) else {
            return Ok(None);
        };
        let told = |message: String| Problem::new(format!("{}: {message}", site.written));
        if site.written.contains('$') {
            return Err(told(
                "the image comes from an ARG, which is not pinned".to_owned(),
            ));
        }
        let digest = self.registry.digest(site.image).map_err(told)?;
        let to = format!("{}@{digest}", site.image);
        if to == site.written {
            return Ok(None);
        }
        let rewrite = site.rewrite(&to);
        if Suppressions::read(&file).forbids(ID, &rewrite).is_some() {
            return Ok(None);
        }
        let after = rewrite.edits.apply(text);
        let cx = options.cx(&facts);
        match verify::check(&cx, &after, &rewrite).first() {
            Some(violation) => Err(told(format!("pinning it does not hold: {violation}"))),
            None => Ok(Some((rewrite, after))),
        }
    }
}

/// What is said of the text before it was pinned, at its places now. Digests hide the version from transforms, so only
/// when they have nothing to do with the new text either.
fn refresh(outcome: &mut Outcome, options: &Options<'_>) {
    let again = engine::optimize(&outcome.text, options);
    outcome.refusals.clear();
    outcome.withheld.clear();
    if again.journal.is_empty() {
        outcome.refusals = again.refusals;
        outcome.withheld = again.withheld;
    }
}

/// A `FROM` with an image that is to be pinned.
struct Site<'t> {
    /// The reference as it is written.
    written: &'t str,
    /// The same without a digest.
    image: &'t str,
    /// Where it stands.
    span: Span,
    /// Where the instruction starts.
    start: usize,
    /// The line ending behind it.
    newline: &'static str,
    is_marked: bool,
    /// The reference as the facts have it.
    reference: &'t str,
}

impl<'t> Site<'t> {
    /// The image of `stage`, unless its author has pinned it.
    fn find(facts: &'t Facts<'_>, stage: &'t Stage) -> Option<Self> {
        let (Base::Image(reference), Kind::From { image, .. }) =
            (&stage.base, &facts.views[stage.from].kind)
        else {
            return None;
        };
        let text = facts.file.text();
        let start = facts.file.instructions()[stage.from].span.start;
        let above = text[..start].trim_end_matches(['\n', '\r']);
        let is_marked = above
            .lines()
            .next_back()
            .is_some_and(|line| line.trim() == MARK);
        let written = image.raw.as_str();
        let name = written.split('@').next().unwrap_or_default();
        let has_digest = name.len() < written.len();
        let ends = text[start..].find('\n').map(|at| start + at);
        (!has_digest || is_marked).then(|| Self {
            written,
            image: name,
            span: facts.source(stage.from, image.span),
            start,
            newline: if ends.is_some_and(|at| text[..at].ends_with('\r')) {
                "\r\n"
            } else {
                "\n"
            },
            is_marked,
            reference,
        })
    }

    fn rewrite(&self, to: &str) -> Rewrite {
        let message = if self.written.contains('@') {
            format!("{} stands for another digest today", self.image)
        } else {
            format!("{} with the digest that it stands for today", self.image)
        };
        let mut rewrite = Rewrite::new(self.span, message);
        rewrite.by_intent = true;
        rewrite.edits.replace(self.span, to);
        if !self.is_marked {
            rewrite
                .edits
                .insert(self.start, format!("{MARK}{}", self.newline));
        }
        rewrite.declares.push(Change::Base {
            from: self.reference.to_owned(),
            to: to.to_owned(),
        });
        rewrite
    }
}
