//! Post-conditions of a rewrite, checked by code that knows no transform.
//!
//! The file before and after are both read as BuildKit reads them. Whatever differs must have been
//! declared by the rewrite ([`Change`]); anything else is a [`Violation`], and the engine drops the
//! rewrite.

mod launch;
mod operations;
mod order;
mod stages;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use crate::analysis::Facts;
use crate::analysis::runtime::{self, RuntimeConfig};
use crate::analysis::stages::Stage;
use crate::knowledge::Knowledge;
use crate::knowledge::tools::Does;
use crate::syntax::{self, Dockerfile, Expander, Kind, TokenKind, View};
use crate::transform::{Change, Rewrite};

/// Something that a rewrite changed without saying so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Violation {
    /// BuildKit would reject the result.
    Rejected(String),
    /// A comment or a parser directive is gone.
    CommentLost(String),
    /// The run-time configuration of a stage differs.
    Configuration {
        /// The stage, by name or number.
        stage: String,
        /// What differs: `CMD`, `ENV PATH` …
        key: String,
    },
    /// A stage that had a name is gone.
    StageLost(String),
    /// A `--from` or `FROM` that named a stage does not any more.
    DanglingReference(String),
    /// A variable is used that is not declared there.
    OutOfScope(String),
    /// Other packages are installed.
    Packages(String),
    /// A command is gone.
    CommandLost(String),
    /// A command or a copy moved to another stage, and nothing of what it makes is taken from there.
    FilesLost(String),
    /// Two steps changed places although one needs the other.
    Reordered {
        /// What came first.
        first: String,
        /// What came second.
        second: String,
    },
    /// There were more rewrites before this one than the file can need.
    Endless,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(error) => write!(f, "BuildKit would reject the result: {error}"),
            Self::CommentLost(comment) => write!(f, "the comment {comment:?} is gone"),
            Self::Configuration { stage, key } => write!(f, "{key} of stage {stage} differs"),
            Self::StageLost(name) => write!(f, "the stage {name} is gone"),
            Self::DanglingReference(name) => write!(f, "nothing is called {name} any more"),
            Self::OutOfScope(name) => {
                write!(f, "the variable {name} is not declared where it is used")
            }
            Self::Packages(names) => write!(f, "other packages are installed: {names}"),
            Self::CommandLost(command) => write!(f, "the command `{command}` is gone"),
            Self::FilesLost(step) => {
                write!(f, "nothing of what `{step}` makes reaches the final stage")
            }
            Self::Reordered { first, second } => {
                write!(f, "`{second}` runs before `{first}`, which it may need")
            }
            Self::Endless => write!(f, "the rewrites of the file do not come to an end"),
        }
    }
}

/// Everything that is wrong with `rewrite`, which made `after` of the text with the facts `old`.
#[must_use]
pub fn check(
    old: &Facts<'_>,
    after: &str,
    rewrite: &Rewrite,
    knowledge: &Knowledge,
) -> Vec<Violation> {
    let new = syntax::parse(after);
    if let Some(error) = new.errors().iter().chain(&new.instruction_errors()).next() {
        return vec![Violation::Rejected(error.message.clone())];
    }
    let mut violations = lost_comments(old.file, &new);
    let new = &Facts::new(&new, knowledge);
    violations.extend(changed_stages(old, new, rewrite));
    violations.extend(dangling_references(old, new));
    violations.extend(out_of_scope(old, new));
    violations.extend(changed_packages(old, new, rewrite));
    violations.extend(if rewrite.declares.contains(&Change::Stages) {
        stages::check(old, new)
    } else {
        order::check(old, new, rewrite)
    });
    violations
}

/// Comments keep their text; where they stand may change.
fn lost_comments(old: &Dockerfile<'_>, new: &Dockerfile<'_>) -> Vec<Violation> {
    let mut kept = comments(new);
    let mut lost = Vec::new();
    for (comment, count) in comments(old) {
        let left = kept.remove(comment).unwrap_or_default();
        if left < count {
            lost.push(Violation::CommentLost(comment.to_owned()));
        }
    }
    lost
}

