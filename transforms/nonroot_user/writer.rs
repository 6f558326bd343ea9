//! The edits.

use super::account::Account;
use super::left_behind::history;
use super::ownership::{HandedOver, Territory};
use crate::analysis::paths::{Extent, below};
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::edit::Edits;
use crate::syntax::{Kind, Span};
use crate::transform::Cx;
use crate::transforms::style;

/// The edits that make `stage` run as `account`.
pub(super) fn edits(cx: &Cx<'_>, stage: &Stage, account: &Account, territory: &Territory) -> Edits {
    let newline = style::newline(cx.file, cx.file.instructions()[stage.from].span.start);
    let mut writer = Writer {
        cx,
        stage,
        account,
        territory,
        edits: Edits::new(),
        newline,
    };
    writer.make_account();
    territory
        .copies
        .iter()
        .for_each(|&index| writer.give_copy(index));
    writer.give_folders();
    writer.switch_user();
    writer.edits
}

/// The commands that are there in addition.
pub(super) fn added(
    cx: &Cx<'_>,
    stage: &Stage,
    account: &Account,
    territory: &Territory,
) -> Vec<String> {
    let mut commands = commands(cx, stage, account, territory);
    commands.extend(last_commands(account, territory));
    let given = territory.handed_over.iter();
    commands.extend(given.map(|handed_over| hand_over(account, handed_over)));
    commands
}

/// What makes folders, and gives them away, behind all steps.
fn last_commands(account: &Account, territory: &Territory) -> Vec<String> {
    let mut commands = Vec::new();
    if !territory.made_last.is_empty() {
        commands.extend(make(account, &territory.made_last));
    }
    if !territory.given_last.is_empty() {
        commands.push(give(account, &words_in(None, &territory.given_last)));
    }
    commands
}

/// What makes the account and its folders.
fn commands(cx: &Cx<'_>, stage: &Stage, account: &Account, territory: &Territory) -> Vec<String> {
    let mut commands: Vec<String> = account.create.iter().cloned().collect();
    let home = home_that_is_there(cx, stage, account, territory);
    commands.extend(home.map(|home| give(account, home)));
    if !territory.made.is_empty() {
        commands.extend(make(account, &territory.made));
    }
    commands
}

/// The home of an account that is made here, if something makes that folder before: it is left as it is then, root's.
fn home_that_is_there<'a>(
    cx: &Cx<'_>,
    stage: &Stage,
    account: &'a Account,
    territory: &Territory,
) -> Option<&'a str> {
    account.create.as_ref()?;
    let home = account.home.as_deref()?;
    let is_in_home = |path: &str| below(path, home).is_some();
    let writes_there = |step: &Step<'_>| match &step.effects.writes {
        Extent::Regions(regions) => regions.iter().any(|region| is_in_home(region.path())),
        Extent::Everything => false,
    };
    let makes = |index: usize| match &cx.facts.views[index].kind {
        Kind::Workdir(_) => is_in_home(&cx.facts.state_behind(index).workdir),
        Kind::Copy(transfer) | Kind::Add(transfer) => {
            is_in_home(&cx.facts.destination(index, transfer))
        }
        Kind::Run { .. } => cx.facts.steps(index).iter().any(writes_there),
        _ => false,
    };
    let place = place_of_account(cx, stage, territory).unwrap_or(stage.body.end);
    let mut before = history(cx, stage).into_iter().filter(|at| *at < place);
    before.any(makes).then_some(home)
}

/// Longer lines are broken.
const LONGEST_LINE: usize = 100;

/// Makes folders of the account, in one line where that is short: `mkdir -p` makes those around them.
fn make(account: &Account, folders: &[String]) -> Vec<String> {
    let holds_another = |folder: &&String| {
        let inside = |other: &String| below(other, folder).is_some_and(|rest| !rest.is_empty());
        folders.iter().any(inside)
    };
    let innermost: Vec<&String> = folders.iter().filter(|at| !holds_another(at)).collect();
    let words = |paths: &[&String]| {
        let words: Vec<String> = paths.iter().map(|path| quoted(path)).collect();
        words.join(" ")
    };
    let all: Vec<&String> = folders.iter().collect();
    let commands = [
        format!("mkdir -p {}", words(&innermost)),
        give(account, &words(&all)),
    ];
    let line = commands.join(" && ");
    if line.len() > LONGEST_LINE {
        commands.to_vec()
    } else {
        vec![line]
    }
}

/// `path` as a word of a script. Paths with a `'` belong to nobody ([`is_own_folder`]).
///
/// [`is_own_folder`]: crate::knowledge::startup::Startup::is_own_folder
fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%".contains(c);
    match path {
        _ if path.chars().all(is_plain) => path.to_owned(),
        // What only the build knows: steps have the same variables as `WORKDIR`.
        _ if path.contains('$') && !path.contains(['"', '`', '\\']) => format!("\"{path}\""),
        _ => format!("'{path}'"),
    }
}

/// `paths` as the words of a command that runs in the folder `cwd`.
pub(super) fn words_in(cwd: Option<&str>, paths: &[String]) -> String {
    let near = |path: &String| {
        let inside = cwd.and_then(|cwd| below(path, cwd));
        let is_plain = |inside: &&str| !inside.is_empty() && !inside.starts_with('-');
        quoted(inside.filter(is_plain).unwrap_or(path))
    };
    paths.iter().map(near).collect::<Vec<_>>().join(" ")
}

/// Gives `operands`, as they are written, to the account.
fn give(account: &Account, operands: &str) -> String {
    format!("chown {} {operands}", account.owner)
}

