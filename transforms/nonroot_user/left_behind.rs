//! What the build leaves behind that only root can use.

use super::account::Account;
use super::ownership::Territory;
use crate::analysis::paths::{below, join};
use crate::analysis::runs::Step;
use crate::analysis::stages::{Base, Stage};
use crate::knowledge::startup::{Leaves, Trace};
use crate::knowledge::tools::Does;
use crate::syntax::{Kind, Span};
use crate::transform::{Cx, Refusal};

/// Programs that make or change accounts.
const ACCOUNT_TOOLS: [&str; 5] = ["useradd", "adduser", "usermod", "groupadd", "addgroup"];

/// The instructions of `stage` and of those it is built on, in the order in which they run.
pub(super) fn history(cx: &Cx<'_>, stage: &Stage) -> Vec<usize> {
    let mut indices = match stage.base {
        Base::Stage(parent) => history(cx, &cx.facts.stages[parent]),
        _ => Vec::new(),
    };
    indices.extend(stage.body.clone());
    indices
}

/// Refuses when the program may need the user who built the image.
///
/// # Errors
/// The first instruction that shows it.
pub(super) fn check(
    cx: &Cx<'_>,
    stage: &Stage,
    site: Span,
    account: &Account,
    territory: &Territory,
) -> Result<(), Refusal> {
    let looker = Looker {
        cx,
        site,
        account,
        territory,
        history: history(cx, stage),
    };
    looker
        .history
        .iter()
        .try_for_each(|&index| looker.instruction(index))
}

struct Looker<'a> {
    cx: &'a Cx<'a>,
    site: Span,
    account: &'a Account,
    territory: &'a Territory,
    history: Vec<usize>,
}

