//! Files with secrets that a `COPY` brings: they stay in its layer, whatever removes them later.

use crate::analysis::paths::{Extent, Region, below, file_name, join, parent};
use crate::analysis::runs::Step;
use crate::analysis::stages::Os;
use crate::context::{BuildContext, in_folder};
use crate::knowledge::secrets::File;
use crate::syntax::{Kind, Span, Transfer};
use crate::transform::{Addition, Change, Cx, Plan, Refusal, Rewrite};

use super::super::frontend;
use super::super::narrow_copy;
use super::super::shipped::is_shipped;
use super::{refuse, steps, traces, writer};

/// Folders of every image.
const FOLDERS: [&str; 8] = [
    "/",
    "/root",
    "/tmp",
    "/etc",
    "/home",
    "/opt",
    "/srv",
    "/usr/local",
];

/// What there is to say of all copies.
pub(super) fn plans(cx: &Cx<'_>) -> Vec<Plan> {
    let mut plans: Vec<Plan> = Vec::new();
    for index in 0..cx.facts.views.len() {
        let view = &cx.facts.views[index];
        let is_linux = cx
            .facts
            .stage_of(index)
            .is_some_and(|stage| stage.os == Os::Linux);
        let (Kind::Copy(transfer) | Kind::Add(transfer)) = &view.kind else {
            continue;
        };
        if view.flag("from").is_none() && is_linux {
            plans.extend(brought(cx, index, transfer).map(|copied| copied.rewrite()));
            plans.extend(in_folders(cx, index, transfer).map(Err));
        }
    }
    plans
}

/// A file with secrets that is copied by its name.
struct Copied<'s, 'a> {
    cx: &'s Cx<'a>,
    index: usize,
    transfer: &'s Transfer,
    /// Which of the sources it is.
    nth: usize,
    /// Where it is in the build context.
    source: String,
    /// Where it comes to lie.
    target: String,
    file: &'s File,
}

/// The first file with secrets that the copy at `index` brings by its name.
fn brought<'s, 'a>(cx: &'s Cx<'a>, index: usize, transfer: &'s Transfer) -> Option<Copied<'s, 'a>> {
    let sources = transfer.sources.iter().enumerate();
    let mut copied = sources.filter_map(|(nth, word)| {
        let source = join("/", &word.raw).trim_start_matches('/').to_owned();
        let text = cx.context.and_then(|context| context.read(&source));
        let file = cx
            .knowledge
            .secrets
            .file(file_name(&source), text.as_deref())?;
        Some(Copied {
            cx,
            index,
            transfer,
            nth,
            target: target(cx, index, transfer, file_name(&source)),
            source,
            file,
        })
    });
    copied.next()
}

/// Where a file called `name` comes to lie.
fn target(cx: &Cx<'_>, index: usize, transfer: &Transfer, name: &str) -> String {
    let dest = cx.facts.destination(index, transfer);
    let written = cx.facts.expanded(index, &transfer.dest);
    let is_folder = written.ends_with('/')
        || transfer.sources.len() > 1
        || FOLDERS.contains(&dest.as_str())
        || below(&cx.facts.states[index].workdir, &dest).is_some();
    if is_folder { join(&dest, name) } else { dest }
}

/// A refusal when the copy at `index` brings a folder with such files at its top.
fn in_folders(cx: &Cx<'_>, index: usize, transfer: &Transfer) -> Option<Refusal> {
    let context = cx.context?;
    let mut found = Vec::new();
    for source in &transfer.sources {
        let folder = join("/", &source.raw).trim_start_matches('/').to_owned();
        let names = cx.knowledge.secrets.file_names();
        found.extend(names.filter_map(|name| {
            let path = in_folder(&folder, name);
            let text = context
                .read(&path)
                .filter(|_| !cx.is_added(context.ignore_file(), &path))?;
            cx.knowledge.secrets.file(name, Some(&text)).map(|_| path)
        }));
    }
    let first = found.first()?;
    let message = format!(
        "{} comes with its folder, and stays in the layer: hide it by {}, and give it to the step that needs it by `--mount=type=secret,id={},target=…`",
        found.join(", "),
        context.ignore_file(),
        id_of(first)
    );
    Some(refuse(cx, index, "in-folder", message))
}

/// What the secret is called.
fn id_of(path: &str) -> &str {
    file_name(path).trim_start_matches('.')
}

