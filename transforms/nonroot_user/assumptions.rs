//! What the rewrite takes for granted: the program itself cannot be read.

use std::collections::BTreeSet;

use super::account::Account;
use super::given;
use super::inherited;
use super::left_behind::history;
use super::leftovers;
use super::ownership::Territory;
use super::search_path;
use super::start::Start;
use crate::analysis::paths::{UNKNOWN_WORKDIR, below};
use crate::analysis::stages::{Base, Stage};
use crate::syntax::{Kind, Word};
use crate::transform::Cx;
use crate::transforms::interpreters;
use crate::transforms::launched;

/// At most so many steps are named in a sentence.
const MOST_NAMED: usize = 3;

/// The sentences.
pub(super) fn all(
    cx: &Cx<'_>,
    stage: &Stage,
    start: &Start,
    account: &Account,
    territory: &Territory,
) -> Vec<String> {
    let mut sentences = vec![writes(cx, stage, account, territory)];
    if account.is_nameless() {
        sentences.push("the program needs no name and no home folder for its account".to_owned());
    }
    sentences.extend(base(cx, stage, account));
    sentences.extend(inherited::assumed(cx, stage));
    sentences.extend(reads_only(cx, stage, territory));
    sentences.extend(caches(territory));
    sentences.extend(downloads(territory));
    sentences.extend(interpreters::assumed(cx, stage));
    sentences.extend(search_path::assumed(cx, stage));
    sentences.extend(scripts(start));
    sentences.extend(start.assumes.iter().cloned().collect::<BTreeSet<_>>());
    sentences.extend(programs(start));
    sentences.extend(readable(cx, stage, territory));
    sentences.extend(ports(cx, stage, start));
    sentences.extend(volumes(cx, stage));
    sentences.extend(given::mounted_sources(cx, stage));
    let outside = launched::started_by(cx, stage).filter(|_| start.index == stage.from);
    sentences.extend(outside.map(|used| launched::only_started_by(cx, used)));
    sentences.extend(given::doubts(cx));
    sentences.push(format!(
        "what the container is given when it starts (mounts, sockets, devices) is open to user {}",
        account.number
    ));
    sentences
}

/// A base image that the arguments of a build may name, but for its version: accounts are made otherwise in Alpine than in Debian.
fn base(cx: &Cx<'_>, stage: &Stage, account: &Account) -> Option<String> {
    let first = cx.facts.ancestry(stage).last()?;
    let (Base::Image(reference), Kind::From { image, .. }) =
        (&first.base, &cx.facts.views[first.from].kind)
    else {
        return None;
    };
    let (before, after) = image.raw.split_once('$')?;
    let same = |(one, other): &(char, char)| one == other;
    let ends = image.raw.chars().rev().zip(reference.chars().rev());
    let end = reference.len() - ends.take_while(same).count();
    let value = reference.get(before.len()..end).unwrap_or_default();
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let is_version = !after.contains('$') && !value.is_empty() && value.chars().all(is_number);
    (account.create.is_some() && !is_version).then(|| {
        format!("accounts are made as in {reference} in whatever base image a build is given")
    })
}

fn writes(cx: &Cx<'_>, stage: &Stage, account: &Account, territory: &Territory) -> String {
    let mut folders: Vec<&str> = Vec::new();
    let inside = |path: &str| {
        territory
            .workdir
            .as_deref()
            .is_some_and(|workdir| below(path, workdir).is_some())
    };
    let is_given = account.has_shell || territory.is_given_without_shell;
    folders.extend(territory.workdir.as_deref().filter(|_| is_given));
    let handed_over = territory
        .handed_over
        .iter()
        .flat_map(|handed_over| &handed_over.paths);
    let made = territory.made.iter().chain(&territory.made_last);
    for path in made.chain(handed_over).filter(|path| !inside(path)) {
        if !folders.contains(&path.as_str()) {
            folders.push(path);
        }
    }
    folders.extend(account.home.as_deref());
    if cx.facts.image(stage).is_some() {
        folders.push("/tmp");
    }
    match folders.split_last() {
        None => "the program writes no files".to_owned(),
        Some((only, [])) => format!("the program writes nowhere but in {only}"),
        Some((last, others)) => format!(
            "the program writes nowhere but in {} and {last}",
            others.join(", ")
        ),
    }
}

/// What steps make in the working folder belongs to root.
fn reads_only(cx: &Cx<'_>, stage: &Stage, territory: &Territory) -> Option<String> {
    let folder = territory.workdir.as_deref()?;
    let leftovers = leftovers::all(cx, stage, territory).into_iter();
    let mut names: Vec<String> = leftovers.map(|leftover| leftover.name).collect();
    names.dedup();
    let more = if names.len() > MOST_NAMED {
        " and others"
    } else {
        ""
    };
    names.truncate(MOST_NAMED);
    (!names.is_empty()).then(|| {
        format!(
            "the program only reads what {}{more} may have put into {folder}",
            names.join(", ")
        )
    })
}

