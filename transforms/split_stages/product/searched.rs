//! A program that the container finds by its name alone.

use crate::analysis::effects::PROGRAM_FOLDERS;
use crate::analysis::paths::{file_name, join, parent};

use super::super::outputs;
use super::{Build, Product};

/// A folder that every image searches for programs.
const SEARCHED: &str = "/usr/local/bin";

impl<'s> Build<'s> {
    /// A program that the container finds by its name: in the folder that the build installs into, or where the command
    /// line puts it.
    pub(super) fn searched(&self, name: &str) -> Result<Product<'s>, &'static str> {
        if let Some(output) = self.output() {
            return self.searched_at(output.as_deref(), name);
        }
        let outputs = outputs::folders(self.site, self.at, self.invocation);
        let mut folders = outputs.iter().filter(|folder| folder.starts_with('/'));
        let Some(folder) = folders.next() else {
            return self.searched_copy(name);
        };
        if outputs::are_several(self.site, self.step, self.invocation) {
            let dest = if self.is_searched(folder) {
                folder
            } else {
                SEARCHED
            };
            return Ok(Product {
                found_at: Some(dest.to_owned()),
                is_searched: true,
                ..self.product_at(folder.clone())
            });
        }
        let path = join(folder, name);
        Ok(Product {
            found_at: Some(join(SEARCHED, name)),
            beside: self.siblings(&path, SEARCHED),
            ..self.product_at(path)
        })
    }

    /// A program that a later command puts where the container finds it by its name.
    fn searched_copy(&self, name: &str) -> Result<Product<'s>, &'static str> {
        let mut paths = PROGRAM_FOLDERS.iter().map(|folder| join(folder, name));
        let found = paths.find(|path| self.folders().iter().any(|from| self.is_copied(path, from)));
        found
            .map(|path| self.product_at(path))
            .ok_or("the container does not start what it makes by its path")
    }

    fn searched_at(&self, output: Option<&str>, name: &str) -> Result<Product<'s>, &'static str> {
        let output = output.ok_or("dfopt cannot tell where the program is that it makes")?;
        let is_searched = |folder: &str| self.is_searched(folder);
        let are_several = outputs::are_several(self.site, self.step, self.invocation);
        let path = match is_searched(output) {
            true if are_several => {
                return Ok(Product {
                    is_searched: true,
                    ..self.product_at(output.to_owned())
                });
            }
            true => join(output, name),
            false => output.to_owned(),
        };
        let is_found = file_name(&path) == name && is_searched(parent(&path));
        match is_found {
            true => Ok(self.product_at(path)),
            false => Err("the container does not start what it makes by its path"),
        }
    }
}
