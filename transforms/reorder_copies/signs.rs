//! What a Dockerfile shows of a project when the build context is not at hand.

use std::borrow::Cow;

use crate::analysis::launch;
use crate::analysis::paths::{below, file_name};
use crate::analysis::runs::Step;
use crate::knowledge::manifests::{Manifest as Known, Sign};
use crate::knowledge::pattern::Pattern;
use crate::knowledge::tools::Does;
use crate::syntax::{Form, Kind};
use crate::transform::Refusal;

use super::copied::Copied;
use super::manifests::{self, Request};
use super::sink::Sink;

/// Refuses when the Dockerfile shows that an install may read more of the project than its manifests: the author has picked what
/// is copied before it, or calls the project what only its files could say.
pub(super) fn check(sink: &Sink<'_>, request: &Request<'_>) -> Result<(), Refusal> {
    let shown = picked(sink, request).or_else(|| shown(sink, request));
    match shown {
        Some(shown) => {
            let message = format!("{shown}; name the build context with --context");
            Err(sink.refuse(request.at, "unknown-manifests", &message))
        }
        None => Ok(()),
    }
}

/// What the author copies by its name in front of the install, apart from its manifests.
fn picked(sink: &Sink<'_>, request: &Request<'_>) -> Option<String> {
    let mut manifests = request.manifests.iter();
    manifests.find(|manifest| manifest.is_required)?;
    let top = request.directory.split('/').nth(1).unwrap_or_default();
    below(&sink.copied.dest, &format!("/{top}"))?;
    let places = request.manifests.iter().map(manifests::Manifest::path);
    let places: Vec<&str> = places.collect();
    let names: Vec<&str> = places.iter().map(|path| file_name(path)).collect();
    let tables = &sink.cx.knowledge.manifests;
    let mut picked = sink.copied.picked_beside(&places);
    let picked = picked.find(|source| {
        !source.is_empty() && !tables.is_not_for_installs(&names, file_name(source))
    })?;
    Some(format!(
        "{picked} is copied before it by its name, maybe because the install reads it"
    ))
}

/// What a sign of the tables shows.
fn shown(sink: &Sink<'_>, request: &Request<'_>) -> Option<String> {
    let mut signs = known(sink, request)
        .flat_map(|known| &known.signs)
        .peekable();
    signs.peek()?;
    let seen = Seen {
        sink,
        request,
        commands: commands(sink).collect(),
        copies: sink
            .copies_before(request.at)
            .chain([sink.copied.clone()])
            .collect(),
    };
    let sign = signs.find(|sign| seen.has(sign))?;
    Some(sign.message.clone())
}

/// Where signs are looked for.
struct Seen<'s> {
    sink: &'s Sink<'s>,
    request: &'s Request<'s>,
    commands: Vec<Cow<'s, str>>,
    copies: Vec<Copied>,
}

impl Seen<'_> {
    fn has(&self, sign: &Sign) -> bool {
        let is_copied = |copied: &Copied| {
            let mut names = copied.sources().flat_map(|source| source.split('/'));
            names.any(|name| sign.copies.iter().any(|known| known == name))
        };
        let mut options = self.request.options.iter();
        if options.any(|option| sign.unless_option.contains(option))
            || self.is_called(&sign.unless_command)
            || is_made_again(self.sink, self.request, sign)
            || sign.unless_members && has_members(self.sink, self.request)
        {
            return false;
        }
        self.is_called(&sign.command)
            || self.copies.iter().any(is_copied)
            || works_below(self.sink, self.request, sign)
    }

    fn is_called(&self, pattern: &Option<Pattern>) -> bool {
        let mut texts = self.commands.iter();
        texts.any(|text| pattern.as_ref().is_some_and(|own| own.is_match(text)))
    }
}

/// What the tables know of the manifests of the install.
fn known<'s>(sink: &'s Sink<'_>, request: &'s Request<'_>) -> impl Iterator<Item = &'s Known> {
    let tables = &sink.cx.knowledge.manifests;
    let names = request
        .manifests
        .iter()
        .map(|manifest| file_name(manifest.path()));
    names.flat_map(|name| tables.named(name))
}

