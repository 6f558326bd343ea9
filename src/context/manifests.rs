//! Which files an install reads, found by following its manifests through the build context.

use super::values::{Found, find};
use super::{BuildContext, FileKind, folder_and_name, in_folder};
use crate::knowledge::manifests::{Manifests, Rule, Then};

/// A file or folder that an install reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Required {
    /// Its path in the context.
    pub path: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Whether the tables say what to look for in it, so that it has been checked.
    pub is_checked: bool,
    /// What has to be taken for granted, for what it says.
    pub assumes: Vec<Assumed>,
}

/// What is taken for granted of something that an install makes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assumed {
    /// The assumption.
    pub sentence: String,
    /// Programs that make it again.
    pub again: Vec<String>,
}

/// A manifest that an install is given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its path in the context; a `*` stands for part of a name.
    pub path: String,
    /// The name under which the tables know manifests like it, whatever it is called.
    pub reads_as: Option<String>,
}

impl From<String> for Entry {
    fn from(path: String) -> Self {
        Self {
            path,
            reads_as: None,
        }
    }
}

/// Why an install needs more than its manifests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Obstacle {
    /// The refusal's code.
    pub code: String,
    /// What was found.
    pub message: String,
    /// The file that shows it.
    pub path: String,
    /// The line, from 1, where that is known.
    pub line: Option<usize>,
}

/// Everything that an install reads which is given the manifests `entries`.
///
/// `options` are the options of the install, which switch some rules off. A manifest that is content without a path that it
/// looks for, such as a package of a workspace, is not followed there unless `finds` says that the path will be there. The
/// result holds the entries themselves, without those that do not exist, in the order in which they are found.
///
/// # Errors
/// The first obstacle, in the order of the entries.
pub fn required_by(
    context: &BuildContext,
    manifests: &Manifests,
    entries: &[Entry],
    options: &[String],
    finds: &dyn Fn(&str) -> bool,
) -> Result<Vec<Required>, Obstacle> {
    let mut reader = Reader {
        context,
        manifests,
        options,
        finds,
        found: Vec::new(),
    };
    for entry in entries {
        let name = entry.reads_as.as_deref();
        for path in reader.existing(&entry.path) {
            reader.add(&path, name, Standing::Own)?;
        }
    }
    Ok(reader.found)
}

struct Reader<'a> {
    context: &'a BuildContext,
    manifests: &'a Manifests,
    options: &'a [String],
    finds: &'a dyn Fn(&str) -> bool,
    found: Vec<Required>,
}

/// What a manifest is to the one that has led to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// One of its own right.
    Own,
    /// It belongs to a manifest above it, such as a package of a workspace.
    Member,
}

/// A manifest that is being read.
struct Manifest<'p> {
    path: &'p str,
    folder: &'p str,
    /// The name under which the tables know it.
    name: &'p str,
}

