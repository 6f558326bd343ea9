//! The slim variant of a distribution's own image: the same packages without what people read.

use crate::analysis::paths::{Extent, below};
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::knowledge::images::{Image, ImageRef, Runs, Runtime};
use crate::transform::Cx;

/// Locales for which programs of the distribution need no translation.
const UNTRANSLATED: [&str; 4] = ["C", "POSIX", "en_US", "en"];

/// The variables from which programs learn in which language to talk.
const LANGUAGES: [&str; 4] = ["LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES"];

/// What is taken for granted where it is used.
pub(super) const ASSUMPTION: &str =
    "nothing in the container reads documentation, manual pages or translations";

/// The slim variant of `image` on which whatever runs in `stage` runs as well, where that needs nothing that people read.
pub(super) fn variant<'i>(cx: &Cx<'_>, stage: &Stage, image: &'i Image<'_>) -> Option<&'i Runtime> {
    let mut runtimes = image.runtimes.iter();
    let slim = runtimes.find(|runtime| runtime.runs == Runs::Everything)?;
    reader(cx, stage, image).is_none().then_some(slim)
}

/// The first instruction of `stage` that asks for something that slim variants lack.
pub(super) fn reader(cx: &Cx<'_>, stage: &Stage, image: &Image<'_>) -> Option<usize> {
    let mut body = stage.body.clone();
    body.find(|&at| is_translated(cx, at) || reads(cx, at, image))
}

/// The folders that the image `reference` lacks, if it is a slim one.
pub(super) fn left_out<'k>(cx: &Cx<'k>, reference: &str) -> &'k [String] {
    let image = cx.knowledge.images.lookup(&ImageRef::parse(reference));
    let system = image
        .filter(|image| image.slim)
        .and_then(|image| image.system);
    system.map_or(&[], |system| &system.slim_lacks)
}

/// The one of `folders` that `step` names and does not only write or remove.
pub(super) fn read_by<'f>(step: &Step<'_>, folders: &'f [String]) -> Option<&'f str> {
    let own = step.invocation.as_ref();
    if own.is_some_and(|own| own.action.removes) {
        return None;
    }
    let may_read = |folder: &str| match &step.effects.reads {
        Extent::Everything => true,
        Extent::Regions(regions) => {
            let mut paths = regions.iter().map(|region| region.fixed());
            paths.any(|path| below(path, folder).is_some())
        }
    };
    let names = |folder: &str| step.args.iter().any(|arg| arg.known().contains(folder));
    let mut folders = folders.iter().map(String::as_str);
    folders.find(|folder| names(folder) && may_read(folder))
}

/// Whether the instruction at `at` names a folder that slim variants lack, other than to empty it.
fn reads(cx: &Cx<'_>, at: usize, image: &Image<'_>) -> bool {
    let Some(folders) = image.system.map(|system| &system.slim_lacks) else {
        return false;
    };
    match cx.facts.run(at) {
        Some(run) if run.opaque.is_none() => {
            let mut steps = run.steps.iter();
            steps.any(|step| read_by(step, folders).is_some())
        }
        _ => {
            let text = cx.facts.source_text(at);
            folders.iter().any(|folder| text.contains(folder.as_str()))
        }
    }
}

/// Whether the instruction at `at` asks programs to talk in a language other than English.
fn is_translated(cx: &Cx<'_>, at: usize) -> bool {
    let state = cx.facts.state_behind(at);
    LANGUAGES.into_iter().any(|name| {
        let locale = state.value(name).unwrap_or_default();
        let language = locale.split(['.', ':', '@']).next().unwrap_or_default();
        !language.is_empty() && !UNTRANSLATED.contains(&language)
    })
}
