//! A builder stage and a runtime stage.
//!
//! ```dockerfile
//! FROM python:3.11                      FROM python:3.11 AS builder
//! RUN pip install -r requirements.txt   RUN pip install -r requirements.txt
//! COPY . .
//! CMD ["python", "app.py"]              FROM python:3.11-slim
//!                                       COPY --from=builder /usr/local/… /usr/local/…
//!                                       COPY . .
//!                                       CMD ["python", "app.py"]
//! ```
//!
//! The builder keeps the lines that it has, so everything is installed where it was before; the
//! runtime takes over what the program needs, at the same paths.

mod apart;
mod artefacts;
mod base;
mod brought;
mod bundles;
mod carried;
mod copies;
mod handed_over;
mod install_commands;
mod installed;
mod mounts;
mod naming;
mod needs;
mod options;
mod outputs;
mod outside;
mod packages;
mod prefix;
mod product;
mod programs;
mod programs_only;
mod prune;
mod registers;
mod release;
mod roles;
mod scripts;
mod siblings;
mod sources;
mod tag;
mod there;
mod together;
mod tools_only;
mod transfers;
mod variables;
mod whole;
mod writer;

use crate::analysis::launch::Launches;
use crate::analysis::stages::{Base, Os, Stage};
use crate::knowledge::images::{Command, Image};
use crate::knowledge::tools::Does;
use crate::syntax::{Kind, Span};
use crate::transform::{Change, Cx, Gain, Info, Place, Plan, Refusal, Rewrite, Runs, Transform};

use apart::Apart;
use roles::{Role, Roles};
use tag::VariableTag;

use super::launched::{self, CommandLine};
use super::shipped::brings_project;
use super::style;

/// Splits a single stage into one that builds and one that runs.
pub struct SplitStages;

static INFO: Info = Info {
    id: "split-stages",
    title: "builds in one stage and ships another without the tools of the build",
    doc: include_str!("README.md"),
    gain: Gain::Size,
    runs: Runs::ByDefault,
};

impl Transform for SplitStages {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        rewrite(cx).transpose().into_iter().collect()
    }
}

/// What the guards work on.
struct Site<'a> {
    cx: &'a Cx<'a>,
    stage: &'a Stage,
    image: &'a Image<'a>,
    /// The reference of that image, where it is not the one that its author wrote.
    named: Option<String>,
    /// The tag of the image, where a build argument gives it.
    tag: Option<VariableTag<'a>>,
    roles: Roles,
    launches: Launches,
}

impl Site<'_> {
    /// The `FROM` line, which every message is about.
    fn span(&self) -> Span {
        self.cx.file.instructions()[self.stage.from].span
    }

    fn refuse(&self, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal::new(self.span(), code, message)
    }

    /// A refusal because of the instruction `at`.
    fn refuse_at(&self, at: usize, code: &'static str, message: &str) -> Refusal {
        let instruction = &self.cx.file.instructions()[at];
        let message = format!("{}: {message}", style::title(self.cx, at));
        self.refuse(code, message)
            .because(instruction.span, "what stands in the way")
    }

    /// The reference of the base image.
    fn reference(&self) -> &str {
        match &self.stage.base {
            Base::Image(reference) => reference,
            _ => "",
        }
    }

    /// The tool that installs packages in the image, by its id.
    fn package_tool(&self) -> Option<&str> {
        self.image.system?.package_manager.tool()
    }

    /// Whether the working directory is that of the base image: the stage sets none of its own, or none in front of a copy
    /// to a relative path.
    fn inherits_workdir(&self) -> bool {
        let facts = self.cx.facts;
        let sets = |at: &usize| matches!(&facts.views[*at].kind, Kind::Workdir(path) if facts.expanded(*at, path).starts_with('/'));
        let is_relative = |at: usize| match &facts.views[at].kind {
            Kind::Copy(transfer) | Kind::Add(transfer) => {
                !facts.expanded(at, &transfer.dest).starts_with('/')
            }
            _ => false,
        };
        let mut body = self.stage.body.clone();
        let first = body.clone().find(sets);
        first.is_none_or(|first| body.any(|at| at < first && is_relative(at)))
    }

    /// Every command line that its containers start.
    ///
    /// # Errors
    /// When a script of the project cannot be read.
    fn command_lines(&self) -> Result<Vec<CommandLine<'_>>, Refusal> {
        let lines = launched::command_lines(self.cx, self.stage, &self.launches);
        lines.map_err(|path| {
            let message = format!("dfopt cannot tell which programs {path} starts");
            self.refuse("opaque-command", message)
        })
    }

    /// The working directory of the finished image.
    fn workdir(&self) -> String {
        self.cx.facts.state_after(self.stage).workdir
    }
}

