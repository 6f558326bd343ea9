//! Which folders and files the program gets for its own.
//!
//! `COPY --chown` gives away what it brings and the folders that it makes, but not the folder that it copies into when that
//! is there already (checked with Docker 28, which does give away those in it): the working folder is given away before
//! `WORKDIR` or `COPY` would make it as root.

use std::iter::successors;

use super::account::Account;
use super::site::Site;
use super::sources::Project;
use crate::analysis::commands::Invocation;
use crate::analysis::paths::{UNKNOWN_WORKDIR, below, file_name, join, parent};
use crate::analysis::stages::Stage;
use crate::context::{FileKind, in_folder};
use crate::knowledge::tools::Role;
use crate::syntax::{Kind, Span, Transfer};
use crate::transform::{Cx, Refusal};

/// What belongs to the program.
#[derive(Default)]
pub(super) struct Territory {
    /// The working folder, if it can be the program's own.
    pub workdir: Option<String>,
    /// Whether the working folder becomes that of the program in an image where no command can give it away.
    pub is_given_without_shell: bool,
    /// The `WORKDIR` before which `USER` has to stand, so that it makes the working folder as that user.
    pub user_before: Option<usize>,
    /// Folders that are made together with the account.
    pub made: Vec<String>,
    /// Folders that are made behind all steps, because one of them may need that they are not there yet.
    pub made_last: Vec<String>,
    /// Folders that `WORKDIR` makes, and that are given away behind all steps, because one of them acts as their owner.
    pub given_last: Vec<String>,
    /// Commands that make folders, which are then given away.
    pub handed_over: Vec<HandedOver>,
    /// Folders for downloads in which stays root's what the build has fetched.
    pub downloads_of_root: Vec<String>,
    /// Copies that give away what they bring.
    pub copies: Vec<usize>,
    /// The places of these copies.
    brought: Vec<String>,
    /// The home of the account.
    home: Option<String>,
}

/// A `mkdir` or `touch` of what the program writes, up to the last command that puts something there.
pub(super) struct HandedOver {
    /// The `RUN`.
    pub index: usize,
    /// The command behind which they are given away, in the logical line.
    pub step: Span,
    /// The folders, as they are named where that command runs.
    pub operands: String,
    /// Those of them that are made first, if they may not be there.
    pub made: Option<String>,
    /// Whether what later commands of the `RUN` put into the folders is given away with them.
    pub with_contents: bool,
    /// The folders.
    pub paths: Vec<String>,
}

impl Territory {
    /// Has the copy at `index` give away what it brings; one that brings several files may be asked for more than once.
    pub(super) fn give_copy(&mut self, index: usize) {
        if !self.copies.contains(&index) {
            self.copies.push(index);
        }
    }

    /// How much is given away: it only grows.
    pub(super) fn count(&self) -> usize {
        let folders = [&self.made, &self.made_last, &self.given_last, &self.brought];
        let folders: usize = folders.iter().map(|folders| folders.len()).sum();
        folders + self.handed_over.len() + self.copies.len()
    }

    /// Whether the program may write `path`.
    pub(super) fn holds(&self, path: &str) -> bool {
        let handed_over = self
            .handed_over
            .iter()
            .flat_map(|handed_over| &handed_over.paths);
        let own = self
            .workdir
            .iter()
            .chain(&self.made)
            .chain(&self.made_last)
            .chain(&self.given_last)
            .chain(&self.brought)
            .chain(&self.home)
            .chain(handed_over);
        own.into_iter().any(|folder| below(path, folder).is_some())
    }

    /// Whether the program may write `path`, or anybody may.
    pub(super) fn is_writable(&self, path: &str) -> bool {
        let public = ["/tmp", "/var/tmp", "/dev", "/proc"];
        let is_public = public.iter().any(|folder| below(path, folder).is_some());
        // The settings of the kernel.
        let is_roots = below(path, "/proc/sys").is_some();
        self.holds(path) || is_public && !is_roots
    }

    /// Whether a folder in the working folder that holds `path` is given away by itself.
    pub(super) fn has_below_workdir(&self, path: &str) -> bool {
        let own = self.made.iter().chain(&self.made_last);
        let own = own.chain(&self.brought);
        let handed_over = self.handed_over.iter().flat_map(|folder| &folder.paths);
        own.chain(handed_over)
            .filter(|folder| Some(*folder) != self.workdir.as_ref())
            .any(|folder| below(path, folder).is_some())
    }

