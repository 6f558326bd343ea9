//! The folder that a tool builds in, which only the next build needs: it is mounted, and what other stages take
//! out of it is copied to another place.

use crate::analysis::mounts::{self, Mount};
use crate::analysis::paths::{Extent, Region, below, file_name, join};
use crate::analysis::runs::Step;
use crate::analysis::stages::{Base, Os, Stage};
use crate::knowledge::caches::{Cache, Workshop};
use crate::knowledge::tools::Does;
use crate::syntax::{Form, Kind, Span};
use crate::transform::{Change, Cx, Plan, Refusal, Rewrite};

use super::super::commands;
use super::super::layout::Layout;
use super::super::style;
use super::{account, check_frontend, places, refuse};

/// Where what is built is put instead.
const PROGRAMS: &str = "/usr/local/bin";

/// What to do with the stages that build with the tool of `cache` and leave the result to others.
pub(super) fn plans(cx: &Cx<'_>, cache: &Cache) -> Vec<Plan> {
    let Some(workshop) = &cache.workshop else {
        return Vec::new();
    };
    let stages = cx.facts.stages.iter().filter(|stage| stage.os == Os::Linux);
    let builds = stages.filter_map(|stage| Build::find(cx, cache, workshop, stage));
    builds.map(|build| build.rewrite()).collect()
}

/// A step that builds, and the copies that take out what it makes.
struct Build<'b, 'a> {
    cx: &'b Cx<'a>,
    cache: &'b Cache,
    workshop: &'b Workshop,
    stage: &'b Stage,
    /// The instruction.
    index: usize,
    step: &'a Step<'a>,
    /// The folder that it builds in.
    folder: String,
    /// Sources of copies: the instruction, the word as written, the path.
    taken: Vec<(usize, Span, String)>,
}

