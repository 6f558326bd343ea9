//! Where a cache is, for one `RUN`.

use crate::analysis::mounts::{self, Mount};
use crate::analysis::paths::{Region, file_name, parent};
use crate::analysis::runs::Step;
use crate::analysis::stages::{Base, Stage};
use crate::knowledge::caches::{Cache, Folder, Sharing};
use crate::knowledge::images::ImageRef;
use crate::transform::{Cx, Refusal};

use super::account::{self, Account};
use super::refuse;
use super::uses::Use;

/// A folder to mount.
pub(super) struct Place {
    /// Absolute.
    pub(super) target: String,
    sharing: Option<Sharing>,
    id: Option<String>,
    owner: Option<(u32, u32)>,
    /// What has to be taken for granted when it is mounted.
    pub(super) assumes: Option<String>,
}

impl Place {
    /// The flag that mounts it.
    pub(super) fn flag(&self) -> String {
        let mut flag = "--mount=type=cache".to_owned();
        if let Some(id) = &self.id {
            flag += &format!(",id={id}");
        }
        flag += &format!(",target={}", self.target);
        if self.sharing == Some(Sharing::Locked) {
            flag += ",sharing=locked";
        }
        if let Some((uid, gid)) = self.owner {
            flag += &format!(",uid={uid},gid={gid}");
        }
        flag
    }

    /// Whether the `RUN` at `index` has a cache mount there, above or below.
    pub(super) fn is_mounted(&self, cx: &Cx<'_>, index: usize) -> bool {
        let here = Region::new(self.target.as_str());
        let mut caches = mounts::of(cx.facts, index).filter(Mount::is_cache);
        caches.any(|mount| {
            mount
                .target
                .is_none_or(|target| Region::new(target).meets(&here))
        })
    }
}

/// The folders of `cache` for `used`.
///
/// # Errors
/// When one of them is not known.
pub(super) fn of(cx: &Cx<'_>, cache: &Cache, used: &Use<'_>) -> Result<Vec<Place>, Refusal> {
    let account = account::of(cx, used.index)?;
    check_not_moved(cx, cache, used)?;
    let of_kind = |folder: &&Folder| {
        let uses = |step: &&Step<'_>| {
            step.does()
                .is_none_or(|does| folder.used_by.contains(&does))
        };
        folder.used_by.is_empty() || used.steps.iter().any(uses)
    };
    let folders = cache.folders.iter().filter(of_kind);
    folders
        .map(|folder| place(cx, folder, used, &account))
        .collect()
}

fn place(
    cx: &Cx<'_>,
    folder: &Folder,
    used: &Use<'_>,
    account: &Account,
) -> Result<Place, Refusal> {
    let target = location(cx, folder, used, account)?;
    if account.owner.is_some() && parent(&target) != account.home {
        let message =
            format!("it does not run as root, to whom the folder above {target} would belong");
        return Err(refuse(cx, used.index, "not-root", &message));
    }
    let id = if folder.compiled {
        let name = file_name(&target);
        let Some(image) = image_name(cx, used.index) else {
            let message = "it keeps what it compiles, and which image it compiles for is only known to the build";
            return Err(refuse(cx, used.index, "unknown-base", message));
        };
        Some(format!("{name}-{image}"))
    } else {
        None
    };
    Ok(Place {
        target,
        sharing: folder.sharing,
        id,
        owner: account.owner,
        assumes: folder
            .assumes
            .clone()
            .filter(|_| !is_settled(cx, folder, used)),
    })
}

/// Whether a setting is in force with which what `folder` assumes makes no difference.
fn is_settled(cx: &Cx<'_>, folder: &Folder, used: &Use<'_>) -> bool {
    let setting = folder.assumes_unless.as_deref();
    let Some((name, value)) = setting.and_then(|setting| setting.split_once('=')) else {
        return false;
    };
    let in_front = |step: &&Step<'_>| step.assigns.iter().any(|own| own == name);
    cx.facts.states[used.index].fixed_value(name) == Some(value) || used.steps.iter().all(in_front)
}

