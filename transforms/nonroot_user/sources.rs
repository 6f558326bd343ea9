//! What the sources of the project write.

use crate::analysis::launch;
use crate::analysis::paths::{Extent, Region, below, join};
use crate::analysis::stages::Stage;
use crate::context::SourceLine;
use crate::knowledge::tools::Language;
use crate::syntax::{Kind, Span};
use crate::transform::{Cx, Place, Refusal};

use super::account::Account;
use super::ownership::Territory;

/// Makes sure that the program owns what its sources write, as far as they show it.
pub(super) fn check(
    cx: &Cx<'_>,
    stage: &Stage,
    site: Span,
    account: &Account,
    territory: &Territory,
) -> Result<(), Refusal> {
    check_command(cx, stage, site, territory)?;
    check_owner_bound(cx, stage, site)?;
    let shipped = shipped_for_root(cx, stage);
    for line in writing_lines(cx) {
        if let Some(name) = shipped
            .iter()
            .find(|name| line.text.contains(&format!("{name}/")))
        {
            let message = format!(
                "{}:{} writes into {name}, which is copied from another stage and belongs to root; copy it with --chown",
                line.path, line.line
            );
            return Err(refuse(site, "writes-shipped-folder", message, line));
        }
        if !account.has_shell {
            let message = format!(
                "{}:{} writes a file, and the image has no program that gives a folder to the user; use an image with a shell",
                line.path, line.line
            );
            return Err(refuse(site, "no-shell-to-own", message, line));
        }
        let foreign = line
            .absolute_paths()
            .into_iter()
            .find(|path| !territory.is_writable(path))
            .map(str::to_owned);
        if let Some(path) = foreign {
            let message = format!(
                "{}:{} writes {path}, which belongs to root; make it in a RUN of its own, or let it be a setting",
                line.path, line.line
            );
            return Err(refuse(site, "writes-elsewhere", message, line));
        }
    }
    Ok(())
}

/// A path on the command line that nothing in the file makes is made by the program, or mounted by
/// whoever starts it: either way it may belong to root.
fn check_command(
    cx: &Cx<'_>,
    stage: &Stage,
    site: Span,
    territory: &Territory,
) -> Result<(), Refusal> {
    let made = made_paths(cx, stage);
    for launch in &launch::of_stage(cx.facts, stage).launches {
        let paths = launch
            .words
            .iter()
            .skip(1)
            .map(|word| word.rsplit('=').next().unwrap_or_default());
        let is_known = |path: &str| {
            let region = Region::new(path);
            territory.is_writable(path) || is_of_system(path) || made.meets(&region)
        };
        let foreign = paths
            .into_iter()
            .filter(|path| path.len() > 1 && path.starts_with('/') && !is_read(path))
            .find(|path| !is_known(path));
        if let Some(path) = foreign {
            let message = format!(
                "the command names {path}, which nothing here makes: the program makes it, or it is mounted, and it may belong to root"
            );
            let instruction = cx.file.instructions()[launch.instruction].span;
            return Err(Refusal::new(site, "writes-elsewhere", message)
                .because(instruction, "where it is named"));
        }
    }
    Ok(())
}

/// Files with an ending are settings, keys and programs, which a program reads; but for these.
fn is_read(path: &str) -> bool {
    let written = ["db", "sqlite", "sqlite3", "log", "pid", "sock"];
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| !written.contains(&ending))
}

/// What the steps and copies of the stage put somewhere, as far as it is known.
fn made_paths(cx: &Cx<'_>, stage: &Stage) -> Extent {
    let mut made = Extent::default();
    for index in stage.body.clone() {
        match (&cx.facts.views[index].kind, &cx.facts.runs[index]) {
            (Kind::Copy(transfer) | Kind::Add(transfer), _) => {
                made.add(Region::new(join(
                    &cx.facts.states[index].workdir,
                    &transfer.dest.raw,
                )));
            }
            (_, Some(run)) => {
                let known = run
                    .steps
                    .iter()
                    .filter(|step| step.effects.writes != Extent::Everything);
                known.for_each(|step| made.extend(&step.effects.writes));
            }
            _ => {}
        }
    }
    made
}

/// Whether `path` is in a folder that images bring.
fn is_of_system(path: &str) -> bool {
    [
        "/usr", "/etc", "/bin", "/sbin", "/lib", "/opt", "/run", "/var/run", "/sys",
    ]
    .iter()
    .any(|folder| below(path, folder).is_some())
}

/// The names of what is copied from other stages and stays root's.
fn shipped_for_root(cx: &Cx<'_>, stage: &Stage) -> Vec<String> {
    let shipped = |index: usize| {
        let view = &cx.facts.views[index];
        let (Kind::Copy(transfer), Some(_), None) =
            (&view.kind, view.flag("from"), view.flag("chown"))
        else {
            return None;
        };
        transfer
            .dest
            .raw
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .map(str::to_owned)
    };
    stage
        .body
        .clone()
        .filter_map(shipped)
        .filter(|name| !matches!(name.as_str(), "" | "." | "bin"))
        .collect()
}

/// A program that works only on what its own account has made, and a step that has made some as root.
fn check_owner_bound(cx: &Cx<'_>, stage: &Stage, site: Span) -> Result<(), Refusal> {
    let Some(context) = cx.context else {
        return Ok(());
    };
    let known: Vec<&str> = cx
        .knowledge
        .startup
        .owner_bound
        .iter()
        .map(String::as_str)
        .collect();
    for language in languages(cx) {
        for program in context.sources(language).programs(&language.starts, &known) {
            let calls = |index: &usize| {
                let mut steps = cx.facts.runs[*index].iter().flat_map(|run| &run.steps);
                steps.any(|step| step.args.first().is_some_and(|arg| arg.known() == program))
            };
            if let Some(index) = stage.body.clone().find(calls) {
                let message = format!(
                    "the program starts {program}, which refuses to work on what root has made with it"
                );
                let instruction = cx.file.instructions()[index].span;
                return Err(
                    Refusal::new(site, "owner-bound", message).because(instruction, "made by root")
                );
            }
        }
    }
    Ok(())
}

/// The lines that write files.
fn writing_lines(cx: &Cx<'_>) -> Vec<SourceLine> {
    let Some(context) = cx.context else {
        return Vec::new();
    };
    let lines = |language: &Language| {
        context
            .sources(language)
            .lines(&language.writes)
            .collect::<Vec<_>>()
    };
    languages(cx).into_iter().flat_map(lines).collect()
}

/// The languages of all stages.
fn languages<'a>(cx: &Cx<'a>) -> Vec<&'a Language> {
    let provided = |stage: &Stage| cx.facts.image(stage)?.provides;
    let mut names: Vec<&str> = cx.facts.stages.iter().filter_map(provided).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter_map(|name| cx.knowledge.tools.language(name))
        .collect()
}

fn refuse(site: Span, code: &'static str, message: String, line: SourceLine) -> Refusal {
    Refusal::new(site, code, message).because(
        Place::File(line.path, Some(line.line)),
        "what the program writes",
    )
}
