//! Another command of the tool that builds, which fetches what the build would: `mvn dependency:go-offline` for
//! `mvn package`.

use crate::analysis::commands::{Arg, Invocation, OptionUse, recognise};
use crate::analysis::effects::Effects;
use crate::analysis::paths::{Extent, Region, join};
use crate::analysis::runs::Step;
use crate::knowledge::pattern::Pattern;
use crate::knowledge::tools::{Does, Instead};

use super::sink::Sink;
use super::way::Build;

/// The command that `instead` describes for `step` of instruction `at`, as it is written and as it is read, without what is
/// assigned in front of the step. `None` when it would not fetch what the build does.
pub(super) fn composed<'t>(
    sink: &Sink<'t>,
    at: usize,
    step: &Step<'_>,
    instead: &Instead,
) -> Option<(String, Step<'t>)> {
    let invocation = step.invocation.as_ref()?;
    let directory = step.directory()?;
    let is_elsewhere = |option: &OptionUse| {
        let named = option.value.as_ref().map(|value| join(&directory, value));
        instead.here.contains(&option.name) && named.as_ref() != Some(&directory)
    };
    let is_other =
        |option: &OptionUse| instead.never_with.contains(&option.name) || is_elsewhere(option);
    if step.redirected || invocation.options.iter().any(is_other) {
        return None;
    }
    let kept = words_kept(step, invocation, instead)?;
    let program = 0..invocation.program_words;
    let new = || {
        let verb = instead.verb.split(' ');
        verb.chain(instead.with.iter().map(String::as_str))
    };
    let text = |word: usize| sink.cx.facts.written(at, step.args[word].span);
    let words = program.clone().map(text).chain(new());
    let words: Vec<&str> = words.chain(kept.iter().map(|&at| text(at))).collect();
    let arg = |at: usize| step.args[at].clone();
    let args = program.map(arg).chain(new().map(Arg::word));
    let args: Vec<Arg> = args.chain(kept.iter().map(|&at| arg(at))).collect();
    let command = Step {
        span: step.span,
        assigns: Vec::new(),
        redirected: false,
        invocation: Some(recognise(&sink.cx.knowledge.tools, &args)?),
        args,
        cwd: step.cwd.clone(),
        enters: None,
        environment: step.environment.clone(),
        effects: Effects::default(),
    };
    Some((words.join(" "), command))
}

/// The words of `step` that the command in its place is given as well. `None` when it is not known what that would do.
fn words_kept(
    step: &Step<'_>,
    invocation: &Invocation<'_>,
    instead: &Instead,
) -> Option<Vec<usize>> {
    let is_kept = |option: &&OptionUse| {
        let mut kept = instead.options.iter();
        kept.any(|name| name == "*" || *name == option.name)
    };
    let options = invocation.options.iter().filter(is_kept);
    let options = options.flat_map(|option| [Some(option.at), option.value_at]);
    let matches = |pattern: &Option<Pattern>, at: usize| {
        let mut patterns = pattern.iter();
        patterns.any(|pattern| pattern.is_match(step.args[at].known()))
    };
    let (taken, left): (Vec<usize>, Vec<usize>) = invocation
        .operands
        .iter()
        .partition(|&&at| matches(&instead.operands, at));
    let is_known = left.iter().all(|&at| matches(&instead.without, at));
    is_known.then(|| taken.into_iter().chain(options.flatten()).collect())
}

/// What makes the program of a build ready that the project brings: `chmod +x mvnw`.
pub(super) struct Preparation {
    /// The commands, in order.
    pub(super) commands: Vec<String>,
    /// The instructions of their own among them, which go along with the copy.
    pub(super) repeats: Vec<usize>,
}

impl Preparation {
    /// For `build`. `None` when something else is done before it.
    pub(super) fn of(build: &Build<'_, '_>) -> Option<Self> {
        let (sink, at) = (build.sink, build.at);
        let (before, step) = (build.behind_entry(), build.step());
        let program = Region::new(join(step.cwd.as_deref()?, step.args.first()?.known()));
        let only = Extent::Regions(vec![program.clone()]);
        let prepares =
            |step: &Step<'_>| step.does() == Some(Does::Files) && step.effects.writes == only;
        let is_list = before.is_empty() || build.run.and_list().is_some();
        if !is_list || !before.iter().all(prepares) {
            return None;
        }
        let (mut commands, mut repeats) = (Vec::new(), Vec::new());
        let text = |at: usize, step: &Step<'_>| sink.cx.facts.written(at, step.span).to_owned();
        for &follower in &sink.followers {
            let run = sink.cx.facts.run(follower)?;
            if !run.effects.writes.meets(&program) {
                continue;
            }
            if !run.steps.iter().all(prepares) {
                return None;
            }
            commands.extend(run.steps.iter().map(|step| text(follower, step)));
            repeats.push(follower);
        }
        commands.extend(before.iter().map(|step| text(at, step)));
        Some(Self { commands, repeats })
    }
}