impl Copied<'_, '_> {
    fn refuse(&self, code: &'static str, message: impl Into<String>) -> Refusal {
        refuse(self.cx, self.index, code, message)
    }

    fn rewrite(&self) -> Plan {
        let (cx, source, target) = (self.cx, &self.source, &self.target);
        if self.transfer.exec || target.contains('$') {
            let message = format!(
                "{source} stays in the layer; the copy is in brackets, or only the build knows where it goes: mount it yourself"
            );
            return Err(self.refuse("unclear-copy", message));
        }
        self.check_uses()?;
        let id = id_of(source);
        let message = format!(
            "{source} becomes a secret of the steps that need it: build with `--secret id={id},src={source}`"
        );
        let mut rewrite = Rewrite::new(cx.file.instructions()[self.index].span, message);
        rewrite.by_intent = true;
        frontend::check(cx, &frontend::MOUNTS, &mut rewrite)
            .map_err(|why| self.refuse("old-syntax", why))?;
        rewrite.assume(format!("no program needs {target} when it runs"));
        self.mount(id, &mut rewrite)?;
        let words: Vec<Span> = self.transfer.sources.iter().map(|word| word.span).collect();
        writer::remove(cx, self.index, &words, &[self.nth], &mut rewrite)?;
        rewrite
            .declares
            .push(Change::SecretFile(format!("/{source}")));
        self.hide(&mut rewrite)?;
        Ok(rewrite)
    }

    /// The instructions behind the copy that have what it brings.
    fn behind(&self) -> impl Iterator<Item = usize> {
        let behind = |at: &usize| steps::is_behind(self.cx, *at, self.index);
        (0..self.cx.facts.views.len()).filter(behind)
    }

