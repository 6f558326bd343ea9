//! Steps before the split that neither install nor build: the runtime stage repeats them, or takes over what they
//! have made.

mod behind;
mod passed_on;

use crate::analysis::commands::Invocation;
use crate::analysis::effects::Effects;
use crate::analysis::paths::{Extent, Region, below, file_name, join, parent};
use crate::analysis::runs::{Run, Step};
use crate::context::matches_name;
use crate::knowledge::installs::Installs;
use crate::knowledge::tools::{Does, Operands, Tools};
use crate::transform::Refusal;

use super::Site;
use super::artefacts::{Artefacts, steps};
use super::copies;
use super::installed;
use super::programs;
use super::registers;
use super::roles::{self, Role};
use super::together;
use super::tools_only;

/// Decides for each of them, and for the copies of the context, and adds to `artefacts` what is taken over and which
/// instructions are left out.
///
/// # Errors
/// When a step can neither be repeated nor can it be told what it makes.
pub(super) fn settle(site: &Site<'_>, artefacts: &mut Artefacts) -> Result<(), Refusal> {
    let mut settling = Settling {
        site,
        carried: Vec::new(),
        absent: Vec::new(),
        present: Vec::new(),
        made: Vec::new(),
        artefacts,
    };
    for at in site.stage.body.start..site.roles.split {
        settling.instruction(at)?;
    }
    for at in site.roles.split..site.stage.body.end {
        settling.behind(at)?;
    }
    let carried = settling.carried;
    artefacts.paths.extend(carried);
    Ok(())
}

struct Settling<'a> {
    site: &'a Site<'a>,
    artefacts: &'a mut Artefacts,
    /// What is taken over beside the artefacts.
    carried: Vec<String>,
    /// What the builder has at this point and the runtime stage has not.
    absent: Vec<Region>,
    /// What the runtime stage reads or writes up to this point, by instruction.
    present: Vec<(usize, Vec<Region>)>,
    /// The folders that steps behind the split make.
    made: Vec<Region>,
}

