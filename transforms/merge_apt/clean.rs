//! A single `RUN` that leaves its package lists behind, or leaves them to a later layer.

use crate::analysis::runs::Run;
use crate::analysis::stages::Stage;
use crate::edit::Edits;
use crate::knowledge::package_managers::PackageManager;
use crate::knowledge::tools::Does;
use crate::transform::{Cx, Plan, Refusal, Rewrite};
use crate::transforms::launched;

use super::append::{appended, last_item};
use super::arrange::arrange;
use super::command::Command;
use super::document;
use super::guards::{self, Fate};
use super::late;
use super::later::is_shipped;
use super::layer::{Layer, Work, ends_with_lists, manager_of, removes_lists, work_of};
use super::mention;
use super::merge;
use super::refresh;
use super::spelling::respell;
use super::uncached;

/// A `RUN` that works with packages, in an image that somebody keeps.
struct Site<'a, 's> {
    cx: &'s Cx<'a>,
    stage: &'s Stage,
    index: usize,
    run: &'a Run<'a>,
    manager: &'a PackageManager,
    /// Whether its lists stay.
    keeps_lists: bool,
}

/// Cleans up behind instruction `index`.
pub(super) fn plan(cx: &Cx<'_>, stage: &Stage, index: usize) -> Option<Plan> {
    let run = cx.facts.runs[index].as_ref()?;
    if !is_shipped(cx, stage) {
        return None;
    }
    if let Some(document) = &run.document {
        return document::plan(cx, stage, index, document);
    }
    if run.opaque.is_some() {
        return refuse_opaque(cx, index).map(Err);
    }
    let manager = manager_of(cx, run)?;
    let line = &cx.facts.views[index].logical.text;
    let keeps_lists = ends_with_lists(cx, manager, run.steps.iter(), line);
    let site = Site {
        cx,
        stage,
        index,
        run,
        manager,
        keeps_lists,
    };
    site.rewrite().transpose()
}

/// A script that dfopt does not read but that seems to download lists and to leave them.
fn refuse_opaque(cx: &Cx<'_>, index: usize) -> Option<Refusal> {
    let text = cx.facts.source_text(index);
    let manager = mention::manager_in(cx, text)?;
    let downloads = mention::first_use(cx, manager, text) == Some(Does::RefreshLists);
    let cleans = manager
        .lists
        .iter()
        .any(|lists| text.contains(lists.as_str()));
    let obstacle = Layer::read(cx, index).err()?;
    (downloads && !cleans).then(|| {
        guards::refuse(
            cx,
            index,
            obstacle.code,
            &format!(
                "it may leave package lists behind, but {}",
                obstacle.message
            ),
        )
    })
}

