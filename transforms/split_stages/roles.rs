//! What each instruction of the stage is for.

use crate::analysis::paths::{Extent, Region, below, join};
use crate::analysis::runs::{Run, Step};
use crate::analysis::stages::Stage;
use crate::knowledge::tools::Does;
use crate::syntax::Kind;
use crate::transform::{Cx, Refusal};

use super::super::style;
use super::transfers::takes_from;
use super::{sources, together, tools_only};

/// What an instruction is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// Sets the state for later instructions: both stages need it.
    State,
    /// Describes the finished image.
    Config,
    /// Copies from the build context.
    Source,
    /// Installs packages of the distribution.
    Packages,
    /// Removes packages of the distribution and does nothing else.
    Removal,
    /// Makes folders, users and the like; its paths are known.
    Prepare,
    /// Installs what manifests ask for.
    Dependencies,
    /// Makes something of the source.
    Build,
    /// Runs the project with what the finished image has anyway.
    Project,
}

/// The roles of a stage.
pub(super) struct Roles {
    from: usize,
    roles: Vec<Role>,
    /// The first instruction that belongs to the runtime stage alone.
    pub(super) split: usize,
}

impl Roles {
    /// The role of instruction `at`.
    pub(super) fn of(&self, at: usize) -> Role {
        self.roles[at - self.from - 1]
    }

    /// The instructions with this role, in order.
    pub(super) fn with(&self, role: Role) -> impl Iterator<Item = usize> + '_ {
        let start = self.from + 1;
        self.roles
            .iter()
            .enumerate()
            .filter(move |(_, own)| **own == role)
            .map(move |(nth, _)| start + nth)
    }

    /// Whether the stage makes something of the source, and does not just run it.
    pub(super) fn builds(&self) -> bool {
        self.roles.contains(&Role::Build)
    }
}

/// The instruction before `end` with which another user than root takes over, if there is one.
pub(super) fn user_before(cx: &Cx<'_>, stage: &Stage, end: usize) -> Option<usize> {
    (stage.from + 1..end)
        .find(|&at| {
            matches!(cx.facts.views[at].kind, Kind::User(_))
                && cx.facts.states[at + 1].is_root() != Some(true)
        })
        .or_else(|| {
            (cx.facts.states[stage.from + 1].is_root() == Some(false)).then_some(stage.from)
        })
}

/// Gives every instruction of `stage` its role.
///
/// # Errors
/// When a step before the end of the build is not understood: it may make files that the program needs.
pub(super) fn assign(cx: &Cx<'_>, stage: &Stage) -> Result<Roles, Refusal> {
    let mut roles = Vec::with_capacity(stage.body.len());
    for at in stage.body.clone() {
        roles.push(role(cx, at));
    }
    let is_build = |role: &Result<Role, Obstacle>| match role {
        Ok(role) => matches!(role, Role::Dependencies | Role::Build | Role::Removal),
        Err(obstacle) => obstacle.builds,
    };
    let last = roles
        .iter()
        .rposition(is_build)
        .map_or(stage.body.start, |nth| stage.body.start + nth + 1);
    let last = behind_the_build(cx, stage, &roles, last);
    let builds = roles.iter().any(|role| matches!(role, Ok(Role::Build)));
    let roles = roles.into_iter().zip(stage.body.clone());
    let settled = roles.map(|(role, at)| {
        let role = in_place(role, at < last, builds);
        role.map_err(|obstacle| obstacle.refusal(cx, stage, at))
    });
    let roles: Result<Vec<Role>, Refusal> = settled.collect();
    Ok(Roles {
        from: stage.from,
        roles: roles?,
        split: last,
    })
}

/// The role of an instruction in front of or behind the split, in a stage that builds something of its source or not.
fn in_place(role: Result<Role, Obstacle>, in_front: bool, builds: bool) -> Result<Role, Obstacle> {
    match role {
        Ok(Role::Project) if in_front && builds => Ok(Role::Build),
        Ok(Role::Project) if in_front => Err(obstacle(
            "unknown-step",
            "it runs a program between installs, and may make files that the program needs",
        )),
        // It stays as it is.
        Err(obstacle) if obstacle.code == MIXED && !in_front => Ok(Role::Packages),
        role => role,
    }
}

/// Several things in one `RUN`.
const MIXED: &str = "mixed-step";

struct Obstacle {
    code: &'static str,
    message: String,
    /// Whether the instruction installs dependencies or builds.
    builds: bool,
}

impl Obstacle {
    fn refusal(self, cx: &Cx<'_>, stage: &Stage, at: usize) -> Refusal {
        let site = cx.file.instructions()[stage.from].span;
        let instruction = &cx.file.instructions()[at];
        let message = format!("{}: {}", style::title(cx, at), self.message);
        Refusal::new(site, self.code, message).because(instruction.span, "what stands in the way")
    }
}

fn obstacle(code: &'static str, message: impl Into<String>) -> Obstacle {
    Obstacle {
        code,
        message: message.into(),
        builds: false,
    }
}

