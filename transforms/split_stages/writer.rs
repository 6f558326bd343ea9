//! Writes the two stages: the builder keeps its lines, the runtime is put behind them.

use std::collections::BTreeSet;

use crate::analysis::paths::{Region, below};
use crate::analysis::runs::{Run, Step};
use crate::edit::Edits;
use crate::knowledge::images::ImageRef;
use crate::syntax::{Expander, Kind, Span};
use crate::transforms::build_checks::key_value;
use crate::transforms::other_image::variable_of_base;
use crate::transforms::style;

use super::apart::Apart;
use super::roles::Role;
use super::{Site, Split, install_commands, naming, together, variables};

/// Builds the edits.
pub(super) struct Writer<'a> {
    site: &'a Site<'a>,
    split: &'a Split,
    newline: &'static str,
    builder: String,
    /// The stage of the dependencies, if they have one.
    dependencies: String,
    /// The stage in which these are pruned.
    production: String,
}

impl<'a> Writer<'a> {
    pub(super) fn new(site: &'a Site<'a>, split: &'a Split) -> Self {
        let newline = style::newline(site.cx.file, site.span().start);
        Self {
            site,
            split,
            newline,
            builder: naming::kept(site).map_or_else(
                || naming::free(site, ["builder", "build", "build-stage"]),
                str::to_owned,
            ),
            dependencies: naming::free(site, ["dependencies", "deps", "dependencies-stage"]),
            production: naming::free(site, ["production", "production-dependencies", "pruned"]),
        }
    }

    pub(super) fn edits(&self) -> Edits {
        let mut edits = Edits::new();
        self.name_first(&mut edits);
        self.end_dependencies(&mut edits);
        for (offset, words) in &self.split.artefacts.options {
            edits.insert(*offset, words.clone());
        }
        let moved = self.moved().map(|at| self.site.cx.facts.block(at));
        for lines in style::with_blank_lines(self.text(), moved) {
            edits.delete(lines);
        }
        let last = self.site.roles.split - 1;
        let instruction = &self.site.cx.file.instructions()[last];
        let unfinished = !instruction.full.text(self.text()).ends_with('\n');
        let mut lines = if unfinished {
            self.newline.to_owned()
        } else {
            String::new()
        };
        if let Some(command) = self.last_command() {
            match self.end_of_commands(last) {
                Some(offset) => edits.insert(offset, format!(" && {command}")),
                None => lines += &self.line("RUN", &command),
            }
        }
        lines += &self.pruning_stage();
        lines += self.newline;
        lines += &self.runtime_stage();
        edits.insert(instruction.full.end, lines);
        edits
    }

    /// What the builder does at its end: it removes what is not taken over from there.
    fn last_command(&self) -> Option<String> {
        let artefacts = &self.split.artefacts;
        let prune = artefacts.prune.as_ref().map(|prune| prune.command.clone());
        artefacts.apart.as_ref().map(Apart::removal).or(prune)
    }

    /// Where the dependencies have a stage of their own: its end, and the start of the builder.
    fn end_dependencies(&self, edits: &mut Edits) {
        let Some(apart) = &self.split.artefacts.apart else {
            return;
        };
        let at = self.site.cx.facts.block(apart.end).start;
        let above = if style::blank_above(self.text(), at) {
            ""
        } else {
            self.newline
        };
        let behind = if self.is_spaced() { self.newline } else { "" };
        let from = self.from(&self.dependencies, &self.builder);
        edits.insert(at, format!("{above}{from}{behind}"));
    }

    /// Where the dependencies have a stage of their own: another one that prunes them.
    fn pruning_stage(&self) -> String {
        let artefacts = &self.split.artefacts;
        let Some((_, prune)) = artefacts.apart.as_ref().zip(artefacts.prune.as_ref()) else {
            return String::new();
        };
        let stage = [
            self.from(&self.dependencies, &self.production),
            self.line("RUN", &prune.command),
        ];
        let gap = if self.is_spaced() { self.newline } else { "" };
        format!("{}{}", self.newline, stage.join(gap))
    }

    fn from(&self, base: &str, name: &str) -> String {
        self.line("FROM", &format!("{base} {} {name}", self.keyword("AS")))
    }