fn comments<'s>(file: &Dockerfile<'s>) -> BTreeMap<&'s str, usize> {
    let mut counts = BTreeMap::new();
    let text = file.text();
    let tokens = file.tokens().iter();
    for token in
        tokens.filter(|token| matches!(token.kind, TokenKind::Comment | TokenKind::Directive))
    {
        *counts.entry(token.span.text(text).trim()).or_default() += 1;
    }
    counts
}

/// The stage of `new` that stands for `stage` of `old`: the last for the last, else by name, else by number.
/// BuildKit lets several stages have one name (with a warning): the first stands for the first.
fn counterpart<'f>(old: &Facts<'_>, new: &'f Facts<'_>, stage: &Stage) -> Option<&'f Stage> {
    if stage.index + 1 == old.stages.len() {
        return new.stages.last();
    }
    match &stage.name {
        Some(name) => {
            let same = |other: &&Stage| other.name.as_ref() == Some(name);
            let earlier = old.stages[..stage.index].iter().filter(same).count();
            new.stages.iter().filter(same).nth(earlier)
        }
        None => new.stages.get(stage.index),
    }
}

fn changed_stages(old: &Facts<'_>, new: &Facts<'_>, rewrite: &Rewrite) -> Vec<Violation> {
    let mut violations = Vec::new();
    for stage in &old.stages {
        let name = stage
            .name
            .clone()
            .unwrap_or_else(|| stage.index.to_string());
        let Some(other) = counterpart(old, new, stage) else {
            violations.push(Violation::StageLost(name));
            continue;
        };
        if stage.name.is_some() && stage.name != other.name {
            violations.push(Violation::StageLost(name.clone()));
        }
        let (was, is) = (runtime::of_stage(old, stage), runtime::of_stage(new, other));
        let launch_is_declared = || {
            rewrite.declares.contains(&Change::Launch)
                && launch::is_the_same((old, stage), (new, other))
        };
        for key in differences(&was, &is) {
            let is_launch = matches!(key.as_str(), "CMD" | "ENTRYPOINT");
            if !(is_declared(&key, rewrite) || is_launch && launch_is_declared()) {
                violations.push(Violation::Configuration {
                    stage: name.clone(),
                    key,
                });
            }
        }
    }
    violations
}

fn is_declared(key: &str, rewrite: &Rewrite) -> bool {
    rewrite.declares.iter().any(|change| match change {
        Change::User => key == "USER",
        Change::Stages => key == "FROM",
        Change::Env(name) => key.strip_prefix("ENV ") == Some(name),
        _ => false,
    })
}

/// The keys in which two configurations differ.
fn differences(a: &RuntimeConfig, b: &RuntimeConfig) -> Vec<String> {
    let mut keys = Vec::new();
    let fields = [
        ("FROM", a.base == b.base),
        ("CMD", a.cmd == b.cmd),
        ("ENTRYPOINT", a.entrypoint == b.entrypoint),
        ("LABEL", a.labels == b.labels),
        ("EXPOSE", a.ports == b.ports),
        ("VOLUME", a.volumes == b.volumes),
        ("USER", a.user == b.user),
        ("WORKDIR", a.workdir == b.workdir),
        ("HEALTHCHECK", a.healthcheck == b.healthcheck),
        ("STOPSIGNAL", a.stopsignal == b.stopsignal),
        ("SHELL", a.shell == b.shell),
        ("ONBUILD", a.onbuild == b.onbuild),
        ("MAINTAINER", a.maintainer == b.maintainer),
    ];
    keys.extend(
        fields
            .iter()
            .filter(|(_, same)| !same)
            .map(|(key, _)| (*key).to_owned()),
    );
    let names: BTreeSet<&String> = a.env.keys().chain(b.env.keys()).collect();
    keys.extend(
        names
            .into_iter()
            .filter(|name| a.env.get(*name) != b.env.get(*name))
            .map(|name| format!("ENV {name}")),
    );
    keys
}

