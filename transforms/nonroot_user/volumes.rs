//! Folders that volumes are put on.

use super::given;
use super::left_behind::history;
use super::ownership::{Surveyor, Territory};
use crate::analysis::paths::{is_named, join};
use crate::analysis::stages::Stage;
use crate::syntax::Kind;
use crate::transform::{Cx, Refusal};

impl Surveyor<'_> {
    /// A volume takes the owner of the folder that the image has at its place.
    pub(super) fn volumes(&self, territory: &mut Territory) -> Result<(), Refusal> {
        for index in history(self.site.cx, self.site.stage) {
            let Kind::Volume { paths, .. } = &self.site.cx.facts.views[index].kind else {
                continue;
            };
            for path in paths {
                let path = join("/", path.raw.trim_matches('"'));
                self.volume(territory, path, index)?;
            }
        }
        given::volumes(self.site.cx, self.site.stage)
            .into_iter()
            .try_for_each(|path| self.volume(territory, path, self.site.stage.from))
    }

    /// Gives away the folder that the volume of instruction `index` takes its owner from.
    fn volume(&self, territory: &mut Territory, path: String, index: usize) -> Result<(), Refusal> {
        let temporary = ["/tmp", "/var/tmp"].contains(&path.as_str());
        if temporary
            || territory.has(&path)
            || Some(&path) == territory.workdir.as_ref()
            || self.is_given_away(&path)
            || self.is_open(&path)
        {
            return Ok(());
        }
        if !self.account.has_shell
            || !self.is_own(&path)
            || path.contains('$')
            || self.is_filled(&path)
        {
            let message = format!(
                "the volume {path} belongs to root, and it cannot be told how to give it to the program; make the folder with the right owner before VOLUME"
            );
            return Err(self.refuse(index, "folder-of-root", message));
        }
        self.make(territory, path);
        Ok(())
    }

    /// Whether a step names the folder: what it puts there belongs to root.
    pub(super) fn is_filled(&self, path: &str) -> bool {
        is_named_by_step(self.site.cx, self.site.stage, path)
    }
}

/// Whether a step of the stage, or of one below it, names `path`.
pub(super) fn is_named_by_step(cx: &Cx<'_>, stage: &Stage, path: &str) -> bool {
    let run = |at: usize| cx.facts.runs[at].is_some() && is_named(path, cx.facts.source_text(at));
    history(cx, stage).into_iter().any(run)
}