impl Settling<'_> {
    fn instruction(&mut self, at: usize) -> Result<(), Refusal> {
        let run = self.site.cx.facts.run(at);
        for step in self.site.cx.facts.steps(at) {
            self.forget_what_is_gone(step);
        }
        match (self.site.roles.of(at), run) {
            (Role::Source, _) if !copies::are_repeated(self.site, self.artefacts, at) => {
                self.artefacts.left_out.push(at);
                let regions = copies::destinations(self.site, at);
                self.note_what_lies_beside_the_build(&regions);
                self.absent.extend(regions);
                Ok(())
            }
            (Role::Source, _) if copies::only_for_installs(self.site, at) => {
                self.leave_to_the_build(at);
                Ok(())
            }
            (Role::Source, _) => {
                self.present.push((at, copies::destinations(self.site, at)));
                Ok(())
            }
            (Role::Prepare, Some(run)) => self.preparation(at, run),
            (Role::Dependencies | Role::Build, Some(run)) => {
                self.absent.extend(self.artefacts.all().map(Region::new));
                // What a build makes beside what is taken over.
                let builds = run
                    .steps
                    .iter()
                    .filter(|step| step.does() == Some(Does::Build));
                self.absent
                    .extend(builds.filter_map(Step::directory).map(Region::new));
                let message =
                    "it installs or builds, and does other things that the program may need";
                self.take_over(at, run)
                    .ok_or_else(|| self.site.refuse_at(at, "mixed-step", message))
            }
            _ => Ok(()),
        }
    }

    /// What a step moves away or removes cannot be taken over from where it was.
    fn forget_what_is_gone(&mut self, step: &Step<'_>) {
        let Some((_, gone)) = made_by(&self.site.cx.knowledge.tools, step) else {
            return;
        };
        let is_gone = |path: &String| {
            let region = Region::new(path);
            gone.iter()
                .any(|gone| !gone.path().contains(['*', '?', '[']) && gone.covers(&region))
        };
        self.artefacts.paths.retain(|path| !is_gone(path));
        self.carried.retain(|path| !is_gone(path));
    }

    /// Notes which of the copied files are neither taken over nor in the folder of the build.
    fn note_what_lies_beside_the_build(&mut self, regions: &[Region]) {
        let Some((workshop, _)) = &self.artefacts.workshop else {
            return;
        };
        let workshop = Region::new(workshop);
        let beside = regions.iter().filter(|region| !region.meets(&workshop));
        let beside: Vec<String> = beside.map(|region| region.path().to_owned()).collect();
        self.artefacts.for_builds.extend(beside);
    }

    /// Leaves out the copy `at`, which nothing but the build reads.
    fn leave_to_the_build(&mut self, at: usize) {
        let regions = copies::destinations(self.site, at);
        for path in regions.iter().map(Region::path) {
            let sentence = format!("the program does not read {path}");
            self.artefacts.assumes.push(sentence);
            self.artefacts.for_builds.push(path.to_owned());
        }
        self.artefacts.left_out.push(at);
        self.absent.extend(regions);
    }

    /// Leaves out a step that only installs or configures tools which nothing starts when the program runs.
    fn configuration(&mut self, at: usize, run: &Run<'_>) -> bool {
        let site = self.site;
        let is_unused = |step: &Step<'_>| {
            let own = step.invocation.as_ref().filter(|own| own.action.configures);
            own.is_some_and(|own| tools_only::starts_none(site, &own.tool.id))
                || tools_only::unused(site, step).is_some()
        };
        let is_left_out = run.is_straight() && run.steps.iter().all(is_unused);
        if is_left_out {
            let commands = run.steps.iter();
            let commands = commands.map(|step| installed::command(site, at, step));
            self.artefacts.for_builds.extend(commands);
            self.artefacts.left_out.push(at);
        }
        is_left_out
    }

    fn preparation(&mut self, at: usize, run: &Run<'_>) -> Result<(), Refusal> {
        if self.configuration(at, run) {
            return Ok(());
        }
        let is_held = match &run.effects.writes {
            Extent::Everything => false,
            Extent::Regions(regions) => regions
                .iter()
                .all(|region| self.holds(region.path()) || self.is_of_build(region.path())),
        } || makes_workdir_only(self.site, run);
        let is_held = is_held && !self.changes_working_folder(run);
        let mut own = run
            .steps
            .iter()
            .filter(|step| !together::is_about_packages(step));
        let works_on_built = own.any(|step| self.meets_absent(step));
        if !is_held && !works_on_built && !programs::needs_more(self.site, run) {
            self.stays(at, run);
            return Ok(());
        }
        if is_held {
            self.note_what_serves_the_build(run);
        }
        if is_held || self.take_over(at, run).is_some() {
            self.artefacts.left_out.push(at);
            if let Extent::Regions(regions) = &run.effects.writes {
                self.absent.extend(regions.iter().cloned());
            }
            return Ok(());
        }
        if works_on_built {
            let message =
                "it works on what only the builder has, and dfopt cannot tell what it makes of it";
            return Err(self.site.refuse_at(at, "output-not-located", message));
        }
        self.stays(at, run);
        Ok(())
    }

    /// Whether `run` changes the owner or the mode of the working folder, or of one around it: `WORKDIR` makes it anew in the
    /// runtime stage, and a copy of what is in it leaves it as it is.
    fn changes_working_folder(&self, run: &Run<'_>) -> bool {
        let workdir = self.site.workdir();
        run.steps.iter().any(|step| {
            let tool = step.invocation.as_ref().map(|own| own.tool);
            let paths = regions(&step.effects.writes).unwrap_or_default();
            tool.is_some_and(|tool| tool.works_on_what_is_there)
                && paths.iter().any(|path| below(&workdir, path).is_some())
        })
    }

    /// The runtime stage repeats `run`.
    fn stays(&mut self, at: usize, run: &Run<'_>) {
        let mut touched = run.effects.reads.clone();
        touched.extend(&run.effects.writes);
        if let Extent::Regions(regions) = touched {
            self.present.push((at, regions));
        }
    }

    fn holds(&self, path: &str) -> bool {
        let mut paths = self.artefacts.all().chain(&self.carried);
        paths.any(|held| below(path, held).is_some())
    }

    /// Whether `path` is what only the build reads: a source, or the folder in which a step of the build works.
    fn is_of_build(&self, path: &str) -> bool {
        let Some((workshop, sources)) = &self.artefacts.workshop else {
            return false;
        };
        let name = file_name(path);
        let is_source = || sources.iter().any(|pattern| matches_name(pattern, name));
        let works_in = |(_, step): (usize, &Step<'_>)| step.directory().as_deref() == Some(path);
        below(path, workshop).is_some() && is_source()
            || path != self.site.workdir() && steps(self.site, Role::Build).any(works_in)
    }

    /// Whether the step reads or changes what is not in the runtime stage at this point.
    fn meets_absent(&self, step: &Step<'_>) -> bool {
        let Effects { reads, writes } = &step.effects;
        let meets = |region| writes.meets(region) || !is_link(step) && reads.meets(region);
        self.absent.iter().any(meets)
    }

    /// Notes what the program needs nothing of: what only the build reads, and folders that `WORKDIR` makes.
    fn note_what_serves_the_build(&mut self, run: &Run<'_>) {
        let made_anyway = makes_workdir_only(self.site, run);
        let paths = run
            .steps
            .iter()
            .filter_map(|step| regions(&step.effects.writes));
        let paths: Vec<String> = paths
            .flatten()
            .filter(|path| (made_anyway || self.is_of_build(path)) && !self.holds(path))
            .collect();
        self.artefacts.for_builds.extend(paths);
    }

    /// Adds what the commands of `run` make that are no installs and no builds. `None`: it cannot be told.
    fn take_over(&mut self, at: usize, run: &Run<'_>) -> Option<()> {
        if self.changes_working_folder(run) {
            return None;
        }
        self.note_what_serves_the_build(run);
        let mut made: Vec<String> = Vec::new();
        let steps = run.steps.iter();
        let leaves = |step: &&Step<'_>| roles::leaves_files(step) || removes(step);
        let steps = steps.filter(|step| leaves(step) && !registers::later(run, step));
        for step in steps {
            if let Some(installs) = installs_of(step) {
                // The lines that say where things are installed account for the rest.
                let is_needed = tools_only::may_start(self.site, &installs.needed_by);
                if is_needed {
                    return None;
                }
                continue;
            }
            let (mut more, gone) = made_by(&self.site.cx.knowledge.tools, step)?;
            if makes_folders(step) {
                let workdir = self.site.workdir();
                more.retain(|path| below(&workdir, path).is_none());
            }
            for region in gone {
                let before = made.len();
                made.retain(|path| !region.covers(&Region::new(path)));
                let is_own = made.len() < before;
                self.remove(&region, is_own, run)?;
            }
            made.extend(more);
        }
        made.extend(regions(&run.loose.writes)?);
        made.retain(|path| !self.holds(path) && !self.is_of_build(path));
        self.leave_what_is_passed_on(&mut made);
        let registers = registers::commands(self.site, at, run);
        if made.is_empty() {
            self.artefacts.registers.extend(registers);
            return Some(());
        }
        let can_be_copied = |path: &String| self.is_own_place(path);
        if !run.runs_every_command() || !made.iter().all(can_be_copied) {
            return None;
        }
        for path in made {
            if !self.holds(&path) {
                self.absent.push(Region::new(&path));
                self.carried.push(path);
            }
        }
        self.artefacts.registers.extend(registers);
        Some(())
    }

    /// Takes back the copies whose files `run` removes again in the builder. `None`: what it removes, or may remove,
    /// would stay in the runtime stage. What it has made itself (`is_own`) was in no folder that others have filled.
    fn remove(&mut self, gone: &Region, is_own: bool, run: &Run<'_>) -> Option<()> {
        let is_met = |other: &Region| gone.covers(other) || !is_own && other.meets(gone);
        let meets = |(_, regions): &&(usize, Vec<Region>)| regions.iter().any(is_met);
        let met: Vec<usize> = self
            .present
            .iter()
            .filter(meets)
            .map(|(at, _)| *at)
            .collect();
        let [only] = met.as_slice() else {
            return met.is_empty().then_some(());
        };
        let (_, regions) = self.present.iter().find(|(at, _)| at == only)?;
        let is_copy = self.site.roles.of(*only) == Role::Source;
        if !is_copy || !run.is_straight() || !regions.iter().all(|region| gone.covers(region)) {
            return None;
        }
        self.artefacts.left_out.push(*only);
        self.present.retain(|(at, _)| at != only);
        Some(())
    }

    /// Whether a path can be copied without bringing more than what a step has put there.
    fn is_own_place(&self, path: &str) -> bool {
        let tools = &self.site.cx.knowledge.tools;
        let is_shared = |folder: &str| below(folder, path).is_some();
        path.starts_with('/')
            && !path.contains(['{', '}', '~', '$', ' '])
            && !tools.paths("@system").any(is_shared)
    }
}