    /// Where a command can be added to the `RUN` at `index`, if that is a plain list: one layer for both.
    fn end_of_commands(&self, index: usize) -> Option<usize> {
        let facts = self.site.cx.facts;
        let last = facts.run(index)?.and_list()?.last()?;
        Some(facts.script_source(index, last.span).end)
    }

    fn text(&self) -> &str {
        self.site.cx.file.text()
    }

    fn keyword(&self, keyword: &str) -> String {
        style::keyword(self.site.cx.file, self.site.stage.from, keyword)
    }

    fn line(&self, keyword: &str, rest: &str) -> String {
        format!("{} {rest}{}", self.keyword(keyword), self.newline)
    }

    /// The instructions before the split that describe the finished image, or that it needs and the builder does not.
    fn moved(&self) -> impl Iterator<Item = usize> + '_ {
        let config = self.site.roles.with(Role::Config);
        let moved = config.take_while(|at| *at < self.site.roles.split);
        let moved: BTreeSet<usize> = moved.chain(self.split.packages.moved).collect();
        moved.into_iter()
    }

    /// `FROM image AS builder`; a name that the stage had goes to the runtime stage, unless it is one of a builder.
    fn name_first(&self, edits: &mut Edits) {
        let from = self.site.stage.from;
        let Kind::From { image, alias, .. } = &self.site.cx.facts.views[from].kind else {
            return;
        };
        let source = |span: Span| self.site.cx.facts.source(from, span);
        if let Some(named) = &self.split.base.named_builder {
            edits.replace(source(image.span), named.clone());
        }
        let name = match self.split.artefacts.apart {
            Some(_) => &self.dependencies,
            None => &self.builder,
        };
        match alias {
            Some(alias) => edits.replace(source(alias.span), name.clone()),
            None => edits.insert(
                source(image.span).end,
                format!(" {} {name}", self.keyword("AS")),
            ),
        }
    }

    fn runtime_stage(&self) -> String {
        let mut groups = vec![self.first_line() + &self.environment() + &self.inherited_workdir()];
        let run = self.packages_line();
        let has_own_place = self
            .site
            .roles
            .with(Role::Packages)
            .any(|at| at < self.site.roles.split && !self.split.packages.come_first);
        let mut packages = run.filter(|_| has_own_place);
        groups.extend(self.packages_line().filter(|_| !has_own_place));
        let mut last = None;
        for at in self.site.stage.body.start..self.site.roles.split {
            let role = self.site.roles.of(at);
            let Some(lines) = self.repeated(at, role, &mut packages) else {
                continue;
            };
            match groups.last_mut() {
                Some(group) if last == Some(role) => *group += &lines,
                _ => groups.push(lines),
            }
            last = Some(role);
        }
        groups.push(self.copies());
        groups.join(if self.is_spaced() { self.newline } else { "" })
    }

    /// The variables that the two images set to different values.
    fn environment(&self) -> String {
        let variables = self.split.base.environment.iter();
        let lines = variables.map(|(name, value)| self.line("ENV", &format!("{name}={value}")));
        lines.collect()
    }

    /// The working directory that the stage has from its base image, where the runtime has another.
    fn inherited_workdir(&self) -> String {
        let facts = self.site.cx.facts;
        let inherited = &facts.states[self.site.stage.from].workdir;
        let image = ImageRef::parse(&self.split.base.reference);
        let image = self.site.cx.knowledge.images.lookup(&image);
        let is_same = image.and_then(|image| image.workdir) == Some(inherited.as_str());
        let is_known = inherited.starts_with('/');
        let is_needed = self.site.inherits_workdir() || self.works_in_inherited_folder();
        if is_same || !is_known || !is_needed {
            String::new()
        } else {
            self.line("WORKDIR", inherited)
        }
    }

    /// Whether a step in front of the first `WORKDIR` is repeated that may do something else in another folder.
    fn works_in_inherited_folder(&self) -> bool {
        let (site, left_out) = (self.site, &self.split.artefacts.left_out);
        let facts = site.cx.facts;
        let is_workdir = |at: &usize| matches!(facts.views[*at].kind, Kind::Workdir(_));
        let body = site.stage.body.clone();
        let before = body.take_while(|at| !is_workdir(at));
        let is_repeated =
            |at: &usize| site.roles.of(*at) == Role::Prepare && !left_out.contains(at);
        let mut repeated = before.filter(is_repeated);
        repeated.any(|at| {
            let folder = Region::new(&facts.states[at].workdir);
            let run = facts.run(at);
            run.is_some_and(|run| is_about(run, &folder) || !works_anywhere(run))
        })
    }

    /// What the runtime stage repeats of instruction `at`.
    fn repeated(&self, at: usize, role: Role, packages: &mut Option<String>) -> Option<String> {
        match role {
            Role::Packages => {
                let moved = self.split.packages.moved.filter(|moved| *moved == at);
                let comments = moved.map(|at| self.comments_above(at));
                let lines = [comments, packages.take(), self.setup_line(at)];
                lines
                    .into_iter()
                    .flatten()
                    .reduce(|above, below| above + &below)
            }
            Role::Config => Some(self.with_comments(at)),
            Role::State if self.is_needed(at) => {
                let spelled = self.folder_spelled_out(at).or_else(|| self.variable(at));
                Some(spelled.unwrap_or_else(|| self.bare(at)))
            }
            Role::Prepare | Role::Source if !self.split.artefacts.left_out.contains(&at) => {
                Some(self.bare(at))
            }
            _ => None,
        }
    }

    /// An `ENV name value`, which is deprecated, as `ENV name=value`: what is new need not repeat that.
    fn variable(&self, at: usize) -> Option<String> {
        let view = &self.site.cx.facts.views[at];
        let keyword = view.text(view.keyword_span);
        let spelled = key_value::spelled(self.site.cx, at)?;
        Some(format!("{keyword} {spelled}{}", self.newline))
    }

    /// A `WORKDIR` that is named by a variable of the base image, which the runtime has not, with its value.
    fn folder_spelled_out(&self, at: usize) -> Option<String> {
        let facts = self.site.cx.facts;
        let view = &facts.views[at];
        let Kind::Workdir(path) = &view.kind else {
            return None;
        };
        if self.split.base.is_same {
            return None;
        }
        let keyword = view.text(view.keyword_span);
        let line = || format!("{keyword} {}{}", facts.expanded(at, path), self.newline);
        variable_of_base(self.site.cx, at).map(|_| line())
    }

    /// What the runtime stage takes over from the builder, and what it does with that.
    fn copies(&self) -> String {
        let copy = |(from, to): (String, String)| {
            let paths = style::paths(&[&from, &to]);
            let stage = self.stage_with(&from);
            self.line("COPY", &format!("--from={stage} {paths}"))
        };
        let artefacts = &self.split.artefacts;
        let copies: String = artefacts.taken().into_iter().map(copy).collect();
        let mut registers = artefacts.registers.clone();
        registers.sort_unstable();
        registers.dedup();
        match registers.as_slice() {
            [] => copies,
            commands => copies + &self.run_line(commands),
        }
    }

    /// The stage from which `path` is taken over.
    fn stage_with(&self, path: &str) -> &str {
        let artefacts = &self.split.artefacts;
        let apart = artefacts.apart.as_ref();
        match apart.filter(|apart| apart.folder == path) {
            Some(_) if artefacts.prune.is_some() => &self.production,
            Some(_) => &self.dependencies,
            None => &self.builder,
        }
    }

    /// Whether the author sets groups of instructions apart with blank lines.
    fn is_spaced(&self) -> bool {
        let end = self.site.cx.file.instructions()[self.site.stage.from]
            .full
            .end;
        style::blank_line_at(self.text(), end).is_some()
    }

    fn first_line(&self) -> String {
        let view = &self.site.cx.facts.views[self.site.stage.from];
        let Kind::From { alias, .. } = &view.kind else {
            return String::new();
        };
        let flags = view
            .flags
            .iter()
            .map(|flag| format!("{} ", view.text(flag.span)))
            .collect::<String>();
        let moves = naming::kept(self.site).is_none();
        let name = alias
            .as_ref()
            .filter(|_| moves)
            .map(|alias| format!(" {} {}", self.keyword("AS"), alias.raw))
            .unwrap_or_default();
        self.line("FROM", &format!("{flags}{}{name}", self.split.base.written))
    }

    fn packages_line(&self) -> Option<String> {
        let (packages, artefacts) = (&self.split.packages, &self.split.artefacts);
        let gap = format!(" {}{}        ", self.site.cx.file.escape(), self.newline);
        let commands = install_commands::of(self.site, packages, artefacts, &gap);
        (!commands.is_empty()).then(|| self.run_line(&commands))
    }

    /// What the instruction at `at`, which installs packages, does with them besides.
    fn setup_line(&self, at: usize) -> Option<String> {
        together::repeated_setup(self.site, at).map(|commands| self.run_line(&commands))
    }

    fn run_line(&self, commands: &[String]) -> String {
        let joint = format!(" {}{}    && ", self.site.cx.file.escape(), self.newline);
        self.line("RUN", &commands.join(&joint))
    }

    /// The instruction as it is written, without the comments above it.
    fn bare(&self, at: usize) -> String {
        style::terminated(self.site.cx.facts.source_text(at), self.newline)
    }

    fn comments_above(&self, at: usize) -> String {
        let start = self.site.cx.file.instructions()[at].span.start;
        let block = self.site.cx.facts.block(at);
        Span::new(block.start, start).text(self.text()).to_owned()
    }

    fn with_comments(&self, at: usize) -> String {
        style::terminated(self.site.cx.facts.block(at).text(self.text()), self.newline)
    }

    /// An `ARG` is declared again only where something uses it, and a folder set only where something is done in it.
    fn is_needed(&self, at: usize) -> bool {
        let facts = self.site.cx.facts;
        let args = match &facts.views[at].kind {
            Kind::Arg { args } => args,
            Kind::Workdir(_) => return !self.only_the_build_works_there(at),
            Kind::Env { .. } => {
                return variables::for_builds(self.site, &self.split.artefacts, at).is_none();
            }
            _ => return true,
        };
        let expander = Expander::new(self.site.cx.file.escape());
        let is_used = |index: usize| {
            let used = expander.references(&facts.views[index].logical.text);
            used.iter()
                .any(|reference| args.iter().any(|arg| arg.name.raw == reference.name))
        };
        (at + 1..self.site.stage.body.end)
            .any(|index| !self.split.artefacts.leave_to_builder(self.site, index) && is_used(index))
    }
}

