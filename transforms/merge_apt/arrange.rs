//! What the joined `RUN` consists of, and in which order.

use std::collections::BTreeMap;

use crate::knowledge::package_managers::PackageManager;
use crate::syntax::Span;
use crate::transform::Cx;

use super::command::Command;
use super::layer::{Layer, Work, ends_with_lists, removes_lists};

/// One part of the joined `RUN`.
pub(super) enum Piece<'a> {
    /// A command, as it is written.
    Command(Command<'a>),
    /// Installs that become one; at least two.
    Installs(Vec<Command<'a>>),
    /// The other commands of instruction `index`, as they are written; `nth` of them come before.
    Rest {
        index: usize,
        nth: usize,
        span: Span,
    },
    /// A command that nobody wrote yet.
    New(String),
}

/// The pieces, and what had to be taken for granted.
pub(super) struct Arrangement<'a> {
    pub(super) pieces: Vec<Piece<'a>>,
    /// Installs became one, or lists are downloaded less often: the packages must not depend on that.
    pub(super) changes_order: bool,
}

/// Arranges `layers`, one after the other, into one: lists are downloaded once, installs joined where
/// neither order nor manner differ, and what cleans up comes last. `lists_stay` when something needs them later.
pub(super) fn arrange<'a>(cx: &Cx<'a>, layers: &[Layer<'a>], lists_stay: bool) -> Arrangement<'a> {
    let Some(last) = layers.last() else {
        return Arrangement {
            pieces: Vec::new(),
            changes_order: false,
        };
    };
    let manager = last.manager;
    let commands = layers
        .iter()
        .flat_map(|layer| layer.commands.iter().copied());
    let (cleanups, works): (Vec<_>, Vec<_>) =
        commands.partition(|command| command.work == Work::Clean);
    let mut arrangement = Arrangement {
        pieces: Vec::new(),
        changes_order: false,
    };
    for command in works {
        arrangement.add(cx, manager, command);
    }
    let leaves_none = manager.uncached.is_some() && !lists_stay;
    if leaves_none {
        arrangement.drop_refreshes();
    }
    let only_cleans = arrangement.pieces.is_empty() && last.rest.is_none();
    let lists = match (lists_stay, !leaves_none && lists_at_end(cx, layers, last)) {
        _ if only_cleans => Lists::Unknown,
        (true, _) => Lists::Stay,
        (false, true) => Lists::Go,
        (false, false) => Lists::Gone,
    };
    // What also removes temporary files must not run behind commands that may have made some.
    let (late, early): (Vec<_>, Vec<_>) = cleanups
        .into_iter()
        .partition(|command| last.rest.is_none() || owns_all(manager, command));
    arrangement.clean_up(cx, manager, early, lists);
    if let Some(span) = last.rest {
        let (index, nth) = (last.index, last.commands.len());
        arrangement.pieces.push(Piece::Rest { index, nth, span });
    }
    arrangement.clean_up(cx, manager, late, lists);
    if lists == Lists::Go && !arrangement.removes_lists(cx, manager) {
        arrangement.add_cleanup(manager);
    }
    arrangement
}

/// What has to happen to the lists at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    Stay,
    Go,
    /// Nothing to do: there are none, or the author's last command removes them.
    Gone,
    /// Whatever the author's commands do to what was there before them.
    Unknown,
}

impl<'a> Arrangement<'a> {
    fn add(&mut self, cx: &Cx<'a>, manager: &PackageManager, command: Command<'a>) {
        if command.work == Work::Refresh && self.has_fresh_lists(cx, manager, &command) {
            let anything_between = self.commands().any(|earlier| earlier.work != Work::Refresh);
            self.changes_order |= anything_between;
            return;
        }
        if !self
            .commands()
            .next_back()
            .is_some_and(|last| unite(cx, manager, &last, &command))
            || self.clashes(cx, manager, &command)
        {
            self.pieces.push(Piece::Command(command));
            return;
        }
        self.changes_order = true;
        let mut installs = match self.pieces.pop() {
            Some(Piece::Installs(installs)) => installs,
            Some(Piece::Command(install)) => vec![install],
            _ => Vec::new(),
        };
        installs.push(command);
        self.pieces.push(Piece::Installs(installs));
    }

