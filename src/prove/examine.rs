//! Two images side by side: everything that can be seen without running them.

use super::Side;
use super::configuration::{self, Bases, Difference};
use super::declared::Declared;
use super::files::{self, Evidence};
use super::libraries::{self, Found};
use super::tree::{Fingerprint, Tree};
use crate::context::BuildContext;
use crate::knowledge::Knowledge;
use crate::report::proof::Check;
use crate::report::proof::{Group, What};

/// How many findings of one check are listed.
const MOST_FINDINGS: usize = 20;

/// What two images are compared with.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// The tables.
    pub knowledge: &'a Knowledge,
    /// What the rewrites mean to change.
    pub declared: &'a Declared,
    /// See [`Evidence::context`].
    pub context: Option<&'a BuildContext>,
    /// The image under the final stage before and after, if a rewrite has exchanged it.
    pub bases: Option<(&'a Side, &'a Side)>,
    /// See [`Evidence::rewritten`].
    pub rewritten: &'a [(Option<Fingerprint>, Fingerprint)],
    /// See [`Evidence::control`].
    pub control: Option<&'a Tree>,
}

/// What a comparison shows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Examination {
    /// What was looked at.
    pub checks: Vec<Check>,
    /// How the file trees differ.
    pub files: Vec<Group>,
}

impl Examination {
    /// Whether all is as it should be.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.checks.iter().all(|check| check.ok)
    }

    /// Whether building the same Dockerfile twice may explain what is found.
    #[must_use]
    pub fn needs_control(&self) -> bool {
        self.checks
            .iter()
            .any(|check| check.name == FILES && !check.ok)
    }

    /// What is not as it should be, in one text.
    #[must_use]
    pub fn failures(&self) -> String {
        let failed = self.checks.iter().filter(|check| !check.ok);
        let lines = failed.map(|check| format!("{}: {}", check.name, check.findings.join("; ")));
        lines.collect::<Vec<_>>().join("\n")
    }
}

const FILES: &str = "files";

/// Compares two images.
#[must_use]
pub fn examine(before: &Side, after: &Side, setting: &Setting<'_>) -> Examination {
    let account = after.account();
    let evidence = Evidence {
        declared: setting.declared,
        knowledge: setting.knowledge,
        context: setting.context,
        base: setting.bases.map(|(_, base)| &base.tree),
        old_base: setting.bases.map(|(base, _)| &base.tree),
        account: account.as_ref(),
        rewritten: setting.rewritten,
        control: setting.control,
    };
    let groups = files::differences(&before.tree, &after.tree, &evidence);
    Examination {
        checks: vec![
            configurations(before, after, setting),
            trees(&groups),
            needed_libraries(before, after, setting),
            programs(before, after),
        ],
        files: groups,
    }
}

fn configurations(before: &Side, after: &Side, setting: &Setting<'_>) -> Check {
    let bases = setting.bases.map(|(old, new)| Bases {
        before: &old.inspected.configuration,
        after: &new.inspected.configuration,
    });
    let (old, new) = (
        &before.inspected.configuration,
        &after.inspected.configuration,
    );
    let differences = configuration::differences(old, new, bases.as_ref(), setting.declared);
    let told = |one: &Difference| format!("{}: {} became {}", one.key, one.before, one.after);
    let (declared, undeclared): (Vec<_>, Vec<_>) = differences
        .iter()
        .partition(|one| one.declared_by.is_some());
    let says = match declared.len() {
        0 => "the same".to_owned(),
        _ => {
            let told = |one: &&Difference| {
                format!("{} ({})", told(one), one.declared_by.unwrap_or_default())
            };
            declared.iter().map(told).collect::<Vec<_>>().join(", ")
        }
    };
    check(
        "configuration",
        undeclared.is_empty(),
        says,
        undeclared.into_iter().map(told).collect(),
    )
}

