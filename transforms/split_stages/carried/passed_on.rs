//! Files that one step leaves for another in a folder for such files: `curl -o /tmp/tool.tgz …`, `tar xf /tmp/tool.tgz`.

use crate::analysis::effects::Effects;
use crate::analysis::paths::{Extent, Region};
use crate::analysis::runs::Step;
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
        let mut launches = site.launches.launches.iter();
        let is_named = |words: &[String]| words.iter().any(|word| word.contains(path));
        site.cx.knowledge.package_managers.is_temporary(path)
            && steps.any(is_reading)
            && !launches.any(|launch| is_named(&launch.words))
            && !(site.cx.context.is_some() && artefacts::is_named_by_files(site, path))
    }
}
