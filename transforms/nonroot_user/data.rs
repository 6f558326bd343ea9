//! The folders of what a program writes, and those in which each keeps its data in one of its own: `/var/lib/app`, `/srv/app`.

use super::volumes;
use crate::analysis::paths::{Extent, Region, below, file_name, parent};
use crate::analysis::stages::Stage;
use crate::knowledge::startup::Settings;
use crate::transform::Cx;

/// Whether `path` lies in such a folder, and nothing of the build, which puts what is `made` somewhere, is there. A step that
/// names it has made it for the program, or for whom else it wanted.
pub(super) fn is_data(cx: &Cx<'_>, stage: &Stage, made: &Extent, path: &str) -> bool {
    let startup = &cx.knowledge.startup;
    let is_new =
        |own: &str| startup.is_own_folder(own) && !volumes::is_named_by_step(cx, stage, own);
    startup.settings.data_folder(path).is_some_and(is_new) && !made.meets(&Region::new(path))
}

/// The folder of a program that `path` is or lies in, where `folder` is one of all programs, unless the setting in `text` is
/// called like that of a file.
pub(super) fn own_folder<'p>(
    settings: &Settings,
    path: &'p str,
    folder: &str,
    text: &str,
) -> Option<&'p str> {
    let name = text.split(path).next().unwrap_or_default();
    let own = settings
        .data_folder(path)
        .filter(|_| !settings.is_file(name))?;
    below(own, folder).map(|_| own)
}

/// The folder in which a program writes that writes `path`.
pub(super) fn folder_of(path: &str, is_folder: bool) -> String {
    if is_folder && !has_ending(path) {
        path.trim_end_matches('/').to_owned()
    } else {
        parent(path.trim_end_matches('/')).to_owned()
    }
}

/// Whether the name of `path` ends as those of files do.
pub(super) fn has_ending(path: &str) -> bool {
    let name = file_name(path);
    name.trim_start_matches('.').contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_needs_the_folder_around_it() {
        assert_eq!(folder_of("/data/app.db", true), "/data");
        assert_eq!(folder_of("/data/uploads/", true), "/data/uploads");
        assert_eq!(folder_of("/data/result", false), "/data");
    }
}
