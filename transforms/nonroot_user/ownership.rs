//! Which folders and files the program gets for its own.
//!
//! `COPY --chown` gives away what it brings and the folders that it makes, but not a folder that is there already
//! (checked with Docker 28): the working folder is given away before `WORKDIR` or `COPY` would make it as root.

use super::account::Account;
use super::given;
use super::left_behind::history;
use crate::analysis::commands::Invocation;
use crate::analysis::paths::{below, join};
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::context::FileKind;
use crate::knowledge::tools::Role;
use crate::syntax::{Kind, Span, Transfer};
use crate::transform::{Cx, Refusal};

/// Programs that make what others write later.
const MAKERS: [&str; 2] = ["mkdir", "touch"];

/// What belongs to the program.
#[derive(Default)]
pub(super) struct Territory {
    /// The working folder, if it can be the program's own.
    pub workdir: Option<String>,
    /// Folders that are made together with the account.
    pub made: Vec<String>,
    /// Commands that make folders, which are then given away.
    pub handed_over: Vec<HandedOver>,
    /// Copies that give away what they bring.
    pub copies: Vec<usize>,
    /// The places of these copies.
    brought: Vec<String>,
    /// The home of the account.
    home: Option<String>,
}

/// A `mkdir` or `touch` of what the program writes.
pub(super) struct HandedOver {
    /// The `RUN`.
    pub index: usize,
    /// The command, in the logical line.
    pub step: Span,
    /// The folders as they are written there.
    pub operands: String,
    /// The folders.
    pub paths: Vec<String>,
}

impl Territory {
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
            .chain(&self.brought)
            .chain(&self.home)
            .chain(handed_over);
        own.into_iter().any(|folder| below(path, folder).is_some())
    }

    /// Whether the program may write `path`, or anybody may.
    pub(super) fn is_writable(&self, path: &str) -> bool {
        let public = ["/tmp", "/var/tmp", "/dev", "/proc"];
        self.holds(path) || public.iter().any(|folder| below(path, folder).is_some())
    }

    fn has(&self, path: &str) -> bool {
        let handed_over =
            |handed_over: &HandedOver| handed_over.paths.iter().any(|own| own == path);
        self.made.iter().chain(&self.home).any(|own| own == path)
            || self.handed_over.iter().any(handed_over)
    }
}

/// What the program of `stage` gets.
///
/// # Errors
/// When a folder that it has to write cannot be given to it.
pub(super) fn survey(
    cx: &Cx<'_>,
    stage: &Stage,
    account: &Account,
    site: Span,
) -> Result<Territory, Refusal> {
    let mut territory = Territory {
        home: account.home.clone(),
        ..Territory::default()
    };
    let surveyor = Surveyor {
        cx,
        stage,
        account,
        site,
    };
    let workdir = cx.facts.state_after(stage).workdir;
    territory.workdir = Some(workdir).filter(|path| cx.knowledge.startup.is_own_folder(path));
    surveyor.copies(&mut territory)?;
    surveyor.folders_of_steps(&mut territory)?;
    surveyor.volumes(&mut territory)?;
    surveyor.working_folder(&mut territory)?;
    Ok(territory)
}

struct Surveyor<'a> {
    cx: &'a Cx<'a>,
    stage: &'a Stage,
    account: &'a Account,
    site: Span,
}