impl<'a> Site<'a, '_> {
    fn rewrite(&self) -> Result<Option<Rewrite>, Refusal> {
        let installs = self.run.steps.iter().any(|step| {
            matches!(
                work_of(self.cx, self.manager, step),
                Some(Work::Install | Work::Upgrade)
            )
        });
        if !self.keeps_lists && !installs {
            return Ok(None);
        }
        let late = late::behind(self.cx, self.manager, self.stage, self.index);
        let late = if self.keeps_lists {
            late.unwrap_or_default()
        } else {
            late?
        };
        if !self.keeps_lists && late.is_none() {
            return Ok(None);
        }
        guards::check_form(self.cx, self.index)?;
        guards::check_user(self.cx, self.index)?;
        guards::check_network(self.cx, self.manager, self.index)?;
        guards::check_mounts(self.cx, self.manager, &[self.index])?;
        let fate = guards::fate_of_lists(self.cx, self.manager, self.stage, &[self.index])?;
        if !installs {
            return self.hand_over(&fate);
        }
        let uncached = match &self.manager.uncached {
            Some(option) if self.keeps_lists => self.keep_none(option),
            _ => None,
        };
        let rewrite = match uncached {
            None => self.append(late.as_ref())?,
            uncached => uncached,
        };
        let Some(mut rewrite) = rewrite else {
            return Ok(None);
        };
        guards::show_download(self.cx, self.manager, self.index, &mut rewrite);
        fate.tell(self.cx, &mut rewrite);
        Ok(Some(rewrite))
    }

    /// The lists are all that it makes: they are downloaded by those who need them.
    fn hand_over(&self, fate: &Fate) -> Result<Option<Rewrite>, Refusal> {
        let cx = self.cx;
        let Some(first) = fate.refreshes.first() else {
            return Ok(self.for_nobody(fate));
        };
        if let Some(&unknown) = fate.unknown.first() {
            let why =
                "commands in between, which dfopt does not know, may look packages up as well";
            return Err(self
                .refuse("lists-needed-later", why)
                .because(cx.file.instructions()[unknown].span, "is in between"));
        }
        let message =
            "no layer of package lists alone: they are downloaded in the RUN that installs";
        let mut rewrite = Rewrite::new(cx.file.instructions()[self.index].span, message);
        rewrite.edits = refresh::take_out(cx, self.index, first.index)
            .map_err(|why| self.refuse("lists-needed-later", why))?;
        guards::show_download(cx, self.manager, self.index, &mut rewrite);
        fate.tell(cx, &mut rewrite);
        Ok(Some(rewrite))
    }

    /// Lists in which neither a step nor what the container starts looks packages up. At a prompt, or in images and stages
    /// that are built on this one, people may.
    fn for_nobody(&self, fate: &Fate) -> Option<Rewrite> {
        let (cx, next) = (self.cx, self.index + 1);
        let launches = launched::launches(cx, self.stage);
        let tool = std::slice::from_ref(&self.manager.tool);
        let is_program = launches.declared
            && !launches.launches.iter().any(launched::is_prompt)
            && !launched::may_start(cx, self.stage, &launches, tool);
        let is_described = cx.file.leading_comments(self.index).is_some();
        let is_last = cx.facts.users_of(self.stage).next().is_none();
        let may_go = is_program && is_last && !is_described && fate.unknown.is_empty();
        if !may_go || !self.stage.body.contains(&next) {
            return None;
        }
        let message = "no layer of package lists alone: nothing installs packages with them";
        let mut rewrite = Rewrite::new(cx.file.instructions()[self.index].span, message);
        rewrite.edits = refresh::take_all_out(cx, self.index, next)?;
        guards::show_download(cx, self.manager, self.index, &mut rewrite);
        Some(rewrite)
    }

    fn refuse(&self, code: &'static str, why: &str) -> Refusal {
        let message = format!("it leaves package lists behind, but {why}");
        guards::refuse(self.cx, self.index, code, &message)
    }

    /// Lets the installs of the `RUN` keep no lists at all. `None` when it downloads them for their own sake.
    fn keep_none(&self, option: &str) -> Option<Rewrite> {
        let cx = self.cx;
        let line = &cx.facts.views[self.index].logical.text;
        let message = format!("{option}, so that no package lists stay in the layer");
        let mut rewrite = Rewrite::new(cx.file.instructions()[self.index].span, message);
        rewrite.edits = match Layer::read(cx, self.index) {
            Ok(Some(layer)) if !ends_with_lists(cx, self.manager, layer.rest_steps(cx), line) => {
                let layers = [layer];
                merge::edits(cx, &layers, &arrange(cx, &layers, false), &[], false)
            }
            _ => uncached::edits(cx, self.manager, self.index, self.run, option)?,
        };
        Some(rewrite)
    }

    /// Puts the commands of `late`, or the one that removes the lists, at the end.
    fn append(&self, late: Option<&Layer<'a>>) -> Result<Option<Rewrite>, Refusal> {
        let cx = self.cx;
        let Some(last) = last_item(self.run) else {
            return Err(self.refuse("shell-lists", "nothing can be put after its last command"));
        };
        let moved = late
            .map(|late| late::needed(cx, late, self.index, self.keeps_lists))
            .unwrap_or_default();
        let commands = self.commands(late, &moved);
        let comments = late
            .map(|late| late::comments(cx, late, &moved))
            .unwrap_or_default();
        if commands.is_empty() && !comments.is_empty() {
            return Ok(None);
        }
        let message = match commands.as_slice() {
            [] => "no layer that cleans what was cleaned before".to_owned(),
            commands => format!(
                "`{}` in the layer that has something to clean",
                commands.join(" && ")
            ),
        };
        let mut rewrite = Rewrite::new(cx.file.instructions()[self.index].span, message);
        self.respell(&mut rewrite.edits);
        let end = cx
            .facts
            .source(self.index, last.span.shift(self.run.body.start))
            .end;
        rewrite.edits.insert(
            end,
            appended(cx, self.index, self.run, last, &commands, &comments),
        );
        if let Some(late) = late {
            late::take_out(cx, late, &mut rewrite.edits);
        }
        Ok(Some(rewrite))
    }

    /// What cleans up at the end: `moved` from `late`, or the command that removes the lists.
    fn commands(&self, late: Option<&Layer<'a>>, moved: &[&Command<'a>]) -> Vec<String> {
        let cx = self.cx;
        let line = late.map_or("", |late| &cx.facts.views[late.index].logical.text);
        let lists_go = moved
            .iter()
            .any(|command| removes_lists(self.manager, command.step, line));
        let mut commands: Vec<String> = moved
            .iter()
            .map(|command| command.source(cx).text(cx.file.text()).to_owned())
            .collect();
        if self.keeps_lists && !lists_go {
            commands.push(self.manager.cleanup.replace("{program}", self.program()));
        }
        commands
    }

    /// The program that was called last.
    fn program(&self) -> &str {
        let works = |work: Option<Work>| work.is_some_and(|work| work != Work::Clean);
        let mut steps = self.run.steps.iter().rev();
        let last = steps.find(|step| works(work_of(self.cx, self.manager, step)));
        last.and_then(|step| step.args.first())
            .map_or("", |arg| arg.known())
    }

    fn respell(&self, edits: &mut Edits) {
        let Ok(Some(layer)) = Layer::read(self.cx, self.index) else {
            return;
        };
        for command in &layer.commands {
            for (span, text) in respell(self.cx, self.manager, command, false) {
                edits.replace(span, text);
            }
        }
    }
}
