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
//!
//! | module | idea |
//! |---|---|
//! | `copied` | what a copy brings, and where |
//! | `sink`, `followers` | the way down, and the steps that go along |
//! | `crossing`, `steps`, `folders` | whether one instruction, one command can be passed |
//! | `manifests`, `unseen`, `artefacts` | what an install reads, with and without the context; what it makes |
//! | `seam` | taking a `RUN` apart |
//! | `prefetch`, `way`, `instead`, `stand_ins` | fetching or compiling the dependencies of a build |
//! | `writer` | the edits |

mod again;
mod artefacts;
mod copied;
mod crossing;
mod folders;
mod followers;
mod instead;
mod leaves;
mod manifests;
mod packages;
mod prefetch;
mod seam;
mod signs;
mod sink;
mod stand_ins;
mod steps;
mod unseen;
mod way;
mod writer;

use std::collections::BTreeSet;

use crate::analysis::commands;
use crate::analysis::mounts;
use crate::analysis::paths::{Region, file_name};
use crate::analysis::runs::Step;
use crate::analysis::stages::{Os, Stage};
use crate::context::matches_name;
use crate::knowledge::tools::Does;
use crate::syntax::Kind;
use crate::transform::{
    Addition, Change, Cx, Evidence, Gain, Info, Place, Plan, Refusal, Rewrite, Runs, Transform,
};

use copied::Copied;
use sink::{Crossing, Obstacle, Sink};

/// Sinks the copy of the source below the installs that do not need it.
pub struct ReorderCopies;

static INFO: Info = Info {
    id: "reorder-copies",
    title: "copies the source after the dependencies are installed, so that their layers stay cached",
    doc: include_str!("README.md"),
    gain: Gain::BuildTime,
    runs: Runs::ByDefault,
};

impl Transform for ReorderCopies {
    fn info(&self) -> &'static Info {
        &INFO
    }

    /// Of the rewrites, that of the lowest copy comes first: copies that sink to the same place keep
    /// their order.
    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let stages = cx.facts.stages.iter().filter(|stage| stage.os == Os::Linux);
        let plans = stages
            .flat_map(|stage| stage.body.clone().map(move |index| (stage, index)))
            .filter_map(|(stage, index)| rewrite(cx, stage, index).transpose());
        let (rewrites, refusals): (Vec<Plan>, Vec<Plan>) = plans.partition(Result::is_ok);
        rewrites.into_iter().rev().chain(refusals).collect()
    }
}

/// Whether a layer with this step is worth keeping in the cache.
fn is_worth_caching(step: &Step<'_>) -> bool {
    step.does().is_some_and(fills_cache)
}

fn fills_cache(does: Does) -> bool {
    matches!(
        does,
        Does::InstallPackages | Does::InstallDependencies | Does::UpgradePackages
    )
}

/// The option of a step for which it is not known what it reads, where it would be worth keeping otherwise.
fn unknown_option<'s>(cx: &Cx<'_>, step: &'s Step<'_>) -> Option<&'s str> {
    if step.invocation.is_some() {
        return None;
    }
    let (action, option) = commands::unknown_option(&cx.knowledge.tools, &step.args)?;
    fills_cache(action.does).then(|| step.args[option].known())
}

/// Whether the instruction `at` has something to gain from a copy further down. What cannot be had
/// without the source counts as long as nothing in front of the copy does that work already.
fn gains(sink: &Sink<'_>, at: usize) -> bool {
    let facts = sink.cx.facts;
    let programs: Vec<&str> = (sink.stage.from..sink.copied.index)
        .flat_map(|at| facts.steps(at))
        .filter_map(|step| program(step))
        .collect();
    let gains = |step: &Step<'_>| {
        let is_new = program(step).is_none_or(|name| !programs.contains(&name));
        // What a step in front of the copy fetches, the full install only completes.
        let fetches = step
            .invocation
            .as_ref()
            .is_some_and(|install| install.action.prefetch.is_some());
        let build = || way::Build::at(sink, at)?.compiles_dependencies();
        let compiles = || build() != Some(false);
        is_worth_caching(step) && (is_new || !fetches)
            || step.needs_source().is_some() && is_new && compiles()
            || is_new && unknown_option(sink.cx, step).is_some()
    };
    facts.steps(at).iter().any(gains)
}

/// The name of the program that a step calls.
fn program<'s>(step: &'s Step<'_>) -> Option<&'s str> {
    Some(file_name(step.args.first()?.known()))
}

