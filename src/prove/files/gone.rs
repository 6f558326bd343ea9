//! Why a path is gone.

use crate::context::folder_and_name;

use super::{Cause, Evidence, Judge, Kind, known, same_content};

impl Judge<'_> {
    pub(super) fn gone(&self, path: &str) -> Option<Cause> {
        let declared = self.evidence.declared;
        if let Some(cause) = self.hidden(path) {
            return Some(cause);
        }
        if declared.is_taken(path) {
            return self.gone_from_what_is_taken(path);
        }
        if let Some(cause) = self.not_in_context(path) {
            return Some(cause);
        }
        if let by @ Some(_) = declared.stages() {
            return Some(Cause {
                why: "stay in the stage that builds",
                by,
            });
        }
        if let Some(cause) = self
            .gone_with_base(path)
            .or_else(|| self.moved(path, false))
        {
            return Some(cause);
        }
        if self.held_what_comes_and_goes(path) {
            return known("held nothing but what is different with every build");
        }
        self.gone_with_packages(path)
    }

    fn gone_with_packages(&self, path: &str) -> Option<Cause> {
        let Evidence {
            declared,
            knowledge,
            ..
        } = self.evidence;
        let by = declared.packages()?;
        let is_of_packages =
            self.is_of_left_out(path) || knowledge.image_files.is_of_packages(path);
        let is_empty = matches!(self.before.get(path)?.kind, Kind::Folder);
        (is_of_packages || is_empty && self.held_packages(path)).then_some(Cause {
            why: "are of packages that are left out",
            by: Some(by),
        })
    }

    /// Why `path` is gone, although the stage that is shipped takes over what lies around it.
    fn gone_from_what_is_taken(&self, path: &str) -> Option<Cause> {
        let tools = &self.evidence.knowledge.tools;
        let by = self.evidence.declared.commands();
        let by = by.filter(|_| tools.is_in_dependency_folder(path));
        let is_removed = by.map(|by| Cause {
            why: "are dependencies that a new command removes",
            by: Some(by),
        });
        is_removed
            .or_else(|| self.not_in_context(path))
            .or_else(|| self.gone_with_packages(path))
    }

    fn hidden(&self, path: &str) -> Option<Cause> {
        let by = self
            .evidence
            .declared
            .hidden(path, self.evidence.context?)?;
        Some(Cause {
            why: "are files of the build context that are hidden now",
            by: Some(by),
        })
    }

    fn not_in_context(&self, path: &str) -> Option<Cause> {
        let by = self.evidence.declared.not_in_context(path)?;
        Some(Cause {
            why: "are not in the build context, or hidden there",
            by: Some(by),
        })
    }

    /// Whether `path` is as the image has it that it was built on.
    fn gone_with_base(&self, path: &str) -> Option<Cause> {
        let by = self.evidence.declared.base()?;
        let is_of_base = || {
            let of_base = self.evidence.old_base?.get(path)?;
            same_content(of_base, self.before.get(path)?)
                .then_some("are of the base image that is left")
        };
        // Scripts of packages make links and lists that dpkg knows nothing of.
        let is_of_system = || {
            let tables = &self.evidence.knowledge.image_files;
            let leaves_packages = self.evidence.declared.packages().is_some();
            (leaves_packages && tables.is_of_system(path))
                .then_some("are of the distribution that is left")
        };
        let why = is_of_base().or_else(is_of_system)?;
        Some(Cause { why, by: Some(by) })
    }

    /// Whether `path` is in the list of a package that is left out, was made by its scripts, or was in a folder of its
    /// that is gone as well.
    fn is_of_left_out(&self, path: &str) -> bool {
        let is_left_out = |package: &str| !self.packages_after.has(package);
        if let Some(owner) = self.packages_before.owner(path) {
            return is_left_out(owner);
        }
        let (folder, _) = folder_and_name(path);
        let folder_is_gone = self.after.get(folder).is_none();
        let holder = self.packages_before.owner(folder);
        folder_is_gone && holder.is_some_and(is_left_out)
            || self.packages_before.makers(path).any(is_left_out)
    }

    /// Whether `path` is a folder in which there were files, and all of them such as every build makes anew.
    fn held_what_comes_and_goes(&self, path: &str) -> bool {
        let files = self.before.below(path);
        let mut files = files
            .filter(|(_, node)| !matches!(node.kind, Kind::Folder))
            .peekable();
        let images = &self.evidence.knowledge.image_files;
        files.peek().is_some() && files.all(|(path, _)| images.is_volatile(path))
    }

    /// Whether everything in the folder `path` was of packages that are left out.
    fn held_packages(&self, path: &str) -> bool {
        let mut below = self.before.below(path).peekable();
        below.peek().is_some() && below.all(|(path, _)| self.packages_before.owner(path).is_some())
    }
}
