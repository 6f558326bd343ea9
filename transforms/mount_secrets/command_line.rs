//! Passwords and tokens that stand in a command line.
//!
//! ```dockerfile
//! RUN curl -u ci:hunter2 …                RUN --mount=type=secret,id=PASSWORD,env=PASSWORD,required=true \
//!                                             curl -u ci:"$PASSWORD" …
//! ```

use crate::analysis::runs::{Run, Step};
use crate::analysis::stages::Os;
use crate::syntax::shell::{Part, PartKind, Word};
use crate::syntax::{Kind, Span};
use crate::transform::{Change, Cx, Plan, Rewrite};
use crate::transforms::commands;

use super::super::frontend;
use super::{refuse, steps, writer};

/// One of them.
struct Found<'k> {
    /// The `RUN`.
    at: usize,
    value: String,
    /// Where it stands in the logical line; `None` where nothing can be put in its place.
    place: Option<Place>,
    /// What the table calls such a variable.
    variable: &'k str,
}

/// A part of a word that can hold a variable instead.
#[derive(Clone, Copy)]
struct Place {
    span: Span,
    is_quoted: bool,
}

/// What there is to say of each value: a rewrite of all steps with it, or why there is none.
pub(super) fn plans(cx: &Cx<'_>) -> Vec<Plan> {
    let mut all: Vec<Found<'_>> = (0..cx.facts.views.len())
        .flat_map(|index| in_run(cx, index))
        .collect();
    let mut plans = Vec::new();
    while let Some(first) = all.first() {
        let value = first.value.clone();
        let (own, others) = all.into_iter().partition(|found| found.value == value);
        all = others;
        let plan = rewrite(cx, &own).map_err(|mut refusal| {
            refusal.hides.push(value.clone());
            refusal
        });
        plans.push(plan);
    }
    plans
}

/// Those in the instruction at `index`.
fn in_run<'k>(cx: &Cx<'k>, index: usize) -> Vec<Found<'k>> {
    let view = &cx.facts.views[index];
    let is_linux = cx
        .facts
        .stage_of(index)
        .is_some_and(|stage| stage.os == Os::Linux);
    if !matches!(view.kind, Kind::Run { .. }) || !is_linux {
        return Vec::new();
    }
    let text = cx.facts.source_text(index);
    let run = cx.facts.runs[index].as_ref();
    let found = cx.knowledge.secrets.in_command(text);
    let mut all: Vec<Found<'_>> = Vec::new();
    for (span, variable) in found {
        let value = span.text(text);
        let is_known = all.iter().any(|known| known.value == value);
        if is_known {
            continue;
        }
        let places = run.map_or_else(Vec::new, |run| places(&view.logical.text, run, value));
        let as_found = |place: Option<Place>| Found {
            at: index,
            value: value.to_owned(),
            place,
            variable,
        };
        if places.is_empty() {
            all.push(as_found(None));
        }
        all.extend(places.into_iter().map(|place| as_found(Some(place))));
    }
    all
}

/// Where `value` stands in the commands of `run`, of which `line` is the logical line; nothing if one of the places cannot
/// hold a variable.
fn places(line: &str, run: &Run<'_>, value: &str) -> Vec<Place> {
    let mut places = Vec::new();
    for (start, _) in run.body.text(line).match_indices(value) {
        let span = Span::at(start + run.body.start);
        let span = Span::new(span.start, span.start + value.len());
        let mut steps = run.steps.iter();
        match steps.find_map(|step| place(line, run, step, span)) {
            Some(place) => places.push(place),
            None => return Vec::new(),
        }
    }
    places
}

/// The part of a word of `step` that holds `span`, if a variable can stand there.
fn place(line: &str, run: &Run<'_>, step: &Step<'_>, span: Span) -> Option<Place> {
    let word = step.args.iter().find(|arg| arg.span.contains(span))?;
    let script = run.body.text(line);
    let inside = |span: Span| Span::new(span.start - run.body.start, span.end - run.body.start);
    let span_inside = inside(span);
    let word = Word {
        span: inside(word.span),
    };
    let holds = |part: &Part| part.span.contains(span_inside);
    let part = word.parts(script).into_iter().find(holds)?;
    let is_quoted = part.kind == PartKind::DoubleQuoted;
    let part = match is_quoted {
        true => part.parts(script).into_iter().find(holds)?,
        false => part,
    };
    (part.kind == PartKind::Literal).then_some(Place { span, is_quoted })
}

