//! Variables that only the base image of the builder sets, and those that only the builder reads.

use crate::analysis::paths::below;
use crate::knowledge::tools::Tool;
use crate::syntax::{Expander, Kind};
use crate::transform::Refusal;
use crate::transforms::other_image::variable_of_base;

use super::Site;
use super::artefacts::Artefacts;
use super::programs;
use super::roles::Role;
use super::tools_only;

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
    let needs = shipped.find_map(|at| Some((at, variable_of_base(site.cx, at)?)));
    needs.map_or(Ok(()), |(at, name)| {
        let message = format!("it needs {name}, which only the larger image sets");
        Err(site.refuse_at(at, "base-variable", &message))
    })
}

/// The names of the variables that the `ENV` at `at` sets, if only tools of the builder read them, or if it makes nothing but
/// such tools found by their names.
pub(super) fn for_builds(site: &Site<'_>, artefacts: &Artefacts, at: usize) -> Option<Vec<String>> {
    let Kind::Env { pairs, .. } = &site.cx.facts.views[at].kind else {
        return None;
    };
    if at >= site.roles.split {
        return None;
    }
    let names: Vec<String> = pairs.iter().map(|pair| pair.key.raw.clone()).collect();
    if let [pair] = pairs.as_slice()
        && pair.key.raw == SEARCH_PATH
        && adds_only_home_of_builder(artefacts, &pair.value.raw)
    {
        return Some(names);
    }
    let is_for_builds = |name: &String| {
        let mut readers = site.cx.knowledge.tools.readers(name).peekable();
        readers.peek().is_some()
            && readers.all(|tool| is_of_builder(site, artefacts, tool))
            && !is_referred_to(site, artefacts, at, name)
    };
    names.iter().all(is_for_builds).then_some(names)
}

/// Whether `value`, a search path as written, adds nothing but folders in the home of root, of which the runtime stage takes
/// over none: `/root/.local/bin:$PATH`, where an installer has put a tool of the build.
fn adds_only_home_of_builder(artefacts: &Artefacts, value: &str) -> bool {
    let mut entries = value.trim_matches(['"', '\'']).split(':');
    let is_before = |entry: &str| matches!(entry, "$PATH" | "${PATH}");
    let is_left_behind = |entry: &str| {
        let mut taken = artefacts.all();
        let is_in_home = below(entry, HOME_OF_ROOT).is_some_and(|inside| !inside.is_empty());
        let meets = |path: &String| below(path, entry).is_some() || below(entry, path).is_some();
        is_in_home && !entry.contains('$') && !taken.any(meets)
    };
    value.contains(SEARCH_PATH) && entries.all(|entry| is_before(entry) || is_left_behind(entry))
}

/// The variable with the folders in which programs are found.
pub(super) const SEARCH_PATH: &str = "PATH";

/// Where tools go that root installs for itself. The images that programs run in have nothing there.
const HOME_OF_ROOT: &str = "/root";

/// Whether neither the container nor a step of the runtime stage starts `tool`.
fn is_of_builder(site: &Site<'_>, artefacts: &Artefacts, tool: &Tool) -> bool {
    let mut steps = programs::repeated(site, artefacts).flat_map(|(_, run)| &run.steps);
    let is_called = steps.any(|step| {
        let own = step.invocation.as_ref();
        own.is_none_or(|own| own.tool.id == tool.id)
    });
    !is_called && !tools_only::may_start(site, std::slice::from_ref(&tool.id))
}

/// Whether an instruction of the runtime stage behind `at` refers to the variable `name`.
fn is_referred_to(site: &Site<'_>, artefacts: &Artefacts, at: usize, name: &str) -> bool {
    let facts = site.cx.facts;
    let expander = Expander::new(facts.file.escape());
    (at + 1..site.stage.body.end)
        .filter(|index| !artefacts.leave_to_builder(site, *index))
        .any(|index| {
            let text = &facts.views[index].logical.text;
            let references = expander.references(text);
            references.iter().any(|reference| reference.name == name)
        })
}