/// What is given away among the dependencies are folders, and nothing that is in them.
fn caches(territory: &Territory) -> Option<String> {
    let mut given = territory.handed_over.iter();
    given.any(|given| given.made.is_some()).then(|| {
        "what the development server and its plugins keep among the dependencies, they put into folders of their own"
            .to_owned()
    })
}

/// What several steps have fetched, or one behind which no other command can be put, stays as it is.
fn downloads(territory: &Territory) -> impl Iterator<Item = String> {
    let sentence =
        |folder| format!("the program only reads what the build has fetched into {folder}");
    territory.downloads_of_root.iter().map(sentence)
}

fn scripts(start: &Start) -> impl Iterator<Item = String> {
    let sentence = |line: &String| {
        format!(
            "the script behind `{line}` starts neither a build, nor a development server, nor anything that needs root"
        )
    };
    start.unread_scripts.iter().map(sentence)
}

fn programs(start: &Start) -> impl Iterator<Item = String> {
    let sentence =
        |name: &String| format!("`{name}` is made by a step, or is no script that needs root");
    start.taken_for_programs.iter().map(sentence)
}

/// Copies that stay root's: the context shows their modes, when it is there.
fn readable(cx: &Cx<'_>, stage: &Stage, territory: &Territory) -> Option<String> {
    let stays = |index: &usize| {
        let view = &cx.facts.views[*index];
        matches!(view.kind, Kind::Copy(_) | Kind::Add(_))
            && view.flag("chown").is_none()
            && view.flag("from").is_none()
            && !territory.copies.contains(index)
    };
    let path = |index: usize| match &cx.facts.views[index].kind {
        Kind::Copy(transfer) | Kind::Add(transfer) => cx.facts.destination(index, transfer),
        _ => String::new(),
    };
    let mut paths: Vec<String> = stage.body.clone().filter(stays).map(path).collect();
    paths.dedup();
    (!paths.is_empty()).then(|| {
        format!(
            "everybody may read the files that are copied to {}, as is usual for files from git",
            paths.join(" and ").replace(UNKNOWN_WORKDIR, ".")
        )
    })
}

/// Ports below 1024 that `EXPOSE`, a variable or the command line names.
fn ports(cx: &Cx<'_>, stage: &Stage, start: &Start) -> Option<String> {
    let port = low_port_of(cx, stage, start)?;
    Some(format!(
        "the engine lets users without root open port {port}, as Docker does since 20.10"
    ))
}

/// The first such port.
pub(super) fn low_port_of(cx: &Cx<'_>, stage: &Stage, start: &Start) -> Option<u16> {
    let declared = |at: usize| match &cx.facts.views[at].kind {
        Kind::Expose { ports } => ports.iter().find_map(|port| low_port(&port.raw)),
        Kind::Env { pairs, .. } => {
            let ports = pairs.iter().filter(|pair| pair.key.raw.contains("PORT"));
            ports.into_iter().find_map(|pair| low_port(&pair.value.raw))
        }
        _ => None,
    };
    let given = || {
        let words = start
            .commands
            .iter()
            .flat_map(|command| command.words.windows(2));
        words.into_iter().find_map(|pair| {
            let options = ["-p", "--port", "-b", "--bind"];
            let listens = match pair[1].split_once('=') {
                Some((name, value)) => {
                    let is_named = name.to_lowercase().ends_with("port") || options.contains(&name);
                    is_named || value.contains(':')
                }
                None => pair[1].contains(':') || options.contains(&pair[0].as_str()),
            };
            low_port(pair[1].rsplit([':', '=']).next()?).filter(|_| listens)
        })
    };
    let mut history = history(cx, stage).into_iter();
    history
        .find_map(declared)
        .or_else(given)
        .or_else(|| port_of_image(cx, stage))
}

/// The port that the base image makes its programs open.
fn port_of_image(cx: &Cx<'_>, stage: &Stage) -> Option<u16> {
    let listens = cx.facts.image(stage)?.listens?;
    let state = cx.facts.state_after(stage);
    let moved = listens
        .unless_env
        .iter()
        .any(|name| state.value(name).is_some());
    (!moved && listens.port < 1024).then_some(listens.port)
}

/// The port in `80`, `80/tcp` or `80-90`, if only root used to be allowed to open it.
fn low_port(text: &str) -> Option<u16> {
    let number = text.trim_matches('"').split(['/', '-']).next()?;
    number.parse().ok().filter(|port| (1..1024).contains(port))
}

fn volumes(cx: &Cx<'_>, stage: &Stage) -> Option<String> {
    let lasting = |path: &Word| !path.raw.contains("/tmp");
    let declared = history(cx, stage).into_iter().any(|at| {
        matches!(&cx.facts.views[at].kind, Kind::Volume { paths, .. } if paths.iter().any(lasting))
    });
    (declared || !given::volumes(cx, stage).is_empty()).then(|| {
        "volumes that a container has written as root are given to the new user by hand".to_owned()
    })
}
