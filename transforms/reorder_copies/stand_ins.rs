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
use crate::analysis::paths::{Extent, Region, below, join};
use crate::analysis::runs::{Run, Step};
use crate::context::{FileKind, in_folder};
use crate::knowledge::tools::{Compile, Does, Instead, StandIns};
use crate::syntax::Kind;

use super::super::style::title;
use super::crossing::landing;
use super::instead;
use super::packages::{self, Package, is_plain};
use super::way::{Build, Listed};

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
    /// Beside the first manifest.
    path: String,
    /// The file or folder in the folder of its package that it makes.
    top: String,
    text: &'t str,
}

/// The step that compiles what `build` depends on, which reads the manifests `listed`. `None` for a build that is not as
/// plain as that.
///
/// # Errors
/// Why it is not known that it works, or that it leaves nothing behind that the build would take for its own.
pub(super) fn compiled(
    build: &Build<'_, '_>,
    compile: &Compile,
    listed: &Listed<'_>,
) -> Option<Result<Compiled, String>> {
    Site { build, listed }.compiled(compile)
}

/// What the commands are made for.
struct Site<'s, 't> {
    build: &'s Build<'s, 't>,
    listed: &'s Listed<'t>,
}

impl<'t> Site<'_, 't> {
    fn compiled(&self, compile: &Compile) -> Option<Result<Compiled, String>> {
        let step = self.build.step();
        let table = step.invocation.as_ref()?.tool.stand_ins.as_ref()?;
        if !self.is_plain_build(compile) {
            return None;
        }
        let build = match &compile.build {
            None => self.build.text(step),
            Some(_) if !step.assigns.is_empty() => return None,
            Some(build) => self.instead(build)?,
        };
        let forget = self.instead(&compile.forget)?;
        let with = compile.forget.with.join(" ");
        let fitting = self.fitting(table);
        Some(fitting.map(|(stand_ins, packages)| {
            let each = packages
                .iter()
                .map(|package| with.replace("{name}", &package.name));
            let all = each.collect::<Vec<_>>().join(" ");
            let mut commands = written(&stand_ins);
            commands.push(build.clone());
            commands.push(forget.replace(&with, &all));
            let tops: Vec<String> = tops(&stand_ins).into_iter().collect();
            commands.push(format!("rm -r {}", tops.join(" ")));
            Compiled {
                commands,
                build,
                assumes: packages::assumptions(self.listed.context, table, self.listed, &packages),
            }
        }))
    }

    /// The stand-ins, and the packages that they are the sources of.
    fn fitting(&self, table: &'t StandIns) -> Result<(Vec<StandIn<'t>>, Vec<Package>), String> {
        let packages = packages::of_the_project(self.build, table, self.listed)?;
        let mut stand_ins = Vec::new();
        for package in &packages {
            stand_ins.extend(self.stand_ins(table, package)?);
        }
        if stand_ins.len() > table.most {
            return Err("there are too many".to_owned());
        }
        self.only_these(&stand_ins)?;
        self.names_no_source()?;
        if !self.shows(table) {
            let message = "what an old version of the tool keeps of them is not known";
            return Err(message.to_owned());
        }
        Ok((stand_ins, packages))
    }

    /// The sources of `package` that need a stand-in, as long as this copy brings them and they are the same program for
    /// the tool.
    fn stand_ins(
        &self,
        table: &'t StandIns,
        package: &Package,
    ) -> Result<Vec<StandIn<'t>>, String> {
        let (context, directory) = (self.listed.context, &self.listed.directory);
        let folder = self.listed.folder();
        let mut found = Vec::new();
        for file in &table.files {
            let pattern = in_folder(folder, &in_folder(&package.folder, &file.path));
            for origin in context.glob(&pattern) {
                let path = origin[folder.len()..].trim_start_matches('/').to_owned();
                let lands = self.build.sink.copied.lands_at(&origin);
                if lands != Some(join(directory, &path)) {
                    return Err(format!("another copy brings {origin}"));
                }
                if context.kind(&origin) != Some(FileKind::File) || !is_plain(&path) {
                    return Err(format!("{origin} is no plain file"));
                }
                let text = context.read(&origin).unwrap_or_default();
                if let Some(line) = text.lines().find(|line| table.unless.is_match(line)) {
                    return Err(format!("{origin} says {}", line.trim()));
                }
                let top = file.path.split('/').next().unwrap_or_default();
                found.push(StandIn {
                    path,
                    top: in_folder(&package.folder, top),
                    text: &file.text,
                });
            }
        }
        if found.is_empty() {
            let whose = in_folder(folder, &package.folder);
            let of = if whose.is_empty() {
                whose
            } else {
                format!(" of {whose}")
            };
            return Err(format!("there is none in the usual places{of}"));
        }
        Ok(found)
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
    fn only_these(&self, stand_ins: &[StandIn<'_>]) -> Result<(), String> {
        let directory = &self.listed.directory;
        if directory == "/" {
            return Err("they would lie in the root folder".to_owned());
        }
        let place = |top: String| Region::new(join(directory, &top));
        let regions: Vec<Region> = tops(stand_ins).into_iter().map(place).collect();
        let meets = |writes: &Extent| regions.iter().any(|region| writes.meets(region));
        let facts = self.build.sink.cx.facts;
        let own = (self.build.sink.stage.from..self.build.at)
            .filter(|&at| at != self.build.sink.copied.index);
        let below = facts.ancestry(self.build.sink.stage).skip(1);
        let mut before = own.chain(below.flat_map(|stage| stage.body.clone()));
        let touches = |at: &usize| match &facts.views[*at].kind {
            Kind::Run { .. } => {
                let run = facts.run(*at);
                run.is_some_and(|run| {
                    meets(&run.effects.writes) && !makes_folder_only(run, directory)
                })
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
            let path = in_folder(self.listed.folder(), &sign.file);
            let text = self.listed.context.read(&path).unwrap_or_default();
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
                .brings(Some(self.listed.context), path);
            path.starts_with('/') && brought.is_some()
        };
        let variables = self.build.sink.cx.facts.states[self.build.at]
            .variables
            .iter();
        for (name, variable) in variables {
            if let Some(text) = variable.known()
                && is_brought(text)
            {
                return Err(format!(
                    "{name} names {text}, which the build of a dependency may read"
                ));
            }
        }
        Ok(())
    }

    /// Another command of the tool.
    fn instead(&self, instead: &Instead) -> Option<String> {
        let (command, _) =
            instead::composed(self.build.sink, self.build.at, self.build.step(), instead)?;
        Some(command)
    }
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

/// The files and folders that `stand_ins` make beside the manifests of their packages.
fn tops(stand_ins: &[StandIn<'_>]) -> BTreeSet<String> {
    stand_ins.iter().map(|one| one.top.clone()).collect()
}

/// Whether all that `run` has to do with `folder` is that a step makes it, and puts nothing into it.
fn makes_folder_only(run: &Run<'_>, folder: &str) -> bool {
    let is_around = |region: &Region| below(folder, region.path()).is_some();
    let makes =
        |step: &Step<'_>, regions: &[Region]| step.makes_folders() && regions.iter().all(is_around);
    let leaves_empty = |step: &Step<'_>| match &step.effects.writes {
        Extent::Everything => false,
        Extent::Regions(regions) => {
            let touched = Extent::Regions(vec![Region::new(folder)]);
            makes(step, regions) || !regions.iter().any(|region| touched.meets(region))
        }
    };
    run.opaque.is_none()
        && run.loose.writes.is_empty()
        && !run.steps.is_empty()
        && run.steps.iter().all(leaves_empty)
}
