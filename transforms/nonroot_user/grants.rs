//! Gives the program what it writes, or says why that cannot be.

use std::cell::RefCell;
use std::rc::Rc;

use super::leftovers::{self, Leftover, Maker};
use super::makers::program;
use super::ownership::{HandedOver, Surveyor, Territory};
use super::sources::Project;
use super::writer;
use super::written::{Said, Written};
use crate::analysis::commands::OptionUse;
use crate::analysis::paths::{UNKNOWN_WORKDIR, below};
use crate::analysis::runs::Step;
use crate::context::{BuildContext, FileKind, SourceLine, folder_and_name};
use crate::knowledge::tools::{Does, Role};
use crate::syntax::Kind;
use crate::transform::Refusal;
use crate::transforms::origin::{Origin, origin};

/// Adds to `territory` what `written` needs.
///
/// # Errors
/// The first path that cannot be given to the program.
pub(super) fn settle(
    surveyor: &Surveyor<'_>,
    territory: &mut Territory,
    project: &Project<'_>,
    written: &[Written],
) -> Result<(), Refusal> {
    let granter = Granter {
        surveyor,
        written,
        left: RefCell::default(),
    };
    written
        .iter()
        .try_for_each(|written| granter.settle(territory, written))?;
    granter.named_elsewhere(territory, project);
    Ok(())
}