    /// Whether the `RUN` at `at` may read the file.
    fn needs(&self, at: usize) -> bool {
        let is_reader = |step: &Step<'_>| {
            let program = step.args.first().map_or("", |arg| arg.known());
            self.file
                .programs
                .iter()
                .any(|reader| reader == file_name(program))
        };
        let run = steps::script(self.cx, at);
        steps::names(self.cx, at, file_name(&self.target))
            || steps::may_look(self.cx, at)
            || run.is_some_and(|run| run.steps.iter().any(is_reader))
    }

    /// Only steps may use it.
    fn check_uses(&self) -> Result<(), Refusal> {
        let (cx, source) = (self.cx, &self.source);
        let stages = cx.facts.stages.iter();
        let mut shipped = stages.filter(|stage| {
            let last = stage.body.end.saturating_sub(1);
            (last == self.index || steps::is_behind(cx, last, self.index)) && is_shipped(cx, stage)
        });
        if self.file.at_run_time && shipped.next().is_some() {
            let message = format!(
                "programs read {source} when they start; give it to the container (`docker run --env-file {source}`), and leave it out of the image"
            );
            return Err(self.refuse("kept-at-run-time", message));
        }
        let name = file_name(&self.target);
        let elsewhere = |at: &usize| {
            let view = &cx.facts.views[*at];
            let from = cx.facts.stage_of(self.index).map(|stage| stage.index);
            let takes = view.flag("from").is_some() && cx.facts.source_stage(*at) == from;
            let is_run = matches!(view.kind, Kind::Run { .. });
            (takes || !is_run && steps::is_behind(cx, *at, self.index))
                && steps::names(cx, *at, name)
        };
        let Some(at) = (self.index + 1..cx.facts.views.len()).find(elsewhere) else {
            return Ok(());
        };
        let instruction = &cx.file.instructions()[at];
        let message = format!("{source} cannot become a secret: it is used outside of a step");
        Err(self
            .refuse("used-elsewhere", message)
            .because(instruction.span, "uses it"))
    }

    /// Mounts it for every step that needs it, and takes out what a mount makes impossible. Behind a step that removes it,
    /// nobody has it any more, unless another copy brings it again.
    fn mount(&self, id: &str, rewrite: &mut Rewrite) -> Result<(), Refusal> {
        let cx = self.cx;
        let mut is_used = false;
        for at in self.behind() {
            if !matches!(cx.facts.views[at].kind, Kind::Run { .. }) {
                continue;
            }
            let traces = traces::remove(cx, at, &self.target, rewrite)?;
            if traces.is_left && self.needs(at) {
                is_used = true;
                let rights = self.rights(at)?;
                let flag = format!("--mount=type=secret,id={id},target={}{rights}", self.target);
                writer::mount(cx, at, &[flag], rewrite);
                rewrite.evidence(cx.file.instructions()[at].span, "may read it");
            } else if traces.is_left {
                self.check_folder(at)?;
            }
            if traces.removes && self.other_copies().is_empty() {
                break;
            }
        }
        if is_used {
            return Ok(());
        }
        let message = format!("no step behind the copy uses {}: leave it out", self.source);
        Err(self.refuse("not-used", message))
    }

    /// Who may read the mount: root, unless it is not root who runs the step.
    fn rights(&self, at: usize) -> Result<&'static str, Refusal> {
        match self.cx.facts.states[at].is_root() {
            Some(true) => Ok(""),
            _ if !self.file.private => Ok(",mode=0444"),
            _ => {
                let message = format!(
                    "{} has to belong to the user who runs the step, and that may not be root",
                    self.target
                );
                Err(self.refuse("unknown-user", message))
            }
        }
    }

    /// The copy may have made the folder that a step without the mount works in.
    fn check_folder(&self, at: usize) -> Result<(), Refusal> {
        let folder = parent(&self.target);
        let workdir = &self.cx.facts.states[self.index].workdir;
        if FOLDERS.contains(&folder) || below(workdir, folder).is_some() {
            return Ok(());
        }
        let region = Region::new(folder);
        let meets = |extent: &Extent| match extent {
            Extent::Regions(regions) => regions.iter().any(|other| other.meets(&region)),
            Extent::Everything => true,
        };
        let run = self.cx.facts.runs[at].as_ref();
        if !run.is_some_and(|run| meets(&run.effects.reads) || meets(&run.effects.writes)) {
            return Ok(());
        }
        let message = format!(
            "the copy makes {folder}, which a step without the secret may need; make it with `mkdir -p`"
        );
        Err(self
            .refuse("makes-folder", message)
            .because(self.cx.file.instructions()[at].span, "may need the folder"))
    }

    /// The other copies that bring the file, by its name or with its folder, and where they put it.
    fn other_copies(&self) -> Vec<(usize, String)> {
        let facts = self.cx.facts;
        let path = format!("/{}", self.source);
        let target = |at: usize| {
            let view = &facts.views[at];
            let (Kind::Copy(transfer) | Kind::Add(transfer)) = &view.kind else {
                return None;
            };
            let mut sources = transfer.sources.iter();
            let inside = sources.find_map(|source| below(&path, &join("/", &source.raw)));
            let inside = inside.filter(|_| view.flag("from").is_none())?;
            Some((at, join(&facts.destination(at, transfer), inside)))
        };
        let others = (0..facts.views.len()).filter(|&at| at != self.index);
        others.filter_map(target).collect()
    }

    /// Another copy may bring the file with its folder: it is left out of the build context, when nothing names it any more.
    fn hide(&self, rewrite: &mut Rewrite) -> Result<(), Refusal> {
        let (cx, name) = (self.cx, file_name(&self.source));
        let others = self.other_copies();
        let Some(context) = cx.context else {
            if !others.is_empty() {
                rewrite.assume(format!("`.dockerignore` hides {}", self.source));
            }
            return Ok(());
        };
        if others.is_empty() || others.iter().any(|(at, _)| steps::names(cx, *at, name)) {
            return Ok(());
        }
        if let Some((place, note)) = narrow_copy::in_other_dockerfiles(cx, context, name) {
            let message = format!(
                "a copy of the folder brings {} as well, and another build needs it",
                self.source
            );
            return Err(self.refuse("in-folder", message).because(place, note));
        }
        let targets = others.into_iter().map(|(_, target)| target);
        rewrite.declares.extend(targets.map(Change::NotInContext));
        self.add_line(context, rewrite)
    }

    fn add_line(&self, context: &BuildContext, rewrite: &mut Rewrite) -> Result<(), Refusal> {
        if context.has_exceptions_for(&self.source) {
            let message = format!(
                "{} has an exception for {}",
                context.ignore_file(),
                self.source
            );
            return Err(self.refuse("in-folder", message));
        }
        rewrite.additions.push(Addition {
            path: context.ignore_file().to_owned(),
            lines: vec![self.source.clone()],
        });
        Ok(())
    }
}
