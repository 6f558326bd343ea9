//! How the runtime stage installs its packages.

use crate::knowledge::package_managers::PackageManager;

use super::Site;
use super::artefacts::Artefacts;
use super::packages::RuntimePackages;
use super::together;
use crate::transforms::layout::WIDTH;

/// The commands that install the packages; none when there are none. Where the packages make a line too long, `gap` stands
/// in front of each.
pub(super) fn of(
    site: &Site<'_>,
    packages: &RuntimePackages,
    artefacts: &Artefacts,
    gap: &str,
) -> Vec<String> {
    let repeated = together::installed(site, artefacts);
    let names = packages.names.iter();
    let names: Vec<String> = names
        .filter(|name| !repeated.contains(&name.as_str()))
        .cloned()
        .collect();
    let knowledge = site.cx.knowledge;
    let tool = packages
        .manager
        .as_deref()
        .and_then(|id| knowledge.tools.get(id));
    let Some(recipe) = tool
        .and_then(|tool| tool.recipe.as_ref())
        .filter(|_| !names.is_empty())
    else {
        return Vec::new();
    };
    let manager = packages.manager.as_deref();
    let manager = manager.and_then(|tool| manager_of(site, tool));
    let confirms = |option: &String| manager.is_some_and(|manager| manager.is_confirmed_by(option));
    let confirmed = packages.options.iter().any(confirms);
    let missing = |option: &&String| {
        let is_there = packages.options.contains(option) || confirmed && confirms(option);
        !is_there
    };
    let mut install = vec![recipe.install.clone()];
    install.extend(recipe.options.iter().filter(missing).cloned());
    let minimal = manager.and_then(|manager| manager.no_recommends.as_ref());
    let stays = |option: &&String| !packages.recommended || minimal != Some(*option);
    install.extend(packages.options.iter().filter(stays).cloned());
    let head = install.join(" ");
    let line = format!("{head} {}", names.join(" "));
    let is_long = line.len() > WIDTH && names.len() > 1;
    let mut commands = recipe.before.clone();
    commands.push(match is_long {
        true => names.iter().fold(head, |head, name| head + gap + name),
        false => line,
    });
    commands.extend(recipe.after.iter().cloned());
    commands
}

/// The package manager whose tool is called `tool`.
pub(super) fn manager_of<'s>(site: &'s Site<'_>, tool: &str) -> Option<&'s PackageManager> {
    let mut managers = site.cx.knowledge.package_managers.iter();
    managers.find(|manager| manager.tool == tool)
}