impl Reader<'_> {
    /// The paths that `path` stands for, a pattern or not.
    fn existing(&self, path: &str) -> Vec<String> {
        if path.contains(['*', '[']) && !self.context.has(path) {
            self.context.glob(path)
        } else {
            vec![path.to_owned()]
        }
    }

    /// Adds the file or folder `path`, if it exists, and what it leads to. It is read as a manifest
    /// called `reads_as` when the tables do not know its own name.
    fn add(
        &mut self,
        path: &str,
        reads_as: Option<&str>,
        standing: Standing,
    ) -> Result<(), Obstacle> {
        if self.found.iter().any(|known| known.path == path) {
            return Ok(());
        }
        let Some(kind) = self.context.kind(path) else {
            return Ok(());
        };
        let (folder, own_name) = folder_and_name(path);
        let is_known = |name: &str| self.manifests.rules(name).next().is_some();
        let name = reads_as.filter(|_| !is_known(own_name)).unwrap_or(own_name);
        let is_file = kind == FileKind::File;
        self.found.push(Required {
            path: path.to_owned(),
            is_folder: !is_file,
            is_checked: is_file && is_known(name),
            assumes: Vec::new(),
        });
        if !is_file {
            return Ok(());
        }
        self.read(&Manifest { path, folder, name }, standing)
    }

    fn read(&mut self, manifest: &Manifest<'_>, standing: Standing) -> Result<(), Obstacle> {
        let (manifests, context) = (self.manifests, self.context);
        let exists = |beside: &str| {
            clean(manifest.folder, beside).is_some_and(|path| !context.glob(&path).is_empty())
        };
        let applies = |rule: &&Rule| {
            let switched_off = |option: &String| self.options.contains(option);
            (standing == Standing::Member || !rule.member)
                && !rule.unless_option.iter().any(switched_off)
                && !rule.unless_beside.as_deref().is_some_and(exists)
        };
        let rules: Vec<&Rule> = manifests.rules(manifest.name).filter(applies).collect();
        for rule in rules {
            for found in find(rule, context, manifest.path, exists) {
                self.follow(rule, manifest, &found)?;
            }
        }
        Ok(())
    }

    fn follow(
        &mut self,
        rule: &Rule,
        manifest: &Manifest<'_>,
        found: &Found,
    ) -> Result<(), Obstacle> {
        let value = rule.leads_to.as_ref().unwrap_or(&found.value);
        let value = value.replace('\\', "/");
        let obstacle = |code: &str, message: String| Obstacle {
            code: code.to_owned(),
            message,
            path: manifest.path.to_owned(),
            line: found.line,
        };
        match rule.then {
            Then::Refuse => {
                let code = rule.code.as_deref().unwrap_or("local-dependency");
                let said = rule.message.clone();
                let message = said.unwrap_or_else(|| format!("{} names {value}", manifest.path));
                Err(obstacle(code, message))
            }
            Then::Follow | Then::Include if value.contains("://") => Ok(()),
            Then::Follow | Then::Include => {
                let target = clean(manifest.folder, &value).ok_or_else(|| {
                    let message = format!(
                        "{} names {value}, which is outside of the build context",
                        manifest.path
                    );
                    obstacle("local-dependency", message)
                })?;
                let reads_as = (rule.then == Then::Follow).then_some(manifest.name);
                for path in self.existing(&target) {
                    self.add(&path, reads_as, Standing::Own)?;
                }
                Ok(())
            }
            Then::Assume => {
                let own = self.found.iter_mut();
                let own = own.filter(|known| known.path == manifest.path);
                let assumed = rule.message.iter().map(|sentence| Assumed {
                    sentence: sentence.clone(),
                    again: rule.again.clone(),
                });
                let assumed: Vec<Assumed> = assumed.collect();
                own.for_each(|own| own.assumes.extend(assumed.iter().cloned()));
                Ok(())
            }
            Then::Expand => {
                let members = self.members(rule, manifest, &value);
                let members = members.map_err(|why| {
                    obstacle(
                        "local-dependency",
                        format!("{} names {value}, {why}", manifest.path),
                    )
                })?;
                for member in members.iter().filter(|path| (self.finds)(path)) {
                    self.add(member, None, Standing::Member)?;
                }
                Ok(())
            }
        }
    }

    /// The manifests in the folders that the pattern `value` stands for.
    ///
    /// # Errors
    /// What stands in the way of knowing them.
    fn members(
        &self,
        rule: &Rule,
        manifest: &Manifest<'_>,
        value: &str,
    ) -> Result<Vec<String>, &'static str> {
        // What is left out by `!` is not looked for: a member more does no harm.
        if value.starts_with('!') {
            return Ok(Vec::new());
        }
        if value.contains('{') {
            return Err("which dfopt does not expand");
        }
        let folders = match clean(manifest.folder, value) {
            Some(root) if root.is_empty() => vec![root],
            Some(pattern) => self.context.glob(&pattern),
            None => Vec::new(),
        };
        if rule.must_exist && folders.is_empty() {
            return Err("which is not in the build context");
        }
        let name = rule.manifest.as_deref().unwrap_or(manifest.name);
        let inside = folders.iter().map(|folder| in_folder(folder, name));
        Ok(inside.collect())
    }
}

/// `value`, relative to `folder`, as a path in the context; `None` when it lies outside.
fn clean(folder: &str, value: &str) -> Option<String> {
    if value.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in value.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
