//! A build that compiles the dependencies alone: files that hold next to nothing stand in for the sources, and then the
//! tool is told to forget what it has made of them.
//!
//! ```dockerfile
//! COPY Cargo.toml Cargo.lock ./
//! RUN mkdir -p src \
//!     && echo 'fn main() {}' > src/main.rs \
//!     && cargo build --release \
//!     && cargo clean -p server --release \
//!     && rm -r src
//! COPY . .
//! RUN cargo build --release
//! ```

use std::collections::BTreeSet;

use crate::analysis::commands::Invocation;
use crate::analysis::paths::{Extent, Region, join};
use crate::analysis::state::Variable;
use crate::context::{FileKind, in_folder};
use crate::knowledge::tools::{Compile, Does, Instead, StandIns};
use crate::syntax::Kind;

use super::super::style::title;
use super::crossing::landing;
use super::instead;
use super::way::Build;

/// A step that compiles the dependencies.
pub(super) struct Compiled {
    pub(super) commands: Vec<String>,
    /// The one among them that compiles.
    pub(super) build: String,
    /// What is taken for granted.
    pub(super) assumes: Vec<String>,
}

/// A source, and what is written in its place.
struct StandIn<'t> {
    /// Beside the manifest.
    path: String,
    text: &'t str,
}

/// The step that compiles what `build` depends on, whose first manifest is `origin` in the context. `None` for a build that
/// is not as plain as that.
///
/// # Errors
/// Why it is not known that it works, or that it leaves nothing behind that the build would take for its own.
pub(super) fn compiled(
    build: &Build<'_, '_>,
    compile: &Compile,
    origin: &str,
) -> Option<Result<Compiled, String>> {
    Site { build, origin }.compiled(compile)
}

/// What the commands are made for.
struct Site<'s, 't> {
    build: &'s Build<'s, 't>,
    /// The first manifest, in the context.
    origin: &'s str,
}

