//! What has put something into the folders that are given away.

use std::iter::successors;

use crate::analysis::commands::Arg;
use crate::analysis::paths::{Extent, Region, below, join, parent};
use crate::analysis::runs::Step;
use crate::analysis::stages::Base;
use crate::knowledge::images;
use crate::knowledge::tools::Does;
use crate::syntax::Kind;
use crate::transform::{Cx, Refusal};

use super::super::style;
use super::request::Request;

mod found;

/// What was found.
pub(super) struct Survey {
    /// The copies that can give away what they bring, in order.
    pub(super) copies: Vec<usize>,
    /// The folders in question, in the order of the command.
    pub(super) folders: Vec<String>,
    /// What steps have made in them besides, and in which instruction.
    pub(super) made: Vec<(usize, String)>,
    /// The last `RUN` that fills them with more than that: an install.
    pub(super) filled: Option<usize>,
}

impl Survey {
    /// `None` where no copy has put anything there that would be another's.
    ///
    /// # Errors
    /// When something else has, or may have.
    pub(super) fn of(cx: &Cx<'_>, request: &Request<'_>) -> Result<Option<Self>, Refusal> {
        let surveyor = Surveyor { cx, request };
        let Some(found) = surveyor.find() else {
            return Ok(None);
        };
        surveyor.refuse_images(&found.folders)?;
        let mut inside = found.inside.iter();
        inside.try_for_each(|&at| surveyor.refuse_copy(at))?;
        surveyor.refuse_modes(&found.folders, &found.own)?;
        let mut survey = Self {
            copies: found.own,
            folders: found.folders,
            made: Vec::new(),
            filled: None,
        };
        for at in found.replaced {
            survey.add_folders_of(cx, at);
        }
        surveyor.steps(&mut survey)?;
        let Some(filled) = survey.filled else {
            return Ok(Some(survey));
        };
        survey.copies.retain(|at| *at > filled);
        survey.made.retain(|(at, _)| *at > filled);
        // It is in the right place.
        if filled == request.index {
            return Ok(None);
        }
        if survey.copies.is_empty() || !survey.made.is_empty() {
            return Err(surveyor.refuse_files(filled));
        }
        Ok(Some(survey))
    }

    /// Adds what instruction `at` makes.
    fn add(&mut self, at: usize, paths: Vec<String>) {
        for path in paths {
            if !self.made.iter().any(|(_, made)| *made == path) {
                self.made.push((at, path));
            }
        }
    }

    /// Adds the folders that the copy `at` makes, which stays root's: a later copy into them leaves them as they are.
    pub(super) fn add_folders_of(&mut self, cx: &Cx<'_>, at: usize) {
        let (Kind::Copy(transfer) | Kind::Add(transfer)) = &cx.facts.views[at].kind else {
            return;
        };
        let dest = cx.facts.destination(at, transfer);
        let into_folder = transfer.dest.raw.ends_with(['/', '.']) || transfer.sources.len() > 1;
        let folder = match into_folder {
            true => dest,
            false => parent(&dest).to_owned(),
        };
        let made = folders_around(folder, &self.folders);
        self.add(at, made);
    }

    /// Whether the folder at `path` is there before instruction `place`: a `WORKDIR`, a step or a copy has made it.
    pub(super) fn is_there(
        &self,
        cx: &Cx<'_>,
        request: &Request<'_>,
        place: usize,
        path: &str,
    ) -> bool {
        let body = request.stage.body.start..place;
        let has_made = |at: usize| match &cx.facts.views[at].kind {
            Kind::Workdir(_) => below(&cx.facts.states[at + 1].workdir, path).is_some(),
            Kind::Copy(transfer) => {
                let dest = cx.facts.destination(at, transfer);
                below(&dest, path).is_some_and(|rest| !rest.is_empty())
                    || dest == path && transfer.dest.raw.ends_with('/')
            }
            _ => false,
        };
        let mut made = self.made.iter();
        body.into_iter().any(has_made)
            || cx.facts.is_made_above(place, path)
            || made.any(|(at, made)| *at < place && below(made, path).is_some())
    }

    /// Where the copies `which` put what they bring.
    pub(super) fn destinations(&self, cx: &Cx<'_>, which: &[usize]) -> Vec<String> {
        let transfers = which
            .iter()
            .filter_map(|&at| match &cx.facts.views[at].kind {
                Kind::Copy(transfer) => Some((at, transfer)),
                _ => None,
            });
        transfers
            .map(|(at, transfer)| cx.facts.destination(at, transfer))
            .collect()
    }
}

