//! `CMD` and `ENTRYPOINT` that start the program itself, not a shell around it.
//!
//! ```dockerfile
//! CMD gunicorn app:app            CMD ["gunicorn", "app:app"]
//! CMD gunicorn -b :$PORT app:app  CMD exec gunicorn -b :$PORT app:app
//! ```

mod arguments;
mod line;
mod program;
mod writer;

use crate::analysis::launch::{Declared, form};
use crate::analysis::stages::{Os, Stage};
use crate::edit::Edits;
use crate::syntax::{Form, Span};
use crate::transform::{Change, Cx, Gain, Info, Plan, Refusal, Rewrite, Runs, Transform};

use line::Line;
use program::Started;

/// Writes shell forms that need no shell as exec forms, and lets the shell make way in the others.
pub struct ExecForm;

static INFO: Info = Info {
    id: "exec-form",
    title: "starts the program without a shell around it, so that signals reach it",
    doc: include_str!("README.md"),
    gain: Gain::Operation,
    runs: Runs::ByDefault,
};

impl Transform for ExecForm {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let last = cx.facts.final_stage().map(|stage| stage.index);
        let is_run = |stage: &&Stage| last == Some(stage.index) || cx.uses(stage).next().is_some();
        let stages = cx.facts.stages.iter().filter(is_run);
        stages
            .filter(|stage| stage.os == Os::Linux)
            .flat_map(|stage| plan_stage(cx, stage))
            .collect()
    }
}

/// What a stage itself declares, as far as it is in force.
fn plan_stage(cx: &Cx<'_>, stage: &Stage) -> Vec<Plan> {
    let declared = Declared::of_stage(cx.facts, stage);
    let entrypoint = declared.entrypoint;
    // A shell-form ENTRYPOINT ignores every CMD.
    let heeds_cmd = entrypoint.is_none_or(|at| script(cx, at).is_none());
    let cmd = declared.cmd.filter(|_| heeds_cmd);
    let own = |at: &usize| stage.body.contains(at);
    let candidates = [entrypoint, cmd].into_iter().flatten().filter(own);
    candidates
        .filter_map(|at| plan_instruction(cx, stage, &declared, at))
        .collect()
}

/// What the shell is given to read, if the instruction at `index` is a shell form.
fn script(cx: &Cx<'_>, index: usize) -> Option<Span> {
    match form(&cx.facts.views[index])? {
        Form::Shell(span) if !span.is_empty() => Some(*span),
        _ => None,
    }
}

fn plan_instruction(cx: &Cx<'_>, stage: &Stage, declared: &Declared, index: usize) -> Option<Plan> {
    let script = script(cx, index)?;
    if is_meant_as_json(cx.facts.views[index].text(script)) {
        return Some(Err(not_json(cx, index)));
    }
    let line = match line::read(cx, index, script) {
        Ok(line) => line,
        Err(refusal) => return Some(Err(refusal)),
    };
    if line.has_exec() {
        return None;
    }
    let started = line.literal_words().ok_or(line.why_a_shell());
    let started = started
        .and_then(|words| arguments::check(cx, stage, declared, index).map(|()| words))
        .and_then(|words| program::started(cx, stage, index, words));
    Some(match started {
        Ok(started) => without_a_shell(cx, declared, &line, started),
        Err(reason) => Ok(with_exec(cx, &line, reason)),
    })
}

/// Whether `script` has the brackets of an exec form. No program is called like that.
fn is_meant_as_json(script: &str) -> bool {
    let script = script.trim();
    script.starts_with('[') && script.ends_with(']')
}

/// The author's exec form is none, so that the shell looks for a program with a bracket in its name.
fn not_json(cx: &Cx<'_>, index: usize) -> Refusal {
    let message = "this looks like the exec form and is no JSON, so the shell gets it and finds no such program: put each word in double quotes, with commas between them";
    refuse(cx, index, "not-json", message)
}

/// The exec form.
fn without_a_shell(cx: &Cx<'_>, declared: &Declared, line: &Line<'_>, started: Started) -> Plan {
    let message = format!(
        "`{}` is started without a shell: signals reach it",
        started.words[0]
    );
    let edits = writer::as_exec_form(&cx.facts.views[line.index], line, &started.words)?;
    let mut rewrite = rewrite(cx, line, message, edits);
    if declared.entrypoint == Some(line.index) {
        rewrite.assume("nobody gives arguments to the container: the shell form ignored them, and the program would get them");
    }
    started.tell(&mut rewrite);
    Ok(rewrite)
}

/// The shell form with `exec` in front of the program, for this `reason`.
fn with_exec(cx: &Cx<'_>, line: &Line<'_>, reason: &str) -> Rewrite {
    let mut edits = Edits::new();
    edits.insert(line.program_at(&cx.facts.views[line.index]), "exec ");
    let message = "`exec`: the shell makes way for the program, so that signals reach it";
    let mut rewrite = rewrite(cx, line, message.to_owned(), edits);
    rewrite.evidence(rewrite.site, format!("no exec form: {reason}"));
    rewrite
}

fn rewrite(cx: &Cx<'_>, line: &Line<'_>, message: String, edits: Edits) -> Rewrite {
    let mut rewrite = Rewrite::new(cx.file.instructions()[line.index].span, message);
    rewrite.edits = edits;
    rewrite.declares.push(Change::Launch);
    rewrite
}

/// A refusal of the instruction at `index`.
fn refuse(cx: &Cx<'_>, index: usize, code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(cx.file.instructions()[index].span, code, message)
}
