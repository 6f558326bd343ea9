//! Which folder of the project lies where in the image, so that it can be mounted there.

use crate::analysis::paths::join;
use crate::syntax::Kind;
use crate::transform::Refusal;

use super::{Install, Site};

/// A folder of the build context, and its place in the image.
pub(super) struct Source {
    /// Relative to the root of the context: `.` or `./backend`.
    pub(super) folder: String,
    /// Absolute.
    pub(super) target: String,
}

impl Site<'_, '_> {
    /// The folder that a copy brings to where the dependencies are installed and the program starts.
    pub(super) fn source(&self, install: &Install<'_, '_>) -> Result<Source, Refusal> {
        let facts = self.cx.facts;
        let target = &facts.states[install.index].workdir;
        let copied = (0..facts.views.len()).find_map(|index| {
            let view = &facts.views[index];
            let (Kind::Copy(transfer) | Kind::Add(transfer)) = &view.kind else {
                return None;
            };
            let [source] = transfer.sources.as_slice() else {
                return None;
            };
            let path = join("/", &facts.expanded(index, source));
            let folder = if path == "/" {
                ".".to_owned()
            } else {
                format!(".{path}")
            };
            let is_folder = folder == "." || source.raw.ends_with('/');
            let fits = view.flag("from").is_none()
                && is_folder
                && facts.destination(index, transfer) == *target;
            fits.then_some(folder)
        });
        let starts_there = facts.state_after(self.last).workdir == *target
            && target.starts_with('/')
            && target != "/";
        match copied.filter(|_| starts_there) {
            Some(folder) => Ok(Source {
                folder,
                target: target.clone(),
            }),
            None => {
                let message = format!(
                    "no copy brings a folder of the project to {target}, where dependencies are installed, and the program starts there"
                );
                Err(self.refuse("source-elsewhere", message))
            }
        }
    }
}
