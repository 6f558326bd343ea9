//! A tool of the build that the container starts, so that it starts what a step has built: `cargo run --release`.

use std::iter::successors;

use crate::analysis::commands::Invocation;
use crate::analysis::launch::{Declared, form};
use crate::analysis::paths::{Region, join, parent};
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::knowledge::tools::{Does, Runner, Tool};
use crate::syntax::{Form, Kind, Span};
use crate::transform::{Change, Cx, Rewrite};
use crate::transforms::origin::{Origin, origin_before};
use crate::transforms::targets;

use super::line;

/// The words of `CMD` or `ENTRYPOINT`, each with its place in the logical line.
type Words = Vec<(Span, String)>;

/// The program in place of the tool, where the stage has built it and the tool would find nothing to do.
pub(super) fn rewrite(
    cx: &Cx<'_>,
    stage: &Stage,
    declared: &Declared,
    index: usize,
) -> Option<Rewrite> {
    let words = words(cx, index)?;
    let texts: Vec<&str> = words.iter().map(|(_, word)| &**word).collect();
    let (tool, named) = cx.knowledge.tools.find(&texts)?;
    let runner = &tool.targets.as_ref()?.runner;
    let asked = Asked::read(runner, &texts, named)?;
    if declared.entrypoint.is_some() && declared.cmd.is_some()
        || is_told_otherwise(cx, stage, declared)
    {
        return None;
    }
    let (at, step, invocation) = build(cx, stage, tool)?;
    let folder = step.directory()?;
    let state = cx.facts.state_after(stage);
    let moves = |name: &String| state.variables.contains_key(name);
    if folder != state.workdir
        || runner.variables.iter().any(moves)
        || !asked.is_built_by(runner, invocation)
        || cx.facts.views[at].flag("mount").is_some()
        || is_changed_behind(cx, stage, (at, step), &folder)
    {
        return None;
    }
    let name = asked.program(cx, stage, at, &folder, (tool, invocation))?;
    let place = invocation
        .action
        .outputs
        .iter()
        .find(|place| !place.contains('*'))?;
    let program = format!("./{place}/{name}");
    let mut started = vec![program.clone()];
    started.extend(words[asked.words..].iter().map(|(_, word)| word.clone()));
    let view = &cx.facts.views[index];
    let replaced = Span::new(words[0].0.start, words[asked.words - 1].0.end);
    if view.logical.crosses_comment(replaced) {
        return None;
    }
    let line = texts[..asked.words].strip_suffix(&[&*runner.arguments]);
    let line = line.unwrap_or(&texts[..asked.words]);
    let message = format!(
        "`{program}` is started, and not `{}`, which starts it",
        line.join(" ")
    );
    let mut rewrite = Rewrite::new(cx.file.instructions()[index].span, message);
    let is_exec = matches!(form(view), Some(Form::Exec(_)));
    let text = if is_exec {
        format!("\"{program}\"")
    } else {
        program
    };
    rewrite.edits.replace(view.logical.source(replaced), text);
    rewrite.evidence(cx.file.instructions()[at].span, "builds it");
    rewrite.assume("nothing changes the sources between the build and the start, and no option is given to the tool when the container starts");
    rewrite.declares.push(Change::Starts(started));
    Some(rewrite)
}

fn words(cx: &Cx<'_>, index: usize) -> Option<Words> {
    match form(&cx.facts.views[index])? {
        Form::Exec(words) => Some(
            words
                .iter()
                .map(|word| (word.span, word.value.clone()))
                .collect(),
        ),
        Form::Shell(span) if !span.is_empty() => {
            let line = line::read(cx, index, *span).ok()?;
            Some(line.word_spans().zip(line.literal_words()?).collect())
        }
        Form::Shell(_) => None,
    }
}

/// What the tool is asked to start.
struct Asked<'w> {
    profile: bool,
    program: Option<&'w str>,
    /// How many words are for the tool.
    words: usize,
}

