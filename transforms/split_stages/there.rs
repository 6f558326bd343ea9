//! Files of the system that steps of the runtime stage work on: the smaller image has to have them.

use crate::analysis::paths::{Extent, Region, below, parent};
use crate::analysis::runs::{Run, Step};
use crate::knowledge::tools::Operands;
use crate::syntax::Kind;
use crate::transform::Refusal;

use super::super::slim;
use super::Site;
use super::artefacts::Artefacts;
use super::base::Runtime;
use super::packages::RuntimePackages;
use super::programs;

/// Refuses when a step that the runtime stage repeats works on a file of the system that may be in the larger image alone:
/// `sed -i … /etc/ImageMagick-6/policy.xml`.
///
/// # Errors
/// The first such step.
pub(super) fn check(
    site: &Site<'_>,
    base: &Runtime,
    artefacts: &Artefacts,
    packages: &RuntimePackages,
) -> Result<(), Refusal> {
    if base.is_same {
        return Ok(());
    }
    let there = There {
        site,
        artefacts,
        packages,
        left_out: slim::left_out(site.cx, &base.reference),
    };
    for (at, run) in programs::repeated(site, artefacts) {
        let missing = there.missing(at, run);
        if let Some(path) = missing.or_else(|| there.unread(run)) {
            let message = format!("it works on {path}, which the smaller image may not have");
            return Err(site.refuse_at(at, "image-file", &message));
        }
    }
    Ok(())
}

struct There<'s> {
    site: &'s Site<'s>,
    artefacts: &'s Artefacts,
    packages: &'s RuntimePackages,
    /// The folders of which the runtime has nothing, whatever is installed in it.
    left_out: &'s [String],
}

impl There<'_> {
    /// What `run` reads of what the runtime has never.
    fn unread(&self, run: &Run<'_>) -> Option<String> {
        let mut steps = run.steps.iter();
        steps.find_map(|step| slim::read_by(step, self.left_out).map(str::to_owned))
    }

    /// The first file that instruction `at` works on and that may not be there.
    fn missing(&self, at: usize, run: &Run<'_>) -> Option<String> {
        let needed = run.steps.iter().enumerate().flat_map(|(nth, step)| {
            let paths = needed(step).into_iter();
            paths.map(move |path| (nth, path))
        });
        let mut missing = needed.filter(|(nth, path)| {
            let made_here = run.steps[..*nth].iter();
            self.is_of_system(path) && !self.is_there(at, path) && !makes(made_here, path)
        });
        missing.next().map(|(_, path)| path)
    }

    /// Whether `path` lies below a folder that packages fill, and is none of these folders itself.
    fn is_of_system(&self, path: &str) -> bool {
        let tools = &self.site.cx.knowledge.tools;
        let is_below = |area: &str| below(path, area).is_some_and(|inside| !inside.is_empty());
        let is_around = |area: &str| below(area, path).is_some();
        tools.paths("@system").any(is_below) && !tools.paths("@system").any(is_around)
    }

    /// Whether every image has `path`, or something in front of instruction `at` brings it.
    fn is_there(&self, at: usize, path: &str) -> bool {
        let site = self.site;
        let mut everywhere = site.cx.knowledge.tools.paths("@everywhere");
        let is_part = |known: &str| below(path, known).is_some() || below(known, path).is_some();
        let mut taken = self.artefacts.all();
        everywhere.any(is_part)
            || taken.any(|own| is_part(own))
            || self.is_of_package(path)
            || self.is_brought(at, path)
    }

    /// Whether a package of the runtime stage is called like `path`: `/etc/locale.gen` belongs to `locales`.
    fn is_of_package(&self, path: &str) -> bool {
        let head = |name: &str| -> String {
            let letters = name.chars().take_while(char::is_ascii_alphabetic);
            letters.collect::<String>().to_ascii_lowercase()
        };
        let mut parts = path
            .split('/')
            .skip(2)
            .map(head)
            .filter(|part| part.len() > 2);
        parts.any(|part| {
            let mut names = self.packages.names.iter();
            names
                .any(|name| name.to_ascii_lowercase().contains(&part) || part.contains(&head(name)))
        })
    }

    /// Whether a copy or an earlier step that the runtime stage has as well puts something there.
    fn is_brought(&self, at: usize, path: &str) -> bool {
        let site = self.site;
        let facts = site.cx.facts;
        let copied = (site.stage.body.start..at).any(|index| match &facts.views[index].kind {
            Kind::Copy(transfer) | Kind::Add(transfer) => {
                let dest = facts.destination(index, transfer);
                below(path, &dest).is_some()
            }
            _ => false,
        });
        let mut earlier =
            programs::repeated(site, self.artefacts).take_while(|(index, _)| *index < at);
        copied || earlier.any(|(_, run)| makes(run.steps.iter(), path))
    }
}

/// Whether one of `steps` makes `path`, or something in a folder around it that its command line names.
fn makes<'s>(mut steps: impl Iterator<Item = &'s Step<'s>>, path: &str) -> bool {
    steps.any(|step| {
        let own = step.invocation.as_ref();
        let only_changes = own.is_some_and(|own| own.tool.works_on_what_is_there);
        let is_named = |folder: &str| step.args.iter().any(|arg| arg.known().contains(folder));
        let holds = |region: &Region| {
            let folder = region.fixed();
            folder == path || below(path, folder).is_some() && is_named(folder)
        };
        match &step.effects.writes {
            Extent::Regions(regions) => !only_changes && regions.iter().any(holds),
            Extent::Everything => !only_changes,
        }
    })
}

/// The files that have to be there for `step`, and the folders into which it writes.
fn needed(step: &Step<'_>) -> Vec<String> {
    let Some(own) = step.invocation.as_ref().filter(|own| !own.tool.registers) else {
        return Vec::new();
    };
    let paths = |extent: &Extent| match extent {
        Extent::Everything => Vec::new(),
        Extent::Regions(regions) => {
            let fixed = regions.iter().map(|region| region.fixed().to_owned());
            fixed.collect()
        }
    };
    let (read, written) = (paths(&step.effects.reads), paths(&step.effects.writes));
    let folders = written.iter().map(|path| parent(path).to_owned());
    match own.action.operands {
        // What a link leads to may be missing.
        Operands::Link => folders.collect(),
        Operands::ReadThenWrite | Operands::Move => read.into_iter().chain(folders).collect(),
        _ if own.tool.works_on_what_is_there => read.into_iter().chain(written).collect(),
        _ if step.redirected => folders.collect(),
        _ => Vec::new(),
    }
}