struct Granter<'a> {
    surveyor: &'a Surveyor<'a>,
    written: &'a [Written],
    /// What is left of root's, and how much had been given away then: thousands of lines may ask for it.
    left: RefCell<Option<(usize, Rc<[Leftover<'a>]>)>>,
}

impl<'a> Granter<'a> {
    /// What is root's in the working folder as long as `territory` is what it is.
    fn leftovers(&self, territory: &Territory) -> Rc<[Leftover<'a>]> {
        let given = territory.count();
        if let Some((at, left)) = &*self.left.borrow()
            && *at == given
        {
            return Rc::clone(left);
        }
        let (cx, stage) = (self.surveyor.site.cx, self.surveyor.site.stage);
        let left: Rc<[Leftover<'a>]> = leftovers::all(cx, stage, territory).into();
        *self.left.borrow_mut() = Some((given, Rc::clone(&left)));
        left
    }

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
        let in_workdir = |workdir: &String| below(path, workdir).is_some();
        if !account.has_shell && territory.workdir.as_ref().is_some_and(in_workdir) {
            let is_given = self.surveyor.give_without_shell(territory);
            if !is_given && written.said != Said::Setting {
                return Err(self.no_shell(written));
            }
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
        territory: &mut Territory,
        written: &Written,
        path: &str,
    ) -> Result<(), Refusal> {
        let (cx, stage) = (self.surveyor.site.cx, self.surveyor.site.stage);
        let in_project = |workdir: &String| Some(folder_and_name(below(path, workdir)?).0);
        let Some(folder) = territory.workdir.as_ref().and_then(in_project) else {
            return Ok(());
        };
        let of_context = |context: &BuildContext| context.kind(folder) == Some(FileKind::Folder);
        let is_known = folder.is_empty() && !written.edits
            || !folder.is_empty() && cx.context.is_some_and(of_context)
            || territory.has_below_workdir(path)
            || self.is_made_at_start(path)
            || matches!(origin(cx, stage, path), Origin::File(_));
        let leftovers = self.leftovers(territory);
        let holds = |leftover: &&Leftover<'_>| {
            let is_copy = matches!(leftover.by, Maker::Copy(_));
            let mut made = leftover.paths.iter();
            !is_copy && made.any(|made| below(path, made).is_some())
        };
        for leftover in leftovers.iter().filter(holds) {
            if !self.give(territory, leftover) && written.said == Said::Source {
                return Err(self.output_of_root(written, leftover));
            }
        }
        let leftovers = self.leftovers(territory);
        let made = leftovers.iter().find(|leftover| !leftover.is_dependency);
        match made.filter(|_| written.said == Said::Script && !is_known) {
            Some(leftover) => {
                let message = format!(
                    "{} {path}, which {} may have made as root; give it to the user in that step",
                    written.shown_by, leftover.name
                );
                Err(self
                    .surveyor
                    .site
                    .refuse("writes-build-output", message)
                    .because(written.place.clone(), "run when the container starts"))
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
        if !self.surveyor.account.has_shell && !self.surveyor.give_without_shell(territory) {
            return Err(self.no_shell(written));
        }
        if territory.workdir.is_some() {
            return self.in_folder_of_root(territory, written);
        }
        let state = self
            .surveyor
            .site
            .cx
            .facts
            .state_after(self.surveyor.site.stage);
        let message = format!(
            "{} files, perhaps into the working folder {}, which belongs to root; give the image a WORKDIR of its own",
            written.shown_by,
            state.workdir.replace(UNKNOWN_WORKDIR, "of the base image")
        );
        Err(self
            .surveyor
            .site
            .refuse("writes-elsewhere", message)
            .because(written.place.clone(), "what the program writes"))
    }

    /// A line may name a folder or a file of the project that is root's: a copy is given away, an install cannot be. Where
    /// it names none, it may mean any of them.
    fn in_folder_of_root(
        &self,
        territory: &mut Territory,
        written: &Written,
    ) -> Result<(), Refusal> {
        let cx = self.surveyor.site.cx;
        let leftovers = self.leftovers(territory);
        let is_named = |leftover: &&Leftover<'_>| leftover.is_named_by(cx, &written.line);
        let named: Vec<&Leftover<'_>> = leftovers.iter().filter(is_named).collect();
        for leftover in &named {
            if !self.give(territory, leftover) {
                return Err(self.output_of_root(written, leftover));
            }
        }
        if named.is_empty() {
            let others = leftovers.iter().filter(|leftover| !leftover.is_dependency);
            let of_project = others.filter_map(|leftover| match leftover.by {
                Maker::Copy(index) => Some(index),
                _ => None,
            });
            let of_project = of_project.filter(|index| self.surveyor.brings_the_context(*index));
            of_project.for_each(|index| territory.give_copy(index));
        }
        Ok(())
    }

    fn output_of_root(&self, written: &Written, leftover: &Leftover<'_>) -> Refusal {
        let message = format!(
            "{} into what {} makes as root; let it write somewhere else, or give that to the user in the same RUN",
            written.shown_by, leftover.name
        );
        self.surveyor
            .site
            .refuse("writes-build-output", message)
            .because(written.place.clone(), "what the program writes")
    }

    /// Gives away what `leftover` puts into the working folder, and tells whether that could be done.
    fn give(&self, territory: &mut Territory, leftover: &Leftover<'_>) -> bool {
        match leftover.by {
            Maker::Copy(index) => territory.give_copy(index),
            Maker::Workdir if self.surveyor.account.has_shell => {
                for folder in &leftover.paths {
                    if !territory.has(folder) {
                        self.surveyor.make(territory, folder.clone());
                    }
                }
            }
            Maker::Workdir => return false,
            Maker::Step(index, step, _) => match self.handed_over(index, step, &leftover.paths) {
                Some(given) => territory.handed_over.extend(given),
                None => return false,
            },
        }
        true
    }

    /// How the files `paths` that `step` makes are given away behind it: by nothing, where another step does it already.
    /// `None` where it is not certain that they are there, or that another command may stand there.
    fn handed_over(
        &self,
        index: usize,
        step: &Step<'_>,
        paths: &[String],
    ) -> Option<Option<HandedOver>> {
        let surveyor = &self.surveyor;
        let is_of_shell = surveyor.account.has_shell && surveyor.site.stage.body.contains(&index);
        let makes_files = matches!(step.does(), Some(Does::Files | Does::Nothing));
        let is_known = is_of_shell && makes_files && !paths.is_empty();
        surveyor.open_list(index).filter(|_| is_known)?;
        let stays = |path: &&String| {
            !surveyor.is_given_away(path)
                && !surveyor.is_open(path)
                && !surveyor.is_removed_by_other(step, path)
        };
        let paths: Vec<String> = paths.iter().filter(stays).cloned().collect();
        let given = (!paths.is_empty()).then(|| HandedOver {
            index,
            step: step.span,
            operands: writer::words_in(step.cwd.as_deref(), &paths),
            made: None,
            with_contents: may_make_folders(step),
            paths,
        });
        Some(given)
    }

    /// Gives away what steps make and any source or setting names, where a source writes a file whose name it does not tell.
    fn named_elsewhere(&self, territory: &mut Territory, project: &Project<'_>) {
        let cx = self.surveyor.site.cx;
        let is_unnamed = |written: &&Written| {
            let mut words = leftovers::quoted(&written.line);
            let names = words.any(|word| word.contains(['/', '.']));
            written.path.is_none() && written.said == Said::Source && !names
        };
        if !self.written.iter().any(|written| is_unnamed(&written)) {
            return;
        }
        let leftovers = self.leftovers(territory);
        let made = leftovers.iter().filter(|leftover| {
            let is_copy = matches!(leftover.by, Maker::Copy(_));
            !is_copy && !leftover.is_dependency && !leftover.paths.is_empty()
        });
        for leftover in made {
            let is_named = |line: SourceLine<'_>| leftover.is_named_by(cx, line.text);
            if project.lines().any(is_named) || project.settings().any(is_named) {
                self.give(territory, leftover);
            }
        }
    }

    /// Gives away what copies from another stage bring and steps make, if the line names it.
    fn files_of_data(&self, territory: &mut Territory, written: &Written) {
        let cx = self.surveyor.site.cx;
        let names = |name: &str| {
            let is_folder = written.line.contains(&format!("{name}/"));
            let is_data = cx.knowledge.startup.settings.is_written(name);
            is_folder || is_data && written.line.contains(name)
        };
        let leftovers = self.leftovers(territory);
        for leftover in leftovers
            .iter()
            .filter(|leftover| leftover.names().any(names))
        {
            self.give(territory, leftover);
        }
    }

    /// The copy from another stage that brings what lies at `path`, or a folder around it, as root's.
    ///
    /// A script may change what the copy has brought; a source that does so names the folder of the copy.
    fn copy_of_root(&self, territory: &Territory, path: &str, said: Said) -> Option<usize> {
        let facts = self.surveyor.site.cx.facts;
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
        let mut copies = self.surveyor.site.stage.body.clone().rev();
        copies
            .find(brings)
            .filter(|index| !territory.copies.contains(index))
    }

    fn no_shell(&self, written: &Written) -> Refusal {
        let message = format!(
            "{} a file, and the image has no program that gives a folder to the user; use an image with a shell",
            written.shown_by
        );
        self.surveyor
            .site
            .refuse("no-shell-to-own", message)
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
        self.surveyor
            .site
            .refuse(code, message)
            .because(written.place.clone(), note)
    }
}

/// Whether what `step` makes may be a folder with something in it: `mv a b`, `git clone`, `cp -r`.
fn may_make_folders(step: &Step<'_>) -> bool {
    let Some(known) = step.invocation.as_ref().filter(|_| !step.redirected) else {
        return false;
    };
    let is_recursive = |option: &OptionUse| option.name.contains(['r', 'R', 'a']);
    let writes = |option: &OptionUse| option.role == Role::Write;
    match program(step) {
        "cp" => known.options.iter().any(is_recursive),
        _ => !known.operands.is_empty() && !known.options.iter().any(writes),
    }
}
