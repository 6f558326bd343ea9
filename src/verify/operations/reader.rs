//! Reads a file as the steps that change files.

use std::borrow::Cow;

use super::super::configuration::Identity;
use super::super::{copies, packages};
use super::called::{Called, is_scaffold, workshop};
use super::{Operation, Setting, What};
use crate::analysis::Facts;
use crate::analysis::effects::Effects;
use crate::analysis::paths::{Extent, Region, below};
use crate::analysis::runs::{Run, Step};
use crate::analysis::sources;
use crate::context::BuildContext;
use crate::knowledge::Knowledge;
use crate::knowledge::tools::Does;
use crate::syntax::shell::{self, Connector, Item, Pipeline, Script};
use crate::syntax::{Flag, Kind, Span};

/// The operations of every stage, in order. `identity` leads from the stages of this file, if it is the new
/// one, to those of the old.
pub(in crate::verify) fn of_file<'f>(
    facts: &'f Facts<'_>,
    knowledge: &Knowledge,
    context: Option<&BuildContext>,
    identity: Option<&Identity>,
) -> Vec<Vec<Operation<'f>>> {
    let reader = Reader {
        facts,
        knowledge,
        context,
        identity,
    };
    let stages = facts.stages.iter();
    stages
        .map(|stage| {
            let mut operations = Vec::new();
            for index in stage.body.clone() {
                reader.instruction(index, &mut operations);
            }
            operations
        })
        .collect()
}

pub(super) struct Reader<'f, 'a, 'k> {
    pub(super) facts: &'f Facts<'a>,
    pub(super) knowledge: &'k Knowledge,
    context: Option<&'k BuildContext>,
    identity: Option<&'k Identity>,
}

impl<'f> Reader<'f, '_, '_> {
    fn instruction(&self, index: usize, operations: &mut Vec<Operation<'f>>) {
        match &self.facts.views[index].kind {
            Kind::Run { .. } => self.run(index, operations),
            Kind::Copy(transfer) | Kind::Add(transfer) => {
                let from = self.facts.views[index].flag("from");
                let from = from.and_then(|flag| self.reference(index, flag.value.as_deref()?));
                let flags = self.flags(index);
                let context = self.context.filter(|_| from.is_none());
                let is_file =
                    |path: &str| sources::is_file(self.facts, self.knowledge, context, path);
                operations.push(copies::operation(
                    self.facts, index, transfer, from, &flags, &is_file,
                ));
            }
            Kind::Workdir(_) => operations.push(self.folder(index)),
            _ => {}
        }
    }

