//! Copies that give away what they bring, in place of a command that did it behind them.

use super::Violation;
use super::operations::{Operation, What, normalized};
use crate::analysis::paths::{Extent, Region, below};
use crate::transform::{Change, Rewrite};

/// What the commands of the old stage gave away and nothing in the new one does.
pub(super) fn check(
    old: &[Operation<'_>],
    new: &[Operation<'_>],
    rewrite: &Rewrite,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    for change in &rewrite.declares {
        let Change::GivenByCopies {
            command,
            owner,
            but,
        } = change
        else {
            continue;
        };
        let key = normalized(command);
        let Some(at) = old.iter().position(|operation| operation.key == key) else {
            continue;
        };
        let given = &no_longer_given(&old[at], new, &key);
        let lost = old[..at].iter().filter(|operation| {
            operation.effects.writes.overlaps(given)
                && !comes_before(operation, new, &key)
                && !is_given(operation, new, owner, but)
        });
        violations.extend(lost.map(|operation| Violation::OwnerLost(operation.key.clone())));
    }
    violations
}

/// What `command` gave away with all that is in it and no other command of the new stage does.
fn no_longer_given(command: &Operation<'_>, new: &[Operation<'_>], key: &str) -> Extent {
    let Extent::Regions(regions) = &command.effects.writes else {
        return Extent::Everything;
    };
    let others = new.iter().filter(|other| other.key != key);
    let others = others.filter(|other| other.key.starts_with("chown -R "));
    let is_given = |region: &Region| {
        let mut writes = others.clone().map(|other| &other.effects.writes);
        writes.any(|writes| match writes {
            Extent::Regions(own) => own.iter().any(|own| own.covers(region)),
            Extent::Everything => false,
        })
    };
    let left = regions.iter().filter(|region| !is_given(region));
    Extent::Regions(left.cloned().collect())
}

/// Whether the command of `key` still comes behind `operation`.
fn comes_before(operation: &Operation<'_>, new: &[Operation<'_>], key: &str) -> bool {
    let last = |key: &str| new.iter().rposition(|other| other.key == key);
    let first = new.iter().position(|other| other.key == operation.key);
    first.is_some() && first < last(key)
}

/// Whether what `operation` puts there belongs to `owner` in the end.
fn is_given(operation: &Operation<'_>, new: &[Operation<'_>], owner: &str, but: &[String]) -> bool {
    let has_owner = |other: &Operation<'_>| {
        let flag = other
            .owner
            .as_deref()
            .and_then(|flag| flag.strip_prefix("--chown="));
        flag.is_some_and(|flag| owner == flag || owner.split(':').next() == Some(flag))
    };
    match &operation.what {
        What::Copy { from, lands } => {
            let at = new.iter().position(|other| other.key == operation.key);
            let again = |other: &Operation<'_>| match &other.what {
                What::Copy {
                    from: None,
                    lands: others,
                } if from.is_none() => {
                    has_owner(other)
                        && lands
                            .iter()
                            .all(|one| others.iter().any(|all| all.covers(one)))
                }
                _ => false,
            };
            let stays = match &operation.effects.writes {
                Extent::Regions(writes) => writes.iter().all(|region| {
                    but.iter()
                        .any(|place| below(region.path(), place).is_some())
                }),
                Extent::Everything => false,
            };
            at.is_some_and(|at| has_owner(&new[at]) || new[at + 1..].iter().any(again)) || stays
        }
        What::Folder => true,
        What::Command { handles_files, .. } => {
            let user = owner.split(':').next();
            let names = operation.key.split(' ');
            // A home is that of the account.
            *handles_files || names.map(Some).any(|name| name == user)
        }
        What::Package(_) => false,
    }
}
