//! uv installs what pip installed.
//!
//! ```dockerfile
//! FROM python:3.12                              FROM python:3.12
//!                                               COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /bin/
//! RUN pip install -r requirements.txt           RUN uv pip install --system --compile-bytecode -r requirements.txt
//! ```
//!
//! What Poetry installed is in `project`.

mod command;
mod groups;
mod guards;
mod lock;
mod project;
mod setup;

use crate::analysis::runs::Step;
use crate::analysis::stages::{Base, Os, Stage};
use crate::knowledge::tools::Does;
use crate::syntax::Flag;
use crate::transform::{Change, Cx, Gain, Info, Plan, Preset, Refusal, Rewrite, Runs, Transform};

use super::style;

/// Installs with uv in place of pip or Poetry.
pub struct UseUv;

static INFO: Info = Info {
    id: "use-uv",
    title: "installs with uv what pip or Poetry installed",
    doc: include_str!("README.md"),
    gain: Gain::BuildTime,
    runs: Runs::OnRequest {
        presets: &[Preset::Ci],
        because: "another tool chooses the versions where requirements leave a choice",
    },
};

impl Transform for UseUv {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let stages = cx.facts.stages.iter();
        let sites = stages.filter_map(|stage| Site::find(cx, stage));
        sites
            .flat_map(|site| [project::plan(&site), site.plan()])
            .flatten()
            .collect()
    }
}

/// A stage on an image of Python.
struct Site<'a> {
    cx: &'a Cx<'a>,
    stage: &'a Stage,
}

impl<'a> Site<'a> {
    fn find(cx: &'a Cx<'a>, stage: &'a Stage) -> Option<Self> {
        let image = cx.facts.image(stage).filter(|_| stage.os == Os::Linux)?;
        (image.provides == Some(&cx.knowledge.uv.language)).then_some(Self { cx, stage })
    }

    /// The commands of the stage that are `wanted`, each with its instruction.
    fn steps(&self, wanted: impl Fn(&Step<'_>) -> bool) -> Vec<(usize, &'a Step<'a>)> {
        let cx = self.cx;
        let runs = self
            .stage
            .body
            .clone()
            .filter_map(|at| Some((at, cx.facts.runs[at].as_ref()?)));
        let steps = runs.flat_map(|(at, run)| {
            let script = run.as_read();
            script.steps.iter().map(move |step| (at, step))
        });
        steps.filter(|(_, step)| wanted(step)).collect()
    }

    /// The words of the verb of a command, between blanks.
    fn verb(step: &Step<'_>) -> String {
        let words = step
            .invocation
            .as_ref()
            .map(|invocation| invocation.verb_words.clone());
        let words = step.args[words.unwrap_or_default()].iter();
        words.map(|arg| arg.known()).collect::<Vec<_>>().join(" ")
    }

    /// Whether `step` is an install of pip, and more than one that brings pip itself or another installer.
    fn is_install(&self, step: &Step<'_>) -> bool {
        let Some(invocation) = &step.invocation else {
            return false;
        };
        let uv = &self.cx.knowledge.uv;
        let mut operands = invocation.operands.iter().map(|&at| step.args[at].known());
        let is_itself = !invocation.operands.is_empty()
            && operands.all(|word| {
                let name = super::dependencies::dependency_name(word);
                uv.is_pip_itself(&name) || uv.is_project_tool(&name)
            });
        let is_pip = invocation.tool.id == uv.replaces.tool && Self::verb(step) == uv.replaces.verb;
        is_pip && invocation.action.does == Does::InstallDependencies && !is_itself
    }

    /// Whether the `RUN` at `at` installs as root, with commands that can be told apart and no cache of another tool.
    ///
    /// # Errors
    /// When it does not.
    fn check_place(&self, at: usize) -> Result<(), Refusal> {
        let run = self.cx.facts.runs[at].as_ref();
        if run.and_then(|run| run.and_list()).is_none() {
            let message = "the commands of this RUN are not joined by `&&` alone";
            return Err(self.refuse(at, "not-separable", message));
        }
        if self.cx.facts.states[at].is_root() != Some(true) {
            let message = "it installs for a user who is not root, which uv does not do";
            return Err(self.refuse(at, "not-root", message));
        }
        let is_cache = |flag: &Flag| {
            let value = flag.value.as_deref();
            value.is_some_and(|value| value.contains("type=cache"))
        };
        if self.cx.facts.views[at].flags.iter().any(is_cache) {
            let message = "a cache of another tool is mounted, which uv has no use for; mount `/root/.cache/uv`";
            return Err(self.refuse(at, "cache-mount", message));
        }
        Ok(())
    }

    fn refuse(&self, at: usize, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal::new(self.cx.file.instructions()[at].span, code, message)
    }

    fn plan(&self) -> Option<Plan> {
        let installs = self.steps(|step| self.is_install(step));
        let (first, _) = installs.first()?;
        Some(self.rewrite(*first, &installs))
    }

    fn rewrite(&self, first: usize, installs: &[(usize, &Step<'_>)]) -> Plan {
        guards::check(self, first)?;
        let span = self.cx.file.instructions()[first].span;
        let mut rewrite = Rewrite::new(span, "uv installs what pip installed");
        rewrite.by_intent = true;
        for (at, step) in installs {
            let command = command::translate(self, *at, step)?;
            for (span, text) in command.edits {
                rewrite.edits.replace(span, text);
            }
            rewrite.declares.push(command.change);
        }
        if !self.has_uv(first) {
            self.insert_uv(first, &mut rewrite);
        }
        rewrite.assume("uv chooses the same versions as pip where the requirements leave a choice, or others that serve as well");
        rewrite.assume("what has no ready-made build can be built in an environment of its own, with what it declares");
        Ok(rewrite)
    }

    /// Has uv copied in front of the instruction `before`.
    fn insert_uv(&self, before: usize, rewrite: &mut Rewrite) {
        let start = self.cx.facts.block(before).start;
        let newline = style::newline(self.cx.file, start);
        let copy = self.copy_of_uv(before, rewrite);
        rewrite.edits.insert(start, format!("{copy}{newline}"));
    }

    /// The instruction that copies uv, in the style of the instruction `like`. It is declared.
    fn copy_of_uv(&self, like: usize, rewrite: &mut Rewrite) -> String {
        let uv = &self.cx.knowledge.uv;
        rewrite.declares.push(Change::ToolCopied {
            image: uv.image.clone(),
            from: uv.program.clone(),
            to: format!("{}{}", uv.folder, uv.program.trim_start_matches('/')),
        });
        let keyword = style::keyword(self.cx.file, like, "COPY");
        format!("{keyword} --from={} {} {}", uv.image, uv.program, uv.folder)
    }

    /// Whether uv is in the stage, or one that it is built on, before the instruction `before`.
    fn has_uv(&self, before: usize) -> bool {
        let name = self
            .cx
            .knowledge
            .uv
            .image
            .split(':')
            .next()
            .unwrap_or_default();
        let mut next = Some((self.stage, before));
        while let Some((stage, before)) = next {
            let mut copies = (stage.body.start..before).map(|at| self.cx.facts.source_text(at));
            if copies.any(|text| text.contains(name)) {
                return true;
            }
            next = match stage.base {
                Base::Stage(parent) => {
                    let parent = &self.cx.facts.stages[parent];
                    Some((parent, parent.body.end))
                }
                _ => None,
            };
        }
        false
    }
}
