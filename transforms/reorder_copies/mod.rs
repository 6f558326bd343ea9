//! Dependencies before source.
//!
//! ```dockerfile
//! COPY . .                              COPY requirements.txt ./
//! RUN pip install -r requirements.txt   RUN pip install -r requirements.txt
//!                                       COPY . .
//! ```
//!
//! A copy sinks past an instruction exactly when that instruction neither reads what the copy
//! brings, other than manifests that are left in its place, nor writes where it lands.

mod copied;
mod crossing;
mod manifests;

use crate::analysis::paths::join;
use crate::analysis::runs::Step;
use crate::analysis::stages::{Os, Stage};
use crate::edit::Edits;
use crate::knowledge::tools::Does;
use crate::syntax::{Kind, Span};
use crate::transform::{Addition, Change, Cx, Info, Plan, Refusal, Rewrite, Transform};

use super::style;
use copied::Copied;
use crossing::{Crossing, Obstacle};
use manifests::Leave;

/// Sinks the copy of the source below the installs that do not need it.
pub struct ReorderCopies;

static INFO: Info = Info {
    id: "reorder-copies",
    title: "copies the source after the dependencies are installed, so that their layers stay cached",
    doc: include_str!("README.md"),
};

impl Transform for ReorderCopies {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let facts = cx.facts;
        let stages = facts.stages.iter().filter(|stage| stage.os == Os::Linux);
        let sites = stages.flat_map(|stage| stage.body.clone().map(move |index| (stage, index)));
        sites
            .filter_map(|(stage, index)| rewrite(cx, stage, index).transpose())
            .collect()
    }
}

/// Whether a layer with this step is worth keeping in the cache.
fn is_worth_caching(step: &Step<'_>) -> bool {
    matches!(
        step.does(),
        Some(Does::InstallPackages | Does::InstallDependencies | Does::UpgradePackages)
    )
}

/// Sinks the copy at `index`, if it is one and there is something to gain.
fn rewrite(cx: &Cx<'_>, stage: &Stage, index: usize) -> Result<Option<Rewrite>, Refusal> {
    let gains = |at: &usize| {
        cx.facts.runs[*at]
            .as_ref()
            .is_some_and(|run| run.steps.iter().any(is_worth_caching))
    };
    let can_gain =
        (index + 1..stage.body.end).any(|at| gains(&at)) || builds_with_prefetch(cx, stage, index);
    if !can_gain || !matches!(cx.facts.views[index].kind, Kind::Copy(_) | Kind::Add(_)) {
        return Ok(None);
    }
    let Some(copied) = Copied::read(cx, index)? else {
        return Ok(None);
    };
    let descent = Descent::down_from(cx, stage, &copied);
    match (descent.worth, descent.obstacle) {
        (true, _) => Ok(Some(build(cx, &copied, &descent.crossings))),
        (false, Some(obstacle)) if obstacle.in_sight => Err(obstacle.refusal),
        _ => Ok(None),
    }
}

fn builds_with_prefetch(cx: &Cx<'_>, stage: &Stage, index: usize) -> bool {
    let mut steps = (index + 1..stage.body.end)
        .filter_map(|at| cx.facts.runs[at].as_ref())
        .flat_map(|run| &run.steps);
    cx.context.is_some()
        && steps.any(|step| {
            step.invocation
                .as_ref()
                .is_some_and(|invocation| invocation.action.prefetch.is_some())
        })
}

/// How far a copy can sink.
struct Descent {
    /// The instructions that it passes, up to the last that is worth it.
    crossings: Vec<Crossing>,
    /// Whether it is worth it.
    worth: bool,
    /// What it stops at.
    obstacle: Option<Obstacle>,
}

impl Descent {
    fn down_from(cx: &Cx<'_>, stage: &Stage, copied: &Copied) -> Self {
        let mut descent = Self {
            crossings: Vec::new(),
            worth: false,
            obstacle: None,
        };
        let mut useful = 0;
        for at in copied.index + 1..stage.body.end {
            let left = descent.left();
            match crossing::cross(cx, copied, &left, at) {
                Ok(crossing) => {
                    let (gain, last) = (crossing.gain, crossing.is_last());
                    descent.crossings.push(crossing);
                    if gain {
                        useful = descent.crossings.len();
                    }
                    if last {
                        break;
                    }
                }
                Err(obstacle) => {
                    descent.obstacle = Some(obstacle);
                    break;
                }
            }
        }
        descent.worth = useful > 0;
        descent.crossings.truncate(useful);
        descent
    }

    /// The paths in the image that are left behind so far.
    fn left(&self) -> Vec<String> {
        let leaves = self.crossings.iter().flat_map(|crossing| &crossing.leaves);
        leaves
            .flat_map(|leave| leave.lands.iter().cloned())
            .collect()
    }
}

