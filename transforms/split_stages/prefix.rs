//! Builds that install what they make into a folder of their own: `make install`.

use std::sync::Arc;

use crate::analysis::paths::below;
use crate::analysis::runs::Step;
use crate::knowledge::tools::Prefix;

use super::Site;
use super::artefacts::steps;
use super::roles::Role;

/// Whether `step` was asked to install what it makes, wherever that is.
pub(super) fn installs(step: &Step<'_>) -> bool {
    let action = step.invocation.as_ref().map(|invocation| invocation.action);
    let prefix = action.and_then(|action| action.prefix.as_ref());
    prefix.is_some_and(|prefix| is_asked(step, prefix))
}

fn is_asked(step: &Step<'_>, prefix: &Prefix) -> bool {
    let is_given = |word: &String| step.args.iter().any(|arg| arg.known() == word);
    prefix.asked_by.iter().any(is_given)
}

/// The folder that `step` installs into, if it was asked to and nothing else can be in that folder.
pub(super) fn installed_into(site: &Site<'_>, step: &Step<'_>) -> Option<String> {
    let prefix = step.invocation.as_ref()?.action.prefix.as_ref()?;
    if !is_asked(step, prefix) {
        return None;
    }
    let folder = match given(site, prefix) {
        Given::Nothing => prefix.at.clone(),
        Given::Folder(folder) => folder,
        Given::Unknown => return None,
    };
    let is_default = folder == prefix.at;
    let mut areas = site.cx.knowledge.tools.paths("@system");
    let is_shared =
        areas.any(|area| below(&folder, area).is_some() || below(area, &folder).is_some());
    let is_own = folder.starts_with('/') && !is_shared;
    let is_empty_before = is_default && site.image.provides.is_none();
    (is_own || is_empty_before && is_usual(site, prefix)).then_some(folder)
}

/// What the commands of the build say of the folder.
enum Given {
    Nothing,
    Folder(String),
    Unknown,
}

fn given(site: &Site<'_>, prefix: &Prefix) -> Given {
    let words = || steps(site, Role::Build).flat_map(|(_, step)| step.words());
    let values: Vec<&str> = values_of(words(), &prefix.given_by).collect();
    let (given, folder) = match values.as_slice() {
        [] => (Given::Nothing, &*prefix.at),
        [only] if only.starts_with('/') => {
            let folder = only.trim_end_matches('/');
            (Given::Folder(folder.to_owned()), folder)
        }
        _ => return Given::Unknown,
    };
    // A part that goes elsewhere (`--sysconfdir=/etc`) is not in the folder.
    let mut parts = values_of(words(), &prefix.parts_given_by);
    match parts.any(|part| part.starts_with('/') && below(part, folder).is_none()) {
        true => Given::Unknown,
        false => given,
    }
}

/// What stands behind one of `options` in `words`.
fn values_of<'w>(
    words: impl Iterator<Item = &'w str>,
    options: &[String],
) -> impl Iterator<Item = &'w str> {
    words.filter_map(|word| {
        let mut before = options.iter();
        before.find_map(|before| word.strip_prefix(before.as_str()))
    })
}

/// Whether the project installs where projects of its kind do.
fn is_usual(site: &Site<'_>, prefix: &Prefix) -> bool {
    let Some(context) = site.cx.context else {
        return false;
    };
    let read = |names: &[String]| -> Vec<Arc<str>> {
        let texts = names.iter().filter_map(|name| context.read(name));
        texts.collect()
    };
    let generated = read(&prefix.known_by);
    let is_other = |line: &str| prefix.unless.iter().any(|regex| regex.is_match(line));
    if !generated.is_empty() {
        return !generated.iter().any(|text| text.lines().any(is_other));
    }
    let is_elsewhere = |line: &str| prefix.elsewhere.iter().any(|regex| regex.is_match(line));
    let written = read(&prefix.written_in);
    let mut lines = written.iter().flat_map(|text| text.lines());
    written.iter().any(|text| text.contains(&prefix.at)) && !lines.any(is_elsewhere)
}