/// Sinks the copy at `index`, if it is one and there is something to gain.
fn rewrite(cx: &Cx<'_>, stage: &Stage, index: usize) -> Result<Option<Rewrite>, Refusal> {
    let is_copy = matches!(cx.facts.views[index].kind, Kind::Copy(_) | Kind::Add(_));
    let mut below = (index + 1..stage.body.end).flat_map(|at| cx.facts.steps(at));
    if !is_copy || !below.any(|step| may_gain(cx, step)) {
        return Ok(None);
    }
    let Some(copied) = Copied::read(cx, index)? else {
        return Ok(None);
    };
    let absolute = copied
        .with_absolute_destination(cx, stage)
        .filter(Copied::brings_folder);
    let (mut sink, mut obstacle) = Sink::down(cx, stage, &copied);
    let is_relative = |obstacle: &Obstacle| obstacle.refusal.code == "relative-destination";
    if let Some(absolute) = &absolute
        && obstacle.as_ref().is_some_and(is_relative)
    {
        (sink, obstacle) = Sink::down(cx, stage, absolute);
    }
    if sink.copied_above() || sink.leaves_everything() || is_picked_for(&sink) {
        return Ok(None);
    }
    if !sink.passed.is_empty() {
        return Ok(Some(build(&sink)));
    }
    match obstacle {
        // What was picked is where its author wants it.
        Some(obstacle) if obstacle.in_sight && !is_picked(&sink, &obstacle) => {
            Err(obstacle.refusal)
        }
        _ => Ok(None),
    }
}

/// Whether the copy brings files by name, or a part of the project of which the rest comes behind the obstacle, or is mounted
/// by it.
fn is_picked(sink: &Sink<'_>, obstacle: &Obstacle) -> bool {
    let is_part = !sink.copied.brings_everything();
    let mut mounts = mounts::of(sink.cx.facts, obstacle.at);
    if is_part && mounts.any(|mount| mount.is_of_context()) {
        return true;
    }
    let behind = obstacle.at + 1..sink.stage.body.end;
    let mut others = sink.other_copies();
    let rest = others.any(|other| behind.contains(&other.index) && other.brings_folder());
    !sink.copied.brings_folder() || rest && is_part
}

/// Whether the copy was written for the installs that would be passed: by a pattern (`COPY package*.json tsconfig.json ./`), or
/// with nothing but what belongs to their manifests (`COPY pyproject.toml README.md ./`) and changes as seldom as they
/// (`COPY package.json tsconfig.json ./`).
fn is_picked_for(sink: &Sink<'_>) -> bool {
    let Some(files) = sink.copied.files() else {
        return false;
    };
    let mut left = sink.left().flat_map(|leave| &leave.sources);
    let by_pattern = left.any(|path| sink.copied.picks_by_pattern(path));
    let names = || files.iter().map(|file| file_name(file));
    let belongs = |name: &str| is_read(sink, name) || is_text(sink, name);
    by_pattern || names().any(|name| is_read(sink, name)) && names().all(belongs)
}

/// Whether the file `name` is a manifest of the kind that the passed installs read.
fn is_read(sink: &Sink<'_>, name: &str) -> bool {
    let manifests = &sink.cx.knowledge.manifests;
    let mut read = sink.passed.iter().flat_map(|crossing| &crossing.manifests);
    read.any(|path| manifests.are_of_one_kind(file_name(path), name))
}

/// Whether the file `name` is a text about the project, which some manifests ask for, or has settings of a build.
fn is_text(sink: &Sink<'_>, name: &str) -> bool {
    let tools = &sink.cx.knowledge.tools;
    let mut texts = tools.never_read().iter().chain(tools.settings_of_builds());
    texts.any(|pattern| matches_name(pattern, name))
}

/// Whether a copy could be worth moving for a step.
fn may_gain(cx: &Cx<'_>, step: &Step<'_>) -> bool {
    let action = step.invocation.as_ref().map(|invocation| invocation.action);
    let fetches = action.is_some_and(|action| action.prefetch.is_some());
    is_worth_caching(step)
        || step.needs_source().is_some()
        || fetches
        || unknown_option(cx, step).is_some()
}