    /// Whether a step makes the folder `path`, which is not the working one, for what the program writes.
    pub(super) fn is_made_for_program(&self, path: &str) -> bool {
        let mut given = self.handed_over.iter().flat_map(|folder| &folder.paths);
        let is_it = given.any(|folder| folder == path.trim_end_matches('/'));
        is_it && self.workdir.as_deref() != Some(path)
    }

    /// Whether a `RUN` gives away `path` with a folder around it.
    pub(super) fn gives_contents(&self, index: usize, path: &str) -> bool {
        let around = |folder: &String| below(path, folder).is_some();
        let mut given = self.handed_over.iter();
        given.any(|given| {
            given.index == index && given.with_contents && given.paths.iter().any(around)
        })
    }

    /// Whether the program gets the folder `path` itself.
    pub(super) fn has(&self, path: &str) -> bool {
        let handed_over =
            |handed_over: &HandedOver| handed_over.paths.iter().any(|own| own == path);
        let own = self.made.iter().chain(&self.made_last);
        let own = own.chain(&self.given_last);
        own.chain(&self.home).any(|own| own == path) || self.handed_over.iter().any(handed_over)
    }
}

/// What the program of `stage` gets.
///
/// # Errors
/// When a folder that it has to write cannot be given to it.
pub(super) fn survey(surveyor: &Surveyor<'_>, project: &Project<'_>) -> Result<Territory, Refusal> {
    let (cx, stage, account) = (surveyor.site.cx, surveyor.site.stage, surveyor.account);
    let mut territory = Territory {
        home: account.home.clone(),
        ..Territory::default()
    };
    let workdir = cx.facts.state_after(stage).workdir;
    territory.workdir = Some(workdir).filter(|path| cx.knowledge.startup.is_own_folder(path));
    surveyor.copies(&mut territory)?;
    surveyor.folders_of_steps(&mut territory)?;
    surveyor.volumes(&mut territory)?;
    surveyor.working_folder(&mut territory, project)?;
    Ok(territory)
}

/// Adds the copies of the build context that land in a folder of the program which steps or volumes have shown: what is
/// there already can be written as well.
pub(super) fn add_copies_into_folders(cx: &Cx<'_>, stage: &Stage, territory: &mut Territory) {
    for index in stage.body.clone() {
        let view = &cx.facts.views[index];
        let (Kind::Copy(transfer) | Kind::Add(transfer)) = &view.kind else {
            continue;
        };
        let is_taken = view.flag("from").is_some() || view.flag("chown").is_some();
        if is_taken || territory.copies.contains(&index) {
            continue;
        }
        let dest = cx.facts.destination(index, transfer);
        let handed_over = territory
            .handed_over
            .iter()
            .flat_map(|folder| &folder.paths);
        let made = territory.made.iter().chain(&territory.made_last);
        let made = made.chain(&territory.given_last);
        let mut shown = made.filter(|folder| Some(*folder) != territory.workdir.as_ref());
        let lands = |folder: &String| below(&dest, folder).is_some();
        if shown.any(lands) || handed_over.into_iter().any(lands) {
            territory.copies.push(index);
        }
    }
}

/// Adds the folders of the project that an instruction makes before the project is copied into or over them, such as that of
/// a manifest: the copy does not give them away.
pub(super) fn add_folders_made_before(surveyor: &Surveyor<'_>, territory: &mut Territory) {
    let copies = surveyor.copies_of_folders(territory);
    let body = surveyor.site.stage.body.clone();
    for index in body.filter(|_| surveyor.account.has_shell) {
        let Some(made) = surveyor.folder_made_by(territory, index) else {
            continue;
        };
        for (_, project) in copies.iter().filter(|(at, _)| *at > index) {
            let is_inside = |folder: &&str| below(folder, project).is_some();
            let above = successors(Some(&*made), |folder| Some(parent(folder)));
            let folders: Vec<&str> = above.take_while(is_inside).collect();
            for folder in folders.into_iter().rev() {
                if !territory.has(folder) && !surveyor.is_opened(folder) {
                    surveyor.make(territory, folder.to_owned());
                }
            }
        }
    }
}

pub(super) struct Surveyor<'a> {
    pub site: Site<'a>,
    pub account: &'a Account,
}

