//! What a mount hides, and who would miss it: a folder that is mounted is not part of the image.

use crate::analysis::launch::Declared;
use crate::analysis::mounts;
use crate::analysis::paths::{Extent, Region, below, file_name, join, parent};
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::knowledge::caches::Cache;
use crate::syntax::{Kind, Transfer};
use crate::transform::{Cx, Refusal, Rewrite};

use super::super::style;
use super::uses::Group;
use super::{Mounted, refuse};

/// Checks that nothing lies in the folders of `mounted` that a step, another stage or the program needs.
pub(super) fn check(
    cx: &Cx<'_>,
    cache: &Cache,
    group: &Group<'_>,
    mounted: &[Mounted<'_, '_>],
    rewrite: &mut Rewrite,
) -> Result<(), Refusal> {
    let mut targets: Vec<&str> = Vec::new();
    for place in mounted.iter().flat_map(|one| &one.places) {
        if !targets.contains(&place.target.as_str()) {
            targets.push(&place.target);
        }
    }
    let search = Search {
        cx,
        cache,
        group,
        targets,
        first: mounted[0].used.index,
    };
    search.unknown_steps(rewrite)?;
    search.hidden()?;
    search.taken()?;
    search.at_run_time(rewrite)
}

/// The folder of all caches in a home: whoever takes it wants these. https://specifications.freedesktop.org/basedir-spec/latest/
const CACHES: &str = ".cache";

struct Search<'s, 'a> {
    cx: &'s Cx<'a>,
    cache: &'s Cache,
    group: &'s Group<'a>,
    /// The folders that are mounted.
    targets: Vec<&'s str>,
    /// The first instruction with a mount.
    first: usize,
}

impl Search<'_, '_> {
    fn refuse(&self, code: &'static str, at: usize, why: &str, note: &str) -> Refusal {
        let message = format!("{} {why}", style::title(self.cx, at));
        refuse(self.cx, self.first, code, &message)
            .because(self.cx.file.instructions()[at].span, note)
    }

    /// The instructions of the stages that have what lies in the folders.
    fn instructions(&self) -> impl Iterator<Item = usize> {
        let stages = self.group.stages.iter();
        stages.flat_map(|&stage| self.cx.facts.stages[stage].body.clone())
    }

    /// A command that may do anything and that has no mount may need what others found in theirs.
    fn unknown_steps(&self, rewrite: &mut Rewrite) -> Result<(), Refusal> {
        match self.group.unknown.filter(|_| self.cache.store) {
            Some(_) if self.cache.copies => {
                let tool = &self.cache.tool;
                rewrite.assume(format!("no script of a later step runs {tool} offline"));
                Ok(())
            }
            Some(at) => {
                let why = format!("runs what may need what {} keeps", self.cache.tool);
                Err(self.refuse("may-need-it", at, &why, "may do anything"))
            }
            None => Ok(()),
        }
    }

    /// Whether `path` lies in one of the folders.
    fn is_inside(&self, path: &str) -> bool {
        self.targets
            .iter()
            .any(|target| below(path, target).is_some())
    }

    /// Whether one of the folders lies in `path`, or the other way round.
    fn meets(&self, path: &str) -> bool {
        let region = Region::new(path);
        self.targets
            .iter()
            .any(|target| Region::new(*target).meets(&region))
    }

    /// Whether a copy of `path` is meant to have the folders that lie in it: they are a store, or it holds caches alone.
    fn is_whole(&self, path: &str) -> bool {
        self.cache.store || file_name(path) == CACHES
    }

    /// What other instructions put into the folders is not seen under a mount, and what they read there is gone.
    fn hidden(&self) -> Result<(), Refusal> {
        let facts = self.cx.facts;
        for at in self.instructions() {
            if let Kind::Copy(transfer) | Kind::Add(transfer) = &facts.views[at].kind
                && self.is_brought(at, transfer)
            {
                let why = "puts files where the mount would be";
                return Err(self.refuse("hidden", at, why, "goes there"));
            }
            let steps = facts.runs[at].iter().flat_map(|run| run.all_commands());
            let own = |name: &str| name == self.cache.tool || name == "rm";
            let others = steps.filter(|step| {
                let invocation = step.invocation.as_ref();
                !own(invocation.map_or("", |call| &call.tool.id))
                    && !own(step.args.first().map_or("", |arg| arg.known()))
            });
            let touched = |extent: &Extent| match extent {
                Extent::Regions(regions) => {
                    regions.iter().any(|region| self.is_inside(region.path()))
                }
                Extent::Everything => false,
            };
            for step in others {
                let is_taken = self.cache.store && self.takes_whole(step);
                if is_taken || touched(&step.effects.reads) || touched(&step.effects.writes) {
                    return Err(self.refuse(
                        "hidden",
                        at,
                        "uses files in the folder of the mount",
                        "names the folder",
                    ));
                }
            }
        }
        Ok(())
    }

