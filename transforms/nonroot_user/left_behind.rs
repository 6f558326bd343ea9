//! What the build leaves behind that only root can use.

use super::account::Account;
use super::ownership::Territory;
use super::site::Site;
use super::sources::Project;
use super::start::Start;
use crate::analysis::paths::{below, file_name, join};
use crate::analysis::runs::Step;
use crate::analysis::stages::{Base, Stage};
use crate::knowledge::tools::Does;
use crate::syntax::{Kind, Pair};
use crate::transform::{Cx, Refusal};

/// Of a folder with more files, the modes are not looked at.
const MOST_FILES: usize = 2_000;

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
    site: &Site<'_>,
    account: &Account,
    territory: &Territory,
    start: &Start,
    project: &Project<'_>,
) -> Result<(), Refusal> {
    let looker = Looker::new(site, account, territory, start, project);
    looker
        .history
        .iter()
        .try_for_each(|&index| looker.instruction(index))
}

pub(super) struct Looker<'a> {
    pub cx: &'a Cx<'a>,
    pub(super) site: &'a Site<'a>,
    account: &'a Account,
    territory: &'a Territory,
    /// The instructions in the order in which they run.
    pub history: Vec<usize>,
    /// What the container starts.
    pub start: &'a Start,
    /// The sources of the program.
    pub project: &'a Project<'a>,
}