    /// Another user than root would own the folder, so it has to stay where it is, unless the folder is there.
    fn folder(&self, index: usize) -> Operation<'f> {
        let (path, state) = (
            self.facts.state_behind(index).workdir,
            &self.facts.states[index],
        );
        let is_there =
            || below(&state.workdir, &path).is_some() || self.facts.is_made_above(index, &path);
        let mut writes = Extent::default();
        if state.is_root() == Some(false) && !is_there() {
            writes.add(Region::new(&path));
        }
        Operation {
            key: format!("WORKDIR {path}"),
            owner: None,
            what: What::Folder,
            effects: Cow::Owned(Effects {
                reads: Extent::default(),
                writes,
            }),
            setting: None,
        }
    }

    /// One operation for each command of a list that `&&` joins; of other scripts, one for all that comes before
    /// the commands at its end that only clean up.
    fn run(&self, index: usize, operations: &mut Vec<Operation<'f>>) {
        let (Some(whole), Some((run, text))) = (&self.facts.runs[index], self.facts.script(index))
        else {
            return;
        };
        let Some(script) = &run.script else {
            match (whole.opaque, whole.steps.as_slice()) {
                (None, [step]) => self.exec(index, whole, step, operations),
                _ => operations.push(self.opaque(index, whole)),
            }
            return;
        };
        let pipelines: Vec<&Pipeline> = script.items.iter().flat_map(Item::pipelines).collect();
        if !is_and_list(script) && !is_strict_sequence(run, script) {
            if whole.document.is_some() {
                operations.push(self.opaque(index, whole));
            } else if let Some(span) = self.before_cleanup(run, script) {
                let key = normalized(&self.without_downloads(run, script, span, text));
                operations.push(self.whole(index, run, key));
            }
            return;
        }
        let mut shell: Vec<String> = Vec::new();
        for pipeline in pipelines {
            let steps = steps_of(run, pipeline);
            let step = step_of(run, pipeline);
            if step.is_some_and(|step| packages::comes_and_goes(self.knowledge, step)) {
                continue;
            }
            let key = normalized(pipeline.span.shift(run.body.start).text(text));
            if step.is_some_and(|step| step.does() == Some(Does::ShellState)) {
                shell.push(key.clone());
            }
            let called = Called {
                step,
                steps,
                cwd: steps.first().and_then(|first| first.cwd.as_deref()),
                shell: &shell,
                key,
            };
            add_new(operations, self.called(index, run, called));
        }
    }

    /// The operations of a `RUN` that is an array of words, which is one command.
    fn exec(
        &self,
        index: usize,
        run: &'f Run<'_>,
        step: &'f Step<'_>,
        operations: &mut Vec<Operation<'f>>,
    ) {
        if packages::comes_and_goes(self.knowledge, step) {
            return;
        }
        let called = Called {
            step: Some(step),
            steps: std::slice::from_ref(step),
            cwd: step.cwd.as_deref(),
            shell: &[],
            key: self.facts.command(index, step),
        };
        add_new(operations, self.called(index, run, called));
    }

    /// `span` of the logical line `text` without the downloads of package lists on which another command follows: those
    /// may come and go.
    fn without_downloads(&self, run: &Run<'_>, script: &Script, span: Span, text: &str) -> String {
        let is_download = |pipeline: &Pipeline| {
            step_of(run, pipeline).is_some_and(|step| step.does() == Some(Does::RefreshLists))
        };
        let mut gone: Vec<Span> = Vec::new();
        for (nth, item) in script.items.iter().enumerate() {
            let pipelines: Vec<&Pipeline> = item.pipelines().collect();
            let behind = item.rest.iter().zip(&pipelines);
            let joined = behind.filter(|((connector, _, _), before)| {
                *connector == Connector::And && is_download(before)
            });
            gone.extend(
                joined.map(|((_, _, next), before)| Span::new(before.span.start, next.span.start)),
            );
            let is_alone = matches!(item.terminator, Some((shell::Terminator::Semi, _)))
                && item.rest.is_empty();
            if let Some(next) = script
                .items
                .get(nth + 1)
                .filter(|_| is_alone && is_download(&item.first))
            {
                gone.push(Span::new(item.span.start, next.span.start));
            }
        }
        let mut out = String::new();
        let mut from = span.start;
        for part in gone
            .iter()
            .map(|part| part.shift(run.body.start))
            .filter(|part| span.contains(*part))
        {
            out += &text[from..part.start];
            from = part.end;
        }
        out + &text[from..span.end]
    }

    /// What comes before the commands at the end of `script` that only clean up.
    fn before_cleanup(&self, run: &Run<'_>, script: &Script) -> Option<Span> {
        let cleans = |pipeline: &&Pipeline| {
            let step = step_of(run, pipeline);
            step.is_some_and(|step| packages::cleans(self.knowledge, step))
        };
        let mut pipelines = script.items.iter().rev().flat_map(|item| {
            let pipelines: Vec<&Pipeline> = item.pipelines().collect();
            pipelines.into_iter().rev()
        });
        let last = pipelines.find(|pipeline| !cleans(pipeline))?;
        Some(Span::new(0, last.span.end).shift(run.body.start))
    }

    /// A script that is not understood, with its here-documents.
    fn opaque(&self, index: usize, run: &'f Run<'_>) -> Operation<'f> {
        let source = self.facts.file.text();
        let heredocs = self.facts.file.instructions()[index].heredocs.iter();
        let read = run.document.as_deref().and_then(|document| {
            let span = self.before_cleanup(document, document.script.as_ref()?)?;
            Some(span.text(source))
        });
        let texts: Vec<&str> = match read {
            Some(text) => vec![text],
            None => heredocs.map(|heredoc| heredoc.body.text(source)).collect(),
        };
        let line = normalized(run.body.text(&self.facts.views[index].logical.text));
        // BuildKit hands lines on without the carriage returns at their ends.
        let texts = texts.join("\n").replace("\r\n", "\n");
        self.whole(
            index,
            run.as_read(),
            format!("{line}\n{}", texts.trim_end()),
        )
    }

    /// The operation of a script that is not taken apart.
    fn whole(&self, index: usize, run: &'f Run<'_>, key: String) -> Operation<'f> {
        Operation {
            key,
            owner: None,
            what: What::Command {
                workshop: run.steps.iter().find_map(workshop),
                is_scaffold: run.is_understood() && run.steps.iter().all(is_scaffold),
                removes: false,
                tidies: false,
                shows: false,
                handles_files: run.handles_files(),
                registers: false,
                needs_nothing: false,
                works_on_what_is_there: false,
                keeps_content: false,
                minds_modes: run.effects.reads.clone(),
                makes_accounts: false,
                installs_into: None,
            },
            effects: Cow::Borrowed(&run.effects),
            setting: Some(self.setting(index, Some(&self.facts.states[index].workdir), &[])),
        }
    }

    pub(super) fn setting(
        &self,
        index: usize,
        cwd: Option<&'f str>,
        shell: &[String],
    ) -> Setting<'f> {
        Setting {
            state: &self.facts.states[index],
            cwd,
            flags: self.flags(index),
            shell: shell.to_vec(),
        }
    }

    /// The flags of an instruction, with the stages that they name.
    fn flags(&self, index: usize) -> Vec<String> {
        let view = &self.facts.views[index];
        let written = |flag: &Flag| {
            let value = flag.value.as_deref()?;
            let parts = value.split(',').map(|part| {
                let stage = match (flag.name.as_str(), part.strip_prefix("from=")) {
                    ("from", _) => self.reference(index, part),
                    ("mount", Some(stage)) => self.reference(index, stage),
                    _ => None,
                };
                stage.unwrap_or_else(|| part.to_owned())
            });
            let parts: Vec<String> = parts.collect();
            Some(format!("--{}={}", flag.name, parts.join(",")))
        };
        let flags = view.flags.iter();
        flags
            .map(|flag| written(flag).unwrap_or_else(|| view.text(flag.span).to_owned()))
            .collect()
    }

    /// What `--from` names: the number of a stage in the old file, or itself.
    fn reference(&self, index: usize, reference: &str) -> Option<String> {
        let here = self.facts.stage_of(index)?.index;
        let mut stages = self.facts.stages[..here].iter();
        let stage = stages.find(|stage| stage.is_named(reference));
        let Some(stage) = stage else {
            return Some(reference.to_owned());
        };
        let number = match self.identity {
            Some(identity) => identity.old_of(stage.index),
            None => Some(stage.index),
        };
        Some(number.map_or_else(
            || format!("new:{reference}"),
            |number| format!("stage:{number}"),
        ))
    }
}