impl Looker<'_> {
    fn instruction(&self, index: usize) -> Result<(), Refusal> {
        let view = &self.cx.facts.views[index];
        match &view.kind {
            Kind::Run { .. } => self.run(index),
            Kind::Copy(transfer) | Kind::Add(transfer) => {
                self.copy(index)?;
                self.path_of_root(index, &transfer.dest.raw)
            }
            Kind::Env { pairs, .. } => pairs
                .iter()
                .try_for_each(|pair| self.path_of_root(index, &pair.value.raw)),
            Kind::Workdir(path) => self.path_of_root(index, &path.raw),
            Kind::Cmd { .. } | Kind::Entrypoint { .. } | Kind::Volume { .. } => {
                self.path_of_root(index, view.body.text(&view.logical.text))
            }
            _ => Ok(()),
        }
    }

    fn refuse(&self, code: &'static str, index: usize, message: String) -> Refusal {
        let span = self.cx.file.instructions()[index].span;
        Refusal::new(self.site, code, message).because(span, "this instruction")
    }

    fn path_of_root(&self, index: usize, text: &str) -> Result<(), Refusal> {
        if !names_home_of_root(text) {
            return Ok(());
        }
        let message = "files in /root, which only root may enter, are used here; keep them in a folder of the program".to_owned();
        Err(self.refuse("home-of-root", index, message))
    }

    fn run(&self, index: usize) -> Result<(), Refusal> {
        let Some(run) = &self.cx.facts.runs[index] else {
            return Ok(());
        };
        let text = &self.cx.facts.views[index].logical.text;
        let whole = self.cx.facts.source_text(index);
        self.traces(
            index,
            if run.opaque.is_some() {
                whole
            } else {
                run.body.text(text)
            },
        )?;
        if run.opaque.is_some() {
            let makes_accounts = |word: &str| ACCOUNT_TOOLS.contains(&word);
            if whole.split_whitespace().any(makes_accounts) {
                return self.own_account(index, "RUN");
            }
            return self.path_of_root(index, whole);
        }
        run.steps
            .iter()
            .try_for_each(|step| self.step(index, step, step.span.text(text)))
    }

    fn step(&self, index: usize, step: &Step<'_>, text: &str) -> Result<(), Refusal> {
        let program = step.args.first().map_or("", |arg| arg.known());
        if !matches!(program, "rm" | "mkdir" | "echo") {
            self.path_of_root(index, text)?;
        }
        match program {
            _ if ACCOUNT_TOOLS.contains(&program) => self.own_account(index, text),
            "chown" | "chgrp" => self.chown(index, step, text),
            "chmod" => self.chmod(index, step, text),
            _ => self.packages(index, step),
        }
    }

    fn traces(&self, index: usize, text: &str) -> Result<(), Refusal> {
        let traces = &self.cx.knowledge.startup.traces;
        let mut commands = text.split("&&").flat_map(|list| list.split(';'));
        let left = |command| traces.iter().find(|trace| trace.is_left_by(command));
        let mut found = commands.by_ref().filter_map(left);
        let Some(trace) = found.find(|trace| !self.sent_elsewhere(trace, index)) else {
            return Ok(());
        };
        let (code, remedy) = match trace.leaves {
            Leaves::Home => (
                "home-of-root",
                "send it to a folder that everybody may read",
            ),
            Leaves::Data => (
                "data-of-root",
                "make it when the container starts, or give it to the user in the same RUN",
            ),
            Leaves::Rights => (
                "needs-root",
                "set USER yourself when you know that it works",
            ),
        };
        Err(self.refuse(code, index, format!("{}; {remedy}", trace.why)))
    }

    /// Whether a variable or another step puts it where everybody can read it.
    fn sent_elsewhere(&self, trace: &Trace, index: usize) -> bool {
        let variables = &self.cx.facts.states[index].variables;
        let by_step = |&at: &usize| {
            let view = &self.cx.facts.views[at];
            trace
                .unless_step
                .as_ref()
                .is_some_and(|regex| regex.is_match(view.body.text(&view.logical.text)))
        };
        trace
            .unless_env
            .iter()
            .any(|name| variables.contains_key(name))
            || self.history.iter().any(by_step)
    }

    fn own_account(&self, index: usize, text: &str) -> Result<(), Refusal> {
        let message = format!(
            "`{text}` makes an account or gives files to one, and the image does not run as it; say USER with its name if that was meant"
        );
        Err(self.refuse("own-account", index, message))
    }

    /// The Dockerfile gives files to an account: which one does the program run as?
    fn chown(&self, index: usize, step: &Step<'_>, text: &str) -> Result<(), Refusal> {
        let owner = step
            .args
            .iter()
            .skip(1)
            .map(|arg| arg.known())
            .find(|word| !word.starts_with('-'))
            .unwrap_or_default();
        if self.account.is_called(owner) || is_root(owner) {
            return Ok(());
        }
        self.own_account(index, text)
    }

    fn copy(&self, index: usize) -> Result<(), Refusal> {
        let view = &self.cx.facts.views[index];
        let flag = |name: &str| {
            view.flag(name)
                .and_then(|flag| flag.value.clone())
                .unwrap_or_default()
        };
        let owner = flag("chown");
        if !owner.is_empty() && !is_root(&owner) && !self.account.is_called(&owner) {
            return self.own_account(index, self.cx.facts.source_text(index));
        }
        let mode = flag("chmod");
        if mode.is_empty()
            || !hides_from_others(&mode)
            || self.territory.copies.contains(&index)
            || self.account.is_called(&owner)
        {
            return Ok(());
        }
        Err(self.refuse(
            "mode-for-root",
            index,
            format!("the mode {mode} lets nobody but root use what is copied; let others read it"),
        ))
    }

    fn chmod(&self, index: usize, step: &Step<'_>, text: &str) -> Result<(), Refusal> {
        let mut words = step.args.iter().skip(1).filter(|arg| {
            !arg.known().starts_with("-R") && arg.known() != "-v" && arg.known() != "-f"
        });
        let mode = words.next().map_or("", |arg| arg.known());
        let cwd = step.cwd.as_deref().unwrap_or_default();
        let owned = |path: &str| self.territory.holds(&join(cwd, path));
        if !hides_from_others(mode) || words.all(|arg| owned(arg.known())) {
            return Ok(());
        }
        Err(self.refuse("mode-for-root", index, format!("`{text}` lets nobody but root use it; let others read it (and execute it, if it is a program)")))
    }

    fn packages(&self, index: usize, step: &Step<'_>) -> Result<(), Refusal> {
        let Some(invocation) = step
            .invocation
            .as_ref()
            .filter(|_| step.does() == Some(Does::InstallPackages))
        else {
            return Ok(());
        };
        let name = |&at: &usize| {
            let name = step.args[at]
                .known()
                .split(['=', '/', ':'])
                .next()
                .unwrap_or_default();
            Some((name, self.cx.knowledge.startup.package(name)?))
        };
        match invocation.operands.iter().find_map(name) {
            Some((name, package)) => {
                let message = format!(
                    "`{name}` is installed, which {}; set USER yourself if the program does without",
                    package.why
                );
                Err(self.refuse("needs-root", index, message))
            }
            None => Ok(()),
        }
    }
}

fn is_root(owner: &str) -> bool {
    let user = owner
        .trim_matches('"')
        .split([':', '.'])
        .next()
        .unwrap_or_default();
    matches!(user, "" | "root" | "0")
}

/// Whether `text` names the home of root.
fn names_home_of_root(text: &str) -> bool {
    let words = text.split(|c: char| c.is_whitespace() || "\"'=:;,<>()|&[]".contains(c));
    words.into_iter().any(|word| {
        let home = word.starts_with("~/")
            || word == "~"
            || word.starts_with("$HOME")
            || word.starts_with("${HOME");
        home || below(word, "/root").is_some()
    })
}

/// Whether a mode takes from others what the owner has.
fn hides_from_others(mode: &str) -> bool {
    if let Some(others) = mode.chars().last().and_then(|digit| digit.to_digit(8)) {
        let owner = mode
            .len()
            .checked_sub(3)
            .and_then(|at| mode[at..].chars().next()?.to_digit(8))
            .unwrap_or(others);
        return others & 4 == 0 || owner & 1 > others & 1;
    }
    mode.split(',').any(|part| {
        let (who, _) = part.split_at(part.find(['+', '-', '=']).unwrap_or(part.len()));
        let grants = part.contains(['+', '=']);
        grants && !who.is_empty() && !who.contains(['a', 'o'])
            || part.contains('-') && (who.is_empty() || who.contains(['a', 'o']))
    })
}
