//! What stands in the way, and what has to be taken for granted.

use crate::analysis::mounts::{self, Mount};
use crate::analysis::paths::Region;
use crate::analysis::stages::Stage;
use crate::knowledge::package_managers::PackageManager;
use crate::syntax::{Form, Kind};
use crate::transform::{Cx, Refusal, Rewrite};

use super::super::style;
use super::later::{self, Need};
use super::layer::leaves_lists;
use super::refresh::{self, Refresh};

/// A refusal about instruction `index`.
pub(super) fn refuse(cx: &Cx<'_>, index: usize, code: &'static str, message: &str) -> Refusal {
    let message = format!("{} stays: {message}", style::title(cx, index));
    Refusal::new(cx.file.instructions()[index].span, code, message)
}

/// A command in exec form has no shell that could run another.
pub(super) fn check_form(cx: &Cx<'_>, index: usize) -> Result<(), Refusal> {
    match &cx.facts.views[index].kind {
        Kind::Run {
            form: Form::Exec(_),
        } => Err(refuse(
            cx,
            index,
            "exec-form",
            "it runs without a shell, so nothing can be joined to it",
        )),
        _ => Ok(()),
    }
}

/// Only root can remove the lists.
pub(super) fn check_user(cx: &Cx<'_>, index: usize) -> Result<(), Refusal> {
    match cx.facts.states[index].is_root() {
        Some(false) => Err(refuse(
            cx,
            index,
            "not-root",
            "it does not run as root, who owns the package lists",
        )),
        _ => Ok(()),
    }
}

/// What lies in a cache mount is not part of the image, and is there to be kept.
pub(super) fn check_mounts(
    cx: &Cx<'_>,
    manager: &PackageManager,
    of: &[usize],
) -> Result<(), Refusal> {
    match of.iter().find(|&&index| mounts_cache(cx, manager, index)) {
        Some(&index) => Err(refuse(
            cx,
            index,
            "cache-mount",
            "a cache mount keeps what its package manager downloads",
        )),
        None => Ok(()),
    }
}

fn mounts_cache(cx: &Cx<'_>, manager: &PackageManager, index: usize) -> bool {
    let own = |path: &str| {
        let mut folders = manager.lists.iter().chain(&manager.caches);
        folders.any(|folder| Region::new(folder).meets(&Region::new(path)))
    };
    let mut caches = mounts::of(cx.facts, index).filter(Mount::is_cache);
    caches.any(|mount| mount.target.as_deref().is_none_or(own))
}

/// Accounts that packages make get the next free number, so another order of packages gives them other ones.
///
/// # Errors
/// When an instruction behind `last` names such an account by its number.
pub(super) fn check_numbers(cx: &Cx<'_>, last: usize) -> Result<(), Refusal> {
    let image = cx
        .facts
        .stage_of(last)
        .and_then(|stage| cx.facts.image(stage));
    let is_shipped = |number: u32| {
        let mut users = image.iter().flat_map(|image| &image.users);
        users.any(|user| user.uid == Some(number) || user.gid == Some(number))
    };
    let is_of_package = |number: u32| OF_PACKAGES.contains(&number) && !is_shipped(number);
    let names_one = |index: &usize| {
        let owners = owners(cx, *index);
        let mut numbers = owners.iter().flat_map(|owner| owner.split(':'));
        numbers.any(|number| number.parse().is_ok_and(is_of_package))
    };
    match (last + 1..cx.facts.views.len()).find(names_one) {
        Some(index) => {
            let message = "packages would be installed in another order, and the accounts that they make may get other numbers";
            Err(refuse(cx, last, "numbered-account", message).because(
                cx.file.instructions()[index].span,
                "names an account by its number",
            ))
        }
        None => Ok(()),
    }
}

/// The numbers that Debian and others keep for accounts of packages: Debian Policy, 9.2.2.
const OF_PACKAGES: std::ops::Range<u32> = 100..1000;

/// The accounts that instruction `index` names, as they are written: `app`, `101:101`.
fn owners<'a>(cx: &Cx<'a>, index: usize) -> Vec<&'a str> {
    let view = &cx.facts.views[index];
    let flags = view.flags.iter().filter(|flag| flag.name == "chown");
    let mut owners: Vec<&str> = flags.filter_map(|flag| flag.value.as_deref()).collect();
    if let Kind::User(user) = &view.kind {
        owners.push(&user.raw);
    }
    let steps = cx.facts.runs[index].iter().flat_map(|run| &run.steps);
    let chown = steps.filter(|step| step.args.first().is_some_and(|arg| arg.known() == "chown"));
    owners.extend(chown.flat_map(|step| step.words()));
    owners
}