fn rewrite(cx: &Cx<'_>) -> Result<Option<Rewrite>, Refusal> {
    let Some(stage) = cx.facts.final_stage().filter(|stage| stage.os == Os::Linux) else {
        return Ok(None);
    };
    let Some(image) = cx.facts.image(stage) else {
        return Ok(None);
    };
    let installs = |stage| {
        cx.facts
            .does_any(stage, &[Does::InstallDependencies, Does::Build])
    };
    if !cx.facts.ancestry(stage).any(installs) {
        return Ok(None);
    }
    let Base::Image(reference) = &stage.base else {
        return on_a_stage(cx, stage, image);
    };
    let launches = launched::launches(cx, stage);
    // What the base image starts is the same in a stage of the same image.
    let inherits = image.command == Command::Service && !image.sheds_tools();
    let starts = launches.declared
        || inherits
        || cx.facts.has_triggers(stage)
        || launched::started_by(cx, stage).is_some();
    match could_gain(cx, stage, image) {
        false if starts => return nothing_smaller(cx, stage, image, reference),
        true if starts => {}
        true if brings_project(cx, stage) => return Err(nothing_starts(cx, stage)),
        _ => return Ok(None),
    }
    let written = base::written_reference(cx, stage);
    let site = Site {
        cx,
        stage,
        image,
        named: None,
        tag: VariableTag::read(written, reference),
        roles: roles::assign(cx, stage)?,
        launches,
    };
    if written != reference && site.tag.is_none() {
        return Err(tag::refuse(&site));
    }
    outside::check(&site)?;
    guard(&site)?;
    scripts::check(&site)?;
    tools_only::check(&site)?;
    match plan(&site) {
        Err(refusal) if refusal.code == release::FLOATING => with_release(site, refusal),
        plan => Ok(plan?.map(|plan| plan.write(&site))),
    }
}

/// The rewrite with the release of the base image in its tag, if that is all that stands in the way.
fn with_release(site: Site<'_>, refusal: Refusal) -> Result<Option<Rewrite>, Refusal> {
    let fixed = site.tag.is_none().then(|| site.reference());
    let Some(named) = fixed.and_then(|builder| release::named(&site, builder)) else {
        return Err(refusal);
    };
    let site = Site {
        image: &named.image,
        named: Some(named.reference),
        ..site
    };
    Ok(plan(&site)?.map(|plan| plan.write(&site)))
}

/// The final stage is built on another one, in which authors put what several stages need.
fn on_a_stage(cx: &Cx<'_>, stage: &Stage, image: &Image<'_>) -> Result<Option<Rewrite>, Refusal> {
    match image.sheds_tools() && launched::launches(cx, stage).declared {
        true => Err(several_stages(cx, stage)),
        false => Ok(None),
    }
}

fn several_stages(cx: &Cx<'_>, stage: &Stage) -> Refusal {
    let message = "the file has several stages already: what their authors meant stays";
    let site = cx.file.instructions()[stage.from].span;
    Refusal::new(site, "already-multi-stage", message)
}

/// Dependencies that are installed in a small image are what the program needs. What builds there is worth a word.
fn nothing_smaller(
    cx: &Cx<'_>,
    stage: &Stage,
    image: &Image<'_>,
    reference: &str,
) -> Result<Option<Rewrite>, Refusal> {
    let is_alone = cx.facts.stages.len() == 1;
    // The image of a distribution brings no tools of its own.
    let has_tools = image.provides.is_some() || image.distribution.is_none();
    if !is_alone || !has_tools || !cx.facts.does_any(stage, &[Does::Build]) {
        return Ok(None);
    }
    let message = format!(
        "dfopt knows no smaller image than {reference} that runs what is built here, and no package is left in it that only the build needs"
    );
    let site = cx.file.instructions()[stage.from].span;
    Err(Refusal::new(site, "nothing-smaller", message))
}

