//! The stages of a file, and the configuration that each ends with.

use std::collections::{BTreeMap, BTreeSet};

use super::{Violation, launch};
use crate::analysis::Facts;
use crate::analysis::runtime::{self, RuntimeConfig};
use crate::analysis::stages::{Base, Stage};
use crate::analysis::state::Variable;
use crate::syntax::Kind;
use crate::transform::{Change, Rewrite};

/// Which stages of two files are the same.
pub(super) struct Identity {
    /// For each stage of the old file, that of the new one.
    forward: Vec<Option<usize>>,
}

impl Identity {
    /// The last stage stands for the last, the others for those of their name, or else number. BuildKit lets several
    /// stages have one name (with a warning): the first stands for the first.
    pub(super) fn new(old: &Facts<'_>, new: &Facts<'_>) -> Self {
        let counterpart = |stage: &Stage| {
            if stage.index + 1 == old.stages.len() {
                return new.stages.len().checked_sub(1);
            }
            let same_name = |other: &&Stage| other.name == stage.name;
            match &stage.name {
                Some(_) => {
                    let earlier = old.stages[..stage.index].iter().filter(same_name).count();
                    let mut same = new.stages.iter().filter(same_name);
                    same.nth(earlier).map(|other| other.index)
                }
                None => (stage.index < new.stages.len()).then_some(stage.index),
            }
        };
        Self {
            forward: old.stages.iter().map(counterpart).collect(),
        }
    }

    /// The stage of the new file that stands for stage `index` of the old one.
    pub(super) fn new_of(&self, index: usize) -> Option<usize> {
        self.forward[index]
    }

    /// The stage of the old file that stage `index` of the new one stands for.
    pub(super) fn old_of(&self, index: usize) -> Option<usize> {
        self.forward.iter().position(|new| *new == Some(index))
    }
}

/// Stages that came or went, and configurations that differ without having been declared.
pub(super) fn check(
    old: &Facts<'_>,
    new: &Facts<'_>,
    identity: &Identity,
    rewrite: &Rewrite,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    let splits = super::splits(rewrite);
    let added = new
        .stages
        .iter()
        .filter(|stage| !splits && identity.old_of(stage.index).is_none())
        .filter(|stage| !is_extra(stage, rewrite));
    violations.extend(added.map(|stage| Violation::StageAdded(called(stage))));
    for stage in &old.stages {
        let other = identity.new_of(stage.index).map(|at| &new.stages[at]);
        let is_named = |other: &&Stage| {
            stage.name.is_none() || other.name == stage.name || keeps_name(rewrite, stage, other)
        };
        let Some(other) = other.filter(is_named) else {
            violations.push(Violation::StageLost(called(stage)));
            continue;
        };
        let keys = Pair {
            old: (old, stage),
            new: (new, other),
            identity,
            rewrite,
        }
        .changed();
        violations.extend(keys.into_iter().map(|key| Violation::Configuration {
            stage: called(stage),
            key,
        }));
    }
    violations
}

/// Whether the name of `stage` went to the builder, by intent, so that `other` has none.
fn keeps_name(rewrite: &Rewrite, stage: &Stage, other: &Stage) -> bool {
    let is_declared = |change: &Change| matches!(change, Change::NameStays(name) if Some(name) == stage.name.as_ref());
    other.name.is_none() && rewrite.declares.iter().any(is_declared)
}

/// A stage before and after a rewrite, each with its file.
struct Pair<'a> {
    old: (&'a Facts<'a>, &'a Stage),
    new: (&'a Facts<'a>, &'a Stage),
    identity: &'a Identity,
    rewrite: &'a Rewrite,
}

impl Pair<'_> {
    /// The settings that differ without having been declared, and those that were declared and do not differ.
    fn changed(&self) -> Vec<String> {
        let rewrite = self.rewrite;
        let (was, is) = (
            runtime::of_stage(self.old.0, self.old.1),
            runtime::of_stage(self.new.0, self.new.1),
        );
        let mut keys = differences(&was, &is);
        let is_other_base = has_base(rewrite, &was.base, &is.base);
        keys.retain(|key| !(is_declared(key, &is, rewrite) || key == "FROM" && is_other_base));
        if maintainer_is_label(&was, &is, rewrite) {
            keys.retain(|key| !matches!(key.as_str(), "MAINTAINER" | "LABEL"));
        }
        if launch::is_the_same(self.old, self.new, rewrite) {
            keys.retain(|key| !matches!(key.as_str(), "CMD" | "ENTRYPOINT"));
        }
        if self.is_last() {
            let is_kept = |change: &Change| !matches!(change, Change::User(user) if is.user.as_ref() != Some(user));
            let user = (!rewrite.declares.iter().all(is_kept)).then(|| "USER".to_owned());
            keys.extend(user);
            keys.extend(unset(&is, rewrite));
        }
        keys.extend(self.scope(is_other_base));
        keys
    }

    fn is_last(&self) -> bool {
        self.old.1.index + 1 == self.old.0.stages.len()
    }

    /// What the stage is built on, and the arguments and users of its steps, where they differ.
    fn scope(&self, is_other_base: bool) -> Vec<String> {
        let ((old, stage), (new, other)) = (self.old, self.new);
        let (identity, rewrite) = (self.identity, self.rewrite);
        let arguments = arguments(old, stage, new, other);
        let mut keys: Vec<String> = Vec::new();
        if super::splits(rewrite) && self.is_last() {
            let part = |at: &usize| *at == other.index || identity.old_of(*at).is_none();
            let parts: Vec<&Stage> = (0..new.stages.len())
                .filter(part)
                .map(|at| &new.stages[at])
                .collect();
            keys.extend(origins(self.old, (new, &parts), rewrite));
            keys.extend(arguments.filter(|name| is_set(new, other, name)));
        } else {
            keys.extend(origin(old, stage, new, other, identity).filter(|_| !is_other_base));
            keys.extend(arguments.filter(|key| !is_secret(key, rewrite)));
            keys.extend(users(old, stage, new, other, rewrite));
        }
        keys
    }
}