impl<'b, 'a> Build<'b, 'a> {
    fn find(
        cx: &'b Cx<'a>,
        cache: &'b Cache,
        workshop: &'b Workshop,
        stage: &'b Stage,
    ) -> Option<Self> {
        let builds = |step: &&Step<'_>| {
            let of_tool = step
                .invocation
                .as_ref()
                .is_some_and(|call| call.tool.id == cache.tool);
            of_tool && step.does() == Some(Does::Build)
        };
        let steps = stage
            .body
            .clone()
            .filter_map(|at| Some((at, cx.facts.runs[at].as_ref()?)));
        let mut builds = steps
            .rev()
            .filter_map(|(at, run)| Some((at, run.steps.iter().rfind(builds)?)));
        let (index, step) = builds.next()?;
        let folder = join(&step.directory()?, &workshop.folder);
        let taken = taken(cx, stage, &folder);
        let is_mounted = mounts::of(cx.facts, index)
            .filter(Mount::is_cache)
            .any(|mount| {
                let target = mount.target.map(Region::new);
                target.is_none_or(|target| target.meets(&Region::new(&folder)))
            });
        (!taken.is_empty() && !is_mounted).then_some(Self {
            cx,
            cache,
            workshop,
            stage,
            index,
            step,
            folder,
            taken,
        })
    }

    fn rewrite(&self) -> Plan {
        let id = self.id()?;
        self.check_alone()?;
        self.check_taken()?;
        self.check_script()?;
        let message = format!(
            "what {} has built before is kept by the builder, in a cache mount",
            self.cache.tool
        );
        let mut rewrite = Rewrite::new(self.cx.file.instructions()[self.index].span, message);
        check_frontend(self.cx, self.index, &mut rewrite)?;
        let flag = format!(
            "--mount=type=cache,id={id},target={},sharing=locked",
            self.folder
        );
        self.write(flag, &mut rewrite);
        rewrite.assume(&*self.workshop.assumes);
        let built = self.cx.facts.source(self.index, self.step.span);
        rewrite.evidence(built, format!("builds in {}", self.folder));
        for (at, word, _) in &self.taken {
            rewrite.evidence(
                self.cx.facts.source(*at, *word),
                "is taken out of the folder",
            );
        }
        Ok(rewrite)
    }

    fn refuse(&self, code: &'static str, why: &str) -> Refusal {
        refuse(self.cx, self.index, code, why)
    }

    /// The id of the mount: what is compiled belongs to the image.
    fn id(&self) -> Result<String, Refusal> {
        let state = &self.cx.facts.states[self.index];
        let variable = &self.workshop.variable;
        let text = self.cx.facts.source_text(self.index);
        if state.variables.contains_key(variable) || text.contains(variable.as_str()) {
            return Err(self.refuse("moved", &format!("{variable} says where it builds")));
        }
        if account::of(self.cx, self.index)?.owner.is_some() {
            return Err(self.refuse(
                "not-root",
                "the program cannot be put elsewhere by another user than root",
            ));
        }
        let image = places::image_name(self.cx, self.index).ok_or_else(|| {
            self.refuse("unknown-base", "it keeps what it compiles, and which image it compiles for is only known to the build")
        })?;
        Ok(format!("{}-{image}", self.workshop.folder))
    }

    /// No other step may find, or leave, anything in the folder.
    fn check_alone(&self) -> Result<(), Refusal> {
        let facts = self.cx.facts;
        let here = Region::new(self.folder.as_str());
        let uses = |step: &Step<'_>| {
            let builds = matches!(step.does(), None | Some(Does::Build | Does::Run))
                && !step.args.is_empty();
            let named = |extent: &Extent| match extent {
                Extent::Regions(regions) => regions
                    .iter()
                    .any(|region| region.path().starts_with(here.path())),
                Extent::Everything => false,
            };
            builds || named(&step.effects.reads) || named(&step.effects.writes)
        };
        let is_built_on = |stage: &Stage| stage.base == Base::Stage(self.stage.index);
        let stages = facts
            .stages
            .iter()
            .filter(|stage| stage.index == self.stage.index || is_built_on(stage));
        for at in stages
            .flat_map(|stage| stage.body.clone())
            .filter(|&at| at != self.index)
        {
            let Some(run) = &facts.runs[at] else { continue };
            if run.opaque.is_some() || run.steps.iter().any(uses) {
                let message = format!(
                    "{} may build in {} as well, and the layers keep what it leaves there",
                    style::title(self.cx, at),
                    self.folder
                );
                return Err(self
                    .refuse("built-in-steps", &message)
                    .because(self.cx.file.instructions()[at].span, "may use the folder"));
            }
        }
        Ok(())
    }

    /// Every copy takes one file, by its name.
    fn check_taken(&self) -> Result<(), Refusal> {
        let mut names: Vec<&str> = Vec::new();
        for (at, word, path) in &self.taken {
            let view = &self.cx.facts.views[*at];
            let name = file_name(path);
            let is_file = path.contains('/')
                && *path != self.folder
                && !path.contains(['*', '?', '[', '$'])
                && !path.ends_with("/release")
                && !path.ends_with("/debug");
            let is_odd = view.text(*word).ends_with('/')
                || matches!(&view.kind, Kind::Copy(copy) if copy.exec);
            let is_same = |other: &(usize, Span, String)| other.2 == *path;
            let is_double = names.contains(&name)
                && self.taken.iter().filter(|other| is_same(other)).count() < 2;
            if !is_file || is_odd || is_double || view.flag("parents").is_some() {
                let message =
                    "another stage takes more out of the folder than one file by its name";
                return Err(self
                    .refuse("needed-later", message)
                    .because(view.logical.source(*word), "takes it"));
            }
            names.push(name);
        }
        match self.cx.uses(self.stage).next() {
            Some(used) => {
                let message =
                    "the stage is built for itself, and what it builds would not be in it";
                Err(self
                    .refuse("needed-later", message)
                    .because(self.cx.place_of(used), "builds the stage"))
            }
            None => Ok(()),
        }
    }

    /// Commands can be put in front of the build, and behind the last one.
    fn check_script(&self) -> Result<(), Refusal> {
        let facts = self.cx.facts;
        let run = facts.runs[self.index].as_ref();
        let script = run.and_then(|run| run.script.as_ref());
        let is_list = script.is_some_and(|script| match script.items.as_slice() {
            [item] => commands::is_and_list(item) && script.comments.is_empty(),
            _ => false,
        });
        let is_shell = matches!(
            &facts.views[self.index].kind,
            Kind::Run {
                form: Form::Shell(_)
            }
        );
        let in_place = run.is_some_and(|run| run.steps.iter().all(|step| step.enters.is_none()));
        let folder = self.step.directory();
        if !is_list
            || !is_shell
            || !in_place
            || folder.as_deref() != Some(facts.states[self.index].workdir.as_str())
        {
            return Err(self.refuse("shell-lists", "commands have to be added, and it is more than commands in one folder that `&&` joins"));
        }
        Ok(())
    }

    fn write(&self, flag: String, rewrite: &mut Rewrite) {
        let facts = self.cx.facts;
        let view = &facts.views[self.index];
        let layout = Layout::like(self.cx, &[self.index]);
        let start = view.logical.source(Span::at(view.body.start)).start;
        rewrite.edits.insert(
            start,
            format!("{flag} {}{}", layout.continued, layout.indent),
        );
        rewrite.declares.push(Change::Mount(flag));
        let build = facts.source(self.index, self.step.span).start;
        rewrite
            .edits
            .insert(build, self.workshop.rebuild.clone() + &layout.and(&[]));
        rewrite
            .declares
            .push(Change::Commands(self.workshop.rebuild.clone()));
        let mut paths: Vec<&str> = Vec::new();
        for (_, _, path) in &self.taken {
            if !paths.contains(&path.as_str()) {
                paths.push(path);
            }
        }
        let workdir = &facts.states[self.index].workdir;
        let relative: Vec<&str> = paths
            .iter()
            .map(|path| below(path, workdir).unwrap_or(path))
            .collect();
        let copy = format!("cp {} {PROGRAMS}/", relative.join(" "));
        rewrite
            .edits
            .insert(view.logical.source(view.body).end, layout.and(&[]) + &copy);
        rewrite.declares.push(Change::Commands(copy));
        for (at, word, path) in &self.taken {
            let to = format!("{PROGRAMS}/{}", file_name(path));
            rewrite.edits.replace(facts.source(*at, *word), to.clone());
            rewrite.declares.push(Change::Moved {
                from: path.clone(),
                to,
            });
        }
    }
}

/// What copies take out of the folder of `stage`.
fn taken(cx: &Cx<'_>, stage: &Stage, folder: &str) -> Vec<(usize, Span, String)> {
    let mut taken = Vec::new();
    for at in 0..cx.facts.views.len() {
        let Kind::Copy(copy) = &cx.facts.views[at].kind else {
            continue;
        };
        if cx.facts.source_stage(at) != Some(stage.index) {
            continue;
        }
        for source in &copy.sources {
            let path = join("/", &cx.facts.expanded(at, source));
            if below(&path, folder).is_some() || below(folder, &path).is_some() {
                taken.push((at, source.span, path));
            }
        }
    }
    taken
}