fn trees(groups: &[Group]) -> Check {
    let unexplained = groups.iter().filter(|group| group.cause.is_none());
    let findings: Vec<String> = unexplained.map(told).collect();
    let sum = |what: What| -> usize {
        let groups = groups.iter().filter(|group| group.what == what);
        groups.map(|group| group.paths).sum()
    };
    let counts = [
        (sum(What::Gone), "gone"),
        (sum(What::New), "new"),
        (sum(What::Content), "with other content"),
        (sum(What::Owner), "of another owner"),
        (sum(What::Mode), "with other permissions"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let says = match (counts.is_empty(), findings.is_empty()) {
        (true, _) => "the same".to_owned(),
        (false, true) => format!("{}, all explained", counts.join(", ")),
        (false, false) => counts.join(", "),
    };
    check(FILES, findings.is_empty(), says, findings)
}

/// `without a reason, 3 paths are gone: a, b …`
fn told(group: &Group) -> String {
    let what = match group.what {
        What::Gone => "gone",
        What::New => "new",
        What::Content => "different",
        What::Owner => "of another owner",
        What::Mode => "of other permissions",
    };
    let more = if group.paths > group.listed.len() {
        " …"
    } else {
        ""
    };
    let (paths, listed) = (group.paths, group.listed.join(", "));
    format!(
        "without a reason, {paths} {} {what}: {listed}{more}",
        if paths == 1 { "path is" } else { "paths are" }
    )
}

fn needed_libraries(before: &Side, after: &Side, setting: &Setting<'_>) -> Check {
    let mut findings = Vec::new();
    let mut notes = Vec::new();
    for ((path, name), found) in &after.needs {
        let key = (path.clone(), name.clone());
        let of_base = setting.bases.and_then(|(_, base)| base.needs.get(&key));
        let expected = before.needs.get(&key).or(of_base).copied();
        if *found >= expected.unwrap_or(Found::Reachable) {
            continue;
        }
        let place = if *found == Found::Elsewhere {
            "where it is looked for"
        } else {
            "in the image"
        };
        let sentence = format!("/{path} needs {name}, which is not {place}");
        if of_base == Some(found) {
            notes.push(format!("{sentence}; the base image is delivered like that"));
        } else {
            findings.push(sentence);
        }
    }
    let count = libraries::count(&after.tree);
    let says = match count {
        0 => "no file asks for any".to_owned(),
        _ => format!("{count} ELF files find there what they found before"),
    };
    let ok = findings.is_empty();
    findings.extend(notes);
    check("libraries", ok, says, findings)
}

fn programs(before: &Side, after: &Side) -> Check {
    let worked = |name: &str| before.programs.get(name).is_none_or(Result::is_ok);
    let mut findings = Vec::new();
    let mut found = Vec::new();
    for (name, verdict) in &after.programs {
        match verdict {
            Ok(()) => found.push(name.as_str()),
            // A word of a shell form that was no program before is none now.
            Err(_) if !worked(name) => {}
            Err(error) => findings.push(error.clone()),
        }
    }
    findings.extend(other_account(before, after));
    let user = match after.inspected.configuration.user() {
        "" => "root",
        user => user,
    };
    let says = match found.is_empty() {
        true => "the configuration names none".to_owned(),
        false => format!("{user} may start {}", found.join(", ")),
    };
    check("programs", findings.is_empty(), says, findings)
}

/// A user that is named by its number, which has become that of somebody else.
fn other_account(before: &Side, after: &Side) -> Option<String> {
    let user = after.inspected.configuration.user();
    if user != before.inspected.configuration.user() {
        return None;
    }
    let (old, new) = (before.account()?.name?, after.account()?.name?);
    (old != new).then(|| format!("the user {user} was {old} and is {new}"))
}

fn check(name: &'static str, ok: bool, says: String, mut findings: Vec<String>) -> Check {
    if findings.len() > MOST_FINDINGS {
        let more = findings.len() - MOST_FINDINGS;
        findings.truncate(MOST_FINDINGS);
        findings.push(format!("and {more} more"));
    }
    Check {
        name,
        ok,
        says,
        findings,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::configuration::Configuration;
    use super::super::engines::Inspected;
    use super::super::tree::tests::{Entry, tree};
    use super::*;

    #[test]
    fn a_user_by_number_has_to_stay_the_same_account() {
        let side = |passwd: &'static str| {
            let inspected = Inspected {
                configuration: Configuration::new(json!({"User": "101"})),
                ..Inspected::default()
            };
            Side::new(inspected, tree(&[("etc/passwd", Entry::Text(passwd))]))
        };
        let before = side("web:x:101:101\n");
        assert_eq!(other_account(&before, &side("web:x:101:101\n")), None);
        let found = other_account(&before, &side("_ssh:x:101:101\n"));
        assert_eq!(found.as_deref(), Some("the user 101 was web and is _ssh"));
    }
}