/// Shows where instruction `index` downloads lists.
pub(super) fn show_download(
    cx: &Cx<'_>,
    manager: &PackageManager,
    index: usize,
    rewrite: &mut Rewrite,
) {
    let mut steps = cx.facts.runs[index].iter().flat_map(|run| &run.steps);
    if let Some(step) = steps.find(|step| leaves_lists(cx, manager, step)) {
        rewrite.evidence(cx.facts.source(index, step.span), "downloads package lists");
    }
}

/// What becomes of the package lists when they are removed.
pub(super) struct Fate {
    /// What needs them later, and downloads them itself from now on.
    pub(super) refreshes: Vec<Refresh>,
    /// Instructions that may need them, if one only knew.
    pub(super) unknown: Vec<usize>,
    for_derived_images: bool,
}

/// An install without a network finds its packages in the lists that are there.
pub(super) fn check_network(
    cx: &Cx<'_>,
    manager: &PackageManager,
    index: usize,
) -> Result<(), Refusal> {
    if later::works_offline(cx, manager, index) {
        return Err(refuse(
            cx,
            index,
            "offline",
            "it installs packages without a network, from what earlier layers downloaded",
        ));
    }
    Ok(())
}

/// Makes sure that nothing behind the instructions `of` of `stage`, one after the other, needs the lists, or that it can
/// download them itself.
pub(super) fn fate_of_lists(
    cx: &Cx<'_>,
    manager: &PackageManager,
    stage: &Stage,
    of: &[usize],
) -> Result<Fate, Refusal> {
    let last = of.last().copied().unwrap_or(stage.from);
    let later = later::look(cx, manager, stage, last);
    let mut refreshes = Vec::new();
    for need in &later.needed {
        let refresh = refresh::in_front(cx, manager, of, need);
        refreshes.push(refresh.map_err(|why| refuse_need(cx, last, need, why))?);
    }
    if let Some(trigger) = later.triggers.filter(|_| !manager.fetches_on_demand) {
        let message = "ONBUILD says that other images are built on this one, and their steps may look packages up in the lists";
        return Err(refuse(cx, last, "lists-for-children", message).because(
            cx.file.instructions()[trigger].span,
            "for images built on this one",
        ));
    }
    let mut children = cx.all_uses().filter(|used| {
        used.child
            .is_some_and(|child| child.is_built_on && child.needs_lists)
    });
    if let Some(used) = children.next().filter(|_| !manager.fetches_on_demand) {
        let message = format!(
            "{} is built on this image, and looks packages up in the lists",
            used.name
        );
        let refusal = refuse(cx, last, "lists-for-children", &message);
        return Err(refusal.because(cx.place_of(used), "built on it"));
    }
    Ok(Fate {
        refreshes,
        unknown: later.unknown,
        for_derived_images: later.for_derived_images,
    })
}

/// The refusal to remove the lists behind instruction `last`, because of `need`, for which it is not possible to download
/// them again, and `why`.
pub(super) fn refuse_need(cx: &Cx<'_>, last: usize, need: &Need, why: &str) -> Refusal {
    let needs = &cx.file.instructions()[need.index];
    let message = format!(
        "{} looks packages up in the lists that it downloads, and dfopt cannot put a download in front of that: {why}; \
         download them there as well, and both layers can be cleaned",
        style::title(cx, need.index)
    );
    refuse(cx, last, "lists-needed-later", &message)
        .because(needs.span, "needs the lists, and does not download them")
}

impl Fate {
    /// Puts the downloads that others need, and what has to be taken for granted, into `rewrite`.
    pub(super) fn tell(&self, cx: &Cx<'_>, rewrite: &mut Rewrite) {
        for refresh in &self.refreshes {
            refresh.make(cx, rewrite);
        }
        if !self.unknown.is_empty() {
            let unknown = style::titles(cx, &self.unknown);
            rewrite.assume(format!("the commands in {unknown} that dfopt does not know install no packages without downloading the lists first"));
        }
        if self.for_derived_images {
            rewrite.assume("no image that is built on this one installs packages without downloading the lists first");
        }
    }
}