impl Writer<'_> {
    /// Whether the folder that the `WORKDIR` at `at` sets is for the build alone, and another one is set before
    /// the runtime stage does anything.
    fn only_the_build_works_there(&self, at: usize) -> bool {
        let views = &self.site.cx.facts.views;
        let later = (at..self.site.stage.body.end).rev();
        let mut is_unneeded = false;
        let mut next = None;
        for later in later.filter(|at| matches!(views[*at].kind, Kind::Workdir(_))) {
            is_unneeded = next.is_some_and(|next| self.is_set_for_the_build(later, next));
            if !is_unneeded {
                next = Some(later);
            }
        }
        is_unneeded
    }

    /// Whether nothing is done in the folder of the `WORKDIR` at `at` before the one at `next` sets another, and the runtime
    /// stage has the folder anyway or the program does without.
    fn is_set_for_the_build(&self, at: usize, next: usize) -> bool {
        let (site, artefacts) = (self.site, &self.split.artefacts);
        let facts = site.cx.facts;
        let is_absolute = matches!(&facts.views[next].kind, Kind::Workdir(path) if facts.expanded(next, path).starts_with('/'));
        let does_nothing = |at: usize| match site.roles.of(at) {
            Role::Prepare | Role::Source | Role::Project => artefacts.left_out.contains(&at),
            _ => true,
        };
        let folder = facts.state_behind(at).workdir;
        let is_in = |around: &String| below(&folder, around).is_some();
        let is_outside = below(&folder, &site.workdir()).is_none();
        let is_taken = artefacts.paths.iter().any(is_in);
        let is_of_build = is_taken || is_outside && artefacts.held.iter().any(is_in);
        let is_set_again = facts.state_behind(next).workdir == folder;
        at < site.roles.split
            && is_absolute
            && (is_of_build || is_set_again)
            && (at + 1..next).all(does_nothing)
    }
}

fn is_about(run: &Run<'_>, folder: &Region) -> bool {
    run.effects.reads.meets(folder) || run.effects.writes.meets(folder)
}

/// Whether `run` does the same in every folder, as far as the paths that it names are the same there.
fn works_anywhere(run: &Run<'_>) -> bool {
    let mut steps = run.steps.iter();
    let is_anywhere = |step: &Step<'_>| step.handles_files() || together::is_about_packages(step);
    run.handles_files() || run.is_straight() && steps.all(is_anywhere)
}