impl Surveyor<'_> {
    pub(super) fn refuse(&self, index: usize, code: &'static str, message: String) -> Refusal {
        self.site.refuse_for(index, code, message)
    }

    pub(super) fn is_own(&self, path: &str) -> bool {
        self.site.cx.knowledge.startup.is_own_folder(path)
    }

    fn copies(&self, territory: &mut Territory) -> Result<(), Refusal> {
        for index in self.site.stage.body.clone() {
            let view = &self.site.cx.facts.views[index];
            let (Kind::Copy(transfer) | Kind::Add(transfer)) = &view.kind else {
                continue;
            };
            let dest = self.site.cx.facts.destination(index, transfer);
            let of_stage = view.flag("from").is_some();
            let of_program = if of_stage {
                self.brings_the_project(index, transfer)
                    || self.brings_empty_folder(index, transfer)
                    || self.keeps_caches(transfer)
            } else {
                !self.brings_manifests(transfer)
            };
            let folder = of_program && (of_stage || self.brings_a_folder(transfer));
            let stays = !self.is_removed(&dest);
            let holds_workdir = |workdir: &String| !of_stage && below(workdir, &dest).is_some();
            let is_project = territory.workdir.as_ref().is_none_or(holds_workdir);
            if folder && stays && is_project && !self.is_own(&dest) {
                let dest = dest.replace(UNKNOWN_WORKDIR, "the working folder of the base image");
                let message = format!(
                    "the project is copied into {dest}, a folder of the system, which cannot be given away; give it a WORKDIR of its own"
                );
                return Err(self.refuse(index, "no-own-folder", message));
            }
            let own = of_program
                && stays
                && self.is_own(&dest)
                && !self.is_left_behind(territory, index, &dest)
                && (folder || territory.holds(&dest));
            if view.flag("chown").is_none() && (own || is_download(transfer)) {
                if own && !territory.holds(&dest) {
                    self.bring(territory, index, dest, folder);
                }
                territory.copies.push(index);
            }
        }
        Ok(())
    }

    /// Gives the destination `dest` of the copy at `index` to the program. The copy makes it with its owner, but where it is
    /// there before: the image has it, or it is around the working folder, which is made first. What a step makes is given
    /// away there, and what a tool works in as its owner behind that.
    fn bring(&self, territory: &mut Territory, index: usize, dest: String, is_folder: bool) {
        let (facts, tools) = (self.site.cx.facts, &self.site.cx.knowledge.tools);
        let holds = |path: &str| below(path, &dest).is_some();
        let is_there =
            tools.paths("@standing").any(holds) || territory.workdir.as_deref().is_some_and(holds);
        let is_kept = facts.is_made_above(index, &dest) || self.is_acted_in(&dest);
        match is_folder && is_there && !is_kept && self.account.has_shell {
            true => self.make(territory, dest),
            false => territory.brought.push(dest),
        }
    }

    /// Whether the copy at `index` brings what only the build works on, before another working folder is set.
    fn is_left_behind(&self, territory: &Territory, index: usize, dest: &str) -> bool {
        let meets = |folder: &str| below(folder, dest).or(below(dest, folder)).is_some();
        let works_there = |at: usize| {
            self.site.cx.facts.runs[at].is_some() && meets(&self.site.cx.facts.states[at].workdir)
        };
        let of_program = territory.workdir.as_deref().is_none_or(meets);
        !of_program && (index..self.site.stage.body.end).any(works_there)
    }

    /// The copies of folders that give away what they bring, and where they put it.
    fn copies_of_folders(&self, territory: &Territory) -> Vec<(usize, String)> {
        let copies = territory.copies.iter();
        let of_folder = copies.filter_map(|&at| match &self.site.cx.facts.views[at].kind {
            Kind::Copy(transfer) if self.brings_a_folder(transfer) => {
                Some((at, self.site.cx.facts.destination(at, transfer)))
            }
            _ => None,
        });
        of_folder.collect()
    }

    /// The folder that the instruction at `index` makes as root if it is not there: the working folder, or that around
    /// what a copy brings.
    fn folder_made_by(&self, territory: &Territory, index: usize) -> Option<String> {
        let view = &self.site.cx.facts.views[index];
        match &view.kind {
            Kind::Workdir(_) => Some(self.site.cx.facts.states.get(index + 1)?.workdir.clone()),
            Kind::Copy(transfer) | Kind::Add(transfer)
                if view.flag("chown").is_none() && !territory.copies.contains(&index) =>
            {
                let dest = self.site.cx.facts.destination(index, transfer);
                let is_folder = transfer.dest.raw.ends_with('/') || transfer.sources.len() > 1;
                let brings_files = view.flag("from").is_none() && is_folder;
                Some(if brings_files {
                    dest
                } else {
                    parent(&dest).to_owned()
                })
            }
            _ => None,
        }
    }

    fn brings_a_folder(&self, transfer: &Transfer) -> bool {
        let by_name = |name: &str| matches!(name, "." | "./" | "/" | "*");
        transfer.sources.iter().any(|source| {
            let kind = self
                .site
                .cx
                .context
                .and_then(|context| context.kind(source.raw.trim_matches('/')));
            by_name(&source.raw) || kind == Some(FileKind::Folder)
        })
    }

    /// Installs read them during the build; the program does not write them.
    fn brings_manifests(&self, transfer: &Transfer) -> bool {
        let body = self.site.stage.body.clone();
        let steps = body.flat_map(|at| self.site.cx.facts.steps(at));
        let installs: Vec<&Invocation<'_>> =
            steps.filter_map(|step| step.invocation.as_ref()).collect();
        transfer.sources.iter().all(|source| {
            let name = file_name(&source.raw);
            installs.iter().any(|install| reads_manifest(install, name))
        })
    }

    /// Whether the program keeps caches in what the copy brings.
    fn keeps_caches(&self, transfer: &Transfer) -> bool {
        let startup = &self.site.cx.knowledge.startup;
        transfer
            .sources
            .iter()
            .any(|source| startup.keeps_caches_in(&source.raw))
    }

    /// Whether the copy at `index` takes something from another stage that is in the build context, and that no step has
    /// made.
    pub(super) fn brings_the_context(&self, index: usize) -> bool {
        let (facts, context) = (self.site.cx.facts, self.site.cx.context);
        let (Kind::Copy(transfer), Some(context), Some(from)) =
            (&facts.views[index].kind, context, facts.source_stage(index))
        else {
            return false;
        };
        let is_there = |path: &str| {
            facts.stages[from].body.clone().any(|at| {
                let (Kind::Copy(of_context) | Kind::Add(of_context)) = &facts.views[at].kind else {
                    return false;
                };
                let rest = below(path, &facts.destination(at, of_context));
                let rest = rest.filter(|_| facts.views[at].flag("from").is_none());
                let mut sources = of_context.sources.iter();
                rest.is_some_and(|rest| {
                    sources.any(|source| {
                        let folder = source.raw.trim_start_matches("./").trim_matches('/');
                        let folder = if folder == "." { "" } else { folder };
                        let path = in_folder(folder, rest);
                        context.kind(path.trim_matches('/')).is_some()
                    })
                })
            })
        };
        let mut sources = transfer.sources.iter();
        sources.any(|source| is_there(&join("/", &source.raw)))
    }

    /// Whether the copy takes the whole working folder of another stage into that of this one. A program or a
    /// folder of dependencies that is taken by its name is better left to root: nothing has to write it.
    fn brings_the_project(&self, index: usize, transfer: &Transfer) -> bool {
        let Some(from) = self
            .site
            .cx
            .facts
            .source_stage(index)
            .map(|at| &self.site.cx.facts.stages[at])
        else {
            return false;
        };
        let project = self.site.cx.facts.state_after(from).workdir;
        transfer
            .sources
            .iter()
            .any(|source| join("/", &source.raw) == project)
    }
}

/// BuildKit lets only the owner read what it downloads.
fn is_download(transfer: &Transfer) -> bool {
    let mut sources = transfer.sources.iter();
    sources.any(|source| source.raw.contains("://"))
}

/// Whether `name`, a name or a pattern of names, is that of a manifest of the install.
fn reads_manifest(install: &Invocation<'_>, name: &str) -> bool {
    let action = install.action;
    let listed = action.manifests.iter().chain(&action.unknown_context);
    let given = install
        .options
        .iter()
        .filter(|option| option.role == Role::Manifest);
    let given = given.filter_map(|option| option.value.as_deref().map(file_name));
    listed
        .map(|entry| entry.trim_end_matches('?'))
        .chain(given)
        .any(|entry| entry == name)
}