impl<'t> Site<'_, 't> {
    fn compiled(&self, compile: &Compile) -> Option<Result<Compiled, String>> {
        let step = self.build.step();
        let table = step.invocation.as_ref()?.tool.stand_ins.as_ref()?;
        let directory = step.directory()?;
        if !self.is_plain_build(compile) {
            return None;
        }
        let build = match &compile.build {
            None => self.build.text(step),
            Some(_) if !step.assigns.is_empty() => return None,
            Some(build) => self.instead(build)?,
        };
        let forget = self.instead(&compile.forget)?;
        let fitting = self.fitting(table, &directory);
        Some(fitting.map(|(stand_ins, name, assumes)| {
            let mut commands = written(&stand_ins);
            commands.push(build.clone());
            commands.push(forget.replace("{name}", &name));
            let tops: Vec<&str> = tops(&stand_ins).into_iter().collect();
            commands.push(format!("rm -r {}", tops.join(" ")));
            Compiled {
                commands,
                build,
                assumes,
            }
        }))
    }

    /// The stand-ins, what the project is called, and what is taken for granted.
    fn fitting(
        &self,
        table: &'t StandIns,
        directory: &str,
    ) -> Result<(Vec<StandIn<'t>>, String, Vec<String>), String> {
        let stand_ins = self.stand_ins(table, directory)?;
        self.only_these(&stand_ins, directory)?;
        self.names_no_source()?;
        if !self.shows(table) {
            let message = "what an old version of the tool keeps of them is not known";
            return Err(message.to_owned());
        }
        let (name, assumes) = self.name(table)?;
        Ok((stand_ins, name, assumes))
    }

    /// The sources that need a stand-in, as long as this copy brings them and they are the same program for the tool.
    fn stand_ins(&self, table: &'t StandIns, directory: &str) -> Result<Vec<StandIn<'t>>, String> {
        let folder = self.folder();
        let mut found = Vec::new();
        for file in &table.files {
            for origin in self.build.context.glob(&in_folder(folder, &file.path)) {
                let path = origin[folder.len()..].trim_start_matches('/').to_owned();
                let lands = self.build.sink.copied.lands_at(&origin);
                if lands != Some(join(directory, &path)) {
                    return Err(format!("another copy brings {origin}"));
                }
                if self.build.context.kind(&origin) != Some(FileKind::File) || !is_plain(&path) {
                    return Err(format!("{origin} is no plain file"));
                }
                let text = self.build.context.read(&origin).unwrap_or_default();
                if let Some(line) = text.lines().find(|line| table.unless.is_match(line)) {
                    return Err(format!("{origin} says {}", line.trim()));
                }
                let text = file.text.as_str();
                found.push(StandIn { path, text });
            }
        }
        match found.len() {
            0 => Err("there is none in the usual places".to_owned()),
            many if many > table.most => Err("there are too many".to_owned()),
            _ => Ok(found),
        }
    }

    /// The folder of the first manifest, in the context.
    fn folder(&self) -> &str {
        self.origin
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder)
    }

    /// Whether nothing of the `RUN` comes in front of the build, and the build has no option whose meaning is not known.
    fn is_plain_build(&self, compile: &Compile) -> bool {
        let mut before = self.build.before().iter();
        let only_sets = before.all(|step| matches!(step.does(), Some(Does::ShellState)));
        let is_known = |own: &Invocation<'_>| {
            let mut options = own.options.iter();
            let mut assigned = self.build.step().assigns.iter();
            own.operands.is_empty()
                && options.all(|option| compile.options.contains(&option.name))
                && assigned.all(|name| own.tool.build_variables.contains(name))
                && !own
                    .tool
                    .path_variables
                    .iter()
                    .any(|name| self.build.step().assigns.contains(name))
        };
        let state = &self.build.sink.cx.facts.states[self.build.at];
        only_sets
            && !self.build.step().redirected
            && self.build.step().invocation.as_ref().is_some_and(is_known)
            && state.is_root() != Some(false)
    }

    /// Makes sure that nothing which the stage does before the build concerns what the stand-ins make and remove.
    fn only_these(&self, stand_ins: &[StandIn<'_>], directory: &str) -> Result<(), String> {
        if directory == "/" {
            return Err("they would lie in the root folder".to_owned());
        }
        let place = |top: &str| Region::new(join(directory, top));
        let regions: Vec<Region> = tops(stand_ins).into_iter().map(place).collect();
        let meets = |writes: &Extent| regions.iter().any(|region| writes.meets(region));
        let facts = self.build.sink.cx.facts;
        let own = (self.build.sink.stage.from..self.build.at)
            .filter(|&at| at != self.build.sink.copied.index);
        let below = facts.ancestry(self.build.sink.stage).skip(1);
        let mut before = own.chain(below.flat_map(|stage| stage.body.clone()));
        let touches = |at: &usize| match &facts.views[*at].kind {
            Kind::Run { .. } => {
                let run = facts.runs[*at].as_ref();
                run.is_some_and(|run| meets(&run.effects.writes))
            }
            Kind::Copy(transfer) | Kind::Add(transfer) => {
                meets(&Extent::Regions(landing(self.build.sink, *at, transfer).1))
            }
            _ => false,
        };
        match before.find(touches) {
            None => Ok(()),
            Some(at) => Err(format!(
                "{} may put something beside them",
                title(self.build.sink.cx, at)
            )),
        }
    }

    /// Whether one of the signs is there without which it is not known what the tool can do.
    fn shows(&self, table: &StandIns) -> bool {
        table.only_if.iter().any(|sign| {
            let path = in_folder(self.folder(), &sign.file);
            let text = self.build.context.read(&path).unwrap_or_default();
            text.lines().any(|line| sign.line.is_match(line))
        })
    }

    /// Makes sure that no variable names a path which the copy brings: what builds a dependency may look there.
    fn names_no_source(&self) -> Result<(), String> {
        let is_brought = |path: &str| {
            let brought = self
                .build
                .sink
                .copied
                .brings(Some(self.build.context), path);
            path.starts_with('/') && brought.is_some()
        };
        let variables = self.build.sink.cx.facts.states[self.build.at]
            .variables
            .iter();
        for (name, variable) in variables {
            if let Variable::Value { text, .. } = variable
                && is_brought(text)
            {
                return Err(format!(
                    "{name} names {text}, which the build of a dependency may read"
                ));
            }
        }
        Ok(())
    }

    /// What the project is called, and what has to be taken for granted so that the name means nothing else.
    fn name(&self, table: &StandIns) -> Result<(String, Vec<String>), String> {
        let text = self.build.context.read(self.origin).unwrap_or_default();
        let manifest: toml::Table = toml::from_str(&text).unwrap_or_default();
        let (section, key) = &table.name;
        let name = manifest.get(section).and_then(|section| section.get(key));
        let name = name
            .and_then(toml::Value::as_str)
            .filter(|name| is_plain(name));
        let Some(name) = name else {
            return Err(format!("{} does not say what it is called", self.origin));
        };
        let line = table.once.replace("{name}", name);
        let lock = in_folder(self.folder(), &table.lock);
        let assumes = match self.build.context.read(&lock) {
            Some(text) if text.lines().filter(|other| *other == line).count() == 1 => Vec::new(),
            Some(_) => {
                return Err(format!(
                    "{lock} knows more than one package called {name}, or none"
                ));
            }
            None => vec![format!(
                "no dependency is called {name} as well: there is no {}",
                table.lock
            )],
        };
        Ok((name.to_owned(), assumes))
    }

    /// Another command of the tool.
    fn instead(&self, instead: &Instead) -> Option<String> {
        let (command, _) =
            instead::composed(self.build.sink, self.build.at, self.build.step(), instead)?;
        Some(command)
    }
}

