//! What brings and sets up the tool in whose place uv installs, and goes with it.

use crate::analysis::runs::{Run, Step};
use crate::syntax::{Kind, Span};
use crate::transform::{Change, Refusal, Rewrite};
use crate::transforms::{commands, dependencies, launched, style};

use super::Site;
use super::project::Installs;

/// The commands of a stage that are about the tool alone.
pub(super) struct Setup {
    /// The instructions, with the commands of each: spans of the logical line.
    commands: Vec<(usize, Vec<Span>)>,
}

impl Setup {
    /// What sets up the tool of `installs` in the stage.
    ///
    /// # Errors
    /// When that is somewhere else, or something else runs the tool.
    pub(super) fn find(installs: &Installs<'_>, first: usize) -> Result<Self, Refusal> {
        let site = installs.site;
        let runs = site.stage.body.clone();
        let runs = runs.filter_map(|at| Some((at, site.cx.facts.runs[at].as_ref()?)));
        let commands = runs.map(|(at, run)| (at, commands_of(installs, at, run)));
        let commands: Vec<_> = commands.filter(|(_, spans)| !spans.is_empty()).collect();
        let tool = &installs.project.tool;
        let brings = |(at, _): &(usize, Vec<Span>)| {
            let text = site.cx.facts.source_text(*at);
            text.contains("install") && *at <= first
        };
        if !commands.iter().any(brings) {
            let message = format!("dfopt cannot tell what brings {tool} into this stage");
            return Err(installs.refuse(first, "project-tool", message));
        }
        let setup = Self { commands };
        setup.check_use(installs, first)?;
        Ok(setup)
    }

    /// Whether nothing but the installs runs the tool.
    fn check_use(&self, installs: &Installs<'_>, first: usize) -> Result<(), Refusal> {
        let cx = installs.site.cx;
        let tool = installs.project.tool.as_str();
        let refuse = |at: usize| {
            let message = format!(
                "{tool} is run for something else as well: name the program that it starts, without {tool}"
            );
            installs.refuse(at, "project-tool", message)
        };
        for (at, view) in cx.facts.views.iter().enumerate() {
            let text = &view.logical.text;
            let own = self.commands.iter().filter(|(own, _)| *own == at);
            let own = own.flat_map(|(_, spans)| spans.iter().copied());
            let handled: Vec<Span> = own.chain(installs.spans(at)).collect();
            let is_asked = matches!(
                view.kind,
                Kind::Run { .. }
                    | Kind::Cmd { .. }
                    | Kind::Entrypoint { .. }
                    | Kind::Healthcheck { .. }
                    | Kind::Onbuild { .. }
            );
            let mentions =
                mentions(text, tool).any(|place| !handled.iter().any(|span| span.contains(place)));
            let document = cx.facts.runs[at]
                .as_ref()
                .and_then(|run| run.document.as_deref());
            if is_asked && mentions
                || document.is_some_and(|_| cx.facts.source_text(at).contains(tool))
            {
                return Err(refuse(at));
            }
        }
        let Some(stage) = cx.facts.final_stage() else {
            return Ok(());
        };
        let launches = launched::launches(cx, stage);
        let is_run = match launched::command_lines(cx, stage, &launches) {
            Ok(lines) => lines
                .iter()
                .any(|line| line.words.iter().any(|word| word == tool)),
            Err(_) => false,
        };
        if is_run { Err(refuse(first)) } else { Ok(()) }
    }

