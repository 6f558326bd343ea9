//! Steps behind the split: the runtime stage repeats them, so what they work on has to be there.

use crate::analysis::paths::{Extent, Region, below, join};
use crate::analysis::runs::Step;
use crate::knowledge::tools::Operands;
use crate::transform::Refusal;

use super::{Settling, copies, makes_folders};
use crate::transforms::split_stages::roles::Role;

/// Where package managers keep what the runtime stage has no more.
const LISTS: [&str; 3] = ["/var/lib/apt/lists", "/var/cache/apt", "/var/cache/apk"];

impl Settling<'_> {
    /// What is done behind the split stays as it is, so what it works on has to be there.
    pub(super) fn behind(&mut self, at: usize) -> Result<(), Refusal> {
        if self.site.roles.of(at) == Role::Source {
            self.present.push((at, copies::destinations(self.site, at)));
        }
        let steps = self.site.cx.facts.steps(at);
        let is_list = |path: &String| LISTS.iter().any(|list| below(path, list).is_some());
        let brings = |region: &Region, all: bool| {
            let mut present = self.present.iter();
            present.any(|(at, regions)| {
                let is_copy = || self.site.roles.of(*at) == Role::Source;
                (all || is_copy()) && regions.iter().any(|brought| brought.meets(region))
            })
        };
        let is_missing = |path: &String, made: bool| {
            let region = Region::new(path);
            let is_absent = self.absent.iter().any(|absent| absent.meets(&region));
            is_absent && !self.holds(path) && !brings(&region, made)
        };
        let is_there = |step: &Step<'_>, path: &str, made: &[Region]| {
            let region = Region::new(path);
            made.iter().any(|made| made.covers(&region)) || self.changes_what_is_left(step, path)
        };
        let mut made = self.made.clone();
        let mut missing = None;
        for step in steps {
            let mut paths = expected(step).into_iter();
            missing = missing.or_else(|| {
                paths.find(|path| {
                    is_list(path) || is_missing(path, true) && !is_there(step, path, &made)
                })
            });
            if let (true, Extent::Regions(folders)) = (makes_folders(step), &step.effects.writes) {
                made.extend(folders.iter().cloned());
            }
        }
        // The folder alone is nothing to look through.
        let mut searched = steps.iter().filter(|step| searches(step));
        let searched = searched.find_map(|step| {
            let folder = step.cwd.clone();
            folder.filter(|folder| is_missing(folder, false))
        });
        let missing = missing.or(searched);
        self.made = made;
        match missing {
            Some(path) => {
                let message = format!("it works on {path}, which only the builder has");
                Err(self.site.refuse_at(at, "output-not-located", &message))
            }
            None => Ok(()),
        }
    }

    /// Whether `step` changes whatever is in the folder `path`, as `chown -R app /app`, and that folder is there.
    fn changes_what_is_left(&self, step: &Step<'_>, path: &str) -> bool {
        let tool = step.invocation.as_ref().map(|own| own.tool);
        let mut held = self.artefacts.all().chain(&self.carried);
        let mut is_there = || {
            below(&self.site.workdir(), path).is_some()
                || held.any(|held| below(held, path).is_some())
        };
        tool.is_some_and(|tool| tool.works_on_what_is_there) && is_there()
    }
}

/// The paths that have to be there for a step, by its operands.
fn expected(step: &Step<'_>) -> Vec<String> {
    let (Some(invocation), Some(cwd)) = (&step.invocation, step.cwd.as_deref()) else {
        return Vec::new();
    };
    let operands = invocation.operands.as_slice();
    let needed = match (invocation.action.operands, operands) {
        (Operands::Read, all) => all,
        (Operands::Write, all) if invocation.action.removes && !invocation.always_succeeds() => all,
        (Operands::ReadThenWrite | Operands::Move, [sources @ .., _]) => sources,
        (Operands::SkipThenWrite, [_, paths @ ..]) => paths,
        _ => &[],
    };
    let known = needed
        .iter()
        .filter_map(|&at| step.args[at].text.as_deref());
    known
        .map(|path| join(cwd, path))
        .filter(|path| path.starts_with('/'))
        .collect()
}

/// Whether a step looks for itself what there is to work on: `find . -delete`.
fn searches(step: &Step<'_>) -> bool {
    let invocation = step.invocation.as_ref();
    invocation.is_some_and(|own| {
        own.action.in_runtime && matches!(own.action.operands, Operands::Ignored)
    })
}