    /// Whether a word of `step` is a folder in which one of these lies, and not one of the system or of all that somebody has:
    /// `cp -r /root/.m2 /opt`.
    fn takes_whole(&self, step: &Step<'_>) -> bool {
        let tools = &self.cx.knowledge.tools;
        let is_of_all = |path: &str| {
            let mut common = tools.paths("@standing").chain(tools.paths("@system"));
            path == "/" || parent(path) == "/home" || common.any(|folder| folder == path)
        };
        let mut words = step.words().skip(1).filter(|word| word.starts_with('/'));
        words.any(|word| {
            let path = join("/", word);
            let mut targets = self.targets.iter();
            targets.any(|target| below(target, &path).is_some()) && !is_of_all(&path)
        })
    }

    /// Whether the copy at `at` brings something into one of the folders, or may bring a store as a whole.
    fn is_brought(&self, at: usize, transfer: &Transfer) -> bool {
        let facts = self.cx.facts;
        let dest = facts.destination(at, transfer);
        if self.is_inside(&dest) {
            return true;
        }
        let mut around = self
            .targets
            .iter()
            .filter_map(|target| below(target, &dest));
        if facts.views[at].flag("from").is_some() {
            return self.is_whole(&dest) && around.next().is_some();
        }
        let brings = |source: &String, rest: &str| {
            let path = format!("{}/{rest}", source.trim_end_matches('/'));
            let path = join("/", &path);
            self.cx
                .context
                .is_some_and(|context| context.has(path.trim_start_matches('/')))
        };
        let sources = self.sources(at, transfer);
        around.any(|rest| sources.iter().any(|source| brings(source, rest)))
    }

    /// What other stages copy, or mount, from these.
    fn taken(&self) -> Result<(), Refusal> {
        let facts = self.cx.facts;
        for at in 0..facts.views.len() {
            if !facts
                .source_stage(at)
                .is_some_and(|stage| self.group.stages.contains(&stage))
            {
                continue;
            }
            let sources = match &facts.views[at].kind {
                Kind::Copy(transfer) => self.sources(at, transfer),
                _ => mounts::of(facts, at)
                    .filter_map(|mount| mount.source)
                    .collect(),
            };
            let is_taken = |path: &String| {
                let path = join("/", path);
                self.is_inside(&path) || self.is_whole(&path) && self.meets(&path)
            };
            if sources.iter().any(is_taken) {
                let why = "takes over what would be in the mount, and not in the image";
                return Err(self.refuse("needed-later", at, why, "copies it"));
            }
        }
        Ok(())
    }

    fn sources(&self, at: usize, transfer: &Transfer) -> Vec<String> {
        transfer
            .sources
            .iter()
            .map(|source| self.cx.facts.expanded(at, source))
            .collect()
    }

    /// The programs that the images start.
    fn at_run_time(&self, rewrite: &mut Rewrite) -> Result<(), Refusal> {
        let stages = self
            .group
            .stages
            .iter()
            .map(|&stage| &self.cx.facts.stages[stage]);
        for stage in stages.filter(|stage| self.is_shipped(stage)) {
            let declared = Declared::of_stage(self.cx.facts, stage);
            for at in [declared.entrypoint, declared.cmd, declared.healthcheck]
                .into_iter()
                .flatten()
            {
                if let Some(program) = self.started(at) {
                    let why = format!("starts `{program}`, which needs what would be in the mount");
                    return Err(self.refuse("needed-at-run-time", at, &why, "starts it"));
                }
            }
            if self.cache.store {
                let folders = self.targets.join(" and ");
                rewrite.assume(format!("what the image starts needs nothing of {folders}"));
            }
        }
        if self.cache.before.is_some() {
            rewrite.assume("nothing that is built on these stages counts on the file docker-clean, which keeps apt from storing downloads");
        }
        Ok(())
    }

    fn is_shipped(&self, stage: &Stage) -> bool {
        self.cx.facts.users_of(stage).next().is_none() || self.cx.uses(stage).next().is_some()
    }

    /// The program started at `at` that finds in the cache what it runs.
    fn started(&self, at: usize) -> Option<&str> {
        let view = &self.cx.facts.views[at];
        let body = view
            .text(view.body)
            .replace(['[', ']', '"', '\'', ',', ';', '(', ')', '/'], " ");
        let words: Vec<&str> = body.split_whitespace().collect();
        let line = format!(" {} ", words.join(" "));
        let mut programs = self.cache.needed_by.iter().map(String::as_str);
        programs.find(|program| line.contains(&format!(" {program} ")))
    }
}