fn build(sink: &Sink<'_>) -> Rewrite {
    let site = sink.cx.file.instructions()[sink.copied.index].span;
    let mut rewrite = Rewrite::new(site, message(sink));
    rewrite.edits = writer::edits(sink);
    for crossing in &sink.passed {
        assume(&mut rewrite, crossing);
        for evidence in &crossing.because {
            let is_known = |known: &Evidence| same_file(known, evidence);
            if !rewrite.because.iter().any(is_known) {
                rewrite.because.push(evidence.clone());
            }
        }
        let paths = crossing.not_copied.iter().cloned();
        rewrite.declares.extend(paths.map(Change::NotInContext));
        let fetch = crossing.prefetch.iter();
        let commands = fetch.map(|fetch| Change::Commands(fetch.commands.join(" && ")));
        rewrite.declares.extend(commands);
        let again = crossing.again.iter().cloned();
        rewrite.declares.extend(again.map(Change::Commands));
        if let (Some(context), false) = (sink.cx.context, crossing.to_ignore.is_empty()) {
            rewrite.additions.push(Addition {
                path: context.ignore_file().to_owned(),
                lines: crossing.to_ignore.clone(),
            });
        }
    }
    if let Some(sentence) = has_nothing_heeded(sink) {
        rewrite.assume(sentence);
    }
    rewrite
}

/// What is taken for granted of manifests that the commands heed and do without: nothing brings them in front of these.
fn has_nothing_heeded(sink: &Sink<'_>) -> Option<String> {
    let leaves = || sink.passed.iter().flat_map(|crossing| &crossing.leaves);
    let is_left = |path: &str| leaves().any(|leave| leave.covers(&Region::new(path)));
    let heeded = sink.passed.iter().flat_map(|crossing| &crossing.heeded);
    let missing = heeded.filter(|path| !is_left(path));
    let names: BTreeSet<&str> = missing.map(|path| file_name(path)).collect();
    let names: Vec<&str> = names.into_iter().collect();
    (!names.is_empty()).then(|| {
        let names = names.join(" or ");
        format!("the build context has no {names}, which the commands above the copy would heed")
    })
}

/// Whether both say something of the same file.
fn same_file(a: &Evidence, b: &Evidence) -> bool {
    matches!((&a.place, &b.place), (Place::File(a, _), Place::File(b, _)) if a == b)
        && a.note == b.note
}

/// Says what a crossing takes for granted.
fn assume(rewrite: &mut Rewrite, crossing: &Crossing) {
    if !crossing.absent.is_empty() {
        let mut absent: Vec<String> = Vec::new();
        for path in &crossing.absent {
            if !absent.contains(path) {
                absent.push(path.clone());
            }
        }
        let paths = listed(&absent);
        rewrite.assume(format!(
            "the build context has no {paths}, or .dockerignore hides it"
        ));
    }
    for path in &crossing.current {
        rewrite.assume(format!(
            "{path} is up to date, so that the install leaves it as it is"
        ));
    }
    for sentence in &crossing.assumes {
        rewrite.assume(sentence);
    }
}

fn message(sink: &Sink<'_>) -> String {
    let mut titles: Vec<String> = Vec::new();
    for title in sink
        .passed
        .iter()
        .flat_map(|crossing| titles_in(sink, crossing))
    {
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    let above = sink.place_of_fetch();
    let above = above.and_then(|place| Copied::read(sink.cx, place).ok().flatten());
    let copy = above.as_ref().unwrap_or(sink.copied).title(sink.cx);
    let all = listed(&titles);
    let last = sink.passed.last();
    if let Some(fetch) = last.and_then(|last| last.prefetch.as_ref()) {
        return format!(
            "{all} before {copy}: a change to the source no longer {} the dependencies again",
            fetch.saves
        );
    }
    let source = if sink.copied.brings_folder() {
        "the source"
    } else {
        "what it copies"
    };
    let it = if titles.len() > 1 { "them" } else { "it" };
    format!("{copy} after {all}: a change to {source} no longer runs {it} again")
}

/// The commands of an instruction that are worth caching, by program and verb.
fn titles_in(sink: &Sink<'_>, crossing: &Crossing) -> Vec<String> {
    let steps = sink.cx.facts.steps(crossing.index).iter();
    let steps = steps.take(crossing.steps);
    let passed = steps.filter(|step| is_worth_caching(step)).map(|step| {
        let words = step.invocation.as_ref().map_or(1, |invocation| {
            invocation.verb_words.end.max(invocation.program_words)
        });
        let words = step.args.iter().take(words);
        let words: Vec<&str> = words.map(|word| word.known()).collect();
        format!("`{}`", words.join(" "))
    });
    let fetch = crossing.prefetch.iter();
    passed
        .chain(fetch.map(|fetch| fetch.title.clone()))
        .collect()
}

/// `a, b and c`
fn listed(titles: &[String]) -> String {
    match titles {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
