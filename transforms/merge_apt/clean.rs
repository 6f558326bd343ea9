//! A single `RUN` that leaves its package lists behind.

use crate::analysis::runs::Run;
use crate::analysis::stages::Stage;
use crate::edit::Edits;
use crate::knowledge::package_managers::PackageManager;
use crate::knowledge::tools::Does;
use crate::syntax::Span;
use crate::syntax::shell::{Command, Item, Terminator};
use crate::transform::{Cx, Plan, Refusal, Rewrite};

use super::arrange::arrange;
use super::guards::{self, Fate};
use super::later::is_shipped;
use super::layer::{Layer, Work, ends_with_lists, manager_of, work_of};
use super::layout::{Layout, WIDTH};
use super::mention;
use super::merge;
use super::spelling::respell;

/// Cleans up behind instruction `index`, if it leaves lists in an image that somebody keeps.
pub(super) fn plan(cx: &Cx<'_>, stage: &Stage, index: usize) -> Option<Plan> {
    let run = cx.facts.runs[index].as_ref()?;
    if run.opaque.is_some() {
        return refuse_opaque(cx, stage, index).map(Err);
    }
    let manager = manager_of(cx, run)?;
    let line = &cx.facts.views[index].logical.text;
    if !ends_with_lists(cx, manager, run.steps.iter(), line) || !is_shipped(cx, stage) {
        return None;
    }
    rewrite(cx, stage, index, run, manager).transpose()
}

