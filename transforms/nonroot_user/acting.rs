//! Tools that run scripts as the account that the folder belongs to, when root calls them: npm 7 and 8.
//!
//! Such a script cannot enter the home of root, and cannot write what other steps have made. So that the build goes on as it
//! went, the folder stays root's until all steps are done.

use super::left_behind::history;
use super::makers::named_paths;
use super::ownership::{Surveyor, Territory};
use crate::analysis::paths::below;
use crate::analysis::runs::Step;
use crate::knowledge::tools::{Does, Tool};
use crate::syntax::Kind;
use crate::transform::Refusal;

impl Surveyor<'_> {
    /// Whether a step works in `folder` and would act as its owner.
    pub(super) fn is_acted_in(&self, folder: &str) -> bool {
        let body = self.site.stage.body.clone();
        let mut steps = body.flat_map(|at| self.site.cx.facts.steps(at));
        steps.any(|step| self.acts_as_owner(step) && place_of(step).as_deref() == Some(folder))
    }

    /// Refuses when a step works in a folder that a copy before it would have to give away.
    ///
    /// # Errors
    /// The first such step.
    pub(super) fn refuse_acting(&self, territory: &Territory) -> Result<(), Refusal> {
        for index in self.site.stage.body.clone() {
            let mut steps = self.site.cx.facts.steps(index).iter();
            let acts = |step: &&Step<'_>| {
                let directory = place_of(step).filter(|_| self.acts_as_owner(step));
                directory
                    .is_some_and(|directory| self.is_given_by_copy(territory, index, &directory))
            };
            if let Some(step) = steps.find(acts) {
                let program = step.args.first().map_or("", |arg| arg.known());
                let message = format!(
                    "`{program}` of this version runs scripts as the account that the folder belongs to, and would build as another one than before; use a newer version, or give the files away behind the build"
                );
                return Err(self.refuse(index, "owner-bound", message));
            }
        }
        Ok(())
    }

    /// Whether `folder` belongs to the program before instruction `index`, because a copy brings or makes it.
    fn is_given_by_copy(&self, territory: &Territory, index: usize, folder: &str) -> bool {
        let facts = self.site.cx.facts;
        let mut copies = territory.copies.iter().filter(|at| **at < index);
        copies.any(|&at| {
            let (Kind::Copy(transfer) | Kind::Add(transfer)) = &facts.views[at].kind else {
                return false;
            };
            let dest = facts.destination(at, transfer);
            let is_made_before = || {
                let mut before = self.site.stage.body.start..at;
                before.any(|before| match facts.views[before].kind {
                    Kind::Workdir(_) => {
                        below(&facts.state_behind(before).workdir, folder).is_some()
                    }
                    _ => {
                        let mut made = facts.steps(before).iter().flat_map(named_paths);
                        made.any(|made| below(&made, folder).is_some())
                    }
                })
            };
            let is_inside = below(folder, &dest).is_some_and(|inside| !inside.is_empty());
            is_inside || below(&dest, folder).is_some() && !is_made_before()
        })
    }

    /// Whether `step` is a call of such a tool, or may start the one that the image has.
    fn acts_as_owner(&self, step: &Step<'_>) -> bool {
        let called = step.invocation.as_ref().map(|known| known.tool);
        if called.is_some_and(|tool| self.is_acting(tool)) {
            return true;
        }
        let starts_others = matches!(
            step.does(),
            None | Some(Does::Run | Does::Build | Does::InstallDependencies)
        );
        let image = self.site.cx.facts.image(self.site.stage);
        let language = image.and_then(|image| image.provides);
        let mut tools = self.site.cx.knowledge.tools.of_language(language);
        starts_others && tools.any(|tool| self.is_acting(tool))
    }

    fn is_acting(&self, tool: &Tool) -> bool {
        let image = self.site.cx.facts.image(self.site.stage);
        let is_known = image.is_some_and(|image| image.as_root.contains(&tool.id.as_str()));
        tool.acts_as_owner && (!is_known || self.is_replaced(&tool.programs))
    }

    /// Whether a step installs another version of one of `programs`: `npm install -g npm@8`.
    fn is_replaced(&self, programs: &[String]) -> bool {
        let names = |word: &str| {
            let name = word.split('@').next().unwrap_or_default();
            programs.iter().any(|program| program == name)
        };
        let installs = |step: &Step<'_>| {
            let arguments = step.args.iter().skip(1);
            let mut words = arguments.map(|arg| arg.known());
            words.any(|word| names(word) && word.contains('@'))
        };
        let history = history(self.site.cx, self.site.stage).into_iter();
        let mut steps = history.flat_map(|at| self.site.cx.facts.steps(at));
        steps.any(installs)
    }
}

/// Where `step` works.
fn place_of(step: &Step<'_>) -> Option<String> {
    step.directory().or_else(|| step.cwd.clone())
}