/// Where `folder` is.
fn location(
    cx: &Cx<'_>,
    folder: &Folder,
    used: &Use<'_>,
    account: &Account,
) -> Result<String, Refusal> {
    let state = &cx.facts.states[used.index];
    let provides = cx
        .facts
        .stage_of(used.index)
        .and_then(|stage| cx.facts.image(stage)?.provides);
    for when in &folder.when {
        if let Some(name) = when
            .variable
            .as_ref()
            .filter(|name| state.variables.contains_key(*name))
        {
            let value = state
                .fixed_value(name)
                .filter(|value| value.starts_with('/'));
            let Some(value) = value else {
                let message = format!("only the build knows where {name} points");
                return Err(refuse(cx, used.index, "moved", &message));
            };
            return Ok(when.at.replace("{value}", value.trim_end_matches('/')));
        }
        if when.provides.is_some() && when.provides.as_deref() == provides {
            return Ok(when.at.clone());
        }
    }
    let of_root = folder
        .at_for_root
        .as_ref()
        .filter(|_| account.owner.is_none());
    let Some(at) = of_root.or(folder.at.as_ref()) else {
        let message = "nobody knows where its cache is in this image";
        return Err(refuse(cx, used.index, "moved", message));
    };
    Ok(at.replace("{home}", account.home.trim_end_matches('/')))
}

/// Refuses what says on the command line, or in a variable, that the cache is another.
fn check_not_moved(cx: &Cx<'_>, cache: &Cache, used: &Use<'_>) -> Result<(), Refusal> {
    let mover = moving_word(cache, used).map(|word| format!("`{word}`"));
    let mover = mover.or_else(|| moving_variable(cx, cache, used.index).map(str::to_owned));
    let mover = mover.or_else(|| {
        let name = assigned_variable(cx, cache, used.index)?;
        Some(format!("{name}, which it sets,"))
    });
    mover.map_or(Ok(()), |what| {
        let tool = &cache.tool;
        let message = format!("{what} says where {tool} keeps what it downloads, or how");
        Err(refuse(cx, used.index, "moved", &message))
    })
}

/// The first word of the command lines that names another place.
fn moving_word<'u>(cache: &Cache, used: &'u Use<'_>) -> Option<&'u str> {
    let words = used.steps.iter().flat_map(|step| &step.args);
    let mut words = words.map(|arg| arg.known());
    words.find(|word| {
        let option = word.split('=').next().unwrap_or_default();
        let mut patterns = cache.moving_words.iter();
        cache.moving_options.iter().any(|name| name == option)
            || patterns.any(|pattern| pattern.is_match(word))
    })
}

/// The first variable in force at instruction `index` that names another place, or may.
fn moving_variable<'c>(cx: &Cx<'_>, cache: &'c Cache, index: usize) -> Option<&'c str> {
    let state = &cx.facts.states[index];
    let mut variables = cache.moving_variables.iter();
    let moving = variables.find(|variable| {
        let value = || state.fixed_value(&variable.name);
        state.variables.contains_key(&variable.name)
            && value().is_none_or(|value| variable.holds_for(value))
    });
    moving.map(|variable| variable.name.as_str())
}

/// The first variable with a say in it that instruction `index` sets itself.
fn assigned_variable<'c>(cx: &Cx<'_>, cache: &'c Cache, index: usize) -> Option<&'c str> {
    let text = cx.facts.source_text(index);
    let folders = cache.folders.iter().flat_map(|folder| &folder.when);
    let folders = folders.filter_map(|when| when.variable.as_deref());
    let others = cache.moving_variables.iter().chain(&cache.off_variables);
    let others = others.map(|variable| variable.name.as_str());
    let mut names = folders.chain(others).chain(["HOME"]);
    names.find(|name| is_assigned(text, name))
}

/// Whether a script sets the variable `name`.
fn is_assigned(text: &str, name: &str) -> bool {
    let assignment = format!("{name}=");
    text.match_indices(&assignment).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
    })
}

/// The image that the stage of instruction `index` is built on, in the letters that an id may have.
pub(super) fn image_name(cx: &Cx<'_>, index: usize) -> Option<String> {
    let reference = base_of(cx, cx.facts.stage_of(index)?)?;
    let image = ImageRef::parse(reference);
    let name = image.repository.rsplit('/').next()?;
    let tag = image.tag.map(|tag| format!("-{tag}")).unwrap_or_default();
    let name = format!("{name}{tag}");
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    name.chars().all(allowed).then_some(name)
}

fn base_of<'f>(cx: &Cx<'f>, stage: &'f Stage) -> Option<&'f str> {
    match &stage.base {
        Base::Stage(parent) => base_of(cx, &cx.facts.stages[*parent]),
        Base::Image(reference) => Some(reference),
        _ => None,
    }
}
