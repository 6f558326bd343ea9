//! The copies that bring just the manifests, in place of one that brings more.

use crate::analysis::paths::{Region, parent};
use crate::context::FileKind;
use crate::syntax::Kind;
use crate::transform::Refusal;

use super::copied::{Copied, is_plain};
use super::manifests::Request;
use super::sink::Sink;

/// A copy of manifests into one folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Leave {
    /// As they are written: paths in the context, or patterns.
    pub(super) sources: Vec<String>,
    /// As it is written, with a `/` at the end.
    pub(super) dest: String,
    /// The paths in the image that it brings, patterns included.
    pub(super) lands: Vec<String>,
}

impl Leave {
    /// Whether it brings the file at `region`.
    pub(super) fn covers(&self, region: &Region) -> bool {
        let brings = |path: &String| Region::new(path).covers(region);
        self.lands.iter().any(brings)
    }

    /// Adds it to copies for the same instruction: one for each folder.
    pub(super) fn add_to(self, leaves: &mut Vec<Self>) {
        let Some(other) = leaves.iter_mut().find(|other| other.dest == self.dest) else {
            leaves.push(self);
            return;
        };
        for (source, path) in self.sources.into_iter().zip(self.lands) {
            if !other.lands.contains(&path) {
                other.sources.push(source);
                other.lands.push(path);
            }
        }
    }
}

/// Whether an earlier copy of the stage, or one that has been passed, brings the same file `source` of the context to
/// `path`, with the same owner, and no step in between may change it.
pub(super) fn is_copied_before(sink: &Sink<'_>, source: &str, path: &str) -> bool {
    let region = Region::new(path);
    let here = sink.copied.index + 1 + sink.passed.len();
    let mut copies = (sink.stage.from..here).filter(|&index| index != sink.copied.index);
    copies.any(|index| {
        let is_copy = matches!(
            sink.cx.facts.views[index].kind,
            Kind::Copy(_) | Kind::Add(_)
        );
        let same = |other: &Copied| {
            other.flags == sink.copied.flags
                && other.brings(sink.cx.context, path).as_deref() == Some(source)
        };
        let mut runs = (index..here).filter_map(|at| sink.cx.facts.run(at));
        is_copy
            && Copied::read(sink.cx, index)
                .ok()
                .flatten()
                .as_ref()
                .is_some_and(same)
            && !runs.any(|run| run.effects.writes.meets(&region))
    })
}

/// The copy of one file; a folder is copied by itself.
pub(super) fn leave(sink: &Sink<'_>, source: String, path: String) -> Leave {
    let kind = sink.cx.context.and_then(|context| context.kind(&source));
    let (source, folder) = if kind == Some(FileKind::Folder) {
        (source + "/", path.as_str())
    } else {
        (source, parent(&path))
    };
    Leave {
        dest: sink.copied.written_folder(folder),
        sources: vec![source],
        lands: vec![path],
    }
}

/// Makes sure that a copy can name the file `source`.
///
/// # Errors
/// When it would have to be quoted.
pub(super) fn check_name(
    sink: &Sink<'_>,
    request: &Request<'_>,
    source: &str,
) -> Result<(), Refusal> {
    if source.contains('$') || !is_plain(sink.cx, source) {
        return Err(odd_name(sink, request, source));
    }
    Ok(())
}

/// A file that a copy cannot name without quotes.
pub(super) fn odd_name(sink: &Sink<'_>, request: &Request<'_>, source: &str) -> Refusal {
    let message = format!("the name of {source} cannot be written without quotes");
    sink.refuse(request.at, "odd-name", &message)
}
