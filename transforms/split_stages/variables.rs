//! Variables that only the base image of the builder sets.

use crate::syntax::{Expander, Kind};
use crate::transform::Refusal;

use super::Site;
use super::artefacts::Artefacts;
use super::roles::Role;

/// A variable that instruction `at` has from the base image, of those that the runtime image has not.
pub(super) fn of_base(site: &Site<'_>, at: usize) -> Option<String> {
    let facts = site.cx.facts;
    let state = &facts.states[at];
    let text = &facts.views[at].logical.text;
    let references = Expander::new(facts.file.escape()).references(text);
    let mut names = references.into_iter().map(|reference| reference.name);
    names.find(|name| {
        state.inherited.contains_key(name.as_str()) && !state.variables.contains_key(name.as_str())
    })
}

/// Refuses when an instruction of the runtime stage needs such a variable. The path of a `WORKDIR` is written out.
///
/// # Errors
/// The first such instruction.
pub(super) fn check(site: &Site<'_>, artefacts: &Artefacts) -> Result<(), Refusal> {
    let facts = site.cx.facts;
    let is_shipped = |at: &usize| {
        let is_workdir = matches!(facts.views[*at].kind, Kind::Workdir(_));
        let is_repeated = match site.roles.of(*at) {
            Role::Prepare | Role::Source => !artefacts.left_out.contains(at),
            role => matches!(role, Role::State | Role::Config),
        };
        !is_workdir && (*at >= site.roles.split || is_repeated)
    };
    let mut shipped = site.stage.body.clone().filter(is_shipped);
    let needs = shipped.find_map(|at| Some((at, of_base(site, at)?)));
    needs.map_or(Ok(()), |(at, name)| {
        let message = format!("it needs {name}, which only the larger image sets");
        Err(site.refuse_at(at, "base-variable", &message))
    })
}
