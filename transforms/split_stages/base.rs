//! The base image of the runtime stage.

use std::collections::BTreeMap;

use crate::analysis::stages::Stage;
use crate::knowledge::images::{self, Image, ImageRef, Runs, Shell, User, Version};
use crate::syntax::Kind;
use crate::transform::{Cx, Refusal};

use super::super::other_image::{
    is_bound, is_of_another_release, lost_path, own_folder, share_repository,
};
use super::super::{interpreters, slim};
use super::Site;
use super::artefacts::Artefacts;
use super::packages::RuntimePackages;
use super::release;
use super::roles::Role;
use super::tag;

/// The base image of the runtime stage.
pub(super) struct Runtime {
    /// The reference of the builder, as written.
    pub(super) builder: String,
    /// The reference of the runtime, without variables.
    pub(super) reference: String,
    /// The same as it is written.
    pub(super) written: String,
    /// What runs in it.
    pub(super) runs: Runs,
    /// Whether it is the image that the builder has, or its slim variant, which has the same programs.
    pub(super) is_same: bool,
    /// Packages that the builder's image has and every program may need.
    pub(super) lacks: Vec<String>,
    /// Variables that it sets to something else than the builder's image, with the values of that one.
    pub(super) environment: BTreeMap<String, String>,
    /// The builder with the release of its distribution in its tag, when the author's names none.
    pub(super) named_builder: Option<String>,
    /// What is taken for granted.
    pub(super) assumes: Vec<String>,
}

/// The code for steps that would run on a distribution that they are not written for.
const OTHER_DISTRIBUTION: &str = "other-distribution";

/// Chooses the smallest image that runs what the builder makes. `None` when nothing is gained.
pub(super) fn choose(
    site: &Site<'_>,
    artefacts: &Artefacts,
    packages: &RuntimePackages,
) -> Result<Option<Runtime>, Refusal> {
    let builder = written_reference(site.cx, site.stage).to_owned();
    let suits = |runtime: &&images::Runtime| match runtime.runs {
        Runs::Language => !artefacts.is_program,
        Runs::Dynamic => artefacts.is_program,
        Runs::Static => artefacts.is_static,
        Runs::Everything => false,
    };
    let adds_only = |list: &Vec<String>| packages.added.iter().all(|name| list.contains(name));
    let serves = |runtime: &&images::Runtime| {
        runtime.only_adding.as_ref().is_none_or(adds_only)
            && serves(site, artefacts, packages, &runtime.reference)
    };
    let runtimes = site.image.runtimes.iter();
    let mut candidates: Vec<_> = runtimes.filter(suits).filter(serves).collect();
    candidates.sort_by_key(|runtime| runtime.runs != Runs::Static);
    let Some(candidate) = candidates.first() else {
        let unfit = site.image.runtimes.iter().find(suits);
        return nothing_smaller(site, artefacts, packages, builder, unfit);
    };
    if candidate.runs == Runs::Dynamic && release::is_open(site) {
        return Err(release::floating(site, &builder));
    }
    let written = match &site.tag {
        Some(tag) => tag
            .follow(site, candidate)
            .ok_or_else(|| tag::refuse(site))?,
        None => candidate.reference.clone(),
    };
    Ok(Some(Runtime {
        runs: candidate.runs,
        is_same: written == builder,
        lacks: candidate.lacks.clone(),
        environment: kept_environment(site, candidate),
        assumes: assumptions(site, candidate, packages, &builder, &written),
        named_builder: site.named.clone(),
        reference: candidate.reference.clone(),
        written,
        builder,
    }))
}

