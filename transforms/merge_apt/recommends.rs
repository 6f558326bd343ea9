//! Installs without recommended packages, where it is known what would be missed.

use crate::analysis::effects::Effects;
use crate::analysis::paths::{Region, join};
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::edit::Edits;
use crate::knowledge::images::PackageManager;
use crate::knowledge::packages::Recommends;
use crate::knowledge::tools::Does;
use crate::syntax::{Kind, Span};
use crate::transform::{Change, Cx, Plan, Rewrite};

use super::super::layout::Layout;
use super::super::libraries::Libraries;
use super::arrange::{is_package, name};
use super::command::Command;
use super::later::is_shipped;
use super::layer::{Layer, Work};

/// Leaves out what is only recommended by the packages that `layer` installs, if the table knows all of them.
pub(super) fn plan(cx: &Cx<'_>, stage: &Stage, layer: &Layer<'_>) -> Option<Plan> {
    let option = layer.manager.no_recommends.as_deref()?;
    if !is_shipped(cx, stage) || is_configured(cx, stage, layer) {
        return None;
    }
    let mut edits = Edits::new();
    let mut installed: Vec<&str> = Vec::new();
    let mut named: Vec<&str> = Vec::new();
    let is_install = |command: &&Command<'_>| command.work == Work::Install;
    let installs = || layer.commands.iter().filter(is_install);
    let given: Vec<&str> = installs()
        .flat_map(|install| install.operands(cx).map(name).collect::<Vec<_>>())
        .collect();
    for install in installs().filter(|install| !decides(install)) {
        let mut missed = missed(cx, stage, install, &given)?;
        missed.retain(|package| !named.contains(package));
        if missed
            .iter()
            .any(|package| is_asked_for_later(cx, stage, layer, package))
        {
            return None;
        }
        let last = *install.invocation.operands.last()?;
        edits.insert(behind_options(cx, install), format!(" {option}"));
        edits.insert(install.word(cx, last).end, appended(cx, install, &missed));
        installed.extend(install.operands(cx));
        named.extend(missed);
    }
    if edits.is_empty() {
        return None;
    }
    let site = cx.file.instructions()[layer.index].span;
    let mut rewrite = Rewrite::new(
        site,
        format!("{option}: what is only recommended is left out"),
    );
    rewrite.edits = edits;
    rewrite.assume(format!(
        "nothing needs the packages that are only recommended by {}, but those that are named now",
        installed.join(" ")
    ));
    let added = named.into_iter().map(str::to_owned).collect();
    rewrite.declares = vec![
        Change::PackagesAdded(added),
        Change::InstallOption(option.to_owned()),
    ];
    Some(Ok(rewrite))
}

/// Whether a step behind `layer` installs `package` itself: perhaps from a source that is set up in between.
fn is_asked_for_later(cx: &Cx<'_>, stage: &Stage, layer: &Layer<'_>, package: &str) -> bool {
    let later = layer.index + 1..stage.body.end;
    let mut steps = later.flat_map(|at| cx.facts.steps(at));
    let asks = |step: &Step<'_>| step.args.iter().any(|arg| name(arg.known()) == package);
    steps.any(|step| step.does() == Some(Does::InstallPackages) && asks(step))
}

/// Whether something before `layer` may have told the package manager what to do with recommended packages.
fn is_configured(cx: &Cx<'_>, stage: &Stage, layer: &Layer<'_>) -> bool {
    let settings: Vec<Region> = layer.manager.settings.iter().map(Region::new).collect();
    (stage.body.start..layer.index).any(|index| may_set(cx, index, &settings))
}

/// Whether instruction `index` may write one of `settings`.
fn may_set(cx: &Cx<'_>, index: usize, settings: &[Region]) -> bool {
    let writes = |effects: &Effects| settings.iter().any(|region| effects.writes.meets(region));
    // What installs for a language may write anywhere in the system but there.
    let is_install = |step: &Step<'_>| {
        matches!(
            step.does(),
            Some(
                Does::InstallPackages
                    | Does::UpgradePackages
                    | Does::RemovePackages
                    | Does::InstallDependencies
            )
        )
    };
    match &cx.facts.views[index].kind {
        Kind::Copy(transfer) | Kind::Add(transfer) => {
            let target = Region::new(join(&cx.facts.states[index].workdir, &transfer.dest.raw));
            settings
                .iter()
                .any(|region| region.meets(&target) && target.path() != "/")
        }
        Kind::Run { .. } => cx.facts.runs[index].as_ref().is_some_and(|run| {
            let mut steps = run.steps.iter();
            run.opaque.is_some() || steps.any(|step| !is_install(step) && writes(&step.effects))
        }),
        _ => false,
    }
}

/// Whether the call says itself what to do with recommended packages.
fn decides(install: &Command<'_>) -> bool {
    let decides = |option: &str| option.to_ascii_lowercase().contains("recommends");
    install.step.args.iter().any(|arg| decides(arg.known()))
}

/// The packages that have to be named so that `install` misses nothing that matters, beside those that are `given` by the
/// installs of the layer; `None` when that is not known.
fn missed<'a>(
    cx: &Cx<'a>,
    stage: &Stage,
    install: &Command<'a>,
    given: &[&str],
) -> Option<Vec<&'a str>> {
    if install.step.redirected || !install.operands(cx).all(is_package) {
        return None;
    }
    let image = cx.facts.image(stage);
    let known = image.map(|image| Libraries::new(cx.knowledge, image, PackageManager::Apt));
    let recommends = |package: &str| match &known {
        Some(known) => known.recommended_by(package),
        None => cx.knowledge.packages.recommends(package, None),
    };
    let mut missed = Vec::new();
    for package in install.operands(cx) {
        match recommends(name(package)) {
            Recommends::Irrelevant => {}
            Recommends::Add(names) => missed.extend(names),
            Recommends::Unknown => return None,
        }
    }
    let packages = &cx.knowledge.packages;
    let brought = |package: &str| {
        given
            .iter()
            .any(|own| packages.brought_by(own).any(|name| name == package))
    };
    missed.retain(|package| !given.contains(package) && !brought(package));
    missed.sort_unstable();
    missed.dedup();
    (!install.invocation.operands.is_empty()).then_some(missed)
}

/// Behind the options that stand in front of the packages, or behind the verb.
fn behind_options(cx: &Cx<'_>, install: &Command<'_>) -> usize {
    let first = install
        .invocation
        .operands
        .first()
        .copied()
        .unwrap_or_default();
    let options = install
        .invocation
        .options
        .iter()
        .map(|option| option.value_at.unwrap_or(option.at));
    let last = options.filter(|&at| at < first).max().unwrap_or_default();
    install
        .word(cx, last.max(install.invocation.verb_words.end - 1))
        .end
}

/// `packages` as the author would go on: each on a line of its own where the last one is.
fn appended(cx: &Cx<'_>, install: &Command<'_>, packages: &[&str]) -> String {
    let text = cx.file.text();
    let last = install
        .invocation
        .operands
        .last()
        .map_or(0, |&at| install.word(cx, at).start);
    let line = Span::new(text[..last].rfind('\n').map_or(0, |at| at + 1), last);
    let before = match line.text(text) {
        indent if indent.trim().is_empty() && line.start > install.source(cx).start => {
            format!(" {}{indent}", Layout::like(cx, &[install.index]).continued)
        }
        _ => " ".to_owned(),
    };
    packages
        .iter()
        .map(|package| format!("{before}{package}"))
        .collect()
}