fn role(cx: &Cx<'_>, at: usize) -> Result<Role, Obstacle> {
    let view = &cx.facts.views[at];
    match &view.kind {
        Kind::Env { .. }
        | Kind::Arg { .. }
        | Kind::Workdir(_)
        | Kind::User(_)
        | Kind::Shell { .. } => Ok(Role::State),
        Kind::Copy(transfer) if view.flag("from").is_some() => {
            let tools = tools_only::copied(&cx.knowledge.tools, transfer);
            tools.map(|_| Role::Dependencies).ok_or_else(|| {
                obstacle(
                    "foreign-copy",
                    "it takes files from another image, which may be for the build or for the program",
                )
            })
        }
        Kind::Copy(_) | Kind::Add(_) => Ok(Role::Source),
        Kind::Run { .. } => cx
            .facts
            .run(at)
            .map_or(Ok(Role::Prepare), |run| run_role(cx, at, run)),
        Kind::Onbuild { .. } | Kind::Invalid => Err(obstacle(
            "onbuild",
            "ONBUILD steps would run in another stage",
        )),
        _ => Ok(Role::Config),
    }
}

fn run_role(cx: &Cx<'_>, at: usize, run: &Run<'_>) -> Result<Role, Obstacle> {
    let roles = step_roles(cx, at, run)?;
    let has = |role: Role| roles.contains(&role);
    let mut steps = run.steps.iter();
    let adds_users = steps.any(|step| step.does() == Some(Does::AddUser));
    let builds = has(Role::Build) || has(Role::Dependencies);
    let message = match () {
        () if builds && has(Role::Project) => {
            "it installs dependencies or builds, and runs the project"
        }
        () if builds && gives_working_folder(cx, at, run) => {
            "it installs dependencies or builds, and gives away the folder, which a copy of what is in it would not"
        }
        () if builds && adds_users => "it installs dependencies or builds, and adds users",
        () if has(Role::Packages) && has(Role::Project) => {
            "it installs packages and runs the project"
        }
        () if together::is_for_the_program(cx, run) && !builds && !has(Role::Project) => {
            return Ok(Role::Prepare);
        }
        () if together::setup(cx, run).is_some() => return Ok(Role::Packages),
        () if has(Role::Packages) && !builds && has(Role::Prepare) => {
            "it installs packages and does other things that the program may need"
        }
        () if has(Role::Packages) && !run.is_straight() => {
            "whether its packages are installed depends on other commands; join them with &&, or put set -e first"
        }
        () => return Ok(whole_role(&roles)),
    };
    Err(Obstacle {
        builds,
        ..obstacle(MIXED, message)
    })
}

/// The roles of the commands of a `RUN`, but for those that leave nothing behind.
fn step_roles(cx: &Cx<'_>, at: usize, run: &Run<'_>) -> Result<Vec<Role>, Obstacle> {
    if run.opaque.is_some() {
        return Err(obstacle("opaque-step", "dfopt cannot read its commands"));
    }
    let mut roles = Vec::new();
    for step in &run.steps {
        match purpose_of(step).filter(|_| is_of_its_language(cx, step)) {
            Some(Purpose::Passing) => {}
            Some(Purpose::Lasting(Role::Project)) if sources::compiles(cx, at, step) => {
                roles.push(Role::Build);
            }
            Some(Purpose::Lasting(role)) => roles.push(role),
            None => {
                let written = cx.facts.written(at, step.span);
                let command: Vec<&str> = written.split_whitespace().take(5).collect();
                let command = command.join(" ");
                let message = format!("`{command}` may make files that the program needs");
                return Err(obstacle("unknown-step", message));
            }
        }
    }
    Ok(roles)
}

/// Whether a `RUN` gives the working folder to an account.
fn gives_working_folder(cx: &Cx<'_>, at: usize, run: &Run<'_>) -> bool {
    let workdir = &cx.facts.states[at].workdir;
    let is_it = |step: &Step<'_>, word: &str| {
        let cwd = step.cwd.as_deref().unwrap_or(workdir);
        below(workdir, &join(cwd, word)).is_some()
    };
    run.steps.iter().any(|step| {
        let is_chown = step.args.first().is_some_and(|arg| arg.known() == "chown");
        let mut words = step.args.iter().skip(2);
        is_chown && words.any(|arg| is_it(step, arg.known()))
    })
}

/// Whether a tool that may be asked to do anything works on a project of its language, in an image that is made for no
/// other.
fn is_of_its_language(cx: &Cx<'_>, step: &Step<'_>) -> bool {
    let tool = step.invocation.as_ref().map(|invocation| invocation.tool);
    let Some(name) = tool
        .filter(|tool| tool.does_anything)
        .and_then(|tool| tool.ecosystem.as_deref())
    else {
        return true;
    };
    let image = cx
        .facts
        .final_stage()
        .and_then(|stage| cx.facts.image(stage));
    let is_other = image
        .and_then(|image| image.provides)
        .is_some_and(|own| own != name);
    let language = cx.knowledge.tools.language(name);
    let has_sources = cx
        .context
        .zip(language)
        .is_some_and(|(context, language)| !context.sources(language).is_empty());
    !is_other && has_sources
}