/// Whether the rewrite says that it adds `stage`.
fn is_extra(stage: &Stage, rewrite: &Rewrite) -> bool {
    let mut changes = rewrite.declares.iter();
    changes.any(|change| matches!(change, Change::ExtraStage { name, .. } if stage.name.as_ref() == Some(name)))
}

fn called(stage: &Stage) -> String {
    let number = || stage.index.to_string();
    stage.name.clone().unwrap_or_else(number)
}

/// Whether the rewrite says that `key` becomes what it is in `now`.
fn is_declared(key: &str, now: &RuntimeConfig, rewrite: &Rewrite) -> bool {
    rewrite.declares.iter().any(|change| match change {
        Change::User(user) => key == "USER" && now.user.as_ref() == Some(user),
        Change::Healthcheck => key == "HEALTHCHECK" && now.healthcheck.is_some(),
        Change::Stages { .. } => key == "FROM",
        Change::Env(name) | Change::Secret(name) => key.strip_prefix("ENV ") == Some(name),
        Change::Variable(setting) => {
            key.strip_prefix("ENV ") == name_of(setting) && has(now, setting)
        }
        _ => false,
    })
}

/// Whether the rewrite says that the argument `key`, as [`arguments`] calls it, is handed over as a secret.
fn is_secret(key: &str, rewrite: &Rewrite) -> bool {
    let mut changes = rewrite.declares.iter();
    changes.any(
        |change| matches!(change, Change::Secret(name) if key.strip_prefix("ARG ") == Some(name)),
    )
}

/// Whether the rewrite says that what is built on `from` is built on `to`.
fn has_base(rewrite: &Rewrite, from: &str, to: &str) -> bool {
    let change = Change::Base {
        from: from.to_owned(),
        to: to.to_owned(),
    };
    rewrite.declares.contains(&change)
}

/// Whether `config` has the variable that `setting`, `NAME=value`, names, with that value.
fn has(config: &RuntimeConfig, setting: &str) -> bool {
    let variable = setting.split_once('=');
    variable.is_some_and(|(name, value)| config.env.get(name).is_some_and(|now| now == value))
}

fn name_of(setting: &str) -> Option<&str> {
    setting.split_once('=').map(|(name, _)| name)
}

/// What the rewrite says it sets and does not.
fn unset(config: &RuntimeConfig, rewrite: &Rewrite) -> Vec<String> {
    let changes = rewrite.declares.iter();
    let keys = changes.filter_map(|change| match change {
        Change::Variable(setting) if !has(config, setting) => {
            name_of(setting).map(|name| format!("ENV {name}"))
        }
        Change::Healthcheck if config.healthcheck.is_none() => Some("HEALTHCHECK".to_owned()),
        _ => None,
    });
    keys.collect()
}

/// Whether all that differs in labels and maintainer is that the one became one of the others, as declared.
fn maintainer_is_label(was: &RuntimeConfig, is: &RuntimeConfig, rewrite: &Rewrite) -> bool {
    let declared = rewrite.declares.iter().find_map(|change| match change {
        Change::MaintainerAsLabel(label) => Some(label),
        _ => None,
    });
    let (Some(label), Some(name)) = (declared, &was.maintainer) else {
        return false;
    };
    let mut labels = was.labels.clone();
    let value = is.labels.get(label);
    labels.extend(value.map(|value| (label.clone(), value.clone())));
    let unquoted =
        |value: &String| name.trim_matches(['"', '\'']) == value.trim_matches(['"', '\'']);
    // A stage that is built on the one that was changed may have a MAINTAINER of its own.
    let is_kept = is.maintainer == was.maintainer;
    is.labels == labels && (is_kept || is.maintainer.is_none() && value.is_some_and(unquoted))
}

