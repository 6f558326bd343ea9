//! What makes another source of packages of a language known: a script or a key that is fetched, a line of `sources.list`.

use crate::analysis::stages::Stage;
use crate::knowledge::bases::Language;
use crate::knowledge::tools::Does;
use crate::syntax::Span;
use crate::transform::{Cx, Refusal};

use super::Site;

/// One command line that does.
pub(super) struct Setup<'a> {
    /// The instruction.
    pub(super) at: usize,
    /// The pipeline, in the logical line.
    pub(super) span: Span,
    language: &'a Language,
    /// The version that it is for, if it says so.
    version: Option<String>,
}

/// Those of `stage`.
pub(super) fn of_stage<'a>(cx: &'a Cx<'a>, stage: &Stage) -> Vec<Setup<'a>> {
    let runs = stage.body.clone();
    let runs = runs.filter_map(|at| Some((at, cx.facts.runs[at].as_ref()?)));
    let scripts = runs.filter_map(|(at, run)| Some((at, run, run.script.as_ref()?)));
    let mut setups = Vec::new();
    for (at, run, script) in scripts {
        let text = &cx.facts.views[at].logical.text;
        let pipelines = script.items.iter().flat_map(|item| item.pipelines());
        for span in pipelines.map(|pipeline| pipeline.span.shift(run.body.start)) {
            let mut languages = cx.knowledge.bases.languages().iter();
            let found = languages
                .find_map(|language| Some((language, language.is_set_up_by(span.text(text))?)));
            setups.extend(found.map(|(language, version)| Setup {
                at,
                span,
                language,
                version,
            }));
        }
    }
    setups
}

/// The version that they are for, all for `language`.
///
/// # Errors
/// When one of them is for another language, or they are for different versions.
pub(super) fn version(site: &Site<'_>, language: &Language) -> Result<Option<String>, Refusal> {
    let is_other = |setup: &&Setup<'_>| setup.language.provides != language.provides;
    if let Some(other) = site.setups().iter().find(is_other) {
        let message = "it sets up packages of another language";
        return Err(site.refuse_at(other.at, "package-setup", message));
    }
    let mut versions = site
        .setups()
        .iter()
        .filter_map(|setup| setup.version.clone());
    let first = versions.next();
    match versions.find(|version| Some(version) != first.as_ref()) {
        Some(_) => Err(site.refuse("contradiction", "packages of different versions are set up")),
        None => Ok(first),
    }
}

/// Whether later installs find the package lists without them: what sets up a source downloads the lists as well.
///
/// # Errors
/// When one would not.
pub(super) fn check_lists(site: &Site<'_>, is_gone: &dyn Fn(&str) -> bool) -> Result<(), Refusal> {
    if site.setups().is_empty() {
        return Ok(());
    }
    let mut has_lists = false;
    for (at, step) in site.steps() {
        match step.does() {
            Some(Does::RefreshLists) => has_lists = true,
            Some(Does::InstallPackages) if !has_lists => {
                let operands = step.invocation.iter().flat_map(|call| &call.operands);
                if operands
                    .into_iter()
                    .any(|&word| !is_gone(step.args[word].known()))
                {
                    let message = "it installs other packages from the lists that the script downloads; write `apt-get update` in front";
                    return Err(site.refuse_at(at, "not-separable", message));
                }
            }
            _ => {}
        }
        let removes = step.args.first().is_some_and(|arg| arg.known() == "rm");
        has_lists &= !removes;
    }
    Ok(())
}