/// Adds what is `new`, but for packages that are installed already.
fn add_new<'f>(operations: &mut Vec<Operation<'f>>, new: Vec<Operation<'f>>) {
    for operation in new {
        let is_there = |known: &Operation<'_>| known.has_installed(&operation);
        if !operation.is_package() || !operations.iter().any(is_there) {
            operations.push(operation);
        }
    }
}

/// The steps of `pipeline`, in the order of the source.
fn steps_of<'r, 'a>(run: &'r Run<'a>, pipeline: &Pipeline) -> &'r [Step<'a>] {
    let span = pipeline.span.shift(run.body.start);
    let begins_before = |limit: usize| move |step: &Step<'_>| step.span.start < limit;
    let first = run.steps.partition_point(begins_before(span.start));
    let end = run.steps.partition_point(begins_before(span.end));
    &run.steps[first..end]
}

/// The step that is all of `pipeline`.
fn step_of<'r, 'a>(run: &'r Run<'a>, pipeline: &Pipeline) -> Option<&'r Step<'a>> {
    let span = pipeline.span.shift(run.body.start);
    let first = steps_of(run, pipeline).first();
    first.filter(|step| step.span == span)
}

/// Whether the script is one list that only `&&` joins.
fn is_and_list(script: &Script) -> bool {
    let [item] = script.items.as_slice() else {
        return false;
    };
    let mut connectors = item.rest.iter().map(|(connector, _, _)| *connector);
    connectors.all(|connector| connector == Connector::And)
        && item.terminator.is_none()
        && script.comments.is_empty()
}

/// Whether the script is a sequence behind `set -e`, in which one command stands for itself: it ends at the first that fails,
/// as a list that `&&` joins does.
fn is_strict_sequence(run: &Run<'_>, script: &Script) -> bool {
    run.is_straight() && script.items.len() > 1 && script.comments.is_empty()
}

/// What the commands of `script`, a list that `&&` joins, are compared by.
pub(in crate::verify) fn keys(script: &str) -> Vec<String> {
    let Ok(parsed) = shell::parse(script) else {
        return vec![normalized(script)];
    };
    let pipelines = parsed.items.iter().flat_map(Item::pipelines);
    pipelines
        .map(|pipeline| normalized(pipeline.span.text(script)))
        .collect()
}

/// A command with one blank wherever there are several outside of quotes.
pub(in crate::verify) fn normalized(text: &str) -> String {
    let is_one_blank = |c: char| c == ' ' || !c.is_whitespace();
    if text.chars().all(is_one_blank) && !text.contains("  ") {
        return text.trim().to_owned();
    }
    let mut out = String::with_capacity(text.len());
    if !text.contains(['"', '\'', '\\']) {
        for word in text.split_whitespace() {
            out.push_str(if out.is_empty() { "" } else { " " });
            out.push_str(word);
        }
        return out;
    }
    let (mut quote, mut escaped) = (None, false);
    for c in text.trim().chars() {
        if quote.is_none() && !escaped && c.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
            continue;
        }
        match quote {
            Some(open) if c == open && !escaped => quote = None,
            None if matches!(c, '"' | '\'') && !escaped => quote = Some(c),
            _ => {}
        }
        escaped = c == '\\' && !escaped && quote != Some('\'');
        out.push(c);
    }
    out
}