/// Puts a variable in the place of one value wherever it stands.
fn rewrite(cx: &Cx<'_>, found: &[Found<'_>]) -> Plan {
    let first = &found[0];
    let stays = |at: usize, why: &str| {
        let message = format!(
            "a password or a token stands in the command line, and so in the history of the image: change it, and write a variable in its place that the step gets by `--mount=type=secret,id={0},env={0}`; dfopt does not, because {why}",
            first.variable
        );
        refuse(cx, at, "in-command", message)
    };
    let name = name(cx, first.variable);
    let site = cx.file.instructions()[first.at].span;
    let message = format!(
        "what stands in the command line becomes the secret {name}: build with `--secret id={name},env={name}`, and change the value, which many may have seen"
    );
    let mut rewrite = Rewrite::new(site, message);
    rewrite.by_intent = true;
    rewrite.hides.push(first.value.clone());
    frontend::check(cx, &frontend::SECRET_VARIABLES, &mut rewrite)
        .map_err(|why| refuse(cx, first.at, "old-syntax", why))?;
    let mut instructions: Vec<usize> = found.iter().map(|found| found.at).collect();
    instructions.dedup();
    for at in instructions {
        let here = found.iter().filter(|found| found.at == at);
        let places: Option<Vec<Place>> = here.map(|found| found.place).collect();
        let places = places.ok_or_else(|| stays(at, "no variable can stand there"))?;
        replace(cx, at, &places, &name, &mut rewrite).map_err(|why| stays(at, why))?;
        let flag = format!("--mount=type=secret,id={name},env={name},required=true");
        writer::mount(cx, at, &[flag], &mut rewrite);
    }
    Ok(rewrite)
}

/// The name of the variable: one that the file does not use yet.
fn name(cx: &Cx<'_>, wanted: &str) -> String {
    let is_free = |name: &String| {
        let mut instructions = 0..cx.facts.views.len();
        let is_used = |at: usize| {
            steps::names(cx, at, name) || cx.facts.states[at].variables.contains_key(name)
        };
        !cx.file.text().contains(&format!("id={name},")) && !instructions.any(is_used)
    };
    let numbered = (2..).map(|number| format!("{wanted}_{number}"));
    let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
    names.find(is_free).unwrap_or_default()
}

/// Replaces what stands at `places` of the `RUN` at `at`.
fn replace(
    cx: &Cx<'_>,
    at: usize,
    places: &[Place],
    name: &str,
    rewrite: &mut Rewrite,
) -> Result<(), &'static str> {
    let logical = &cx.facts.views[at].logical;
    let run = cx.facts.runs[at].as_ref();
    let items = run.and_then(|run| Some((run, run.script.as_ref()?.items.as_slice())));
    let Some((run, [item])) = items else {
        return Err("its commands cannot be told apart");
    };
    if !commands::is_and_list(item) || !cx.facts.states[at].shell.is_posix() {
        return Err("its commands are not joined by `&&` alone");
    }
    for pipeline in item.pipelines() {
        let span = pipeline.span.shift(run.body.start);
        let inside: Vec<&Place> = places
            .iter()
            .filter(|place| span.contains(place.span))
            .collect();
        let mut to = span.text(&logical.text).to_owned();
        for place in inside.iter().rev() {
            let start = place.span.start - span.start;
            to.replace_range(start..place.span.end - span.start, &variable(place, name));
        }
        if !inside.is_empty() {
            let from = span.text(&logical.text).to_owned();
            rewrite.declares.push(Change::Replaced { from, to });
        }
    }
    for place in places {
        if logical.crosses_seam(place.span) {
            return Err("it is broken over two lines");
        }
        let span = logical.source(place.span);
        rewrite.edits.replace(span, variable(place, name));
    }
    Ok(())
}

/// The variable as it has to be written at `place`: in quotes, so that no blank in it makes two words.
fn variable(place: &Place, name: &str) -> String {
    match place.is_quoted {
        true => format!("${{{name}}}"),
        false => format!("\"${name}\""),
    }
}