/// The variables of the builder's image that `candidate` sets to something else, less those that the stage sets itself.
fn kept_environment(site: &Site<'_>, candidate: &images::Runtime) -> BTreeMap<String, String> {
    let views = &site.cx.facts.views;
    let is_set = |name: &String| {
        let mut body = site.stage.body.clone().map(|at| &views[at].kind);
        body.any(|kind| matches!(kind, Kind::Env { pairs, .. } if pairs.iter().any(|pair| pair.key.raw == *name)))
    };
    let variables = candidate.environment.iter();
    let kept = variables.filter(|(name, _)| !is_set(name));
    kept.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The reference of the base image as its author wrote it.
pub(super) fn written_reference<'s>(cx: &'s Cx<'_>, stage: &Stage) -> &'s str {
    let from = &cx.facts.views[stage.from];
    let mut words = from.text(from.body).split_whitespace();
    words.next().unwrap_or_default()
}

/// What is left where no smaller image serves: two stages of the same one, if that gains anything. `unfit` is a smaller one
/// in which the program would run, but not the steps around it.
fn nothing_smaller(
    site: &Site<'_>,
    artefacts: &Artefacts,
    packages: &RuntimePackages,
    builder: String,
    unfit: Option<&images::Runtime>,
) -> Result<Option<Runtime>, Refusal> {
    let is_other = |unfit: &&images::Runtime| {
        let image = foreign(site, &unfit.reference);
        image.is_some_and(|other| is_of_another_release(site.image, &other))
    };
    let foreign = unfit.filter(is_other);
    let floats = unfit.filter(|unfit| unfit.only_adding.is_some());
    let floats = floats.map(|_| release::floating(site, &builder));
    let refusal = foreign.map(|foreign| {
        let message = format!(
            "{} is built on another distribution than {builder}, or on another release, and what is installed or set up here is written for one of them",
            foreign.reference
        );
        site.refuse(OTHER_DISTRIBUTION, message)
    });
    let lost = unfit.filter(|unfit| names_own(site, artefacts, &unfit.reference));
    let lost = lost.map(|lost| {
        let message = format!(
            "{} has no such account or folder as {builder}, and one is named here",
            lost.reference
        );
        site.refuse("nothing-smaller", message)
    });
    let refusal = refusal.or(lost).or(floats);
    match (same_image(site, artefacts, builder, packages), refusal) {
        (None, Some(refusal)) => Err(refusal),
        (same, _) => Ok(same),
    }
}

/// Two stages of the same image, or of its slim variant, where that leaves packages behind, dependencies of the build, or most of
/// the project. An image that brings compilers itself does not lose them by leaving a package out.
fn same_image(
    site: &Site<'_>,
    artefacts: &Artefacts,
    builder: String,
    packages: &RuntimePackages,
) -> Option<Runtime> {
    let brings_compiler = artefacts.is_program && site.image.provides.is_some();
    let brings_tools = site.image.toolset.is_some() || brings_compiler;
    let sheds = !packages.shed.is_empty() && !brings_tools;
    let prunes = artefacts.prune.is_some() || artefacts.is_pruned;
    if !(sheds || artefacts.is_bundle || prunes) {
        return None;
    }
    let slim = slim::variant(site.cx, site.stage, site.image).filter(|_| site.tag.is_none());
    let slim = slim.map(|slim| slim.reference.clone());
    Some(Runtime {
        assumes: slim.iter().map(|_| slim::ASSUMPTION.to_owned()).collect(),
        reference: slim.clone().unwrap_or_else(|| site.reference().to_owned()),
        written: slim.unwrap_or_else(|| builder.clone()),
        builder,
        runs: Runs::Language,
        is_same: true,
        lacks: Vec::new(),
        environment: BTreeMap::new(),
        named_builder: None,
    })
}

/// Whether the steps and the programs of the runtime stage find what they need in the image called `reference`.
fn serves(
    site: &Site<'_>,
    artefacts: &Artefacts,
    packages: &RuntimePackages,
    reference: &str,
) -> bool {
    let installs = !packages.names.is_empty();
    let is_bound = foreign(site, reference).is_some_and(|other| {
        let mut steps = steps(site, artefacts);
        installs && is_of_another_release(site.image, &other)
            || steps.any(|at| is_bound(site.cx, at, site.image, &other))
    });
    if is_bound || names_own(site, artefacts, reference) {
        return false;
    }
    let image = site.cx.knowledge.images.lookup(&ImageRef::parse(reference));
    let system = image.and_then(|image| image.system);
    let has_shell = system.is_none_or(|system| system.shell != Shell::None);
    let has_steps =
        installs || !artefacts.registers.is_empty() || steps(site, artefacts).next().is_some();
    has_shell || !has_steps && !starts_shell(site, packages)
}

/// Whether an instruction of the runtime stage names a folder or an account that the image called `reference` has not.
fn names_own(site: &Site<'_>, artefacts: &Artefacts, reference: &str) -> bool {
    let image = site.cx.knowledge.images.lookup(&ImageRef::parse(reference));
    let lacks_account = |image: Image<'_>| names_own_account(site, artefacts, &image.users);
    names_own_folder(site, artefacts, reference) || image.is_some_and(lacks_account)
}

/// Whether an instruction of the runtime stage names a folder that only images of the builder's repository have, or only those that
/// build.
fn names_own_folder(site: &Site<'_>, artefacts: &Artefacts, reference: &str) -> bool {
    let (cx, image) = (site.cx, site.image);
    let is_other = !share_repository(reference, site.reference());
    let is_lost = |at: usize| {
        is_other && own_folder(cx, image, at).is_some() || lost_path(cx, image, at).is_some()
    };
    let is_no_step = |at: &usize| site.cx.facts.runs[*at].is_none();
    let others = site.stage.body.clone().filter(is_no_step);
    let mut kept = others.chain(steps(site, artefacts));
    kept.any(is_lost)
}

/// Whether an instruction of the runtime stage names an account that the builder's image has, and is none of `users`.
fn names_own_account(site: &Site<'_>, artefacts: &Artefacts, users: &[&User]) -> bool {
    let is_lost = |account: &str| {
        let has = |users: &[&User]| users.iter().any(|user| user.name == account);
        has(&site.image.users) && !has(users)
    };
    let body = site.stage.body.clone();
    let mut kept = body.filter(|at| !artefacts.leave_to_builder(site, *at));
    kept.any(|at| {
        let view = &site.cx.facts.views[at];
        let user = match &view.kind {
            Kind::User(user) => Some(user.raw.as_str()),
            _ => None,
        };
        let owners = view.flags.iter().filter(|flag| flag.name == "chown");
        let owners = owners.filter_map(|flag| flag.value.as_deref());
        user.into_iter()
            .chain(owners)
            .flat_map(|owner| owner.split(':'))
            .any(is_lost)
    })
}

/// The image called `reference`, if it is one of another repository.
fn foreign<'s>(site: &Site<'s>, reference: &str) -> Option<Image<'s>> {
    let image = site.cx.knowledge.images.lookup(&ImageRef::parse(reference));
    image.filter(|_| !share_repository(reference, site.reference()))
}