impl<'a> Looker<'a> {
    pub(super) fn new(
        site: &'a Site<'a>,
        account: &'a Account,
        territory: &'a Territory,
        start: &'a Start,
        project: &'a Project<'a>,
    ) -> Looker<'a> {
        Looker {
            cx: site.cx,
            site,
            account,
            territory,
            history: history(site.cx, site.stage),
            start,
            project,
        }
    }

    fn instruction(&self, index: usize) -> Result<(), Refusal> {
        let view = &self.cx.facts.views[index];
        match &view.kind {
            Kind::Run { .. } => self.run(index),
            Kind::Copy(transfer) | Kind::Add(transfer) => {
                self.copy(index)?;
                self.path_of_root(index, &transfer.dest.raw)
            }
            Kind::Env { pairs, .. } => {
                let is_harmless = |pair: &&Pair| {
                    pair.key.raw == "PATH" && self.hides_unused_tools(index, &pair.value.raw)
                };
                let mut others = pairs.iter().filter(|pair| !is_harmless(pair));
                others.try_for_each(|pair| self.path_of_root(index, &pair.value.raw))
            }
            Kind::Workdir(path) => self.path_of_root(index, &path.raw),
            Kind::Cmd { .. } | Kind::Entrypoint { .. } | Kind::Volume { .. } => {
                self.path_of_root(index, view.body.text(&view.logical.text))
            }
            _ => Ok(()),
        }
    }

    /// A command of instruction `index`, as it is written.
    pub(super) fn text_of(&self, index: usize, step: &Step<'_>) -> &str {
        let script = self.cx.facts.script(index);
        script.map_or("", |(_, text)| step.span.text(text))
    }

    pub(super) fn refuse(&self, code: &'static str, index: usize, message: String) -> Refusal {
        self.site.refuse_for(index, code, message)
    }

    fn path_of_root(&self, index: usize, text: &str) -> Result<(), Refusal> {
        let home = self.cx.facts.states[index].value("HOME");
        if !names_home_of_root(text, home.as_deref()) {
            return Ok(());
        }
        let message = "files in /root, which only root may enter, are used here; keep them in a folder of the program".to_owned();
        Err(self.refuse("home-of-root", index, message))
    }

    fn run(&self, index: usize) -> Result<(), Refusal> {
        let Some((run, text)) = self.cx.facts.script(index) else {
            return Ok(());
        };
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
        self.traces_of_step(index, step)?;
        self.traces_of_program(index, step, text)?;
        self.run_before(index, step, text)?;
        self.run_again(index, step)?;
        self.made_when_loaded(index, step)?;
        self.own_interpreter(index, step)?;
        if program == "echo" {
            let target = text
                .rsplit_once('>')
                .map_or("", |(_, target)| target.trim());
            let name = file_name(target);
            if !self.cx.knowledge.startup.is_of_shells(name) {
                self.path_of_root(index, target)?;
            }
        } else if !matches!(program, "rm" | "mkdir") {
            self.path_of_root(index, text)?;
        }
        match program {
            _ if ACCOUNT_TOOLS.contains(&program) => self.own_account(index, text),
            "chown" | "chgrp" => self.chown(index, step, text),
            "chmod" => self.chmod(index, step, text),
            "umask" => self.umask(index, step, text),
            "install" | "mkdir" => self.mode(index, step, text),
            _ => self.packages(index, step),
        }
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
        if self.territory.copies.contains(&index) || self.account.is_called(&owner) {
            return Ok(());
        }
        if mode.is_empty() {
            return self.private_file(index);
        }
        if !hides_from_others(&mode) {
            return Ok(());
        }
        Err(self.refuse(
            "mode-for-root",
            index,
            format!("the mode {mode} lets nobody but root use what is copied; let others read it"),
        ))
    }

    /// A file of the build context that nobody but its owner may read, which is root in the image.
    fn private_file(&self, index: usize) -> Result<(), Refusal> {
        let view = &self.cx.facts.views[index];
        let (Kind::Copy(transfer) | Kind::Add(transfer), None, Some(context)) =
            (&view.kind, view.flag("from"), self.cx.context)
        else {
            return Ok(());
        };
        let is_given_later = |at: &usize| {
            let later = match &self.cx.facts.views[*at].kind {
                Kind::Copy(later) | Kind::Add(later) => later,
                _ => return false,
            };
            *at > index
                && later
                    .sources
                    .iter()
                    .any(|source| matches!(&*source.raw, "." | "./"))
        };
        if self.territory.copies.iter().any(is_given_later) {
            return Ok(());
        }
        let sources = transfer.sources.iter();
        let named = sources
            .flat_map(|source| context.glob(source.raw.trim_start_matches("./").trim_matches('/')));
        let private = named
            .into_iter()
            .find_map(|path| context.private_file(&path, MOST_FILES));
        match private {
            Some(path) => {
                let message = format!(
                    "the mode of {path} lets nobody but root use it in the image; let others read it"
                );
                Err(self.refuse("mode-for-root", index, message))
            }
            None => Ok(()),
        }
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

    /// `install -m 600 key /etc/app/key`
    fn mode(&self, index: usize, step: &Step<'_>, text: &str) -> Result<(), Refusal> {
        let words: Vec<&str> = step.words().collect();
        let value = |name: &str| {
            let pair = words.windows(2).find(|pair| pair[0] == name);
            pair.map(|pair| pair[1])
        };
        let joined = words.iter().find_map(|word| word.strip_prefix("--mode="));
        let mode = value("-m").or_else(|| value("--mode")).or(joined);
        let owner = value("-o").filter(|owner| self.account.is_called(owner));
        let cwd = step.cwd.as_deref().unwrap_or_default();
        let is_held = words
            .last()
            .is_some_and(|path| self.territory.has(&join(cwd, path)));
        if owner.is_some() || is_held || !mode.is_some_and(hides_from_others) {
            return Ok(());
        }
        let message = format!("`{text}` lets nobody but root use it; let others read it");
        Err(self.refuse("mode-for-root", index, message))
    }

    /// What the commands behind it make has no rights for others.
    fn umask(&self, index: usize, step: &Step<'_>, text: &str) -> Result<(), Refusal> {
        let mask = step.args.get(1).map_or("", |arg| arg.known());
        let hidden = mask.chars().next_back().and_then(|c| c.to_digit(8));
        if hidden.is_none_or(|digit| digit & 4 == 0) {
            return Ok(());
        }
        let message = format!(
            "`{text}` lets nobody but root use what the commands behind it make; let others read it"
        );
        Err(self.refuse("mode-for-root", index, message))
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

/// Whether `text` names the home of root, where `home` is the value of `HOME`, if a variable sets it.
pub(super) fn names_home_of_root(text: &str, home: Option<&str>) -> bool {
    let moved = home.is_some_and(|home| below(home, "/root").is_none());
    let words = text.split(|c: char| c.is_whitespace() || "\"'=:;,<>()|&[]".contains(c));
    words.into_iter().any(|word| {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let variable = ["$HOME", "${HOME"]
            .iter()
            .find_map(|it| word.strip_prefix(it));
        let home = word.starts_with("~/")
            || word == "~"
            || variable.is_some_and(|rest| !rest.starts_with(is_name));
        home && !moved || below(word, "/root").is_some()
    })
}

/// Whether a mode takes from others what the owner has.
fn hides_from_others(mode: &str) -> bool {
    let digits = mode.chars().rev().map_while(|c| c.to_digit(8));
    let digits: Vec<u32> = digits.collect();
    if let Some(&others) = digits.first() {
        let owner = digits.get(2).copied().unwrap_or(others);
        return others & 4 == 0 || owner & 1 > others & 1;
    }
    mode.split(',').any(|part| {
        let (who, _) = part.split_at(part.find(['+', '-', '=']).unwrap_or(part.len()));
        let grants = part.contains(['+', '=']);
        grants && !who.is_empty() && !who.contains(['a', 'o'])
            || part.contains('-') && (who.is_empty() || who.contains(['a', 'o']))
    })
}