/// Gives away what a command of the build makes.
fn hand_over(account: &Account, given: &HandedOver) -> String {
    let gives = match given.with_contents {
        true => format!("chown -R {} {}", account.owner, given.operands),
        false => give(account, &given.operands),
    };
    match &given.made {
        Some(made) => format!("mkdir -p {made} && {gives}"),
        None => gives,
    }
}

/// The instruction that the account has to exist before; the length of the file when there is none.
pub(super) fn place_of_account(cx: &Cx<'_>, stage: &Stage, territory: &Territory) -> Option<usize> {
    let handed_over = |index: usize| {
        territory
            .handed_over
            .iter()
            .any(|handed_over| handed_over.index == index)
    };
    let makes_folder = |index: usize| {
        let workdir = &cx
            .facts
            .states
            .get(index + 1)
            .map_or("", |state| &state.workdir);
        territory
            .made
            .iter()
            .any(|folder| below(workdir, folder).is_some())
    };
    stage
        .body
        .clone()
        .find(|&index| match cx.facts.views[index].kind {
            Kind::Copy(_) | Kind::Add(_) | Kind::Volume { .. } => true,
            Kind::Workdir(_) => index + 1 == stage.body.end || makes_folder(index),
            Kind::Run { .. } => handed_over(index),
            _ => false,
        })
}

struct Writer<'a> {
    cx: &'a Cx<'a>,
    stage: &'a Stage,
    account: &'a Account,
    territory: &'a Territory,
    edits: Edits,
    newline: &'static str,
}

impl Writer<'_> {
    /// One step makes the account and its folders, as late as it can so that what comes before stays cached.
    fn make_account(&mut self) {
        let commands = commands(self.cx, self.stage, self.account, self.territory);
        if commands.is_empty() {
            return;
        }
        let command = self.in_lines(&commands);
        match place_of_account(self.cx, self.stage, self.territory) {
            Some(index) => self.insert_before(index, "RUN", &command),
            None => self.insert_user_place("RUN", &command),
        }
    }

    /// One command below the other.
    fn in_lines(&self, commands: &[String]) -> String {
        let joint = format!(" {}{}    && ", self.cx.file.escape(), self.newline);
        commands.join(&joint)
    }

    fn give_copy(&mut self, index: usize) {
        let view = &self.cx.facts.views[index];
        // With --link there is no file system to look names up in.
        let owner = if view.flag("link").is_some() {
            &self.account.number
        } else {
            &self.account.owner
        };
        let at = self
            .cx
            .facts
            .source(index, Span::at(view.end_of_flags()))
            .start;
        self.edits.insert(at, format!("--chown={owner} "));
    }

    fn give_folders(&mut self) {
        for handed_over in &self.territory.handed_over {
            let end = self
                .cx
                .facts
                .source(handed_over.index, handed_over.step)
                .end;
            let command = hand_over(self.account, handed_over);
            self.edits.insert(end, format!(" && {command}"));
        }
    }

    fn switch_user(&mut self) {
        let last = last_commands(self.account, self.territory);
        if !last.is_empty() {
            self.insert_user_place("RUN", &self.in_lines(&last));
        }
        let user = self.account.user.clone();
        match self.territory.user_before {
            Some(workdir) => self.insert_before(workdir, "USER", &user),
            None => self.insert_user_place("USER", &user),
        }
    }

    /// Behind the last step that changes files, directly before what starts.
    fn insert_user_place(&mut self, keyword: &str, arguments: &str) {
        let is_step = |kind: &Kind<'_>| {
            matches!(
                kind,
                Kind::Run { .. } | Kind::Copy(_) | Kind::Add(_) | Kind::Workdir(_)
            )
        };
        let starts = |kind: &Kind<'_>| matches!(kind, Kind::Cmd { .. } | Kind::Entrypoint { .. });
        let kind = |index: usize| &self.cx.facts.views[index].kind;
        let last_step = self
            .stage
            .body
            .clone()
            .rev()
            .find(|&index| is_step(kind(index)))
            .unwrap_or(self.stage.from);
        match (last_step + 1..self.stage.body.end).find(|&index| starts(kind(index))) {
            Some(index) => self.insert_before(index, keyword, arguments),
            None => self.insert_behind(last_step, keyword, arguments),
        }
    }

    fn insert_before(&mut self, index: usize, keyword: &str, arguments: &str) {
        let text = self.cx.file.text();
        let offset = self.cx.facts.block(index).start;
        let keyword = style::keyword(self.cx.file, index, keyword);
        // A step stands alone; a USER stands by the command, unless a comment is about that alone.
        let stands_alone =
            keyword.eq_ignore_ascii_case("run") || self.cx.file.leading_comments(index).is_some();
        let apart = if stands_alone && style::blank_above(text, offset) {
            self.newline
        } else {
            ""
        };
        let indent = self.indent(index);
        self.edits.insert(
            offset,
            format!("{indent}{keyword} {arguments}{}{apart}", self.newline),
        );
    }

    fn insert_behind(&mut self, index: usize, keyword: &str, arguments: &str) {
        let full = self.cx.file.instructions()[index].full;
        let keyword = style::keyword(self.cx.file, index, keyword);
        let indent = self.indent(index);
        if full.text(self.cx.file.text()).ends_with('\n') {
            self.edits.insert(
                full.end,
                format!("{indent}{keyword} {arguments}{}", self.newline),
            );
        } else {
            self.edits.insert(
                full.end,
                format!("{}{indent}{keyword} {arguments}", self.newline),
            );
        }
    }

    fn indent(&self, index: usize) -> String {
        let instruction = &self.cx.file.instructions()[index];
        Span::new(instruction.full.start, instruction.span.start)
            .text(self.cx.file.text())
            .to_owned()
    }
}