/// Whether `manifest`, the text of the first manifest of a project, names something to compile.
pub(super) fn has_dependencies(table: &StandIns, manifest: &str) -> bool {
    let manifest: toml::Table = toml::from_str(manifest).unwrap_or_default();
    let is_filled = |name: &String| {
        let section = manifest.get(name).and_then(toml::Value::as_table);
        section.is_some_and(|section| !section.is_empty())
    };
    table.dependencies.iter().any(is_filled)
}

/// The commands that write `stand_ins`.
fn written(stand_ins: &[StandIn<'_>]) -> Vec<String> {
    let folders = stand_ins
        .iter()
        .filter_map(|one| Some(one.path.rsplit_once('/')?.0));
    let folders: BTreeSet<&str> = folders.collect();
    let is_made = |folder: &&str| !folders.iter().any(|other| is_parent(folder, other));
    let folders: Vec<&str> = folders.iter().copied().filter(is_made).collect();
    let mut commands = Vec::new();
    if !folders.is_empty() {
        commands.push(format!("mkdir -p {}", folders.join(" ")));
    }
    let texts: BTreeSet<&str> = stand_ins.iter().map(|one| one.text).collect();
    for text in texts {
        let files = stand_ins.iter().filter(|one| one.text == text);
        let files: Vec<&str> = files.map(|one| one.path.as_str()).collect();
        commands.push(match (text, files.as_slice()) {
            ("", files) => format!("touch {}", files.join(" ")),
            (text, [file]) => format!("echo '{text}' > {file}"),
            (text, files) => format!("echo '{text}' | tee {}", files.join(" ")),
        });
    }
    commands
}

/// Whether `mkdir -p` of `folder` makes `parent` as well.
fn is_parent(parent: &str, folder: &str) -> bool {
    let rest = folder.strip_prefix(parent);
    rest.is_some_and(|rest| rest.starts_with('/'))
}

/// The files and folders that `stand_ins` make beside the manifest.
fn tops<'s>(stand_ins: &'s [StandIn<'_>]) -> BTreeSet<&'s str> {
    let first = |one: &'s StandIn<'_>| one.path.split('/').next();
    stand_ins.iter().filter_map(first).collect()
}

/// Whether a shell takes it as one plain word.
fn is_plain(word: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    word.chars().all(is_plain) && !word.is_empty() && !word.starts_with('-')
}
