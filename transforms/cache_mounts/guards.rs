//! What stands in the way in the `RUN` itself.

use crate::analysis::runs::Step;
use crate::knowledge::caches::{Cache, Variable};
use crate::knowledge::tools::Does;
use crate::transform::{Cx, Refusal};

use super::uses::Use;
use super::{account, refuse};

/// Checks that `used` fills the cache, and does not take what it finds there for granted.
pub(super) fn check(cx: &Cx<'_>, cache: &Cache, used: &Use<'_>) -> Result<(), Refusal> {
    check_version(cx, cache, used)?;
    let index = used.index;
    if let Some(variable) = in_force(cx, index, &cache.off_variables) {
        let message = format!("{} switches the cache of {} off", variable.name, cache.tool);
        return Err(refuse(cx, index, "cache-off", &message));
    }
    if cache.before.is_some() && account::of(cx, index)?.owner.is_some() {
        return Err(refuse(
            cx,
            index,
            "not-root",
            "only root can make the tool keep what it downloads",
        ));
    }
    let network = cx.facts.views[index]
        .flag("network")
        .and_then(|flag| flag.value.as_deref());
    if network == Some("none") || in_force(cx, index, &cache.offline_variables).is_some() {
        return Err(refuse(cx, index, "offline", OFFLINE));
    }
    check_downloads(cx, cache, used)
}

/// Why a step that cannot download must not count on a mount.
const OFFLINE: &str = "it downloads nothing that is missing, and a builder may empty its caches while it keeps the layers of earlier steps";

/// Refuses another version of the tool, which keeps other things.
fn check_version(cx: &Cx<'_>, cache: &Cache, used: &Use<'_>) -> Result<(), Refusal> {
    let Some(context) = cx.context else {
        return Ok(());
    };
    let is_there = |path: &&String| context.kind(path).is_some();
    let file = cache
        .unless_files
        .iter()
        .find(is_there)
        .map(|path| (path, None));
    let line = cache.unless_lines.iter().find_map(|unless| {
        let (text, pattern) = (context.read(&unless.file)?, unless.line.as_ref()?);
        let line = text.lines().position(|line| pattern.is_match(line))?;
        Some((&unless.file, Some(line + 1)))
    });
    match file.or(line) {
        Some((path, line)) => {
            let message = format!(
                "{path} shows that it is a version of {} whose cache programs may need",
                cache.tool
            );
            let place = crate::transform::Place::File(path.clone(), line);
            Err(refuse(cx, used.index, "other-version", &message)
                .because(place, "shows the version"))
        }
        None => Ok(()),
    }
}

/// The first of `variables` that does what it is listed for in the state before instruction `index`.
fn in_force<'v>(cx: &Cx<'_>, index: usize, variables: &'v [Variable]) -> Option<&'v Variable> {
    let state = &cx.facts.states[index];
    variables.iter().find(|variable| {
        let is_set = state.variables.contains_key(&variable.name);
        is_set
            && state
                .fixed_value(&variable.name)
                .is_none_or(|value| variable.holds_for(value))
    })
}

/// Every command downloads what is missing, or one before it in the same `RUN` has done so.
fn check_downloads(cx: &Cx<'_>, cache: &Cache, used: &Use<'_>) -> Result<(), Refusal> {
    let mut is_filled = false;
    for step in &used.steps {
        let refreshes = step.does() == Some(Does::RefreshLists);
        if cache.needs_refresh && !refreshes && !is_filled {
            let message = "it installs from lists that another layer downloaded, and a builder may empty its caches while it keeps the layer; download the lists here as well";
            return Err(refuse(cx, used.index, "lists-elsewhere", message));
        }
        if is_offline(cache, step) && !is_filled {
            return Err(refuse(cx, used.index, "offline", OFFLINE));
        }
        is_filled = true;
    }
    Ok(())
}

fn is_offline(cache: &Cache, step: &Step<'_>) -> bool {
    let is_listed = |word: &str| cache.offline_options.iter().any(|option| option == word);
    step.args.iter().any(|arg| is_listed(arg.known()))
}