/// A script that dfopt does not read but that seems to download lists and to leave them.
fn refuse_opaque(cx: &Cx<'_>, stage: &Stage, index: usize) -> Option<Refusal> {
    let text = cx.facts.source_text(index);
    let manager = mention::manager_in(cx, text)?;
    let downloads = mention::first_use(cx, manager, text) == Some(Does::RefreshLists);
    let cleans = manager
        .lists
        .iter()
        .any(|lists| text.contains(lists.as_str()));
    let obstacle = Layer::read(cx, index).err()?;
    (downloads && !cleans && is_shipped(cx, stage)).then(|| {
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

fn rewrite(
    cx: &Cx<'_>,
    stage: &Stage,
    index: usize,
    run: &Run<'_>,
    manager: &PackageManager,
) -> Result<Option<Rewrite>, Refusal> {
    guards::check_form(cx, index)?;
    guards::check_user(cx, index)?;
    guards::check_mounts(cx, manager, &[index])?;
    let fate = guards::fate_of_lists(cx, manager, stage, index)?;
    let installs = |step| {
        matches!(
            work_of(cx, manager, step),
            Some(Work::Install | Work::Upgrade)
        )
    };
    if !run.steps.iter().any(installs) {
        // The lists are all that it makes; whoever wrote it wants them.
        return Ok(None);
    }
    match &manager.uncached {
        Some(option) => keep_none(cx, index, manager, option, &fate).map(Some),
        None => append(cx, index, run, manager, &fate).map(Some),
    }
}

/// Lets the installs of the `RUN` keep no lists at all.
fn keep_none(
    cx: &Cx<'_>,
    index: usize,
    manager: &PackageManager,
    option: &str,
    fate: &Fate,
) -> Result<Rewrite, Refusal> {
    let layer = match Layer::read(cx, index) {
        Ok(Some(layer))
            if !ends_with_lists(
                cx,
                manager,
                layer.rest_steps(cx),
                &cx.facts.views[index].logical.text,
            ) =>
        {
            layer
        }
        Ok(_) => {
            return Err(guards::refuse(
                cx,
                index,
                "other-commands",
                "it leaves package lists behind in commands that dfopt does not rewrite",
            ));
        }
        Err(obstacle) => {
            return Err(guards::refuse(
                cx,
                index,
                obstacle.code,
                &format!("it leaves package lists behind, but {}", obstacle.message),
            ));
        }
    };
    let site = cx.file.instructions()[index].span;
    let mut rewrite = Rewrite::new(
        site,
        format!("{option}, so that no package lists stay in the layer"),
    );
    let layers = [layer];
    rewrite.edits = merge::edits(cx, &layers, &arrange(cx, &layers, false), &[], false);
    fate.tell(cx, &mut rewrite);
    Ok(rewrite)
}

/// Appends the command that removes the lists.
fn append(
    cx: &Cx<'_>,
    index: usize,
    run: &Run<'_>,
    manager: &PackageManager,
    fate: &Fate,
) -> Result<Rewrite, Refusal> {
    let Some(last) = last_item(run) else {
        return Err(guards::refuse(
            cx,
            index,
            "shell-lists",
            "it leaves package lists behind, but nothing can be put after its last command",
        ));
    };
    let site = cx.file.instructions()[index].span;
    let program = run
        .steps
        .iter()
        .rev()
        .find(|step| work_of(cx, manager, step).is_some_and(|work| work != Work::Clean));
    let program = program
        .and_then(|step| step.args.first())
        .map_or("", |arg| arg.known());
    let cleanup = manager.cleanup.replace("{program}", program);
    let mut rewrite = Rewrite::new(
        site,
        format!("`{cleanup}` in the layer that downloads the lists"),
    );
    let mut edits = Edits::new();
    if let Ok(Some(layer)) = Layer::read(cx, index) {
        for command in &layer.commands {
            respell(cx, manager, command, false)
                .into_iter()
                .for_each(|(span, text)| edits.replace(span, text));
        }
    }
    let end = cx.facts.source(index, last.span.shift(run.body.start)).end;
    edits.insert(end, connector(cx, index, run, last, &cleanup) + &cleanup);
    rewrite.edits = edits;
    fate.tell(cx, &mut rewrite);
    Ok(rewrite)
}

/// The last list of the script, if a command behind it runs exactly when the list succeeds, and the
/// `RUN` still fails when it fails.
fn last_item<'r>(run: &'r Run<'_>) -> Option<&'r Item> {
    let script = run.script.as_ref()?;
    let last = script.items.last()?;
    let in_foreground = !matches!(
        last.terminator,
        Some((Terminator::Background | Terminator::Newline, _))
    );
    let leaves = |name: &str| matches!(name, "exit" | "exec" | "return");
    let stays = !run
        .steps
        .iter()
        .any(|step| step.args.first().is_some_and(|arg| leaves(arg.known())));
    let is_function = |command: &Command| matches!(command, Command::Function(_));
    let commands = !last
        .pipelines()
        .flat_map(|pipeline| &pipeline.commands)
        .any(is_function);
    (in_foreground && stays && commands && script.comments.is_empty()).then_some(last)
}

/// What joins `cleanup` to the last list, as the author joins commands.
fn connector(cx: &Cx<'_>, index: usize, run: &Run<'_>, last: &Item, cleanup: &str) -> String {
    let layout = Layout::like(cx, &[index]);
    let source = cx.facts.source_text(index);
    let by_semicolon = run
        .script
        .as_ref()
        .is_some_and(|script| script.items.len() > 1)
        && last.rest.is_empty()
        && stops_at_failure(cx, index, run);
    let one_line = !source.contains('\n') && source.len() + cleanup.len() + " && ".len() <= WIDTH;
    match (by_semicolon, one_line) {
        (true, true) => "; ".to_owned(),
        (false, true) => " && ".to_owned(),
        (false, false) => layout.and(&[]),
        (true, false) => {
            let start = cx
                .facts
                .source(index, last.span.shift(run.body.start))
                .start;
            format!(
                "; {}{}",
                layout.continued,
                own_indent(cx.file.text(), start).unwrap_or(&layout.indent)
            )
        }
    }
}

/// Whether the script ends when one of its commands fails.
fn stops_at_failure(cx: &Cx<'_>, index: usize, run: &Run<'_>) -> bool {
    let sets = |word: &str| word.starts_with('-') && !word.starts_with("--") && word.contains('e');
    let first = run
        .steps
        .first()
        .filter(|step| step.args[0].known() == "set");
    first.is_some_and(|step| step.args.get(1).is_some_and(|arg| sets(arg.known())))
        || cx.facts.states[index].shell.has_errexit()
}

/// The white space in front of byte `offset`, if nothing else stands there on its line.
fn own_indent(text: &str, offset: usize) -> Option<&str> {
    let line = Span::new(text[..offset].rfind('\n')? + 1, offset).text(text);
    line.trim().is_empty().then_some(line)
}
