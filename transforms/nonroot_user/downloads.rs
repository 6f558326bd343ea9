//! Folders in which libraries keep what they download, when the image is built and when the container runs.

use super::left_behind::{Looker, history};
use super::ownership::{HandedOver, Surveyor, Territory};
use super::sources::Project;
use super::start::Start;
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::knowledge::startup::Trace;
use crate::syntax::Kind;
use crate::transform::Cx;

/// Gives them away, where a variable of the image names them.
pub(super) fn settle(
    surveyor: &Surveyor<'_>,
    start: &Start,
    project: &Project<'_>,
    territory: &mut Territory,
) {
    if !surveyor.account.has_shell {
        return;
    }
    let (cx, stage) = (surveyor.site.cx, surveyor.site.stage);
    let state = cx.facts.state_after(stage);
    let settings = &cx.knowledge.startup.settings;
    let set = variables(cx, stage).filter(|name| settings.is_for_downloads(name));
    for name in set {
        let folder = state.value(name).filter(|path| is_folder(path));
        let folder = folder.map(|path| path.trim_end_matches('/').to_owned());
        let Some(folder) = folder.filter(|path| surveyor.is_own(path)) else {
            continue;
        };
        let filled = filling_steps(surveyor, start, project, territory, name);
        let is_given = |&(index, _): &(usize, _)| territory.gives_contents(index, &folder);
        let filled: Vec<_> = filled.into_iter().filter(|step| !is_given(step)).collect();
        if !territory.is_writable(&folder) || !filled.is_empty() && !territory.has(&folder) {
            surveyor.make(territory, folder.clone());
        }
        // A second command would copy what the first one gives away into a layer of its own. A folder that is only made behind
        // all steps may be removed by one of them.
        let is_there = !territory.made_last.contains(&folder);
        match filled[..] {
            [(index, Some(last))] if is_there => territory.handed_over.push(HandedOver {
                index,
                step: last.span,
                operands: folder.clone(),
                made: None,
                with_contents: true,
                paths: vec![folder],
            }),
            [] => {}
            _ if territory.downloads_of_root.contains(&folder) => {}
            _ => territory.downloads_of_root.push(folder),
        }
    }
}

/// The variables that the image sets, in the order in which it does.
fn variables<'a>(cx: &'a Cx<'_>, stage: &Stage) -> impl Iterator<Item = &'a str> {
    let pairs =
        history(cx, stage)
            .into_iter()
            .flat_map(|index| match &cx.facts.views[index].kind {
                Kind::Env { pairs, .. } => pairs.as_slice(),
                _ => &[],
            });
    pairs.map(|pair| pair.key.raw.as_str())
}

/// Whether `path` names one folder, in words that need no quotes.
fn is_folder(path: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    path.starts_with('/') && path.chars().all(is_plain)
}

/// The `RUN` instructions that download into the folder which the variable `name` names, each with its last command if another
/// one can be put behind that.
fn filling_steps<'s>(
    surveyor: &'s Surveyor<'_>,
    start: &Start,
    project: &Project<'_>,
    territory: &Territory,
    name: &str,
) -> Vec<(usize, Option<&'s Step<'s>>)> {
    let site = &surveyor.site;
    let looker = Looker::new(site, surveyor.account, territory, start, project);
    let traces = site.cx.knowledge.startup.traces.iter();
    let traces: Vec<&Trace> = traces.filter(|trace| trace.is_moved_by(name)).collect();
    let fills = |index: usize, step: &Step<'_>| {
        let mut traces = traces.iter();
        site.cx.facts.states[index].value(name).is_some()
            && traces.any(|trace| looker.leaves(index, step, trace))
    };
    let filling = site.stage.body.clone().filter_map(|index| {
        let is_mounted = site.cx.facts.views[index].flag("mount").is_some();
        let mut steps = site.cx.facts.steps(index).iter();
        let fills = !is_mounted && steps.any(|step| fills(index, step));
        let last = || surveyor.open_list(index).and_then(<[Step<'_>]>::last);
        fills.then(|| (index, last()))
    });
    filling.collect()
}
