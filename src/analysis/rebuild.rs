//! Which steps of a build run again after a file of the build context has changed.
//!
//! A step is a `RUN`, `COPY`, `ADD` or `WORKDIR` of a stage that the final one needs. BuildKit runs one again when what
//! it copies or mounts has changed, or when the step before it ran again. What is copied from another stage has changed,
//! as far as can be known without a build, when a step that ran again there may have written it: BuildKit compares the
//! files themselves, so that it may run fewer steps than these.

use super::Facts;
use super::mounts;
use super::paths::{Extent, Region, join};
use super::stages::{Base, Stage};
use crate::context::matches_name;
use crate::syntax::{Kind, Transfer, Word};

/// What becomes of a step in the second build.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// Its result is taken from the cache.
    Cached,
    /// It runs again.
    Again,
    /// The final stage needs nothing of its stage, and BuildKit leaves the stage out.
    NotBuilt,
}

/// The fate of every instruction of `facts`; `None` for those that are no steps. `changes` tells whether what has changed
/// is among what the source of a copy, as written, means.
#[must_use]
pub fn fates(facts: &Facts<'_>, changes: &dyn Fn(&str) -> bool) -> Vec<Option<Fate>> {
    let needed = needed_stages(facts);
    let mut fates = vec![None; facts.views.len()];
    let mut stale: Vec<Stale> = Vec::new();
    for stage in &facts.stages {
        let mut here = match stage.base {
            Base::Stage(parent) => stale[parent].clone(),
            _ => Stale::default(),
        };
        for index in stage.body.clone().filter(|&index| is_step(facts, index)) {
            here.is_reached |= is_struck(facts, index, &stale, changes);
            if here.is_reached {
                here.written.extend(&writes(facts, index));
            }
            fates[index] = Some(match (needed[stage.index], here.is_reached) {
                (false, _) => Fate::NotBuilt,
                (true, true) => Fate::Again,
                (true, false) => Fate::Cached,
            });
        }
        stale.push(here);
    }
    fates
}

/// Whether `source`, as a copy of the build context names it, brings the file at `path` from the root of the context.
#[must_use]
pub fn brings(source: &str, path: &str) -> bool {
    let plain = join("/", source);
    let mut parts = path.split('/');
    let mut wanted = plain.split('/').filter(|part| !part.is_empty());
    wanted.all(|pattern| parts.next().is_some_and(|part| matches_name(pattern, part)))
}

/// What has changed in a stage.
#[derive(Clone, Default)]
struct Stale {
    /// Whether a step ran again, so that all behind it do.
    is_reached: bool,
    /// What those steps may have written.
    written: Extent,
}

fn is_step(facts: &Facts<'_>, index: usize) -> bool {
    matches!(
        facts.views[index].kind,
        Kind::Run { .. } | Kind::Copy(_) | Kind::Add(_) | Kind::Workdir(_)
    )
}

/// Where a step takes files from.
enum Origin {
    /// The build context.
    Context,
    /// An earlier stage.
    Stage(usize),
    /// An image, or a context of another name.
    Elsewhere,
}

fn origin(facts: &Facts<'_>, index: usize) -> Origin {
    if let Some(stage) = facts.source_stage(index) {
        return Origin::Stage(stage);
    }
    let mut flags = facts.views[index].flags.iter();
    let is_elsewhere = flags.any(|flag| {
        let mut fields = flag.value.as_deref().unwrap_or_default().split(',');
        flag.name == "from"
            || flag.name == "mount" && fields.any(|field| field.starts_with("from="))
    });
    if is_elsewhere {
        Origin::Elsewhere
    } else {
        Origin::Context
    }
}

/// Whether what the step takes from elsewhere has changed.
fn is_struck(
    facts: &Facts<'_>,
    index: usize,
    stale: &[Stale],
    changes: &dyn Fn(&str) -> bool,
) -> bool {
    let taken = taken(facts, index);
    let mut taken = taken.iter();
    match origin(facts, index) {
        Origin::Context => taken.any(|source| changes(source)),
        Origin::Stage(from) => {
            taken.any(|source| stale[from].written.meets(&Region::new(join("/", source))))
        }
        Origin::Elsewhere => false,
    }
}

/// The sources of a copy, and of what a `RUN` mounts, with their variables replaced where that can be done.
fn taken(facts: &Facts<'_>, index: usize) -> Vec<String> {
    match &facts.views[index].kind {
        Kind::Copy(transfer) | Kind::Add(transfer) => sources(facts, index, transfer),
        Kind::Run { .. } => mounts::of(facts, index)
            .filter(|mount| mount.kind == "bind")
            .map(|mount| mount.source.unwrap_or_else(|| ".".to_owned()))
            .collect(),
        _ => Vec::new(),
    }
}

