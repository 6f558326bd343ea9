//! Whether the kernel can start a program by itself.
//!
//! A shell that is to run a text file without `#!` reads that file; `execve` answers with ENOEXEC.

use crate::analysis::effects::PROGRAM_FOLDERS;
use crate::analysis::paths::{Extent, Region, join};
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::syntax::Kind;
use crate::transform::{Cx, Place, Rewrite};
use crate::transforms::origin::{Origin, origin};

/// A program that needs no shell to start.
pub(super) struct Started {
    /// The program and its arguments.
    pub words: Vec<String>,
    known_by: KnownBy,
}

enum KnownBy {
    Evidence(Place, &'static str),
    Assumption(String),
}

impl Started {
    /// Says with `rewrite` how it is known that no shell is needed.
    pub(super) fn tell(self, rewrite: &mut Rewrite) {
        match self.known_by {
            KnownBy::Evidence(place, note) => rewrite.evidence(place, note),
            KnownBy::Assumption(sentence) => rewrite.assume(sentence),
        }
    }
}

/// What is known of the program that `words` name at `index`.
///
/// # Errors
/// Why a shell is needed.
pub(super) fn started(
    cx: &Cx<'_>,
    stage: &Stage,
    index: usize,
    words: Vec<String>,
) -> Result<Started, &'static str> {
    let program = &words[0];
    let paths = paths(cx, index, program);
    let script = paths.iter().find_map(|path| match origin(cx, stage, path) {
        Origin::File(file) => {
            let text = cx.context.and_then(|context| context.read(&file));
            text.map(|text| (file, text))
        }
        _ => None,
    });
    let known_by = match script {
        Some((_, text)) if !text.starts_with("#!") => {
            return Err("a shell reads the script, whose first line names no interpreter");
        }
        None if paths.iter().any(|path| is_bare(cx, stage, path)) => {
            return Err("a shell reads the script that a step writes without an interpreter");
        }
        Some((file, _)) => KnownBy::Evidence(Place::File(file, Some(1)), "names its interpreter"),
        None if is_known(cx, &words) => {
            KnownBy::Evidence(Place::Table("startup"), "a program that starts by itself")
        }
        None => KnownBy::Assumption(format!(
            "`{program}` is a program, or a script whose first line names its interpreter (`#!`)"
        )),
    };
    Ok(Started { words, known_by })
}

/// Where the program called `program` may be for the instruction at `index`.
fn paths(cx: &Cx<'_>, index: usize, program: &str) -> Vec<String> {
    let state = &cx.facts.states[index];
    if program.contains('/') {
        return vec![join(&state.workdir, program)];
    }
    let searched = state.known("PATH").unwrap_or_default();
    let folders = searched.split(':').filter(|folder| folder.starts_with('/'));
    let folders = folders.chain(PROGRAM_FOLDERS);
    folders.map(|folder| join(folder, program)).collect()
}

/// Whether instructions of `stage` write the text at `path`, none of them with `#!`.
fn is_bare(cx: &Cx<'_>, stage: &Stage, path: &str) -> bool {
    let body = stage.body.clone();
    let mut writing = body.filter(|&at| writes_text(cx, at, path)).peekable();
    writing.peek().is_some() && !writing.any(|at| cx.facts.source_text(at).contains("#!"))
}

/// Whether the instruction at `index` writes what stands in it to `path`: `echo … > path`, or a here-document.
fn writes_text(cx: &Cx<'_>, index: usize, path: &str) -> bool {
    let prints = |step: &Step<'_>| {
        let program = step.args.first().map_or("", |arg| arg.known());
        let writes = &step.effects.writes;
        let is_there = matches!(writes, Extent::Regions(_)) && writes.meets(&Region::new(path));
        step.redirected && matches!(program, "echo" | "printf" | "cat") && is_there
    };
    match &cx.facts.views[index].kind {
        Kind::Copy(transfer) => {
            let is_document = !cx.file.instructions()[index].heredocs.is_empty();
            is_document && cx.facts.destination(index, transfer) == path
        }
        _ => cx.facts.steps(index).iter().any(prints),
    }
}

/// Whether the tables know the program by its name.
fn is_known(cx: &Cx<'_>, words: &[String]) -> bool {
    let names: Vec<&str> = words.iter().map(String::as_str).collect();
    let in_tables = || {
        cx.knowledge.startup.program(words).is_some() || cx.knowledge.tools.find(&names).is_some()
    };
    !words[0].contains('/') && in_tables()
}
