//! Scripts of the project: files that a shell reads, and those that `package.json` names.

use super::start::{Reader, StartCommand};
use crate::analysis::launch;
use crate::analysis::paths::{file_name, join, parent};
use crate::analysis::stages::Base;
use crate::context::{PACKAGE_JSON, scripts_around};
use crate::knowledge::images::{Entrypoint, Shell};
use crate::syntax::Kind;
use crate::transform::{Place, Refusal};
use crate::transforms::origin::{Origin, matching, origin};

impl Reader<'_> {
    /// The copy of a file with a variable in its name that becomes `name`.
    fn copied_by_variable(&self, name: &str) -> Option<usize> {
        let facts = self.cx.facts;
        let places = self.places(name);
        let mut body = self.stage.body.clone();
        body.find(|&at| match &facts.views[at].kind {
            Kind::Copy(transfer) | Kind::Add(transfer) => {
                let mut sources = transfer.sources.iter();
                let dest = facts.destination(at, transfer);
                sources.any(|source| source.raw.contains('$')) && places.contains(&dest)
            }
            _ => false,
        })
    }

    /// Reads the program `name` if it is a shell script of the project; `surely` when a shell is told to read it.
    pub(super) fn calls_script(&mut self, name: &str, surely: bool) -> Result<bool, Refusal> {
        let unquoted = name.replace('"', "");
        let name = match launch::beside_script(name) {
            Some(_) => &unquoted,
            None => name,
        };
        if !surely && (!has_shell_extension(name) || !self.has_shell()) {
            return Ok(false);
        }
        if name.contains('*') {
            let paths = self.called_like(name);
            for path in &paths {
                self.calls_script(path, surely)?;
            }
            return Ok(!paths.is_empty());
        }
        for path in self.places(name) {
            match origin(self.cx, self.stage, &path) {
                Origin::File(file) => {
                    self.scripts.push(path);
                    let is_read = self.file(&file, surely);
                    self.scripts.pop();
                    return is_read;
                }
                Origin::Unread(_) if !surely && self.is_known_everywhere(name) => {}
                Origin::Unread(at) => {
                    let refusal = self.unread(unread_script(name));
                    return Err(refusal.because(self.span(at), "this copy brings it"));
                }
                Origin::Program if name.contains('/') && !self.is_known_everywhere(name) => {
                    self.start.taken_for_programs.push(name.to_owned());
                }
                Origin::Program | Origin::Elsewhere => {}
            }
        }
        let by_name = surely || is_called_script(name);
        if by_name && !self.is_known(name) {
            if let Some(at) = self.copied_by_variable(name) {
                let message = format!(
                    "only the build knows which file becomes the script `{name}`, so it cannot be read, and it may need root; set USER yourself if it does without"
                );
                let refusal = self.unread(message);
                return Err(refusal.because(self.span(at), "this copy brings it"));
            }
            let message = format!(
                "the script `{name}` comes with the base image or is made by a step, so it cannot be read, and it may need root; set USER yourself if it does without"
            );
            return Err(self.unread(message));
        }
        Ok(false)
    }

    /// Notes the folder that `words` change to, if they do and it is known.
    pub(super) fn note_folder(&mut self, words: &[String], place: &Place) {
        let [program, rest @ ..] = words else { return };
        let target = rest.iter().find(|word| !word.starts_with('-'));
        let Some(target) = target.filter(|_| ["cd", "pushd"].contains(&&**program)) else {
            return;
        };
        let folder = self.named_in_script(target);
        let folder = folder.map(|folder| (folder, place.clone()));
        self.start.folders.extend(folder);
    }

    /// The path that a script names, also by its own place: `"$(dirname "$0")/lib"`.
    fn named_in_script(&self, name: &str) -> Option<String> {
        let name = name.replace('"', "");
        match launch::beside_script(&name) {
            Some((levels, rest)) => self.scripts.last().map(|script| {
                let around = (0..levels).fold(script.as_str(), |path, _| parent(path));
                join(around, rest.trim_start_matches('/'))
            }),
            None if name.contains(['$', '`', '*', '~']) => None,
            None => {
                let workdir = self.cx.facts.state_after(self.stage).workdir;
                Some(join(&workdir, &name))
            }
        }
    }

    /// Reads a file of the project that a script reads as a part of itself: `. ./env.sh`. Others, such as that of a virtual
    /// environment, only set variables as a rule.
    ///
    /// # Errors
    /// When it cannot be understood, or is called a script and is not at hand.
    pub(super) fn sourced(&mut self, name: &str) -> Result<(), Refusal> {
        if name.contains('*') {
            let paths = self.called_like(name);
            return paths.iter().try_for_each(|path| self.sourced(path));
        }
        let Some(path) = self.named_in_script(name) else {
            return Ok(());
        };
        let file = match origin(self.cx, self.stage, &path) {
            Origin::File(file) => file,
            Origin::Unread(at) if is_called_script(name) => {
                let refusal = self.unread(unread_script(name));
                return Err(refusal.because(self.span(at), "this copy brings it"));
            }
            _ => return Ok(()),
        };
        let text = self.cx.context.and_then(|context| context.read(&file));
        if text.is_some_and(|text| !text.trim().is_empty()) {
            self.file(&file, true)?;
        }
        Ok(())
    }

    /// The files of the build context that `name`, a pattern, stands for in the image.
    fn called_like(&self, name: &str) -> Vec<String> {
        let workdir = self.cx.facts.state_after(self.stage).workdir;
        matching(self.cx, self.stage, &join(&workdir, name))
    }

    /// Whether there is a shell to read scripts.
    fn has_shell(&self) -> bool {
        let system = self
            .cx
            .facts
            .image(self.stage)
            .and_then(|image| image.system);
        system.map_or(self.stage.base != Base::Scratch, |system| {
            system.shell != Shell::None
        })
    }

    /// Whether the program is in the tables, whoever brings it.
    fn is_known_everywhere(&self, name: &str) -> bool {
        let program = self.cx.knowledge.startup.program(&[name.to_owned()]);
        program.is_some_and(|(program, _)| !program.of_image)
    }

    /// Whether the program is in the tables, or comes with an image that declares its own entry point.
    fn is_known(&self, name: &str) -> bool {
        let startup = &self.cx.knowledge.startup;
        let is_of_image = startup.program(&[name.to_owned()]).is_some();
        let image = self.cx.facts.image(self.stage);
        let has_entrypoint = image.is_some_and(|image| image.entrypoint != Entrypoint::None);
        self.is_known_everywhere(name) || has_entrypoint && (is_of_image || !name.contains('/'))
    }

    /// The paths in the image that `name` may stand for.
    fn places(&self, name: &str) -> Vec<String> {
        if launch::beside_script(name).is_some() {
            return self.named_in_script(name).into_iter().collect();
        }
        let workdir = self.cx.facts.state_after(self.stage).workdir;
        if name.contains('/')
            || name.ends_with(".sh") && self.open.is_empty() && !name.contains('$')
        {
            let in_path = (!name.contains('/'))
                .then(|| in_path(name))
                .into_iter()
                .flatten();
            return std::iter::once(join(&workdir, name))
                .chain(in_path)
                .collect();
        }
        in_path(name)
    }

    /// Reads a file of the build context. `false` when it is no shell script.
    fn file(&mut self, path: &str, surely: bool) -> Result<bool, Refusal> {
        let text = self
            .cx
            .context
            .and_then(|context| context.read(path))
            .unwrap_or_default();
        let first = text.lines().next().unwrap_or_default();
        let interpreter = first.strip_prefix("#!").unwrap_or_default().trim_end();
        let is_shell = ["sh", "bash", "ash", "dash"].iter().any(|name| {
            interpreter.ends_with(&format!("/{name}"))
                || interpreter.contains(&format!("/{name} "))
                || interpreter.ends_with(&format!(" {name}"))
        });
        if !(surely || is_shell || !first.starts_with("#!") && has_shell_extension(path)) {
            return Ok(false);
        }
        if text.trim().is_empty() {
            return Err(self.unread(format!(
                "{path} is empty in the build context, so what it does is not known"
            )));
        }
        if self.open.iter().any(|open| open == path) {
            return Ok(true);
        }
        self.open.push(path.to_owned());
        self.script(
            &text.replace("\r\n", "\n"),
            &Place::File(path.to_owned(), None),
        )?;
        self.open.pop();
        Ok(true)
    }

    /// `npm start` and `npm run NAME`: what `package.json` says.
    pub(super) fn package_script(
        &mut self,
        words: &[String],
        name: &str,
        place: Place,
    ) -> Result<(), Refusal> {
        let folder = self.cx.facts.state_after(self.stage).workdir;
        let file = match origin(self.cx, self.stage, &join(&folder, PACKAGE_JSON)) {
            Origin::File(file) => Some(file),
            _ => None,
        };
        let mut scripts = file
            .as_deref()
            .map_or_else(Vec::new, |file| self.manifest_scripts(file, name));
        scripts.retain(|script| !self.open.contains(script));
        if scripts.is_empty() {
            let parts: Vec<String> = name.split(':').map(str::to_owned).collect();
            if self.cx.knowledge.development.is_meant_by(&parts) {
                return Err(self.unread(unread_server(&words.join(" "))));
            }
            self.start.unread_scripts.push(words.join(" "));
            self.start.commands.push(StartCommand {
                words: words.to_vec(),
                writes: Vec::new(),
                place,
            });
        }
        for script in scripts {
            self.open.push(script.clone());
            self.script(
                &script,
                &Place::File(file.clone().unwrap_or_default(), None),
            )?;
            self.open.pop();
        }
        Ok(())
    }

    /// What the script `name` of the manifest `file` runs.
    fn manifest_scripts(&self, file: &str, name: &str) -> Vec<String> {
        let manifest = self.cx.context.and_then(|context| context.document(file));
        let manifest = manifest.unwrap_or_default();
        scripts_around(&manifest, name).map(str::to_owned).collect()
    }
}

pub(super) fn unread_script(name: &str) -> String {
    format!(
        "the script `{name}` cannot be read, and it may need root; run dfopt with the build context, or set USER yourself"
    )
}

/// Servers for those who develop have caches, often among the dependencies, which belong to root.
fn unread_server(line: &str) -> String {
    format!(
        "`{line}` is called like a server for development, and the manifest that says which one, and where it keeps its caches, cannot be read; run dfopt with the build context, or set USER yourself"
    )
}

fn has_shell_extension(path: &str) -> bool {
    is_called_script(path) || !file_name(path).contains('.')
}

/// Whether the name itself says that a shell reads the file.
fn is_called_script(path: &str) -> bool {
    path.ends_with(".sh") || path.ends_with(".bash")
}

fn in_path(name: &str) -> Vec<String> {
    [
        "/usr/local/bin",
        "/usr/local/sbin",
        "/usr/bin",
        "/usr/sbin",
        "/bin",
        "/sbin",
    ]
    .map(|folder| join(folder, name))
    .to_vec()
}