/// The first `count` numbers of the version that the tag of a reference starts with: `3.11` of `3.11.4-slim`.
pub(super) fn version(reference: &str, count: usize) -> Option<String> {
    let tag = ImageRef::parse(reference).tag?;
    Version::numbers(tag.split('-').next()?, count)
}

/// The `RUN`s of the author in the runtime stage.
fn steps(site: &Site<'_>, artefacts: &Artefacts) -> impl Iterator<Item = usize> {
    let runs = [Role::Packages, Role::Prepare, Role::Project]
        .into_iter()
        .flat_map(|role| site.roles.with(role));
    let is_kept = |at: &usize| !artefacts.left_out.contains(at);
    let kept = runs.filter(is_kept);
    kept.filter(|&at| site.roles.of(at) != Role::Packages || at >= site.roles.split)
}

/// Whether the programs of the runtime stage are started through a shell, or may start one.
fn starts_shell(site: &Site<'_>, packages: &RuntimePackages) -> bool {
    let mut launches = site.launches.launches.iter();
    packages.needs_shell || launches.any(|launch| launch.needs_shell)
}

/// What is taken for granted of the image `runtime`, in which what `builder` builds is to run.
fn assumptions(
    site: &Site<'_>,
    candidate: &images::Runtime,
    packages: &RuntimePackages,
    builder: &str,
    runtime: &str,
) -> Vec<String> {
    let mut assumes: Vec<String> = no_other_program(site, packages, builder, runtime)
        .into_iter()
        .collect();
    if candidate.only_adding.is_some() {
        assumes.push(format!(
            "{runtime} is of the same release of its distribution as {builder} or of a later one"
        ));
    }
    let is_other = |image: Image<'_>| image.distribution != site.image.distribution;
    if candidate.runs == Runs::Language && foreign(site, &candidate.reference).is_some_and(is_other)
    {
        assumes.push(format!(
            "the program runs in {runtime} as it does in {builder}, which is built on another distribution"
        ));
    }
    assumes.extend(interpreters::assumed(site.cx, site.stage));
    let named = site.named.as_ref();
    assumes.extend(named.map(|named| format!("{named} builds what {builder} builds")));
    let has_packages = !packages.names.is_empty();
    let tag = site.tag.as_ref();
    assumes.extend(tag.map(|tag| tag.assumption(site.image, has_packages)));
    assumes
}

/// That the program starts nothing which the larger image brings along.
fn no_other_program(
    site: &Site<'_>,
    packages: &RuntimePackages,
    builder: &str,
    runtime: &str,
) -> Option<String> {
    let toolset = site.image.toolset?;
    let known = ["gcc", "git", "curl", "wget", "make"];
    let is_missing = |name: &&str| {
        let package = toolset.programs.get(*name);
        package.is_some_and(|package| !packages.names.contains(package))
    };
    let examples = known.into_iter().filter(is_missing);
    let examples: Vec<&str> = examples.take(3).collect();
    let examples = match examples.as_slice() {
        [] => String::new(),
        examples => format!(", such as {}", examples.join(", ")),
    };
    Some(format!(
        "the program starts no other program that {builder} has and {runtime} has not{examples}"
    ))
}
