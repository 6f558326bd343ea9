//! Folders that the program gets: those that steps make for it, and its working folder.

use super::left_behind::history;
use super::makers::{
    makes_folders, makes_new, makes_parents, named_paths, program, without_quotes,
};
use super::ownership::{HandedOver, Surveyor, Territory};
use super::sources::Project;
use crate::analysis::paths::{Extent, below, join, parent};
use crate::analysis::runs::{Run, Step};
use crate::analysis::stages::Base;
use crate::context::BuildContext;
use crate::syntax::{Kind, Transfer};
use crate::transform::Refusal;

impl Surveyor<'_> {
    /// What `mkdir` makes for the program.
    pub(super) fn folders_of_steps(&self, territory: &mut Territory) -> Result<(), Refusal> {
        for index in history(self.site.cx, self.site.stage) {
            let Some((run, _)) = self.site.cx.facts.script(index) else {
                continue;
            };
            for step in run.steps.iter().filter(|step| makes_folders(step)) {
                let folders = self.folders_of(index, step).into_iter();
                let (late, folders): (Vec<_>, Vec<_>) =
                    folders.partition(|(path, _)| self.is_acted_in(path));
                for (path, _) in late {
                    self.make(territory, path);
                }
                let (paths, words): (Vec<String>, Vec<&str>) = folders
                    .into_iter()
                    .filter(|(path, _)| {
                        let is_given = territory.has(path) || territory.gives_contents(index, path);
                        !is_given && !is_entered(run, path)
                    })
                    .unzip();
                if !paths.is_empty() {
                    self.folders_of_step(territory, (index, run, step), paths, &words)?;
                }
            }
        }
        Ok(())
    }

    /// Whether the copy at `index` takes a folder that a step of another stage has made and no other step of it fills: it
    /// is there for what the program writes.
    pub(super) fn brings_empty_folder(&self, index: usize, transfer: &Transfer) -> bool {
        let facts = self.site.cx.facts;
        let Some(from) = facts.source_stage(index).map(|at| &facts.stages[at]) else {
            return false;
        };
        let steps = from.body.clone().flat_map(|at| facts.steps(at));
        let (makers, others): (Vec<&Step<'_>>, Vec<&Step<'_>>) =
            steps.partition(|step| makes_folders(step));
        let is_filled = |path: &str| {
            others.iter().any(|step| {
                let works_there = step
                    .cwd
                    .as_deref()
                    .is_some_and(|cwd| below(cwd, path).is_some());
                let writes = match &step.effects.writes {
                    Extent::Regions(regions) => regions
                        .iter()
                        .any(|region| below(region.path(), path).is_some()),
                    Extent::Everything => false,
                };
                works_there || writes
            })
        };
        let mut made = makers.iter().flat_map(|step| named_paths(step));
        made.any(|path| {
            let mut sources = transfer.sources.iter();
            sources.any(|source| join("/", &source.raw) == path) && !is_filled(&path)
        })
    }

    /// Has `folder` made for the program: with the account, or behind all steps where one of them makes it or a folder
    /// around it and would fail if it were there, or works in it and would act as its owner.
    pub(super) fn make(&self, territory: &mut Territory, folder: String) {
        let body = self.site.stage.body.clone();
        let mut steps = body.flat_map(|at| self.site.cx.facts.steps(at));
        let enters = |at: usize| {
            let is_workdir = matches!(self.site.cx.facts.views[at].kind, Kind::Workdir(_));
            is_workdir && below(&self.site.cx.facts.state_behind(at).workdir, &folder).is_some()
        };
        let is_acted_in = self.is_acted_in(&folder);
        if is_acted_in && self.site.stage.body.clone().any(enters) {
            territory.given_last.push(folder);
        } else if is_acted_in
            || self.is_removed(&folder)
            || steps.any(|step| makes_new(step, &folder))
        {
            territory.made_last.push(folder);
        } else if Some(&folder) == territory.workdir.as_ref() {
            let around = |made: &&String| below(&folder, made).is_some();
            let behind = territory.made.iter().take_while(around).count();
            territory.made.insert(behind, folder);
        } else {
            territory.made.push(folder);
        }
    }

    /// Gives the folders `paths`, which `step` makes and `words` name there, to the program.
    fn folders_of_step(
        &self,
        territory: &mut Territory,
        (index, run, step): (usize, &Run<'_>, &Step<'_>),
        paths: Vec<String>,
        words: &[&str],
    ) -> Result<(), Refusal> {
        let of_stage = self.site.stage.body.contains(&index);
        let has_shell = self.account.has_shell;
        let is_open = self.open_list(index).is_some();
        if of_stage && is_open && has_shell {
            let filled = last_filling(run, step, &paths);
            territory.handed_over.push(HandedOver {
                index,
                step: filled.unwrap_or(step).span,
                operands: operands(step, filled, &paths, words),
                made: None,
                with_contents: filled.is_some(),
                paths,
            });
        } else if has_shell && program(step) != "touch" {
            paths
                .into_iter()
                .for_each(|path| self.make(territory, path));
        } else {
            let message = format!(
                "{} is made as root, in a way that leaves no place to give it away; make it in a RUN of its own",
                paths.join(" ")
            );
            return Err(self.refuse(index, "folder-of-root", message));
        }
        Ok(())
    }

    /// The commands of the `RUN` at `index`, if another one can be put behind each of them.
    pub(super) fn open_list(&self, index: usize) -> Option<&[Step<'_>]> {
        self.site.cx.facts.runs[index].as_ref()?.and_list()
    }

    /// The folders for the program that `step` makes, with the words that name them.
    fn folders_of<'s>(&'s self, index: usize, step: &Step<'_>) -> Vec<(String, &'s str)> {
        let text = self
            .site
            .cx
            .facts
            .script(index)
            .map_or("", |(_, text)| text);
        let operands = step
            .invocation
            .iter()
            .flat_map(|invocation| &invocation.operands);
        let named = operands.filter_map(|&at| {
            let path = join(step.cwd.as_deref()?, step.args[at].text.as_deref()?);
            Some((path, step.args[at].span.text(text)))
        });
        let mut all: Vec<(String, &str)> = Vec::new();
        for (path, word) in named {
            let around = self.made_around(index, step, &path, word).into_iter();
            for made in around.chain([(path, word)]) {
                if !all.iter().any(|(path, _)| *path == made.0) {
                    all.push(made);
                }
            }
        }
        all.into_iter()
            .filter(|(path, _)| {
                (self.is_own(path) || is_temporary(path))
                    && !self.is_given_away(path)
                    && !self.is_open(path)
                    && !self.is_removed(path)
            })
            .collect()
    }

    /// The folders in the working folder that `mkdir -p` makes on its way to `path`, which `word` names: nothing else has put
    /// them there.
    fn made_around<'w>(
        &self,
        index: usize,
        step: &Step<'_>,
        path: &str,
        word: &'w str,
    ) -> Vec<(String, &'w str)> {
        let workdir = self.site.cx.facts.state_after(self.site.stage).workdir;
        let word = without_quotes(word);
        let is_plain = !word.contains(['"', '\'', '\\', '{', '`', '(']);
        if !makes_parents(step) || !is_plain {
            return Vec::new();
        }
        let mut made = Vec::new();
        let (mut path, mut word) = (path.trim_end_matches('/'), word.trim_end_matches('/'));
        while let Some((before, _)) = word.rsplit_once('/') {
            (path, word) = (parent(path), before);
            let is_inside = below(path, &workdir).is_some_and(|inside| !inside.is_empty());
            if !is_inside || word.ends_with("..") || self.is_there_before(index, path) {
                break;
            }
            made.push((path.to_owned(), word));
        }
        made.reverse();
        made
    }

    /// Whether something may have put the folder `path` there before the instruction at `index`.
    fn is_there_before(&self, index: usize, path: &str) -> bool {
        let workdir = self.site.cx.facts.state_after(self.site.stage).workdir;
        let inside = below(path, &workdir).unwrap_or_default();
        let of_context = |context: &BuildContext| context.kind(inside).is_some();
        let is_in = |folder: &str| below(folder, path).is_some();
        let puts = |at: usize| match &self.site.cx.facts.views[at].kind {
            Kind::Copy(transfer) | Kind::Add(transfer) => {
                is_in(&self.site.cx.facts.destination(at, transfer))
            }
            _ => {
                let steps = self.site.cx.facts.steps(at).iter();
                let mut regions = steps.filter_map(|step| match &step.effects.writes {
                    Extent::Regions(regions) => Some(regions),
                    Extent::Everything => None,
                });
                regions.any(|regions| regions.iter().any(|region| is_in(region.path())))
            }
        };
        self.site.cx.context.is_some_and(of_context)
            || (self.site.stage.body.start..index).any(puts)
    }

    /// Whether the Dockerfile itself gives the folder to the account.
    pub(super) fn is_given_away(&self, path: &str) -> bool {
        self.steps_on(path, &["chown"]).any(|step| {
            step.args
                .iter()
                .skip(1)
                .any(|arg| self.account.is_called(arg.known()))
        })
    }

    /// Whether everybody may write the folder.
    pub(super) fn is_open(&self, path: &str) -> bool {
        self.steps_on(path, &["chmod"]).any(|step| opens(step))
    }

    /// Whether a step lets everybody write the folder itself, and nothing in it is done in the name of its owner.
    pub(super) fn is_opened(&self, folder: &str) -> bool {
        let names = |step: &&Step<'_>| {
            let cwd = step.cwd.as_deref().unwrap_or_default();
            let mut words = step.args.iter().skip(1);
            words.any(|word| join(cwd, word.known()) == folder)
        };
        let mut changing = self.steps_on(folder, &["chmod"]);
        // A later one may close it again.
        let stays_open = self.steps_on(folder, &["chmod"]).all(|step| opens(step));
        stays_open
            && changing.any(|step| names(&step))
            && !self.is_removed(folder)
            && !self.is_acted_in(folder)
    }

    pub(super) fn is_removed(&self, path: &str) -> bool {
        self.steps_on(path, &["rm", "rmdir", "mv"]).next().is_some()
    }

    /// Whether another step than `maker` removes or moves the path.
    pub(super) fn is_removed_by_other(&self, maker: &Step<'_>, path: &str) -> bool {
        self.steps_on(path, &["rm", "rmdir", "mv"])
            .any(|step| !std::ptr::eq(step, maker))
    }

    /// The calls of `programs` with `path`, or a folder around it, as an operand.
    fn steps_on<'s>(
        &'s self,
        path: &'s str,
        programs: &'s [&str],
    ) -> impl Iterator<Item = &'s Step<'s>> {
        let body = self.site.stage.body.clone();
        let steps = body.flat_map(|at| self.site.cx.facts.steps(at));
        steps.filter(move |step| {
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

    /// Without a shell, a folder that nothing is copied into may be there for what is mounted, unless the sources are at
    /// hand: what they write is looked at later.
    pub(super) fn working_folder(
        &self,
        territory: &mut Territory,
        project: &Project<'_>,
    ) -> Result<(), Refusal> {
        let Some(workdir) = territory.workdir.clone() else {
            return Ok(());
        };
        if territory.has(&workdir) || self.is_given_away(&workdir) || self.is_opened(&workdir) {
            return Ok(());
        }
        if self.account.has_shell {
            self.make(territory, workdir);
            return Ok(());
        }
        let fills = |at: &usize| match &self.site.cx.facts.views[*at].kind {
            Kind::Copy(transfer) | Kind::Add(transfer) => {
                below(&self.site.cx.facts.destination(*at, transfer), &workdir).is_some()
            }
            _ => false,
        };
        let history = history(self.site.cx, self.site.stage);
        if history.iter().any(fills) || project.has_sources() {
            return Ok(());
        }
        let sets = |at: &usize| matches!(self.site.cx.facts.views[*at].kind, Kind::Workdir(_));
        let index = history
            .into_iter()
            .rev()
            .find(sets)
            .unwrap_or(self.site.stage.from);
        let message = format!(
            "the empty working folder {workdir} is there for files that the program writes, and an image without a shell cannot give it away; copy an empty folder with --chown, or name the build context, whose sources show what is written"
        );
        Err(self.refuse(index, "folder-of-root", message))
    }

    /// Gives the working folder to the program where no command can do that, and tells whether it could be done: `WORKDIR`
    /// makes a folder as the user who is set there, and a copy as the one of its `--chown` (both checked with BuildKit).
    pub(super) fn give_without_shell(&self, territory: &mut Territory) -> bool {
        let (facts, stage) = (self.site.cx.facts, self.site.stage);
        let runs = |at: usize| matches!(facts.views[at].kind, Kind::Run { .. });
        let is_known = matches!(stage.base, Base::Image(_) | Base::Scratch);
        let Some(workdir) = territory.workdir.clone().filter(|_| is_known) else {
            return false;
        };
        let at_first = facts.states.get(stage.body.start);
        let is_there = at_first.is_none_or(|state| below(&state.workdir, &workdir).is_some());
        if territory.is_given_without_shell || is_there || stage.body.clone().any(runs) {
            return territory.is_given_without_shell;
        }
        let Some(maker) = self.maker_of(&workdir) else {
            return false;
        };
        match facts.views[maker].flag("chown") {
            None if matches!(facts.views[maker].kind, Kind::Workdir(_)) => {
                territory.user_before = Some(maker);
            }
            None => territory.give_copy(maker),
            Some(_) => return false,
        }
        territory.is_given_without_shell = true;
        true
    }

    /// The first instruction of the stage that makes `folder`; `None` where a copy of a folder around it may bring it or not.
    fn maker_of(&self, folder: &str) -> Option<usize> {
        let facts = self.site.cx.facts;
        let mut maker = None;
        for at in self.site.stage.body.clone() {
            let made = match &facts.views[at].kind {
                Kind::Workdir(_) => facts.state_behind(at).workdir,
                Kind::Copy(transfer) | Kind::Add(transfer) => facts.destination(at, transfer),
                _ => continue,
            };
            let is_copy = !matches!(facts.views[at].kind, Kind::Workdir(_));
            if below(&made, folder).is_some() {
                maker = maker.or(Some(at));
            } else if is_copy && below(folder, &made).is_some() {
                return None;
            }
        }
        maker
    }
}

/// Whether everybody may write around `path`, but not in it once root has made it.
fn is_temporary(path: &str) -> bool {
    let mut open = ["/tmp", "/var/tmp"].into_iter();
    open.any(|open| below(path, open).is_some_and(|inside| !inside.is_empty()))
}

/// The last command of `run` behind `maker` that puts something into one of `folders`, as far as it is known.
fn last_filling<'r>(
    run: &'r Run<'r>,
    maker: &Step<'_>,
    folders: &[String],
) -> Option<&'r Step<'r>> {
    let fills = |step: &&Step<'_>| match &step.effects.writes {
        Extent::Regions(regions) => regions.iter().any(|region| {
            let inner = |folder: &String| {
                *folder != region.path() && below(region.path(), folder).is_some()
            };
            folders.iter().any(inner)
        }),
        Extent::Everything => false,
    };
    let mut later = run.steps.iter().rev();
    later.find(|step| step.span.start > maker.span.start && fills(step))
}

/// The operands of the `chown` behind `maker`, or behind `filled`: `words`, which name `folders` where `maker` runs, or
/// their paths.
fn operands(
    maker: &Step<'_>,
    filled: Option<&Step<'_>>,
    folders: &[String],
    words: &[&str],
) -> String {
    match filled {
        Some(filled) if filled.cwd != maker.cwd => folders.join(" "),
        _ => words.join(" "),
    }
}

/// Whether a later command of the same `RUN` goes there: it is where the build works.
fn is_entered(run: &Run<'_>, path: &str) -> bool {
    let mut entered = run.steps.iter().filter_map(|step| step.enters.as_deref());
    entered.any(|folder| below(folder, path).is_some())
}

/// Whether a `chmod` lets everybody write.
fn opens(step: &Step<'_>) -> bool {
    let open = [
        "777", "0777", "1777", "a+w", "a+rw", "a+rwx", "ugo+rwx", "o+w", "o+rwx",
    ];
    step.args.iter().any(|arg| open.contains(&arg.known()))
}
