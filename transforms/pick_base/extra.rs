//! The `RUN` that installs what a smaller image lacks.

use crate::knowledge::packages::Recommends;
use crate::transform::Refusal;
use crate::transforms::layout::Layout;
use crate::transforms::style;

use super::{Site, Target};

/// `names`, and what each of them is worth little without.
pub(super) fn packages(site: &Site<'_>, target: &Target<'_>, names: &[&str]) -> Vec<String> {
    let release = target.image.release.as_ref();
    let release = release.map(|release| release.name.as_str());
    let mut packages: Vec<&str> = names.to_vec();
    for name in names {
        if let Recommends::Add(more) = site.cx.knowledge.packages.recommends(name, release) {
            packages.extend(more);
        }
    }
    packages.sort_unstable();
    packages.dedup();
    packages.into_iter().map(str::to_owned).collect()
}

/// The instruction that installs `packages`.
///
/// # Errors
/// When nothing can be installed in the image.
pub(super) fn instruction(
    site: &Site<'_>,
    target: &Target<'_>,
    packages: &[String],
) -> Result<String, Refusal> {
    let system = target.image.system;
    let release = system.zip(target.image.release.as_ref());
    let is_archived =
        release.is_some_and(|(system, release)| system.archived.contains(&release.name));
    let tools = &site.cx.knowledge.tools;
    let tool = system.and_then(|system| tools.get(system.package_manager.tool()?));
    let is_root = target.image.default_user == Some("root");
    let recipe = tool
        .and_then(|tool| tool.recipe.as_ref())
        .filter(|_| is_root && !is_archived);
    let Some(recipe) = recipe else {
        let names = packages.join(", ");
        let message = format!("the smaller image lacks {names}, which cannot be installed in it");
        return Err(site.refuse("not-installable", message));
    };
    let options = recipe.options.join(" ");
    let install = format!(
        "{} {options} --no-install-recommends {}",
        recipe.install,
        packages.join(" ")
    );
    let mut commands: Vec<&str> = recipe.before.iter().map(String::as_str).collect();
    commands.push(&install);
    commands.extend(recipe.after.iter().map(String::as_str));
    let layout = Layout::like(site.cx, &[site.stage.from]);
    let keyword = style::keyword(site.cx.file, site.stage.from, "RUN");
    let script = commands.join(&layout.and(&[]));
    Ok(format!("{keyword} {script}{}", layout.newline()))
}
