//! The copies that bring something to the folders.

use crate::analysis::paths::{below, file_name, join};
use crate::analysis::sources;
use crate::context::FileKind;
use crate::syntax::{Kind, Transfer};

use super::Surveyor;

/// The copies into folders that are given away.
pub(super) struct Found {
    pub(super) folders: Vec<String>,
    /// All of them.
    pub(super) inside: Vec<usize>,
    /// Those without an owner, but for what a later one brings again.
    pub(super) own: Vec<usize>,
    /// Those that a later one brings again.
    pub(super) replaced: Vec<usize>,
}

impl Surveyor<'_> {
    /// What copies bring to the folders. `None` where there is nothing that would be another's, or a copy brings more than a
    /// folder.
    pub(super) fn find(&self) -> Option<Found> {
        let all = self.copies();
        let lands = |at: usize, folder: &str| below(&self.destination(at), folder).is_some();
        let folders = self.request.folders.iter().map(|(_, path)| path);
        let folders = folders.filter(|folder| all.iter().any(|&at| lands(at, folder)));
        let folders = folders.filter(|path| self.is_folder(path, &all));
        let folders: Vec<String> = folders.cloned().collect();
        let is_around = |at: &usize| {
            let dest = self.destination(*at);
            let mut folders = folders.iter();
            folders.any(|folder| *folder != dest && below(folder, &dest).is_some())
        };
        if folders.is_empty() || all.iter().any(is_around) {
            return None;
        }
        let is_inside = |at: &usize| folders.iter().any(|folder| lands(*at, folder));
        let inside: Vec<usize> = all.into_iter().filter(is_inside).collect();
        let has_no_owner = |at: &usize| self.cx.facts.views[*at].flag("chown").is_none();
        let own: Vec<usize> = inside.iter().copied().filter(has_no_owner).collect();
        let is_replaced = |at: &usize| {
            let mut later = own.iter().filter(|later| *later > at);
            later.any(|later| self.is_part(*at, *later))
        };
        let (replaced, own): (Vec<usize>, Vec<usize>) = own.iter().partition(|at| is_replaced(at));
        (!own.is_empty()).then_some(Found {
            folders,
            inside,
            own,
            replaced,
        })
    }

    /// The copies of the stage before the command.
    fn copies(&self) -> Vec<usize> {
        let body = self.request.stage.body.start..self.request.index;
        body.filter(|&at| self.transfer(at).is_some()).collect()
    }

    pub(super) fn transfer(&self, at: usize) -> Option<&Transfer> {
        match &self.cx.facts.views[at].kind {
            Kind::Copy(transfer) | Kind::Add(transfer) => Some(transfer),
            _ => None,
        }
    }

    pub(super) fn destination(&self, at: usize) -> String {
        let transfer = self.transfer(at);
        transfer.map_or_else(String::new, |transfer| {
            self.cx.facts.destination(at, transfer)
        })
    }

    /// Whether `path` is a folder for certain: one of the copies `all` puts something into it, or a folder over it.
    fn is_folder(&self, path: &str, all: &[usize]) -> bool {
        let is_source_folder = |source: &str| {
            let kind = self.cx.context.and_then(|context| context.kind(source));
            matches!(source, "." | "./") || kind == Some(FileKind::Folder)
        };
        let works_there = |at: usize| {
            matches!(self.cx.facts.views[at].kind, Kind::Workdir(_))
                && below(&self.cx.facts.states[at + 1].workdir, path).is_some()
        };
        let fills = |at: usize| {
            let from_context = self.cx.facts.views[at].flag("from").is_none();
            let transfer = self.transfer(at);
            transfer.is_some_and(|transfer| {
                let dest = self.destination(at);
                let mut sources = transfer.sources.iter();
                below(&dest, path).is_some_and(|rest| !rest.is_empty())
                    || dest == path
                        && (transfer.dest.raw.ends_with('/')
                            || transfer.sources.len() > 1
                            || from_context && sources.any(|source| is_source_folder(&source.raw)))
            })
        };
        let mut body = self.request.stage.body.start..self.request.index;
        all.iter().any(|&at| fills(at)) || body.any(works_there)
    }

    /// Whether the copy `later` of the whole context brings all that the copy at `at` has brought, to the same places.
    fn is_part(&self, at: usize, later: usize) -> bool {
        let (Some(part), Some(whole)) = (self.transfer(at), self.transfer(later)) else {
            return false;
        };
        let from_context = |at: usize| self.cx.facts.views[at].flag("from").is_none();
        let brings_all = matches!(&*whole.sources, [source] if matches!(&*source.raw, "." | "./"));
        if !from_context(at) || !from_context(later) || !brings_all {
            return false;
        }
        let (dest, folder) = (self.destination(at), self.destination(later));
        let into_folder = part.dest.raw.ends_with(['/', '.'])
            || part.sources.len() > 1
            || dest == self.cx.facts.states[at].workdir;
        part.sources.iter().all(|source| {
            let path = source.raw.trim_start_matches("./");
            let name = file_name(path);
            let lands = if into_folder {
                join(&dest, name)
            } else {
                dest.clone()
            };
            let (facts, knowledge) = (self.cx.facts, self.cx.knowledge);
            sources::is_file(facts, knowledge, self.cx.context, path)
                && lands == join(&folder, path)
        })
    }
}