struct Surveyor<'a> {
    cx: &'a Cx<'a>,
    request: &'a Request<'a>,
}

impl Surveyor<'_> {
    fn refuse(&self, at: usize, code: &'static str, message: &str) -> Refusal {
        let instruction = |index: usize| self.cx.file.instructions()[index].span;
        let message = format!("{}: {message}", style::title(self.cx, at));
        let refusal = Refusal::new(instruction(self.request.index), code, message);
        refusal.because(instruction(at), "what stands in the way")
    }

    /// Files that come with the image would not be given away.
    fn refuse_images(&self, folders: &[String]) -> Result<(), Refusal> {
        let stage = self.request.stage;
        let image = self.cx.facts.image(stage);
        let is_free = |folder: &String| {
            let is_tool = |image: &images::Image<'_>| image.command != images::Command::Service;
            let at_home = |image: &images::Image<'_>| {
                let workdir = image.workdir.filter(|workdir| *workdir != "/");
                workdir.is_some_and(|workdir| {
                    below(workdir, folder).is_some()
                        || below(folder, workdir).is_some() && !is_tool(image)
                })
            };
            let is_known = image.is_some_and(|image| {
                (is_tool(image) || image.provides.is_some()) && !at_home(image)
            });
            is_known && self.cx.knowledge.startup.is_own_folder(folder)
        };
        if folders.iter().all(is_free) {
            return Ok(());
        }
        let message = "the image may have files of its own there, which would not be given away";
        Err(self.refuse(stage.from, "files-of-image", message))
    }

    fn refuse_copy(&self, at: usize) -> Result<(), Refusal> {
        let view = &self.cx.facts.views[at];
        if matches!(view.kind, Kind::Add(_)) {
            let message = "what ADD downloads or unpacks may have an owner of its own; say COPY";
            return Err(self.refuse(at, "add", message));
        }
        let other_owner = view.flag("chown").is_some_and(|flag| {
            flag.value.as_deref() != Some(&*self.request.owner)
                && flag.value.as_deref() != Some(&*self.request.written)
        });
        if other_owner {
            let message = "it gives what it brings to another account first";
            return Err(self.refuse(at, "other-owner", message));
        }
        let flags = ["link", "parents", "exclude"];
        if flags.iter().any(|name| view.flag(name).is_some()) {
            let message = "with its flags, an owner may mean something else";
            return Err(self.refuse(at, "copy-flags", message));
        }
        Ok(())
    }

    /// A change of the mode of all the files puts them into another layer as well.
    fn refuse_modes(&self, folders: &[String], copies: &[usize]) -> Result<(), Refusal> {
        let mut places: Vec<String> = folders.to_vec();
        if let [only] = copies {
            places.push(self.destination(*only));
        }
        for at in copies[0]..self.request.stage.body.end {
            let steps = self.cx.facts.runs[at].iter().flat_map(|run| &run.steps);
            let changes = |step: &Step<'_>| {
                let path = |arg: &Arg| Some(join(step.cwd.as_deref()?, arg.text.as_deref()?));
                let mut paths = step.args.iter().skip(2).filter_map(path);
                let is_mode = step.args.first().is_some_and(|arg| arg.known() == "chmod");
                let is_all = |arg: &Arg| arg.known().starts_with("-R");
                let is_all = step.args.iter().any(is_all);
                is_mode
                    && paths
                        .any(|path| places.contains(&path) && (is_all || !folders.contains(&path)))
            };
            if steps.into_iter().any(changes) {
                let message =
                    "it changes the mode of the files, which puts them into another layer anyway";
                return Err(self.refuse(at, "mode-of-all", message));
            }
        }
        Ok(())
    }

    fn refuse_files(&self, at: usize) -> Refusal {
        let message = "it may put files there as well, which a copy does not give away";
        self.refuse(at, "other-files", message)
    }

    /// What steps have put into the folders.
    fn steps(&self, survey: &mut Survey) -> Result<(), Refusal> {
        for at in self.history() {
            self.refuse_volume(at, &survey.folders)?;
            let of_parent = !self.request.stage.body.contains(&at);
            if of_parent && self.transfer(at).is_some() {
                let dest = Region::new(self.destination(at));
                let mut own = survey.folders.iter().map(Region::new);
                if own.any(|own| own.meets(&dest)) {
                    return Err(self.refuse_files(at));
                }
            }
            let folder = self.working_folder(at);
            let working = folder.map(|path| folders_around(path, &survey.folders));
            let working = working.into_iter().flatten();
            survey.add(at, working.collect());
            let Some(made) = self.made_by(at, &survey.folders) else {
                if of_parent {
                    return Err(self.refuse_files(at));
                }
                survey.filled = Some(at);
                continue;
            };
            survey.add(at, made);
        }
        Ok(())
    }

    /// The folder that `WORKDIR` makes.
    fn working_folder(&self, at: usize) -> Option<String> {
        let is_workdir = matches!(self.cx.facts.views[at].kind, Kind::Workdir(_));
        is_workdir.then(|| self.cx.facts.state_behind(at).workdir)
    }

    fn refuse_volume(&self, at: usize, folders: &[String]) -> Result<(), Refusal> {
        let Kind::Volume { paths, .. } = &self.cx.facts.views[at].kind else {
            return Ok(());
        };
        let meets = |path: &str| {
            let path = Region::new(join("/", path));
            folders.iter().any(|own| Region::new(own).meets(&path))
        };
        if paths
            .iter()
            .any(|path| path.raw.contains('$') || meets(&path.raw))
        {
            let message = "some builders drop what is done in a volume after it is declared";
            return Err(self.refuse(at, "volume", message));
        }
        Ok(())
    }

    /// The instructions that come before the command, in the stages that this one is built on as well.
    fn history(&self) -> Vec<usize> {
        let mut all: Vec<usize> = (self.request.stage.body.start..=self.request.index).collect();
        let mut stage = self.request.stage;
        while let Base::Stage(parent) = stage.base {
            stage = &self.cx.facts.stages[parent];
            all.splice(0..0, stage.body.clone());
        }
        all
    }

    /// What the commands of a `RUN` in front of the one in question make in `folders`; `None` where that cannot be told.
    fn made_by(&self, at: usize, folders: &[String]) -> Option<Vec<String>> {
        let mut made = Vec::new();
        let Some(run) = &self.cx.facts.runs[at] else {
            return Some(made);
        };
        let meets = |writes: &Extent| folders.iter().any(|own| writes.meets(&Region::new(own)));
        if run.opaque.is_some() || meets(&run.loose.writes) {
            return None;
        }
        let before = |nth: usize| at != self.request.index || nth < self.request.nth;
        for (nth, step) in run.steps.iter().enumerate() {
            if before(nth) && meets(&step.effects.writes) {
                made.extend(self.made_by_step(step, folders)?);
            }
        }
        Some(made)
    }

    fn made_by_step(&self, step: &Step<'_>, folders: &[String]) -> Option<Vec<String>> {
        let invocation = step.invocation.as_ref().filter(|_| !step.redirected)?;
        let operands: Vec<&Arg> = invocation
            .operands
            .iter()
            .map(|&at| &step.args[at])
            .collect();
        match step.args.first()?.known() {
            // They work on what is there.
            "chmod" | "rm" | "rmdir" | "ls" => Some(Vec::new()),
            "chown" => (operands.first()?.known() == self.request.written).then(Vec::new),
            "mkdir" | "touch" => made_by_name(&operands, step.cwd.as_deref()?, folders),
            // A home is that of the account.
            _ if step.does() == Some(Does::AddUser) => {
                let user = self.request.written.split(':').next();
                let names = step.args.iter().map(|arg| Some(arg.known()));
                names.into_iter().any(|name| name == user).then(Vec::new)
            }
            _ => None,
        }
    }
}

/// The paths below `folders` that `operands` name, each with the folders around it; `None` where that cannot be told.
fn made_by_name(operands: &[&Arg], cwd: &str, folders: &[String]) -> Option<Vec<String>> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let mut made: Vec<String> = Vec::new();
    for operand in operands {
        let text = operand.text.as_deref();
        let path = join(cwd, text.filter(|text| text.chars().all(is_plain))?);
        made.extend(folders_around(path, folders));
    }
    Some(made)
}

/// `path` and the folders around it, up to that of `folders` in which it lies.
fn folders_around(path: String, folders: &[String]) -> Vec<String> {
    let Some(around) = folders.iter().find(|folder| below(&path, folder).is_some()) else {
        return Vec::new();
    };
    let up = successors(Some(&*path), |path| Some(parent(path)));
    let new = up.take_while(|path| path != around).map(str::to_owned);
    let mut new: Vec<String> = new.collect();
    new.reverse();
    new
}