    /// The commands so far.
    fn commands(&self) -> impl DoubleEndedIterator<Item = Command<'a>> {
        let commands = self.pieces.iter().flat_map(|piece| match piece {
            Piece::Command(command) => std::slice::from_ref(command),
            Piece::Installs(installs) => installs.as_slice(),
            _ => &[],
        });
        commands.copied().collect::<Vec<_>>().into_iter()
    }

    /// Whether the lists that `refresh` downloads are there already.
    fn has_fresh_lists(
        &self,
        cx: &Cx<'_>,
        manager: &PackageManager,
        refresh: &Command<'_>,
    ) -> bool {
        let mut since = self
            .commands()
            .rev()
            .take_while(|earlier| earlier.work != Work::Refresh);
        let same_sources = !since.any(|earlier| changes_sources(cx, manager, &earlier));
        let manner = refresh.manner(cx, manager);
        let mut before = self.commands().rev();
        let last = before.find(|earlier| earlier.work == Work::Refresh);
        same_sources && last.is_some_and(|last| last.manner(cx, manager) == manner)
    }

    /// Whether the installs that `command` would be joined to name one of its packages in another version, or one whose place
    /// it takes.
    fn clashes(&self, cx: &Cx<'a>, manager: &PackageManager, command: &Command<'a>) -> bool {
        let mut wanted: BTreeMap<&str, &str> = BTreeMap::new();
        let Some(Piece::Installs(_) | Piece::Command(_)) = self.pieces.last() else {
            return false;
        };
        let installs = match self.pieces.last() {
            Some(Piece::Installs(installs)) => installs.as_slice(),
            Some(Piece::Command(install)) => std::slice::from_ref(install),
            _ => &[],
        };
        for install in installs {
            wanted.extend(install.operands(cx).map(|package| (name(package), package)));
        }
        command.operands(cx).any(|package| {
            let is_other = |other: &&str| *other != package;
            let takes_its_place = |other: &&str| manager.replaces(name(package), other);
            wanted.get(name(package)).is_some_and(is_other) || wanted.keys().any(takes_its_place)
        })
    }

    fn drop_refreshes(&mut self) {
        let is_refresh = |piece: &Piece<'_>| matches!(piece, Piece::Command(command) if command.work == Work::Refresh);
        if !self.pieces.iter().all(is_refresh) {
            self.pieces.retain(|piece| !is_refresh(piece));
        }
    }

    /// Puts what cleans up behind all else, each command once.
    fn clean_up(
        &mut self,
        cx: &Cx<'a>,
        manager: &PackageManager,
        cleanups: Vec<Command<'a>>,
        lists: Lists,
    ) {
        let mut kept: Vec<Command<'a>> = Vec::new();
        for command in cleanups {
            let line = &cx.facts.views[command.index].logical.text;
            let of_lists = removes_lists(manager, command.step, line);
            let is_idle = matches!(lists, Lists::Stay | Lists::Gone);
            if of_lists && is_idle && owns_all(manager, &command) {
                continue;
            }
            let words = |command: &Command<'_>| -> Vec<String> {
                command
                    .step
                    .args
                    .iter()
                    .map(|arg| arg.known().to_owned())
                    .collect()
            };
            kept.retain(|earlier| words(earlier) != words(&command));
            kept.push(command);
        }
        self.pieces.extend(kept.into_iter().map(Piece::Command));
    }

    /// Whether the commands behind the last that may download lists remove them.
    fn removes_lists(&self, cx: &Cx<'_>, manager: &PackageManager) -> bool {
        let behind = self
            .pieces
            .iter()
            .rev()
            .take_while(|piece| !matches!(piece, Piece::Rest { .. }));
        let mut commands = behind.filter_map(|piece| match piece {
            Piece::Command(command) => Some(command),
            _ => None,
        });
        commands.any(|command| {
            removes_lists(
                manager,
                command.step,
                &cx.facts.views[command.index].logical.text,
            )
        })
    }

    fn add_cleanup(&mut self, manager: &PackageManager) {
        let last = self
            .commands()
            .rev()
            .find(|command| command.work != Work::Clean);
        let program = last.map_or(String::new(), |command| command.program(manager).to_owned());
        self.pieces
            .push(Piece::New(manager.cleanup.replace("{program}", &program)));
    }
}

/// Whether the lists are there when all of `layers` have run, if nothing but their rest cleans up.
fn lists_at_end(cx: &Cx<'_>, layers: &[Layer<'_>], last: &Layer<'_>) -> bool {
    let line = &cx.facts.views[last.index].logical.text;
    let works = layers
        .iter()
        .flat_map(|layer| &layer.commands)
        .filter(|command| command.work != Work::Clean);
    let steps = works.map(|command| command.step).chain(last.rest_steps(cx));
    ends_with_lists(cx, last.manager, steps, line)
}

/// Whether two installs can be one: both name packages and nothing else, in the same manner.
fn unite<'a>(
    cx: &Cx<'a>,
    manager: &PackageManager,
    first: &Command<'a>,
    second: &Command<'a>,
) -> bool {
    let plain = |command: &Command<'a>| {
        command.work == Work::Install
            && !command.step.redirected
            && command.operands(cx).all(is_package)
            && command.operands(cx).next().is_some()
    };
    plain(first)
        && plain(second)
        && first.manner(cx, manager) == second.manner(cx, manager)
        && !brings_sources(cx, manager, first)
}

/// The name of a package, with a version, release or architecture. A `-` at its end asks for removal,
/// and a `+` at its end may.
pub(super) fn is_package(word: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || "+-._:=~/@".contains(c);
    let starts = word.starts_with(|c: char| c.is_ascii_alphanumeric());
    let removes = word.ends_with('-') || word.ends_with('+') && !word.ends_with("++");
    starts
        && !removes
        && word.chars().all(inside)
        && !crate::analysis::effects::is_local_path(word)
        && !word.contains("//")
}

/// A package without version, release and architecture.
pub(super) fn name(package: &str) -> &str {
    package
        .split(['=', '/', ':', '~', '@'])
        .next()
        .unwrap_or(package)
}

fn brings_sources(cx: &Cx<'_>, manager: &PackageManager, command: &Command<'_>) -> bool {
    command
        .operands(cx)
        .any(|package| manager.brings_sources(name(package)))
}

/// Whether what is found after `command` may differ from what was found before it.
fn changes_sources(cx: &Cx<'_>, manager: &PackageManager, command: &Command<'_>) -> bool {
    let opens = |package: &str| {
        manager
            .others
            .open_sources
            .iter()
            .any(|known| known == name(package))
    };
    let named = command
        .operands(cx)
        .any(|package| !is_package(package) || opens(package));
    command.work == Work::Install && (named || brings_sources(cx, manager, command))
}

/// Whether it removes nothing but what the manager keeps.
pub(super) fn owns_all(manager: &PackageManager, command: &Command<'_>) -> bool {
    let mut paths = command
        .invocation
        .operands
        .iter()
        .map(|&at| command.step.args[at].known());
    command.invocation.tool.id == manager.tool || paths.all(|path| manager.owns(path))
}