fn build(cx: &Cx<'_>, copied: &Copied, crossings: &[Crossing]) -> Rewrite {
    let mut rewrite = Rewrite::new(
        cx.file.instructions()[copied.index].span,
        message(cx, copied, crossings),
    );
    let mut writer = Writer {
        cx,
        copied,
        edits: Edits::new(),
        newline: style::newline(cx.file, rewrite.site.start),
    };
    writer.take_out();
    for crossing in crossings {
        writer.leave(crossing);
    }
    if let Some(last) = crossings.last() {
        writer.put_back(last);
    }
    rewrite.edits = writer.edits;
    for crossing in crossings {
        for sentence in &crossing.assumes {
            rewrite.assume(sentence.clone());
        }
        rewrite.because.extend(crossing.because.iter().cloned());
        rewrite.declares.extend(
            crossing
                .not_copied
                .iter()
                .cloned()
                .map(Change::NotInContext),
        );
        if let (Some(context), false) = (cx.context, crossing.to_ignore.is_empty()) {
            let path = context.ignore_file().to_owned();
            rewrite.additions.push(Addition {
                path,
                lines: crossing.to_ignore.clone(),
            });
        }
    }
    rewrite
}

fn message(cx: &Cx<'_>, copied: &Copied, crossings: &[Crossing]) -> String {
    let steps: Vec<String> = crossings
        .iter()
        .filter(|crossing| crossing.gain)
        .map(|crossing| crossing.title(cx))
        .collect();
    format!(
        "{} after {}, so that a change to it runs {} again",
        copied.title(cx),
        steps.join(" and "),
        if steps.len() > 1 {
            "none of them"
        } else {
            "nothing of that"
        }
    )
}

/// Builds the edits.
struct Writer<'a> {
    cx: &'a Cx<'a>,
    copied: &'a Copied,
    edits: Edits,
    newline: &'static str,
}

impl Writer<'_> {
    fn text(&self) -> &str {
        self.cx.file.text()
    }

    /// Removes the copy, with its comments, from where it stands.
    fn take_out(&mut self) {
        let block = self.cx.facts.block(self.copied.index);
        self.edits
            .delete(style::with_blank_line(self.text(), block));
    }

    /// Writes the copies of manifests, and the step that fetches, in front of the instruction.
    fn leave(&mut self, crossing: &Crossing) {
        let mut lines = String::new();
        for leave in &crossing.leaves {
            lines += &(self.manifest_copy(leave) + self.newline);
        }
        if let Some(command) = &crossing.prefetch {
            let run = style::keyword(self.cx.file, self.copied.index, "RUN");
            lines += &format!("{run} {command}{}", self.newline);
        }
        if !lines.is_empty() {
            let offset = self.cx.facts.block(crossing.index).start;
            self.edits.insert(offset, lines);
        }
    }

    fn manifest_copy(&self, leave: &Leave) -> String {
        let copy = style::keyword(self.cx.file, self.copied.index, "COPY");
        let flags = self.copied.flags(self.cx);
        let mut words = vec![copy];
        words.extend(flags);
        words.extend(leave.sources.iter().cloned());
        words.push(leave.dest.clone());
        words.join(" ")
    }

    /// Writes the copy again behind the last instruction that it passes, or inside of it.
    fn put_back(&mut self, last: &Crossing) {
        let block = self.cx.facts.block(self.copied.index);
        let copy = style::terminated(block.text(self.text()), self.newline);
        let instruction = &self.cx.file.instructions()[last.index];
        match last.split {
            Some(seam) => {
                let run = style::keyword(self.cx.file, last.index, "RUN");
                let rest = self.seam_comments(seam);
                self.edits
                    .replace(seam, format!("{}{copy}{rest}{run} ", self.newline));
            }
            None if last.prefetch.is_some() => {
                let offset = self.cx.facts.block(last.index).start;
                self.edits.insert(offset, copy);
            }
            None => {
                let blank = style::blank_line_at(self.text(), instruction.full.end).is_some();
                let apart =
                    blank && style::blank_above(self.text(), self.cx.facts.block(last.index).start);
                let unfinished = !instruction.full.text(self.text()).ends_with('\n');
                let before = if unfinished || apart {
                    self.newline
                } else {
                    ""
                };
                self.edits
                    .insert(instruction.full.end, format!("{before}{copy}"));
            }
        }
    }

    /// The comments between two commands of a `RUN` that is taken apart there.
    fn seam_comments(&self, seam: Span) -> String {
        let lines = seam
            .text(self.text())
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with('#'));
        lines
            .map(|line| format!("{line}{}", self.newline))
            .collect()
    }
}

/// The folder `path`, as it is written in a `COPY` from the working directory `workdir`.
fn written_folder(workdir: &str, folder: &str, relative: bool) -> String {
    if relative && folder == workdir {
        return "./".to_owned();
    }
    if relative && let Some(below) = crate::analysis::paths::below(folder, workdir) {
        return format!("{below}/");
    }
    let path = join("/", folder);
    if path == "/" { path } else { path + "/" }
}
