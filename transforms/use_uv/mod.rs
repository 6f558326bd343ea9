//! uv installs what pip installed.
//!
//! ```dockerfile
//! FROM python:3.12                              FROM python:3.12
//!                                               COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /bin/
//! RUN pip install -r requirements.txt           RUN uv pip install --system --compile-bytecode -r requirements.txt
//! ```

mod command;
mod guards;

use crate::analysis::runs::Step;
use crate::analysis::stages::{Base, Os, Stage};
use crate::knowledge::tools::Does;
use crate::transform::{Change, Cx, Gain, Info, Plan, Preset, Refusal, Rewrite, Runs, Transform};

use super::style;

/// Installs with uv in place of pip.
pub struct UseUv;

static INFO: Info = Info {
    id: "use-uv",
    title: "installs with uv what pip installed",
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
        stages
            .filter_map(|stage| Site::find(cx, stage)?.plan())
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

    /// The installs of pip, but for those that bring pip itself up to date.
    fn installs(&self) -> Vec<(usize, &'a Step<'a>)> {
        let cx = self.cx;
        let replaced = &cx.knowledge.uv.replaces;
        let runs = self
            .stage
            .body
            .clone()
            .filter_map(|at| Some((at, cx.facts.runs[at].as_ref()?)));
        let steps = runs.flat_map(|(at, run)| {
            let script = run.document.as_deref().unwrap_or(run);
            script.steps.iter().map(move |step| (at, step))
        });
        let is_install = |(_, step): &(usize, &Step<'_>)| {
            let Some(invocation) = &step.invocation else {
                return false;
            };
            let mut operands = invocation.operands.iter().map(|&at| step.args[at].known());
            let names_one = !invocation.operands.is_empty();
            let is_itself = names_one
                && operands.all(|word| {
                    cx.knowledge
                        .uv
                        .is_pip_itself(&super::dependencies::dependency_name(word))
                });
            let verb = step.args[invocation.verb_words.clone()]
                .iter()
                .map(|arg| arg.known());
            let is_pip = invocation.tool.id == replaced.tool && verb.eq([replaced.verb.as_str()]);
            is_pip && invocation.action.does == Does::InstallDependencies && !is_itself
        };
        steps.filter(is_install).collect()
    }

    fn refuse(&self, at: usize, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal::new(self.cx.file.instructions()[at].span, code, message)
    }

    fn plan(&self) -> Option<Plan> {
        let installs = self.installs();
        let (first, _) = installs.first()?;
        Some(self.rewrite(*first, &installs))
    }

    fn rewrite(&self, first: usize, installs: &[(usize, &Step<'_>)]) -> Plan {
        let uv = &self.cx.knowledge.uv;
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
            let copy = format!("--from={} {} {}", uv.image, uv.program, uv.folder);
            let keyword = style::keyword(self.cx.file, first, "COPY");
            let start = self.cx.facts.block(first).start;
            let newline = style::newline(self.cx.file, start);
            rewrite
                .edits
                .insert(start, format!("{keyword} {copy}{newline}"));
            rewrite.declares.push(Change::ToolCopied {
                image: uv.image.clone(),
                from: uv.program.clone(),
                to: format!("{}{}", uv.folder, uv.program.trim_start_matches('/')),
            });
        }
        rewrite.assume("uv chooses the same versions as pip where the requirements leave a choice, or others that serve as well");
        rewrite.assume("what has no ready-made build can be built in an environment of its own, with what it declares");
        Ok(rewrite)
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
