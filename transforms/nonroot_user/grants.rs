//! Gives the program what it writes, or says why that cannot be.

use super::account::Account;
use super::leftovers::{self, Leftover};
use super::ownership::{Surveyor, Territory};
use super::written::{Said, Written};
use crate::analysis::paths::{UNKNOWN_WORKDIR, below};
use crate::analysis::stages::Stage;
use crate::context::{BuildContext, FileKind};
use crate::syntax::{Kind, Span};
use crate::transform::{Cx, Refusal};
use crate::transforms::origin::{Origin, origin};

/// Adds to `territory` what `written` needs.
///
/// # Errors
/// The first path that cannot be given to the program.
pub(super) fn settle(
    cx: &Cx<'_>,
    stage: &Stage,
    account: &Account,
    territory: &mut Territory,
    written: &[Written],
    site: Span,
) -> Result<(), Refusal> {
    let granter = Granter {
        surveyor: Surveyor {
            cx,
            stage,
            account,
            site,
        },
        written,
    };
    written
        .iter()
        .try_for_each(|written| granter.settle(territory, written))
}

struct Granter<'a> {
    surveyor: Surveyor<'a>,
    written: &'a [Written],
}

impl Granter<'_> {
    fn settle(&self, territory: &mut Territory, written: &Written) -> Result<(), Refusal> {
        let account = self.surveyor.account;
        let Some(path) = &written.path else {
            if written.said == Said::Setting {
                self.files_of_data(territory, written);
                return Ok(());
            }
            return self.in_working_folder(territory, written);
        };
        if let Some(copy) = self.copy_of_root(territory, path, written.said) {
            territory.copies.push(copy);
        }
        if territory.is_writable(path) {
            return self.made_by_step(territory, written, path);
        }
        let folder = written.folder.as_deref().unwrap_or(path);
        if !account.has_shell && written.said == Said::Source {
            return Err(self.no_shell(written));
        }
        if !account.has_shell || !self.surveyor.is_own(folder) || self.surveyor.is_filled(folder) {
            return Err(self.refuse(written, path));
        }
        self.surveyor.make(territory, folder.to_owned());
        Ok(())
    }

    /// Refuses when a script writes into what a step has made in the working folder: that stays root's.
    fn made_by_step(
        &self,
        territory: &Territory,
        written: &Written,
        path: &str,
    ) -> Result<(), Refusal> {
        let (cx, stage) = (self.surveyor.cx, self.surveyor.stage);
        let in_project = |workdir: &String| {
            let inner = below(path, workdir)?;
            Some(inner.rsplit_once('/').map_or("", |(folder, _)| folder))
        };
        let Some(folder) = territory.workdir.as_ref().and_then(in_project) else {
            return Ok(());
        };
        let of_context = |context: &BuildContext| context.kind(folder) == Some(FileKind::Folder);
        let is_known = folder.is_empty() && !written.edits
            || !folder.is_empty() && cx.context.is_some_and(of_context)
            || territory.has_below_workdir(path)
            || self.is_made_at_start(path)
            || matches!(origin(cx, stage, path), Origin::File(_));
        let leftovers = leftovers::all(cx, stage, territory);
        let made = leftovers.iter().find(|leftover| !leftover.is_dependency);
        match made.filter(|_| written.said == Said::Script && !is_known) {
            Some(leftover) => {
                let message = format!(
                    "{} {path}, which {} may have made as root; give it to the user in that step",
                    written.shown_by, leftover.name
                );
                Err(
                    Refusal::new(self.surveyor.site, "writes-build-output", message)
                        .because(written.place.clone(), "run when the container starts"),
                )
            }
            None => Ok(()),
        }
    }

    /// Whether a script makes the folder itself.
    fn is_made_at_start(&self, path: &str) -> bool {
        let mut made = self.written.iter().filter(|written| written.makes_folder());
        made.any(|made| {
            made.path
                .as_deref()
                .is_some_and(|folder| below(path, folder).is_some())
        })
    }

    /// Something in the working folder is written, and nobody knows what.
    fn in_working_folder(
        &self,
        territory: &mut Territory,
        written: &Written,
    ) -> Result<(), Refusal> {
        if !self.surveyor.account.has_shell {
            return Err(self.no_shell(written));
        }
        if territory.workdir.is_some() {
            return self.in_folder_of_root(territory, written);
        }
        let state = self.surveyor.cx.facts.state_after(self.surveyor.stage);
        let message = format!(
            "{} files, perhaps into the working folder {}, which belongs to root; give the image a WORKDIR of its own",
            written.shown_by,
            state.workdir.replace(UNKNOWN_WORKDIR, "of the base image")
        );
        Err(
            Refusal::new(self.surveyor.site, "writes-elsewhere", message)
                .because(written.place.clone(), "what the program writes"),
        )
    }

    /// A line may name a folder or a file of the project that is root's: a copy is given away, an install cannot be. Where
    /// it names none, it may mean any of them.
    fn in_folder_of_root(
        &self,
        territory: &mut Territory,
        written: &Written,
    ) -> Result<(), Refusal> {
        let (cx, stage) = (self.surveyor.cx, self.surveyor.stage);
        let leftovers = leftovers::all(cx, stage, territory);
        let names = |leftover: &&Leftover| {
            let name = leftover.folder.as_ref();
            name.is_some_and(|name| is_named(&written.line, name))
        };
        match leftovers.iter().find(names) {
            Some(Leftover {
                copy: Some(index), ..
            }) => territory.copies.push(*index),
            Some(leftover) => {
                let message = format!(
                    "{} into what {} makes as root; let it write somewhere else",
                    written.shown_by, leftover.name
                );
                return Err(
                    Refusal::new(self.surveyor.site, "writes-build-output", message)
                        .because(written.place.clone(), "what the program writes"),
                );
            }
            None => {
                let others = leftovers.iter().filter(|leftover| !leftover.is_dependency);
                let copies = others.filter_map(|leftover| leftover.copy);
                let of_project = copies.filter(|index| self.surveyor.brings_the_context(*index));
                territory.copies.extend(of_project);
            }
        }
        Ok(())
    }

    /// Gives away the copies from another stage that bring what the line names.
    fn files_of_data(&self, territory: &mut Territory, written: &Written) {
        let (cx, stage) = (self.surveyor.cx, self.surveyor.stage);
        let names = |leftover: &Leftover| {
            let name = leftover.folder.as_deref()?;
            let is_folder = written.line.contains(&format!("{name}/"));
            let is_data = cx.knowledge.startup.settings.is_written(name);
            let is_file = || is_data && written.line.contains(name);
            leftover.copy.filter(|_| is_folder || is_file())
        };
        let leftovers = leftovers::all(cx, stage, territory);
        territory.copies.extend(leftovers.iter().filter_map(names));
    }

    /// The copy from another stage that brings what lies at `path`, or a folder around it, as root's.
    ///
    /// A script may change what the copy has brought; a source that does so names the folder of the copy.
    fn copy_of_root(&self, territory: &Territory, path: &str, said: Said) -> Option<usize> {
        let facts = self.surveyor.cx.facts;
        let brings = |&index: &usize| {
            let view = &facts.views[index];
            let (Kind::Copy(transfer), Some(_), None) =
                (&view.kind, view.flag("from"), view.flag("chown"))
            else {
                return false;
            };
            let dest = facts.destination(index, transfer);
            let of_program = said == Said::Script || Some(&dest) != territory.workdir.as_ref();
            of_program && self.surveyor.is_own(&dest) && below(path, &dest).is_some()
        };
        let mut copies = self.surveyor.stage.body.clone().rev();
        copies
            .find(brings)
            .filter(|index| !territory.copies.contains(index))
    }

    fn no_shell(&self, written: &Written) -> Refusal {
        let message = format!(
            "{} a file, and the image has no program that gives a folder to the user; use an image with a shell",
            written.shown_by
        );
        Refusal::new(self.surveyor.site, "no-shell-to-own", message)
            .because(written.place.clone(), "what the program writes")
    }

    fn refuse(&self, written: &Written, path: &str) -> Refusal {
        let (code, note, remedy) = match written.said {
            Said::Script => (
                "writes-system-files",
                "run when the container starts",
                "write it in a RUN, or into a folder of the program",
            ),
            _ => (
                "writes-elsewhere",
                "what the program writes",
                "make a folder of its own for it in a RUN, or set USER yourself if it need not be written",
            ),
        };
        let message = format!(
            "{} {path}, which belongs to root; {remedy}",
            written.shown_by
        );
        Refusal::new(self.surveyor.site, code, message).because(written.place.clone(), note)
    }
}

/// Whether a line of a source names `name`: as a folder around something, or as a file in quotes.
fn is_named(line: &str, name: &str) -> bool {
    let mut quoted = line.split(['"', '\'', '`']).skip(1).step_by(2);
    let is_it = |word: &str| word.rsplit('/').next() == Some(name);
    line.contains(&format!("{name}/")) || quoted.any(is_it)
}