/// Whether the stage is built on something else.
fn origin(
    old: &Facts<'_>,
    stage: &Stage,
    new: &Facts<'_>,
    other: &Stage,
    identity: &Identity,
) -> Option<String> {
    let same_base = match (&stage.base, &other.base) {
        (Base::Stage(one), Base::Stage(two)) => identity.new_of(*one) == Some(*two),
        (one, two) => one == two,
    };
    let same = same_base && platform(old, stage) == platform(new, other);
    (!same).then(|| "FROM".to_owned())
}

fn platform<'f>(facts: &'f Facts<'_>, stage: &Stage) -> Option<&'f str> {
    facts.views[stage.from].flag("platform")?.value.as_deref()
}

/// Whether the stages that `old` became are built on something else than declared.
fn origins(
    old: (&Facts<'_>, &Stage),
    (new, parts): (&Facts<'_>, &[&Stage]),
    rewrite: &Rewrite,
) -> Option<String> {
    let declared = rewrite.declares.iter().find_map(|change| match change {
        Change::Stages { builder, runtime } => Some([builder, runtime]),
        _ => None,
    });
    let image = |stage: &&Stage| match &new.views[stage.from].kind {
        Kind::From { image, .. } => image.raw.as_str(),
        _ => "",
    };
    // The others go on with what one of them has made.
    let (later, first): (Vec<&Stage>, Vec<&Stage>) =
        parts.iter().partition(|stage| goes_on(stage, parts));
    let same_platform = |stage: &&Stage| platform(new, stage) == platform(old.0, old.1);
    let same = declared.is_some_and(|images| images.into_iter().eq(first.iter().map(image)))
        && first.iter().all(same_platform)
        && later.iter().all(|stage| platform(new, stage).is_none());
    (!same).then(|| "FROM".to_owned())
}

/// Whether `stage` is built on another of `parts`.
fn goes_on(stage: &Stage, parts: &[&Stage]) -> bool {
    let is_base = |part: &&Stage| stage.base == Base::Stage(part.index);
    parts.iter().any(is_base)
}

/// Whether steps run as users that they did not run as: one more at the end has to be declared.
fn users(
    old: &Facts<'_>,
    stage: &Stage,
    new: &Facts<'_>,
    other: &Stage,
    rewrite: &Rewrite,
) -> Option<String> {
    let named = |facts: &Facts<'_>, stage: &Stage| -> Vec<String> {
        let users = stage.body.clone();
        users
            .filter_map(|at| match &facts.views[at].kind {
                Kind::User(user) => Some(facts.expanded(at, user)),
                _ => None,
            })
            .collect()
    };
    let (was, is) = (named(old, stage), named(new, other));
    let is_declared = |user: &String| rewrite.declares.contains(&Change::User(user.clone()));
    let same = match is.split_last() {
        Some((last, before)) => is == was || before == was && is_declared(last),
        None => was.is_empty(),
    };
    (!same).then(|| "USER".to_owned())
}

/// Whether `name`, as [`arguments`] calls it, is a variable at the end of `stage`.
fn is_set(facts: &Facts<'_>, stage: &Stage, name: &str) -> bool {
    let variables = facts.state_after(stage).variables;
    let name = name.strip_prefix("ARG ").unwrap_or(name);
    variables.contains_key(name)
}

/// The build arguments whose values differ at the end of the stage.
fn arguments(
    old: &Facts<'_>,
    stage: &Stage,
    new: &Facts<'_>,
    other: &Stage,
) -> impl Iterator<Item = String> {
    let declared = |facts: &Facts<'_>, stage: &Stage| {
        let mut names = BTreeSet::new();
        for index in stage.body.clone() {
            if let Kind::Arg { args } = &facts.views[index].kind {
                names.extend(args.iter().map(|arg| arg.name.raw.clone()));
            }
        }
        let variables = facts.state_after(stage).variables;
        let value = |name: String| {
            let value = variables.get(&name).cloned();
            (name, value.unwrap_or(Variable::Unknown))
        };
        names
            .into_iter()
            .map(value)
            .collect::<BTreeMap<String, Variable>>()
    };
    let (was, is) = (declared(old, stage), declared(new, other));
    differing(&was, &is)
        .map(|name| format!("ARG {name}"))
        .collect::<Vec<_>>()
        .into_iter()
}

/// The keys in which two configurations differ.
fn differences(a: &RuntimeConfig, b: &RuntimeConfig) -> Vec<String> {
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
    let differ = fields.iter().filter(|(_, same)| !same);
    let mut keys: Vec<String> = differ.map(|(key, _)| (*key).to_owned()).collect();
    keys.extend(differing(&a.env, &b.env).map(|name| format!("ENV {name}")));
    keys
}

/// The names that have not the same value in both.
pub(super) fn differing<'m, V: PartialEq>(
    a: &'m BTreeMap<String, V>,
    b: &'m BTreeMap<String, V>,
) -> impl Iterator<Item = &'m String> {
    let changed = |(name, value): &(&'m String, &V)| b.get(*name) != Some(*value);
    let gone = a.iter().filter(changed).map(|(name, _)| name);
    let come = b.keys().filter(|name| !a.contains_key(*name));
    gone.chain(come)
}