/// Nothing says what runs: an image with tools alone is one to build on, and no candidate; this one may be.
fn nothing_starts(cx: &Cx<'_>, stage: &Stage) -> Refusal {
    let message = "no CMD or ENTRYPOINT says what runs, so this may be an image to build on, which needs its tools";
    Refusal::new(
        cx.file.instructions()[stage.from].span,
        "no-command",
        message,
    )
}

/// Whether the base image has a smaller variant, packages or dependencies are installed that only a build needs, or what
/// a build makes needs nothing else of the project.
fn could_gain(cx: &Cx<'_>, stage: &Stage, image: &Image<'_>) -> bool {
    image.sheds_tools()
        || packages::some_are_for_builds(cx, stage)
        || bundles::started(cx, stage).is_some()
        || prune::is_known(cx, stage)
}

fn guard(site: &Site<'_>) -> Result<(), Refusal> {
    let facts = site.cx.facts;
    if facts.stages.len() > 1 {
        return Err(several_stages(site.cx, site.stage));
    }
    if site.image.onbuild || facts.has_triggers(site.stage) {
        return Err(site.refuse("onbuild", "ONBUILD steps would run in another stage"));
    }
    if let Some(launch) = site
        .launches
        .launches
        .iter()
        .find(|launch| launched::is_prompt(launch))
    {
        let message = "the container starts a prompt, at which people may want the tools";
        return Err(site.refuse_at(launch.instruction, "no-command", message));
    }
    if site.launches.opaque {
        return Err(site.refuse(
            "opaque-command",
            "dfopt cannot tell which programs the container starts",
        ));
    }
    if let Some(at) = roles::user_before(site.cx, site.stage, site.roles.split) {
        return Err(site.refuse_at(
            at,
            "user-before-build",
            "the build runs as another user than root, whose files would have to be found",
        ));
    }
    let volume = |at: &usize| matches!(facts.views[*at].kind, Kind::Volume { .. });
    if let Some(at) = (site.stage.from..site.roles.split).find(volume) {
        return Err(site.refuse_at(
            at,
            "volume-before-build",
            "a volume is declared before the build is done",
        ));
    }
    Ok(())
}

/// What the two stages are made of.
struct Split {
    base: base::Runtime,
    packages: packages::RuntimePackages,
    artefacts: artefacts::Artefacts,
}

fn plan(site: &Site<'_>) -> Result<Option<Split>, Refusal> {
    installed::check_programs(site)?;
    let mut artefacts = artefacts::locate(site)?;
    carried::settle(site, &mut artefacts)?;
    artefacts.drop_covered();
    if artefacts.all().any(|path| !path.starts_with('/')) {
        let message = "the working directory is that of the base image, which dfopt does not know: set a WORKDIR";
        return Err(site.refuse("output-not-located", message));
    }
    if let Some(path) = artefacts.all().find(|path| path.contains('$')) {
        let message =
            format!("{path} is named by a variable that only the base image or the build knows");
        return Err(site.refuse("output-not-located", message));
    }
    mounts::check(site, &artefacts)?;
    let mut packages = packages::for_runtime(site)?;
    programs::add_packages(site, &artefacts, &mut packages)?;
    let Some(base) = base::choose(site, &artefacts, &packages)? else {
        return Ok(None);
    };
    packages.add_nothing_to(&base);
    programs::check(site, &base, &artefacts, &packages)?;
    there::check(site, &base, &artefacts, &packages)?;
    if !base.is_same {
        variables::check(site, &artefacts)?;
    }
    if artefacts.all().next().is_none() {
        return Ok(None);
    }
    packages.complete_for(site, &base);
    packages.move_to_runtime(site);
    packages::check_served(site, &packages)?;
    packages::check_lists(site)?;
    Ok(Some(Split {
        base,
        packages,
        artefacts,
    }))
}