fn sources(facts: &Facts<'_>, index: usize, transfer: &Transfer) -> Vec<String> {
    let is_text = |source: &&Word| !source.raw.starts_with("<<");
    let sources = transfer.sources.iter().filter(is_text);
    sources
        .map(|source| facts.expanded(index, source))
        .collect()
}

fn writes(facts: &Facts<'_>, index: usize) -> Extent {
    match (&facts.views[index].kind, &facts.runs[index]) {
        (Kind::Copy(transfer) | Kind::Add(transfer), _) => {
            Extent::Regions(vec![Region::new(facts.destination(index, transfer))])
        }
        (_, Some(run)) => run.effects.writes.clone(),
        _ => Extent::default(),
    }
}

/// Whether the final stage is built on a stage, or takes files from it, directly or through others.
fn needed_stages(facts: &Facts<'_>) -> Vec<bool> {
    let mut needed = vec![false; facts.stages.len()];
    if let Some(last) = needed.last_mut() {
        *last = true;
    }
    let all = |stage: &Stage| -> Vec<usize> {
        let parent = match stage.base {
            Base::Stage(parent) => Some(parent),
            _ => None,
        };
        let copied = stage.body.clone().filter_map(|at| facts.source_stage(at));
        parent.into_iter().chain(copied).collect()
    };
    for stage in facts.stages.iter().rev() {
        if needed[stage.index] {
            all(stage)
                .into_iter()
                .for_each(|other| needed[other] = true);
        }
    }
    needed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Knowledge;
    use crate::syntax::parse;

    /// The steps of `text`, each with `+` in front when it runs again after a change of `path`, and `-` when it is left out.
    fn picture(text: &str, path: &str) -> Vec<String> {
        let file = parse(text);
        let facts = Facts::new(&file, Knowledge::builtin());
        let fates = fates(&facts, &|source| brings(source, path));
        let steps = fates.iter().enumerate();
        let steps = steps.filter_map(|(index, fate)| Some((index, (*fate)?)));
        steps
            .map(|(index, fate)| {
                let mark = match fate {
                    Fate::Cached => ' ',
                    Fate::Again => '+',
                    Fate::NotBuilt => '-',
                };
                format!("{mark}{}", facts.source_text(index))
            })
            .collect()
    }

    #[test]
    fn everything_behind_a_changed_copy_runs_again() {
        let text = "FROM python:3.12\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\nRUN make\n";
        let expected = [
            " WORKDIR /app",
            " COPY requirements.txt .",
            " RUN pip install -r requirements.txt",
            "+COPY . .",
            "+RUN make",
        ];
        assert_eq!(picture(text, "src/app.py"), expected);
    }

    #[test]
    fn a_copy_from_a_stage_runs_again_when_what_it_takes_may_have_changed() {
        let text = "FROM golang:1.22 AS build\nWORKDIR /src\nRUN mkdir /empty\nCOPY . .\nRUN cp main.go /bin/app\nFROM scratch AS tools\nCOPY . /\nFROM scratch\nCOPY --from=build /empty /empty\nCOPY --from=build /bin/app /app\nCOPY --from=busybox /bin/sh /bin/sh\n";
        let expected = [
            " WORKDIR /src",
            " RUN mkdir /empty",
            "+COPY . .",
            "+RUN cp main.go /bin/app",
            "-COPY . /",
            " COPY --from=build /empty /empty",
            "+COPY --from=build /bin/app /app",
            "+COPY --from=busybox /bin/sh /bin/sh",
        ];
        assert_eq!(picture(text, "main.go"), expected);
    }

    #[test]
    fn what_is_mounted_counts_as_copied() {
        let text = "FROM golang:1.22\nRUN --mount=type=cache,target=/root/.cache go env\nRUN --mount=type=bind,target=. go build -o /app .\n";
        let expected = [
            " RUN --mount=type=cache,target=/root/.cache go env",
            "+RUN --mount=type=bind,target=. go build -o /app .",
        ];
        assert_eq!(picture(text, "main.go"), expected);
    }

    #[test]
    fn sources_are_patterns_of_paths() {
        assert!(brings(".", "src/app.py") && brings("/", "a"));
        assert!(brings("./src/", "src/app.py") && brings("s*", "src/app.py"));
        assert!(brings("*.py", "app.py") && !brings("*.py", "src/app.py"));
        assert!(!brings("src/app", "src/app.py") && !brings("src/a/b", "src/a"));
    }
}