/// The role of a `RUN` whose commands have these.
fn whole_role(roles: &[Role]) -> Role {
    let order = [
        Role::Build,
        Role::Dependencies,
        Role::Project,
        Role::Packages,
        Role::Removal,
    ];
    let first = order.into_iter().find(|role| roles.contains(role));
    first.unwrap_or(Role::Prepare)
}

/// What one command is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It leaves nothing behind.
    Passing,
    /// What it leaves behind has this role.
    Lasting(Role),
}

/// What a command is for; `None` where it is not understood.
pub(super) fn purpose_of(step: &Step<'_>) -> Option<Purpose> {
    let role = match step.does()? {
        Does::RefreshLists | Does::InstallPackages | Does::UpgradePackages => Role::Packages,
        Does::RemovePackages => Role::Removal,
        Does::InstallDependencies => Role::Dependencies,
        Does::Run if runs_in_runtime(step) => Role::Project,
        Does::Build | Does::Run => Role::Build,
        Does::ConfigurePackages => return None,
        Does::AddUser => Role::Prepare,
        Does::Files if removes_caches(step) => return Some(Purpose::Passing),
        Does::Files if is_about_installs(step) || is_of_builds(step) => Role::Dependencies,
        Does::CleanCache => return Some(Purpose::Passing),
        Does::Files | Does::Nothing | Does::ShellState => match &step.effects.writes {
            Extent::Everything => return None,
            writes if writes.is_empty() && step.does() != Some(Does::Files) => {
                return Some(Purpose::Passing);
            }
            _ => Role::Prepare,
        },
    };
    Some(Purpose::Lasting(role))
}

/// The end of the builder, whose last build or install stands in front of `last`: steps behind it that only look at the
/// result (`RUN ls`), or put it elsewhere, do so where it is made.
fn behind_the_build(
    cx: &Cx<'_>,
    stage: &Stage,
    roles: &[Result<Role, Obstacle>],
    last: usize,
) -> usize {
    let builds = (stage.body.start..last).flat_map(|at| cx.facts.steps(at));
    let builds = builds.filter(|step| step.does() == Some(Does::Build));
    let folders: Vec<Region> = builds
        .filter_map(Step::directory)
        .map(Region::new)
        .collect();
    let mut end = last;
    for at in last..stage.body.end {
        match (cx.facts.run(at), &roles[at - stage.body.start]) {
            (Some(run), _) if only_looks(run) || only_takes_from(run, &folders) => end = at + 1,
            (None, Ok(Role::State | Role::Config)) => {}
            _ => break,
        }
    }
    end
}

/// Whether a `RUN` makes and changes nothing.
fn only_looks(run: &Run<'_>) -> bool {
    run.opaque.is_none() && run.effects.writes.is_empty()
}

/// Whether a `RUN` copies or moves something out of one of `folders`, and all of it is understood.
fn only_takes_from(run: &Run<'_>, folders: &[Region]) -> bool {
    let takes = |step: &Step<'_>| folders.iter().any(|folder| takes_from(step, folder));
    let is_about_files = |step: &Step<'_>| step.does() == Some(Does::Files);
    run.opaque.is_none() && run.steps.iter().all(is_about_files) && run.steps.iter().any(takes)
}

/// Whether a step prepares installs, with a tool that the images of its language do not have: the runtime stage could
/// not repeat it.
fn is_about_installs(step: &Step<'_>) -> bool {
    let invocation = step.invocation.as_ref();
    invocation.is_some_and(|own| own.action.installs.is_some() && !own.tool.in_images)
}

/// Whether a step works on what a build has made, with a tool that the runtime stage lacks.
fn is_of_builds(step: &Step<'_>) -> bool {
    let invocation = step.invocation.as_ref();
    invocation.is_some_and(|own| own.tool.of_builds)
}

fn runs_in_runtime(step: &Step<'_>) -> bool {
    let invocation = step.invocation.as_ref();
    invocation.is_some_and(|invocation| invocation.action.in_runtime)
}

/// Whether a command makes, changes or removes files that its own kind of step does not account for.
pub(super) fn leaves_files(step: &Step<'_>) -> bool {
    purpose_of(step) == Some(Purpose::Lasting(Role::Prepare))
}

/// A removal of what only package managers read.
pub(super) fn removes_caches(step: &Step<'_>) -> bool {
    let caches = [
        "/var/lib/apt/lists",
        "/var/cache/",
        "/tmp/",
        "/var/tmp/",
        "/root/.cache",
        "/root/.npm",
    ];
    let is_removal = step.args.first().is_some_and(|arg| arg.known() == "rm");
    let paths = step
        .args
        .iter()
        .skip(1)
        .filter(|arg| !arg.known().starts_with('-'));
    is_removal
        && paths
            .into_iter()
            .all(|arg| caches.iter().any(|cache| arg.known().starts_with(cache)))
}
