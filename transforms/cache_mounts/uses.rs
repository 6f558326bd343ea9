//! The `RUN`s that use a cache, and which of them need its mount together.

use crate::analysis::commands::first_words;
use crate::analysis::runs::{Run, Step};
use crate::analysis::stages::{Base, Os, Stage};
use crate::knowledge::caches::Cache;
use crate::knowledge::tools::Does;
use crate::transform::Cx;

/// A `RUN` that uses a cache.
pub(super) struct Use<'a> {
    /// The instruction.
    pub(super) index: usize,
    /// Its script, which may be its here-document.
    pub(super) script: &'a Run<'a>,
    /// The commands that use the cache; at least one.
    pub(super) steps: Vec<&'a Step<'a>>,
}

/// `RUN`s that get a mount together or not at all.
#[derive(Default)]
pub(super) struct Group<'a> {
    pub(super) uses: Vec<Use<'a>>,
    /// The stages that have what these leave behind.
    pub(super) stages: Vec<usize>,
    /// A `RUN` that calls the tool in a script that is not understood.
    pub(super) opaque: Option<usize>,
    /// A `RUN` behind the first use with a command that may do anything, and so may need what is in the cache.
    pub(super) unknown: Option<usize>,
}

/// The groups of all stages.
pub(super) fn groups<'a>(cx: &Cx<'a>, cache: &Cache) -> Vec<Group<'a>> {
    let stages = &cx.facts.stages;
    let mut groups = Vec::new();
    for origin in stages.iter().filter(|stage| !is_built_on_stage(stage)) {
        let family: Vec<usize> = stages
            .iter()
            .filter(|stage| origin_of(cx, stage) == origin.index && stage.os == Os::Linux)
            .map(|stage| stage.index)
            .collect();
        let group = group_of(cx, cache, &family);
        if cache.store || cache.before.is_some() {
            groups.push(group);
        } else {
            groups.extend(apart(group));
        }
    }
    groups.retain(|group| !group.uses.is_empty() || group.opaque.is_some());
    groups
}

fn is_built_on_stage(stage: &Stage) -> bool {
    matches!(stage.base, Base::Stage(_))
}

/// The stage that `stage` is built on in the end.
fn origin_of(cx: &Cx<'_>, stage: &Stage) -> usize {
    let origin = cx.facts.ancestry(stage).last();
    origin.map_or(stage.index, |origin| origin.index)
}

/// Each `RUN` by itself.
fn apart(group: Group<'_>) -> Vec<Group<'_>> {
    let stages = group.stages;
    let opaque = group.opaque.map(|index| Group {
        opaque: Some(index),
        ..Group::default()
    });
    let alone = group.uses.into_iter().map(|used| Group {
        uses: vec![used],
        stages: stages.clone(),
        ..Group::default()
    });
    alone.chain(opaque).collect()
}

fn group_of<'a>(cx: &Cx<'a>, cache: &Cache, family: &[usize]) -> Group<'a> {
    let mut group = Group {
        stages: family.to_vec(),
        ..Group::default()
    };
    for index in family
        .iter()
        .flat_map(|&stage| cx.facts.stages[stage].body.clone())
    {
        let Some(run) = &cx.facts.runs[index] else {
            continue;
        };
        let script = run.as_read();
        let steps: Vec<&Step<'_>> = script
            .steps
            .iter()
            .filter(|step| is_use(cx, cache, step))
            .collect();
        let is_unknown = script.opaque.is_some() || script.all_commands().any(is_unknown);
        if script.opaque.is_some() && is_mentioned(cx, cache, index) {
            group.opaque.get_or_insert(index);
        } else if !steps.is_empty() {
            group.uses.push(Use {
                index,
                script,
                steps,
            });
        } else if is_unknown && !group.uses.is_empty() {
            group.unknown.get_or_insert(index);
        }
    }
    group
}

/// Whether `step` uses `cache`. An option that the tables do not know makes no difference to that.
fn is_use(cx: &Cx<'_>, cache: &Cache, step: &Step<'_>) -> bool {
    if let Some(invocation) = &step.invocation {
        return invocation.tool.id == cache.tool && cache.used_by.contains(&invocation.action.does);
    }
    let words = first_words(&step.args);
    let Some((tool, _)) = cx.knowledge.tools.find(&words) else {
        return false;
    };
    let mut verbs = tool
        .actions
        .iter()
        .filter(|action| cache.used_by.contains(&action.does))
        .flat_map(|action| &action.verbs);
    let is_given = |verb: &String| {
        words
            .iter()
            .any(|word| Some(*word) == verb.split(' ').next())
    };
    tool.id == cache.tool && verbs.any(is_given)
}

/// Whether `step` may do anything: nobody knows it, or it runs a build of its own (`make`).
fn is_unknown(step: &Step<'_>) -> bool {
    let may_do_anything = matches!(step.does(), None | Some(Does::Build | Does::Run));
    may_do_anything && !step.args.is_empty()
}

/// Whether the text of instruction `index` names the tool.
fn is_mentioned(cx: &Cx<'_>, cache: &Cache, index: usize) -> bool {
    let Some(tool) = cx.knowledge.tools.get(&cache.tool) else {
        return false;
    };
    let text = cx.facts.source_text(index);
    let mut words = text.split(|c: char| c.is_whitespace() || ";|&()'\"`[],".contains(c));
    words.any(|word| {
        tool.programs
            .iter()
            .any(|program| program.trim_end_matches('*') == word)
    })
}