/// What a step makes, and what is gone behind it. `None`: it cannot be told.
fn made_by(tools: &Tools, step: &Step<'_>) -> Option<(Vec<String>, Vec<Region>)> {
    let paths = regions(&step.effects.writes)?;
    let Some(invocation) = &step.invocation else {
        return Some((paths, Vec::new()));
    };
    let action = invocation.action;
    // What the tables say may be written need not be there.
    let may_write = action.writes.iter().any(|path| path != ".");
    if action.does == Does::AddUser || is_link(step) || may_write {
        return None;
    }
    if let (true, Extent::Regions(gone)) = (action.removes, &step.effects.writes) {
        return Some((Vec::new(), gone.clone()));
    }
    if matches!(action.operands, Operands::Move | Operands::ReadThenWrite) {
        return moved_or_copied(tools, step, invocation);
    }
    Some((paths, Vec::new()))
}

/// The same for `mv` and `cp`, whose last operand may be the folder that the others go to.
fn moved_or_copied(
    tools: &Tools,
    step: &Step<'_>,
    invocation: &Invocation<'_>,
) -> Option<(Vec<String>, Vec<Region>)> {
    let cwd = step.cwd.as_deref().filter(|_| !step.redirected)?;
    let (last, sources) = invocation.operands.split_last()?;
    let into = step.args[*last].text.as_deref()?;
    let dest = join(cwd, into);
    let is_area = tools.paths("@system").any(|area| area == dest);
    let is_folder = into.ends_with(['/', '.']) || sources.len() > 1 || is_area;
    let is_moving = invocation.action.operands == Operands::Move;
    let (mut made, mut gone) = (Vec::new(), Vec::new());
    for source in sources {
        let source = step.args[*source].text.as_deref()?;
        let name = file_name(source.trim_end_matches('/'));
        let is_named = is_folder && !name.contains(['*', '?', '[']) && name != ".";
        made.push(if is_named {
            join(&dest, name)
        } else {
            dest.clone()
        });
        gone.extend(is_moving.then(|| Region::new(join(cwd, source))));
    }
    Some((made, gone))
}