impl<'w> Asked<'w> {
    fn read(runner: &Runner, words: &[&'w str], named: usize) -> Option<Self> {
        let verb = words.get(named)?;
        let mut asked = Self {
            profile: false,
            program: None,
            words: words.len(),
        };
        let has = |names: &[String], word: &str| names.iter().any(|name| name == word);
        let mut rest = words.iter().enumerate().skip(named + 1);
        while let Some((at, word)) = rest.next() {
            if *word == runner.arguments {
                asked.words = at + 1;
                break;
            }
            match *word {
                word if has(&runner.profile, word) => asked.profile = true,
                word if has(&runner.quiet, word) => {}
                word if *word == runner.chosen => asked.program = Some(rest.next()?.1),
                _ => return None,
            }
        }
        has(&runner.verbs, verb).then_some(asked)
    }

    /// Whether the tool has nothing to build behind `build`.
    fn is_built_by(&self, runner: &Runner, build: &Invocation<'_>) -> bool {
        let has = |names: &[String], name: &String| names.contains(name);
        let profile = build
            .options
            .iter()
            .any(|option| has(&runner.profile, &option.name));
        let is_known = |name: &String| has(&runner.profile, name) || has(&runner.quiet, name);
        profile == self.profile && build.options.iter().all(|option| is_known(&option.name))
    }

    /// The name of the program.
    fn program(
        &self,
        cx: &Cx<'_>,
        stage: &Stage,
        at: usize,
        folder: &str,
        (tool, invocation): (&Tool, &Invocation<'_>),
    ) -> Option<String> {
        let (targets, context) = (tool.targets.as_ref()?, cx.context?);
        let runner = &targets.runner;
        let is_there = |path: &String| context.kind(path).is_some();
        let reads = |language: &str| {
            let language = cx.knowledge.tools.language(language);
            language.is_some_and(|language| {
                let sources = context.sources(language);
                let mut files = sources.files();
                files.any(|file| file.lines_with(&runner.unless).next().is_some())
            })
        };
        if runner.settings.iter().any(is_there) || tool.ecosystem.as_deref().is_some_and(reads) {
            return None;
        }
        // A member of a workspace is built into the folder around all of them.
        let above = successors(Some(folder), |folder| {
            (*folder != "/").then(|| parent(folder))
        });
        let is_member = above.skip(1).any(|folder| {
            let manifest = join(folder, &targets.manifest);
            !matches!(origin_before(cx, stage, at, &manifest), Origin::Elsewhere)
        });
        if is_member {
            return None;
        }
        let names = targets::names(cx, stage, at, folder, invocation);
        let manifest = context.document(&targets.manifest);
        let usual = manifest.as_ref().and_then(|manifest| {
            manifest
                .get(&runner.usual.0)?
                .get(&runner.usual.1)?
                .as_str()
        });
        let name = self.program.or(usual).map(str::to_owned);
        let name = name.or_else(|| names.first().filter(|_| names.len() == 1).cloned());
        name.filter(|name| names.contains(name))
    }
}

/// The last build of the stage by `tool`.
fn build<'a>(
    cx: &'a Cx<'_>,
    stage: &Stage,
    tool: &Tool,
) -> Option<(usize, &'a Step<'a>, &'a Invocation<'a>)> {
    let runs = stage
        .body
        .clone()
        .rev()
        .filter_map(|at| Some((at, cx.facts.runs[at].as_ref()?)));
    let mut steps = runs.flat_map(|(at, run)| run.steps.iter().rev().map(move |step| (at, step)));
    steps.find_map(|(at, step)| {
        let invocation = step.invocation.as_ref()?;
        let builds = invocation.tool.id == tool.id && invocation.action.does == Does::Build;
        builds.then_some((at, step, invocation))
    })
}

/// Whether something changes files in `folder` behind the build: the tool might build again.
fn is_changed_behind(
    cx: &Cx<'_>,
    stage: &Stage,
    (at, build): (usize, &Step<'_>),
    folder: &str,
) -> bool {
    let folder = Region::new(folder);
    let steps = cx.facts.runs[at].iter().flat_map(|run| &run.steps);
    let mut behind = steps.filter(|step| step.span.start > build.span.start);
    let is_changed_at_once = behind.any(|step| step.effects.writes.meets(&folder));
    is_changed_at_once
        || (at + 1..stage.body.end).any(|index| match &cx.facts.views[index].kind {
            Kind::Copy(transfer) | Kind::Add(transfer) => {
                folder.meets(&Region::new(cx.facts.destination(index, transfer)))
            }
            Kind::Run { .. } => {
                let steps = cx.facts.runs[index].as_ref().map(|run| &run.steps);
                steps
                    .is_none_or(|steps| steps.iter().any(|step| step.effects.writes.meets(&folder)))
            }
            _ => false,
        })
}

/// Whether a container may have other sources, or gets other words.
fn is_told_otherwise(cx: &Cx<'_>, stage: &Stage, declared: &Declared) -> bool {
    let workdir = Region::new(cx.facts.state_after(stage).workdir);
    let mut containers = cx
        .possible_uses(stage)
        .filter_map(|used| used.container.as_ref());
    containers.any(|container| {
        let covers = |target: &String| workdir.meets(&Region::new(join("/", target)));
        declared.entrypoint.is_some() && container.command.is_some()
            || container.mounts.iter().any(|mount| covers(&mount.target))
    })
}