impl Split {
    fn write(self, site: &Site<'_>) -> Rewrite {
        let mut rewrite = Rewrite::new(site.span(), self.message());
        rewrite.edits = writer::Writer::new(site, &self).edits();
        self.declare(site, &mut rewrite);
        for (serves, tools) in tools_of_the_build(site) {
            rewrite.declares.push(Change::ServesBuild(serves));
            rewrite.assume(format!("the program does not start {}", tools.join(" or ")));
        }
        let assumes = outside::assumptions(site).into_iter();
        let assumes = assumes
            .chain(self.base.assumes)
            .chain(self.artefacts.assumes)
            .chain(self.packages.assumes);
        assumes.for_each(|sentence| rewrite.assume(sentence));
        let builds = site.roles.with(Role::Build);
        for at in builds.chain(site.roles.with(Role::Dependencies)) {
            rewrite.evidence(
                site.cx.file.instructions()[at].span,
                "only the builder needs the tools for this",
            );
        }
        rewrite.because.extend(self.packages.because);
        rewrite.because.extend(self.artefacts.because);
        rewrite
    }

    fn message(&self) -> String {
        let base = &self.base;
        match self.packages.shed.as_slice() {
            _ if !base.is_same => format!(
                "build in {} and run in {}, which has no build tools",
                base.builder, base.written
            ),
            [] => {
                "build in one stage and run in another without what only the build needs".to_owned()
            }
            shed => format!(
                "build in one stage and run in another without {}",
                shed.join(", ")
            ),
        }
    }

    /// The packages that the builder does without, because the step that installs them is one of the runtime stage alone.
    fn moved_packages(&self) -> Vec<String> {
        let moved = self.packages.moved.map(|_| self.packages.names.clone());
        moved.unwrap_or_default()
    }

    /// Says what is different in the two stages.
    fn declare(&self, site: &Site<'_>, rewrite: &mut Rewrite) {
        let (base, artefacts) = (&self.base, &self.artefacts);
        rewrite.declares.extend([
            Change::Stages {
                builder: base.named_builder.as_ref().unwrap_or(&base.builder).clone(),
                runtime: base.written.clone(),
            },
            Change::PackagesRemoved(self.packages.removed.clone()),
            Change::PackagesMoved(self.moved_packages()),
            Change::PackagesAdded(self.packages.added.clone()),
            Change::Taken(artefacts.taken()),
        ]);
        if let Some(name) = naming::kept(site) {
            rewrite.declares.push(Change::NameStays(name.to_owned()));
            rewrite.assume(format!(
                "nobody asks for the finished image with `--target {name}`"
            ));
        }
        let prune = artefacts.prune.iter().map(|prune| prune.command.clone());
        let removal = artefacts.apart.iter().map(Apart::removal);
        rewrite
            .declares
            .extend(prune.chain(removal).map(Change::Commands));
        let options = artefacts.options.iter();
        let options: Vec<String> = options.map(|(_, word)| word.trim().to_owned()).collect();
        if !options.is_empty() {
            rewrite.declares.push(Change::BuildOptions(options));
        }
        let for_builds = artefacts.for_builds.iter().cloned();
        rewrite.declares.extend(for_builds.map(Change::ServesBuild));
        let body = site.stage.body.clone();
        let names = body.filter_map(|at| variables::for_builds(site, artefacts, at));
        let names: Vec<String> = names.flatten().collect();
        let read = names.iter().map(String::as_str);
        let read: Vec<&str> = read
            .filter(|name| *name != variables::SEARCH_PATH)
            .collect();
        if !read.is_empty() {
            rewrite.assume(format!("only the build reads {}", read.join(", ")));
        }
        rewrite.declares.extend(names.into_iter().map(Change::Env));
        for (name, value) in &base.environment {
            let setting = format!("{name}={value}");
            let note = format!(
                "{setting} in {}, and something else in {}",
                base.builder, base.written
            );
            rewrite.evidence(Place::Table("images"), note);
            rewrite.declares.push(Change::Variable(setting));
        }
    }
}

/// The copies and commands that bring nothing but tools of the build, each with the names of these tools.
fn tools_of_the_build<'s>(site: &'s Site<'_>) -> impl Iterator<Item = (String, Vec<String>)> + 's {
    let copied = tools_only::copies(site).into_iter();
    let copied = copied.flat_map(|(_, transfer, tools)| {
        let sources = transfer.sources.iter().map(|word| word.raw.clone());
        sources.map(move |source| (source, tools.clone()))
    });
    let installed = installed::for_builds(site).into_iter();
    let installed = installed.map(|(step, at, tools)| (installed::command(site, at, step), tools));
    copied.chain(installed)
}