/// The paths that an extent names, with the folder in place of a pattern.
fn regions(extent: &Extent) -> Option<Vec<String>> {
    let Extent::Regions(regions) = extent else {
        return None;
    };
    let path = |region: &Region| match region.path().contains(['*', '?', '[']) {
        true => parent(region.path()).to_owned(),
        false => region.path().to_owned(),
    };
    Some(regions.iter().map(path).collect())
}

/// Whether `run` makes the working directory of the finished image, or folders around it, and nothing else: `WORKDIR`
/// makes them in the runtime stage as well.
fn makes_workdir_only(site: &Site<'_>, run: &Run<'_>) -> bool {
    let workdir = site.workdir();
    let is_around = |region: &Region| below(&workdir, region.path()).is_some();
    let is_all_around = |step: &Step<'_>| matches!(&step.effects.writes, Extent::Regions(regions) if regions.iter().all(is_around));
    let mut steps = run.steps.iter();
    run.loose.writes.is_empty()
        && !site.inherits_workdir()
        && steps.all(|step| makes_folders(step) && is_all_around(step))
}

/// Whether a step is a `mkdir` that gives the folders no mode of their own.
fn makes_folders(step: &Step<'_>) -> bool {
    let is_plain = |own: &Invocation<'_>| own.options.iter().all(|option| option.value.is_none());
    step.makes_folders() && step.invocation.as_ref().is_some_and(is_plain)
}

fn installs_of<'s>(step: &'s Step<'_>) -> Option<&'s Installs> {
    step.invocation.as_ref()?.action.installs.as_ref()
}

fn removes(step: &Step<'_>) -> bool {
    let invocation = step.invocation.as_ref();
    invocation.is_some_and(|invocation| invocation.action.removes)
}

/// Whether a step makes names for what may not be there.
fn is_link(step: &Step<'_>) -> bool {
    let invocation = step.invocation.as_ref();
    invocation.is_some_and(|invocation| invocation.action.operands == Operands::Link)
}