/// The instructions that run and start something, or take it from a stage, in the stage of the copy and behind it. The words of
/// an exec form are put in a line, as a shell has them.
fn commands<'s>(sink: &'s Sink<'_>) -> impl Iterator<Item = Cow<'s, str>> {
    let (cx, facts) = (sink.cx, sink.cx.facts);
    let views = facts.views.iter().enumerate().skip(sink.stage.from);
    views.filter_map(move |(at, view)| match &view.kind {
        Kind::Cmd {
            form: Form::Exec(words),
        }
        | Kind::Entrypoint {
            form: Form::Exec(words),
        } => {
            let words: Vec<&str> = words.iter().map(|word| word.value.as_str()).collect();
            Some(Cow::Owned(words.join(" ")))
        }
        Kind::Copy(_) if view.flag("from").is_none() => None,
        Kind::Run { .. } | Kind::Cmd { .. } | Kind::Entrypoint { .. } | Kind::Copy(_) => Some(
            Cow::Borrowed(match &cx.file.instructions()[at].heredocs[..] {
                [] => view.logical.text.as_ref(),
                _ => facts.source_text(at),
            }),
        ),
        _ => None,
    })
}

/// Whether the first command behind the install that works on the project does again what the install would do with it.
fn is_made_again(sink: &Sink<'_>, request: &Request<'_>, sign: &Sign) -> bool {
    let Some(pattern) = &sign.unless_next else {
        return false;
    };
    let line = |step: &Step<'_>| step.words().collect::<Vec<_>>().join(" ");
    let works = |step: &&Step<'_>| {
        matches!(step.does(), None | Some(Does::Build | Does::Run)) || pattern.is_match(&line(step))
    };
    let behind = request.at..sink.stage.body.end;
    let mut steps = behind.flat_map(|at| sink.cx.facts.steps(at));
    match steps.find(works) {
        Some(step) => pattern.is_match(&line(step)),
        None => commands(sink).any(|text| pattern.is_match(&text)),
    }
}

/// Whether a command of a step or of the container works in a folder below that of the install, and no install has run there.
fn works_below(sink: &Sink<'_>, request: &Request<'_>, sign: &Sign) -> bool {
    let Some(pattern) = &sign.below else {
        return false;
    };
    let facts = sink.cx.facts;
    let steps = || sink.stage.body.clone().flat_map(|at| facts.steps(at));
    let folder_of = |step: &Step<'_>| step.directory().or_else(|| step.cwd.clone());
    let installs_in = |folder: &str| {
        let mut installs = steps().filter(|step| step.does() == Some(Does::InstallDependencies));
        installs.any(|step| folder_of(step).as_deref() == Some(folder))
    };
    let line = |step: &Step<'_>| step.words().collect::<Vec<_>>().join(" ");
    let called = steps().filter(|step| pattern.is_match(&line(step)));
    let folders = called.filter_map(folder_of);
    let launches = launch::of_stage(facts, sink.stage).launches.into_iter();
    let started = launches.filter(|launch| pattern.is_match(&launch.words.join(" ")));
    let started = started.map(|_| facts.state_after(sink.stage).workdir);
    folders.chain(started).any(|folder| {
        below(&folder, &request.directory).is_some_and(|rest| !rest.is_empty())
            && !installs_in(&folder)
    })
}

/// Whether copies before the install bring manifests of the same names into folders below: the author has listed them.
fn has_members(sink: &Sink<'_>, request: &Request<'_>) -> bool {
    let names: Vec<&str> = request
        .manifests
        .iter()
        .map(|manifest| file_name(manifest.path()))
        .collect();
    sink.copies_before(request.at).any(|copied| {
        let mut sources = copied.sources();
        sources.any(|source| names.contains(&file_name(source)) && is_below(&copied, request))
    })
}

fn is_below(copied: &Copied, request: &Request<'_>) -> bool {
    below(&copied.dest, &request.directory).is_some_and(|rest| !rest.is_empty())
}
