//! Files that one step leaves for another in a folder for such files: `curl -o /tmp/tool.tgz …`, `tar xf /tmp/tool.tgz`.

use crate::analysis::effects::Effects;
use crate::analysis::paths::{Extent, Region, file_name};
use crate::analysis::runs::Step;
use crate::syntax::Kind;
use crate::transforms::split_stages::artefacts;

use super::Settling;

impl Settling<'_> {
    /// Takes from `made` what a later step of the builder reads, and nothing of the program as far as can be seen.
    pub(super) fn leave_what_is_passed_on(&mut self, made: &mut Vec<String>) {
        let (passed_on, kept) = made
            .drain(..)
            .partition::<Vec<_>, _>(|path| self.is_passed_on(path));
        *made = kept;
        for path in passed_on {
            let sentence = format!("the program does not read {path}");
            self.artefacts.assumes.push(sentence);
            self.artefacts.for_builds.push(path);
        }
    }

    fn is_passed_on(&self, path: &str) -> bool {
        let site = self.site;
        let region = Region::new(path);
        let is_reading = |step: &Step<'_>| {
            let Effects { reads, writes } = &step.effects;
            *reads != Extent::Everything && reads.meets(&region) && !writes.meets(&region)
        };
        let before = site.stage.body.start..site.roles.split;
        let mut steps = before.flat_map(|at| site.cx.facts.steps(at));
        site.cx.knowledge.package_managers.is_temporary(path)
            && steps.any(is_reading)
            && !self.is_named_beside_steps(path)
            && !self.is_handed_on(path)
            && !(site.cx.context.is_some() && self.is_named_by_project(path))
    }

    /// Whether what the container starts, or an instruction that is no step (`ENV MODEL=/tmp/model.bin`), names `path`.
    fn is_named_beside_steps(&self, path: &str) -> bool {
        let site = self.site;
        let mut launches = site.launches.launches.iter();
        let mut body = site.stage.body.clone();
        let names = |at: usize| {
            let view = &site.cx.facts.views[at];
            !matches!(view.kind, Kind::Run { .. }) && view.logical.text.contains(path)
        };
        launches.any(|launch| launch.words.iter().any(|word| word.contains(path)))
            || body.any(names)
    }

    /// Whether a step names `path` and does more than read or make it: it leads there by a link, or writes its name down.
    fn is_handed_on(&self, path: &str) -> bool {
        let site = self.site;
        let region = Region::new(path);
        let hands_on = |step: &Step<'_>| {
            let Effects { reads, writes } = &step.effects;
            let is_link = step.args.first().is_some_and(|arg| arg.known() == "ln");
            let is_named = step.args.iter().any(|arg| arg.known().contains(path));
            is_named && (is_link || !reads.meets(&region) && !writes.meets(&region))
        };
        let mut steps = site
            .stage
            .body
            .clone()
            .flat_map(|at| site.cx.facts.steps(at));
        steps.any(hands_on)
    }

    /// Whether a file of the context names `path`, or the name of the file alone: `os.path.join(folder, "model.bin")`.
    fn is_named_by_project(&self, path: &str) -> bool {
        [path, file_name(path)]
            .iter()
            .any(|name| artefacts::is_named_by_files(self.site, name))
    }
}