impl Surveyor<'_> {
    fn refuse(&self, index: usize, code: &'static str, message: String) -> Refusal {
        let span = self.cx.file.instructions()[index].span;
        Refusal::new(self.site, code, message).because(span, "this instruction")
    }

    fn is_own(&self, path: &str) -> bool {
        self.cx.knowledge.startup.is_own_folder(path)
    }

    fn copies(&self, territory: &mut Territory) -> Result<(), Refusal> {
        for index in self.stage.body.clone() {
            let view = &self.cx.facts.views[index];
            let (Kind::Copy(transfer) | Kind::Add(transfer)) = &view.kind else {
                continue;
            };
            let dest = join(&self.cx.facts.states[index].workdir, &transfer.dest.raw);
            let of_stage = view.flag("from").is_some();
            let project = of_stage && self.brings_the_project(index, transfer);
            let folder = project || !of_stage && self.brings_a_folder(transfer);
            if folder && territory.workdir.is_none() && !self.is_own(&dest) {
                let message = format!(
                    "the project is copied into {dest}, a folder of the system, where only root may write; give it a WORKDIR of its own"
                );
                return Err(self.refuse(index, "no-own-folder", message));
            }
            // BuildKit lets only the owner read what it downloads.
            let download = transfer
                .sources
                .iter()
                .any(|source| source.raw.contains("://"));
            let of_program = if of_stage {
                project
            } else {
                !self.brings_manifests(transfer)
            };
            let own = of_program && self.is_own(&dest) && !self.is_removed(&dest);
            if view.flag("chown").is_some() || !own && !download {
                continue;
            }
            territory.copies.push(index);
            if own && !territory.holds(&dest) {
                territory.brought.push(dest);
            }
        }
        Ok(())
    }

    fn brings_a_folder(&self, transfer: &Transfer) -> bool {
        let by_name = |name: &str| matches!(name, "." | "./" | "/" | "*");
        transfer.sources.iter().any(|source| {
            let kind = self
                .cx
                .context
                .and_then(|context| context.kind(source.raw.trim_matches('/')));
            by_name(&source.raw) || kind == Some(FileKind::Folder)
        })
    }

    /// Installs read them during the build; the program does not write them.
    fn brings_manifests(&self, transfer: &Transfer) -> bool {
        let runs = self
            .stage
            .body
            .clone()
            .filter_map(|at| self.cx.facts.runs[at].as_ref());
        let steps = runs.flat_map(|run| &run.steps);
        let installs: Vec<&Invocation<'_>> =
            steps.filter_map(|step| step.invocation.as_ref()).collect();
        transfer.sources.iter().all(|source| {
            let name = source.raw.rsplit('/').next().unwrap_or_default();
            installs.iter().any(|install| reads_manifest(install, name))
        })
    }

    /// Whether the copy takes the whole working folder of another stage into that of this one. A program or a
    /// folder of dependencies that is taken by its name is better left to root: nothing has to write it.
    fn brings_the_project(&self, index: usize, transfer: &Transfer) -> bool {
        let Some(from) = self
            .cx
            .facts
            .source_stage(index)
            .map(|at| &self.cx.facts.stages[at])
        else {
            return false;
        };
        let project = self.cx.facts.state_after(from).workdir;
        transfer
            .sources
            .iter()
            .any(|source| join("/", &source.raw) == project)
    }

    /// What `mkdir` makes for the program.
    fn folders_of_steps(&self, territory: &mut Territory) -> Result<(), Refusal> {
        for index in history(self.cx, self.stage) {
            let Some(run) = &self.cx.facts.runs[index] else {
                continue;
            };
            for step in run.steps.iter().filter(|step| {
                step.args
                    .first()
                    .is_some_and(|arg| MAKERS.contains(&arg.known()))
            }) {
                let folders = self.folders_of(index, step);
                let (paths, words): (Vec<String>, Vec<&str>) = folders
                    .into_iter()
                    .filter(|(path, _)| !territory.has(path))
                    .unzip();
                if paths.is_empty() {
                    continue;
                }
                if self.stage.body.contains(&index)
                    && run.and_list().is_some()
                    && self.account.has_shell
                {
                    territory.handed_over.push(HandedOver {
                        index,
                        step: step.span,
                        operands: words.join(" "),
                        paths,
                    });
                } else if self.account.has_shell
                    && (!self.stage.body.contains(&index)
                        || step.args.iter().any(|arg| arg.known().starts_with("-p")))
                {
                    territory.made.extend(paths);
                } else {
                    let message = format!(
                        "{} is made as root, in a way that leaves no place to give it away; make it in a RUN of its own",
                        paths.join(" ")
                    );
                    return Err(self.refuse(index, "folder-of-root", message));
                }
            }
        }
        Ok(())
    }

    /// The folders for the program that `step` makes, with the words that name them.
    fn folders_of<'s>(&'s self, index: usize, step: &Step<'_>) -> Vec<(String, &'s str)> {
        let text = &self.cx.facts.views[index].logical.text;
        let operands = step
            .invocation
            .iter()
            .flat_map(|invocation| &invocation.operands);
        let named = operands.filter_map(|&at| {
            let path = join(step.cwd.as_deref()?, step.args[at].text.as_deref()?);
            Some((path, step.args[at].span.text(text)))
        });
        named
            .filter(|(path, _)| {
                self.is_own(path)
                    && !self.is_given_away(path)
                    && !self.is_open(path)
                    && !self.is_removed(path)
            })
            .collect()
    }

    /// Whether the Dockerfile itself gives the folder to the account.
    fn is_given_away(&self, path: &str) -> bool {
        self.steps_on(path, &["chown"]).any(|step| {
            step.args
                .iter()
                .skip(1)
                .any(|arg| self.account.is_called(arg.known()))
        })
    }

    /// Whether everybody may write the folder.
    fn is_open(&self, path: &str) -> bool {
        let open = [
            "777", "0777", "1777", "a+w", "a+rw", "a+rwx", "ugo+rwx", "o+w", "o+rwx",
        ];
        self.steps_on(path, &["chmod"])
            .any(|step| step.args.iter().any(|arg| open.contains(&arg.known())))
    }

    fn is_removed(&self, path: &str) -> bool {
        self.steps_on(path, &["rm", "rmdir", "mv"]).next().is_some()
    }

    /// The calls of `programs` with `path`, or a folder around it, as an operand.
    fn steps_on<'s>(
        &'s self,
        path: &'s str,
        programs: &'s [&str],
    ) -> impl Iterator<Item = &'s Step<'s>> {
        let runs = self
            .stage
            .body
            .clone()
            .filter_map(|at| self.cx.facts.runs[at].as_ref());
        runs.flat_map(|run| &run.steps).filter(move |step| {
            let names = |word: &str| {
                step.cwd
                    .as_deref()
                    .is_some_and(|cwd| below(path, &join(cwd, word)).is_some())
            };
            step.args
                .first()
                .is_some_and(|arg| programs.contains(&arg.known()))
                && step
                    .args
                    .iter()
                    .skip(1)
                    .any(|arg| arg.text.is_some() && names(arg.known()))
        })
    }

    /// A volume takes the owner of the folder that the image has at its place.
    fn volumes(&self, territory: &mut Territory) -> Result<(), Refusal> {
        for index in history(self.cx, self.stage) {
            let Kind::Volume { paths, .. } = &self.cx.facts.views[index].kind else {
                continue;
            };
            for path in paths {
                let path = join("/", path.raw.trim_matches('"'));
                self.volume(territory, path, index)?;
            }
        }
        given::volumes(self.cx, self.stage)
            .into_iter()
            .try_for_each(|path| self.volume(territory, path, self.stage.from))
    }

    /// Gives away the folder that the volume of instruction `index` takes its owner from.
    fn volume(&self, territory: &mut Territory, path: String, index: usize) -> Result<(), Refusal> {
        let temporary = ["/tmp", "/var/tmp"].contains(&path.as_str());
        if temporary
            || territory.has(&path)
            || Some(&path) == territory.workdir.as_ref()
            || self.is_given_away(&path)
        {
            return Ok(());
        }
        if !self.account.has_shell
            || !self.is_own(&path)
            || path.contains('$')
            || self.is_filled(&path)
        {
            let message = format!(
                "the volume {path} belongs to root, and it cannot be told how to give it to the program; make the folder with the right owner before VOLUME"
            );
            return Err(self.refuse(index, "folder-of-root", message));
        }
        territory.made.push(path);
        Ok(())
    }

    /// Whether a step names the folder: what it puts there belongs to root.
    fn is_filled(&self, path: &str) -> bool {
        let run = |at: usize| {
            self.cx.facts.runs[at].is_some() && self.cx.facts.source_text(at).contains(path)
        };
        history(self.cx, self.stage).into_iter().any(run)
    }

    /// Without a shell nothing can be given away: a folder that nothing is copied into is there to be written.
    fn working_folder(&self, territory: &mut Territory) -> Result<(), Refusal> {
        let Some(workdir) = territory.workdir.clone() else {
            return Ok(());
        };
        if territory.has(&workdir) || self.is_given_away(&workdir) {
            return Ok(());
        }
        if self.account.has_shell {
            territory.made.insert(0, workdir);
            return Ok(());
        }
        let fills = |at: &usize| match &self.cx.facts.views[*at].kind {
            Kind::Copy(transfer) | Kind::Add(transfer) => below(
                &join(&self.cx.facts.states[*at].workdir, &transfer.dest.raw),
                &workdir,
            )
            .is_some(),
            _ => false,
        };
        let history = history(self.cx, self.stage);
        if history.iter().any(fills) {
            return Ok(());
        }
        let sets = |at: &usize| matches!(self.cx.facts.views[*at].kind, Kind::Workdir(_));
        let index = history
            .into_iter()
            .rev()
            .find(sets)
            .unwrap_or(self.stage.from);
        let message = format!(
            "the empty working folder {workdir} is there for files that the program writes, and an image without a shell cannot give it away; copy an empty folder with --chown"
        );
        Err(self.refuse(index, "folder-of-root", message))
    }
}

/// Whether `name`, a name or a pattern of names, is that of a manifest of the install.
fn reads_manifest(install: &Invocation<'_>, name: &str) -> bool {
    let action = install.action;
    let listed = action.manifests.iter().chain(&action.unknown_context);
    let given = install
        .options
        .iter()
        .filter(|option| option.role == Role::Manifest);
    let given = given.filter_map(|option| option.value.as_deref()?.rsplit('/').next());
    listed
        .map(|entry| entry.trim_end_matches('?'))
        .chain(given)
        .any(|entry| entry == name)
}
