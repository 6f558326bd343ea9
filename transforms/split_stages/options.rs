//! Words that ask a build for the same program in another form: without libraries, without what only debuggers read.

use crate::analysis::paths::{Region, file_name, join};
use crate::analysis::runs::Step;
use crate::context::{BuildContext, matches_name};
use crate::knowledge::tools::{Action, Does, Static, Stripped};

use super::Site;
use super::artefacts::{Artefacts, MOST_FILES, steps};
use super::roles::Role;
use crate::knowledge::pattern::Pattern;

/// Adds to the builds of the site what the table offers for `action`, of which they all are, and nothing here
/// contradicts.
pub(super) fn add(site: &Site<'_>, action: &Action, artefacts: &mut Artefacts) {
    let mut all_static = action.linked_static.is_some();
    let builds = steps(site, Role::Build).filter(|(_, step)| step.does() == Some(Does::Build));
    for (at, step) in builds {
        let build = Build { site, at, step };
        let how = action.linked_static.as_ref();
        all_static &= how.is_some_and(|how| build.link_static(how, action, artefacts));
        if let Some(how) = &action.stripped {
            build.strip(how, artefacts);
        }
    }
    artefacts.is_static = all_static;
}

/// The command that builds.
struct Build<'s> {
    site: &'s Site<'s>,
    /// Its instruction.
    at: usize,
    step: &'s Step<'s>,
}

impl Build<'_> {
    /// Makes sure that the program needs no library, where that is proven or can be had. Whether it does.
    fn link_static(&self, how: &Static, action: &Action, artefacts: &mut Artefacts) -> bool {
        let facts = &self.site.cx.facts;
        let (name, value) = how.variable.split_once('=').unwrap_or((&how.variable, ""));
        let text = facts.written(self.at, self.step.span);
        let set = facts.states[self.at].value(name);
        if set.as_deref() == Some(value) || text.starts_with(&how.variable) {
            return true;
        }
        let context = self.site.cx.context;
        let is_free = context.is_some_and(|context| self.is_free_of(context, how, action));
        let is_assigned = self.step.assigns.iter().any(|assigned| assigned == name);
        let needs_libraries = |word: &str| {
            let name = word.split('=').next().unwrap_or(word);
            how.unless_option.iter().any(|option| option == name)
        };
        let needs_libraries = self
            .step
            .args
            .iter()
            .any(|arg| needs_libraries(arg.known()));
        let has_place = !self.is_array() && !is_assigned;
        let can_be = set.is_none() && has_place && is_free && !needs_libraries;
        if can_be {
            let offset = facts.script_source(self.at, self.step.span).start;
            let variable = format!("{} ", how.variable);
            artefacts.options.push((offset, variable));
            artefacts.assumes.push(how.assumes.clone());
        }
        can_be
    }

    /// Leaves out what only debuggers read, unless the author has thought of such things.
    fn strip(&self, how: &Stripped, artefacts: &mut Artefacts) {
        let text = self.site.cx.file.text();
        let is_decided = how
            .unless_mentioned
            .iter()
            .any(|word| text.contains(word.as_str()));
        let verb = self
            .step
            .invocation
            .as_ref()
            .map(|call| call.verb_words.clone());
        let verb = verb.and_then(|words| self.step.args.get(words.last()?));
        let Some(verb) = verb.filter(|_| !is_decided && !self.is_array()) else {
            return;
        };
        let offset = self.site.cx.facts.script_source(self.at, verb.span).end;
        artefacts.options.push((offset, format!(" {}", how.option)));
        artefacts.assumes.push(how.assumes.clone());
    }

    /// Whether the command is an array of words, which is left as it is: no variable goes before the first.
    fn is_array(&self) -> bool {
        let run = self.site.cx.facts.run(self.at);
        run.is_some_and(|run| run.script.is_none())
    }

    /// Whether neither the manifest nor the sources hold a line with which a static program would differ.
    fn is_free_of(&self, context: &BuildContext, how: &Static, action: &Action) -> bool {
        let Some(files) = context.files_below("", MOST_FILES) else {
            return false;
        };
        let holds = |path: &String, lines: &[Pattern]| {
            let text = context.read(path).unwrap_or_default();
            text.lines()
                .any(|line| lines.iter().any(|regex| regex.is_match(line)))
        };
        let manifests = action.prefetch.as_ref().map(|prefetch| &prefetch.manifests);
        let manifest = manifests
            .and_then(|manifests| manifests.first())
            .filter(|path| context.has(path));
        let Some(manifest) = manifest else {
            return false;
        };
        let may_grow = self.is_written_before(manifest);
        let differs = |path: &String| {
            holds(path, &how.unless_source) || may_grow && holds(path, &how.unless_source_then)
        };
        let is_source = |path: &&String| {
            let mut sources = action.sources.iter();
            sources.any(|pattern| matches_name(pattern, file_name(path)))
        };
        !holds(manifest, &how.unless_manifest) && !files.iter().filter(is_source).any(differs)
    }

    /// Whether a step in front of the build may write the manifest in the folder of the build.
    fn is_written_before(&self, manifest: &str) -> bool {
        let Some(directory) = self.step.directory() else {
            return true;
        };
        let manifest = Region::new(join(&directory, manifest));
        let before = self.site.stage.body.start..=self.at;
        let steps = before.flat_map(|at| self.site.cx.facts.steps(at));
        let mut others = steps.filter(|step| step.does() != Some(Does::Build));
        others.any(|step| step.effects.writes.meets(&manifest))
    }
}