/// References to stages that resolved before and do not now.
fn dangling_references(old: &Facts<'_>, new: &Facts<'_>) -> Vec<Violation> {
    let names: HashSet<&str> = old
        .stages
        .iter()
        .filter_map(|stage| stage.name.as_deref())
        .collect();
    let before = unresolved(old);
    let dangles = |(reference, count): (String, usize)| {
        let was_a_stage =
            names.contains(reference.to_lowercase().as_str()) || reference.parse::<usize>().is_ok();
        let more = count > before.get(&reference).copied().unwrap_or_default();
        (was_a_stage && more).then_some(Violation::DanglingReference(reference))
    };
    unresolved(new).into_iter().filter_map(dangles).collect()
}

/// How often each `--from` names something that is no stage there.
fn unresolved(facts: &Facts<'_>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (index, view) in facts.views.iter().enumerate() {
        let from = view.flag("from").and_then(|flag| flag.value.clone());
        if let Some(reference) = from.filter(|_| facts.source_stage(index).is_none()) {
            *counts.entry(reference).or_default() += 1;
        }
    }
    counts
}

/// Variables that are used where nothing declares them, less those for which that was so before.
fn out_of_scope(old: &Facts<'_>, new: &Facts<'_>) -> Vec<Violation> {
    let before = undeclared(old);
    undeclared(new)
        .difference(&before)
        .map(|name| Violation::OutOfScope(name.clone()))
        .collect()
}

fn undeclared(facts: &Facts<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (index, view) in facts.views.iter().enumerate() {
        if !is_expanded(view) || facts.stages.first().is_none_or(|stage| index <= stage.from) {
            continue;
        }
        let text = view.body.text(&view.logical.text);
        let declared = &facts.states[index].variables;
        let free = Expander::new(facts.file.escape())
            .references(text)
            .into_iter()
            .map(|reference| reference.name);
        names.extend(free.filter(|name| !declared.contains_key(name)));
    }
    names
}

/// Whether BuildKit or the shell replaces variables in the instruction.
fn is_expanded(view: &View<'_>) -> bool {
    !matches!(
        view.kind,
        Kind::From { .. }
            | Kind::Arg { .. }
            | Kind::Maintainer(_)
            | Kind::Cmd { .. }
            | Kind::Entrypoint { .. }
    )
}

fn changed_packages(old: &Facts<'_>, new: &Facts<'_>, rewrite: &Rewrite) -> Vec<Violation> {
    let (was, is) = (packages(old), packages(new));
    let mut removed: BTreeSet<&String> = was.difference(&is).collect();
    let mut added: BTreeSet<&String> = is.difference(&was).collect();
    for change in &rewrite.declares {
        match change {
            Change::PackagesRemoved(names) => names.iter().for_each(|name| {
                removed.remove(name);
            }),
            Change::PackagesAdded(names) => names.iter().for_each(|name| {
                added.remove(name);
            }),
            _ => {}
        }
    }
    let names: Vec<&str> = removed
        .into_iter()
        .chain(added)
        .map(String::as_str)
        .collect();
    if names.is_empty() {
        Vec::new()
    } else {
        vec![Violation::Packages(names.join(" "))]
    }
}

/// The packages of the distribution that the final stage and what it stands on install by name.
fn packages(facts: &Facts<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut next = facts.final_stage();
    while let Some(stage) = next {
        for step in stage
            .body
            .clone()
            .filter_map(|at| facts.runs[at].as_ref())
            .flat_map(|run| &run.steps)
        {
            if step.does() == Some(Does::InstallPackages)
                && let Some(invocation) = &step.invocation
            {
                names.extend(
                    invocation
                        .operands
                        .iter()
                        .map(|&at| step.args[at].known().to_owned()),
                );
            }
        }
        next = match stage.base {
            crate::analysis::stages::Base::Stage(parent) => facts.stages.get(parent),
            _ => None,
        };
    }
    names
}