    /// Takes it out, and brings uv: in the place of the first instruction that goes as a whole, or in front of the
    /// install.
    ///
    /// # Errors
    /// When it cannot be taken out.
    pub(super) fn write(
        &self,
        installs: &Installs<'_>,
        first: usize,
        rewrite: &mut Rewrite,
    ) -> Result<(), Refusal> {
        let site = installs.site;
        let mut is_there = site.has_uv(first);
        for (at, spans) in &self.commands {
            let run = site.cx.facts.runs[*at].as_ref();
            let is_whole = run.is_some_and(|run| is_all(run, spans));
            if is_whole && !is_there && *at < first {
                let span = site.cx.file.instructions()[*at].span;
                let copy = site.copy_of_uv(*at, rewrite);
                rewrite.edits.replace(span, copy);
                is_there = true;
            } else if is_whole {
                delete(installs, *at, rewrite)?;
            } else if let Some(run) = run {
                let gone = commands::without(site.cx, *at, run, spans);
                let gone =
                    gone.map_err(|message| installs.refuse(*at, "not-separable", message))?;
                gone.into_iter().for_each(|span| rewrite.edits.delete(span));
            }
            let text = &site.cx.facts.views[*at].logical.text;
            rewrite
                .declares
                .extend(spans.iter().map(|span| Change::SetupGone {
                    command: span.text(text).to_owned(),
                    program: installs.project.tool.clone(),
                }));
        }
        if !is_there {
            site.insert_uv(first, rewrite);
        }
        Ok(())
    }
}

/// The commands of `run` that only bring or set up the tool.
fn commands_of(installs: &Installs<'_>, at: usize, run: &Run<'_>) -> Vec<Span> {
    let text = &installs.site.cx.facts.views[at].logical.text;
    let Some(script) = &run.script else {
        return Vec::new();
    };
    let project = installs.project;
    let pipelines = script.items.iter().flat_map(|item| item.pipelines());
    let spans = pipelines.map(|pipeline| pipeline.span.shift(run.body.start));
    spans
        .filter(|span| {
            let step = run.steps.iter().find(|step| step.span == *span);
            let is_script = project
                .installers
                .iter()
                .any(|address| span.text(text).contains(address));
            is_script || step.is_some_and(|step| is_setup(installs, step))
        })
        .collect()
}

fn is_setup(installs: &Installs<'_>, step: &Step<'_>) -> bool {
    let Some(invocation) = &step.invocation else {
        return false;
    };
    let project = installs.project;
    if invocation.tool.id == project.tool {
        return project.setups.contains(&Site::verb(step));
    }
    let uv = &installs.site.cx.knowledge.uv;
    let names = invocation
        .operands
        .iter()
        .map(|&at| dependencies::dependency_name(step.args[at].known()));
    let names: Vec<String> = names.collect();
    let is_own = |name: &String| project.is_brought_by(name) || uv.is_pip_itself(name);
    let brings = names.iter().any(|name| project.is_brought_by(name));
    let is_install = Site::verb(step).ends_with("install");
    is_install && brings && names.iter().all(is_own) && step.assigns.is_empty()
}

/// Whether `spans` are all commands of `run`.
fn is_all(run: &Run<'_>, spans: &[Span]) -> bool {
    let script = run.script.as_ref();
    let items = script.into_iter().flat_map(|script| &script.items);
    let mut pipelines = items.flat_map(|item| item.pipelines());
    pipelines.all(|pipeline| spans.contains(&pipeline.span.shift(run.body.start)))
}

/// Takes out the `RUN` at `at` as a whole.
fn delete(installs: &Installs<'_>, at: usize, rewrite: &mut Rewrite) -> Result<(), Refusal> {
    let cx = installs.site.cx;
    let block = cx.facts.block(at);
    if block.text(cx.file.text()).contains('#') {
        let message = format!(
            "a comment speaks of a step that only sets up {}",
            installs.project.tool
        );
        return Err(installs.refuse(at, "not-separable", message));
    }
    rewrite
        .edits
        .delete(style::with_blank_line(cx.file.text(), block));
    Ok(())
}

/// Where `text` names the program `tool`, as a word of its own.
fn mentions<'t>(text: &'t str, tool: &'t str) -> impl Iterator<Item = Span> + 't {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.match_indices(tool).filter_map(move |(start, _)| {
        let end = start + tool.len();
        let is_word = !text[..start].ends_with(is_part) && !text[end..].starts_with(is_part);
        // `$POETRY_HOME/bin/poetry`, but not `/root/.cache/poetry/…`.
        let is_folder = text[end..].starts_with('/') || text[..start].ends_with('.');
        (is_word && !is_folder).then(|| Span::new(start, end))
    })
}
