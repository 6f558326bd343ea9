//! One look at a document: what could be rewritten, now.

use anyhow::Result;
use dfopt::engine::proposals::{Proposal, proposals};
use dfopt::engine::{self, Options, Outcome};
use dfopt::report::Problem;
use dfopt::syntax;
use dfopt::transform::Safety;

use super::document::Document;
use crate::job::Job;
use crate::rewrite::{Setup, rejections};

/// What was found in a document.
pub(super) struct Look<'j> {
    pub(super) setup: Setup<'j>,
    /// Every rewrite that can be made next, each on its own.
    pub(super) proposals: Vec<Proposal>,
    /// What `BuildKit` would reject. Nothing is proposed then.
    pub(super) problems: Vec<Problem>,
}

impl<'j> Look<'j> {
    /// Looks at the text that the client has, and at what is on the disk around it.
    pub(super) fn at(document: &Document, job: &'j Job<'_>) -> Result<Self> {
        let text = document.text.as_str();
        let file = syntax::parse(text);
        let setup = Setup::new(&document.source, &file, job)?;
        let problems = rejections(&file);
        let proposals = if problems.is_empty() {
            proposals(text, &setup.options())
        } else {
            Vec::new()
        };
        Ok(Self {
            setup,
            proposals,
            problems,
        })
    }

    /// Whether the settings let this rewrite be made without being asked for by itself.
    pub(super) fn admits(&self, proposal: &Proposal) -> bool {
        proposal.rewrite.safety() <= self.setup.options().safety
    }

    /// All rewrites one after the other, as `--write` makes them, and none less certain than `most`.
    pub(super) fn all(&self, document: &Document, most: Safety) -> Outcome {
        let options = self.setup.options();
        let safety = options.safety.min(most);
        engine::optimize(document.text.as_str(), &Options { safety, ..options })
    }
}
