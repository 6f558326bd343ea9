//! Makes the image run without root.

mod account;
mod acting;
mod again;
mod assumptions;
mod beside;
mod caches;
mod climb;
mod data;
mod downloads;
mod folders;
mod foreign;
mod given;
mod grants;
mod inherited;
mod interpreter;
mod left_behind;
mod leftovers;
mod loaded;
mod made;
mod makers;
mod moved;
mod named;
mod needs;
mod ownership;
mod places;
mod products;
mod properties;
mod rebuilt;
mod remarks;
mod repository;
mod run_before;
mod scripts;
mod scripts_of_steps;
mod search_path;
mod settled;
mod shared;
mod site;
mod sources;
mod start;
mod started;
mod traces;
mod volumes;
mod writer;
mod written;

use account::Account;
use ownership::{Surveyor, Territory};
use site::Site;
use sources::Project;
use start::Start;

use crate::analysis::stages::{Os, Stage};
use crate::knowledge::images::{Command, Entrypoint};
use crate::syntax::Kind;
use crate::transform::{Change, Cx, Gain, Info, Place, Plan, Refusal, Rewrite, Runs, Transform};

/// The last `USER` is not root.
pub struct NonrootUser;

static INFO: Info = Info {
    id: "nonroot-user",
    title: "runs the image as a user without the rights of root",
    doc: include_str!("README.md"),
    gain: Gain::Security,
    runs: Runs::ByDefault,
};

impl Transform for NonrootUser {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let stage = cx
            .facts
            .final_stage()
            .filter(|stage| stage.os == Os::Linux && runs_as_root(cx, stage));
        stage
            .and_then(|stage| plan_of(cx, stage))
            .into_iter()
            .collect()
    }
}

/// Whether the container runs as root, or as a user that the base image decides on.
fn runs_as_root(cx: &Cx<'_>, stage: &Stage) -> bool {
    let of_base = !left_behind::history(cx, stage)
        .into_iter()
        .any(|at| matches!(cx.facts.views[at].kind, Kind::User(_)));
    match cx.facts.state_after(stage).is_root() {
        Some(root) => root,
        None => of_base,
    }
}

/// `None` where there is no program that could run as somebody else.
fn plan_of(cx: &Cx<'_>, stage: &Stage) -> Option<Plan> {
    match start::read(cx, stage) {
        Ok(Some(start)) => {
            let at = start.index;
            let site = Site { cx, stage, at };
            Some(moved::or_moved(&site, &start, rewrite(&site, &start)))
        }
        Ok(None) => {
            let at = stage.from;
            let site = Site { cx, stage, at };
            let refusal = refuse_service(&site).err();
            let refusal = refusal.or_else(|| foreign::nothing_starts(&site));
            refusal.map(Err)
        }
        Err(refusal) => Some(Err(refusal)),
    }
}

fn rewrite(site: &Site<'_>, start: &Start) -> Plan {
    let (cx, stage) = (site.cx, site.stage);
    refuse_explicit_root(site)?;
    remarks::check(site)?;
    refuse_triggers(site)?;
    refuse_children(site)?;
    if !starts_something_else(cx, stage) {
        refuse_service(site)?;
    }
    needs::refuse_by_name(site, start)?;
    foreign::refuse(site, start)?;
    let account = account::choose(site)?;
    let project = Project::read(cx, start);
    project.check_host(site)?;
    let surveyor = Surveyor {
        site: *site,
        account: &account,
    };
    let mut territory = ownership::survey(&surveyor, &project)?;
    rebuilt::settle(&surveyor, start, &mut territory);
    caches::settle(&surveyor, start, &mut territory)?;
    downloads::settle(&surveyor, start, &project, &mut territory);
    needs::check(site, start, &territory)?;
    let written = written::all(cx, stage, start, &project);
    grants::settle(&surveyor, &mut territory, &project, &written)?;
    ownership::add_copies_into_folders(cx, stage, &mut territory);
    products::settle(site, &mut territory)?;
    ownership::add_folders_made_before(&surveyor, &mut territory);
    surveyor.refuse_acting(&territory)?;
    given::check(site, start, &territory, &written)?;
    shared::check(site)?;
    given::check_guesses(site, &territory)?;
    given::check_caller(site, &written)?;
    left_behind::check(site, &account, &territory, start, &project)?;
    inherited::check(site, &project)?;
    repository::check(site, &territory)?;
    project.check_home(site)?;
    project.check_rights(site)?;
    project.check_installs(site)?;
    beside::check(site, start, &project)?;
    project.check_owner_bound(site)?;
    refuse_other_shell(site, &account, &territory)?;
    Ok(build(site, start, &account, &territory))
}

fn build(site: &Site<'_>, start: &Start, account: &Account, territory: &Territory) -> Rewrite {
    let (cx, stage) = (site.cx, site.stage);
    let mut rewrite = Rewrite::new(
        site.span(),
        format!(
            "the container runs as {} instead of root",
            account.described()
        ),
    );
    rewrite.edits = writer::edits(cx, stage, account, territory);
    rewrite.evidence(
        site.from(),
        "runs as root, and nothing below says otherwise",
    );
    if cx.facts.image(stage).is_some() {
        rewrite.evidence(Place::Table("images"), account.known_by());
    }
    for used in given::other_stages(cx, stage) {
        let name = used.stage().unwrap_or_default();
        let note = format!("{} runs the stage {name}, whose user stays", used.name);
        rewrite.evidence(cx.place_of(used), note);
    }
    for sentence in assumptions::all(cx, stage, start, account, territory) {
        rewrite.assume(sentence);
    }
    rewrite.declares.push(Change::User(account.user.clone()));
    let commands = writer::added(cx, stage, account, territory).into_iter();
    rewrite.declares.extend(commands.map(Change::Commands));
    if !territory.copies.is_empty() {
        rewrite.declares.push(Change::Owner);
    }
    rewrite
}

fn refuse_explicit_root(site: &Site<'_>) -> Result<(), Refusal> {
    let user = left_behind::history(site.cx, site.stage)
        .into_iter()
        .rev()
        .find(|&at| matches!(site.cx.facts.views[at].kind, Kind::User(_)));
    let Some(index) = user else { return Ok(()) };
    let message =
        "the Dockerfile says USER root itself; name another user there if that is not meant";
    Err(site.refuse_for(index, "explicit-root", message))
}

/// Steps that run in images built on this one may need root.
fn refuse_triggers(site: &Site<'_>) -> Result<(), Refusal> {
    let (cx, stage) = (site.cx, site.stage);
    let of_base = cx.facts.image(stage).is_some_and(|image| image.onbuild);
    if !of_base && !cx.facts.has_triggers(stage) {
        return Ok(());
    }
    let message = "ONBUILD steps run in images that are built on this one, and they may need root; set USER there";
    Err(site.refuse("build-triggers", message))
}

/// The steps of another Dockerfile that is built on the image would run as the new user.
fn refuse_children(site: &Site<'_>) -> Result<(), Refusal> {
    let (cx, stage) = (site.cx, site.stage);
    let mut children = cx.children(stage);
    let Some((used, _)) = children.find(|(_, child)| child.is_built_on) else {
        return Ok(());
    };
    let message = format!(
        "{} is built on this image, and its steps may need root; set USER there",
        used.name
    );
    Err(site
        .refuse("build-triggers", message)
        .because(cx.place_of(used), "built on it"))
}

/// Whether the image leaves it to the Dockerfile, which says so, what is started in place of its service.
fn starts_something_else(cx: &Cx<'_>, stage: &Stage) -> bool {
    let image = cx.facts.image(stage);
    image.is_some_and(|image| image.entrypoint == Entrypoint::HandsOn && !image.drops_privileges)
}

/// Images of servers and databases start as root and give up their rights themselves, or keep their files as root.
fn refuse_service(site: &Site<'_>) -> Result<(), Refusal> {
    let (cx, stage) = (site.cx, site.stage);
    let Some(image) = cx
        .facts
        .image(stage)
        .filter(|image| image.drops_privileges || image.command == Command::Service)
    else {
        return Ok(());
    };
    let remedy = image
        .without_root
        .unwrap_or("a variant of the image, if there is one");
    let message = format!(
        "the base image is that of a service which starts as root and manages its rights and folders itself; without root: {remedy}"
    );
    Err(site
        .refuse("drops-privileges", message)
        .because(site.from(), "this image")
        .because(Place::Table("images"), image.source))
}

/// The account is made in a `RUN`, which the shell in force there has to understand.
fn refuse_other_shell(
    site: &Site<'_>,
    account: &Account,
    territory: &Territory,
) -> Result<(), Refusal> {
    let (cx, stage) = (site.cx, site.stage);
    let at = writer::place_of_account(cx, stage, territory).unwrap_or(start_of(stage));
    let folders = [&territory.made, &territory.made_last, &territory.given_last];
    let runs = account.create.is_some() || folders.iter().any(|folders| !folders.is_empty());
    if !runs
        || cx
            .facts
            .states
            .get(at)
            .is_none_or(|state| state.shell.is_posix())
    {
        return Ok(());
    }
    let message = "SHELL names a program that is no known shell, so the step that makes the account cannot be written for it";
    Err(site.refuse("opaque-shell", message).because(
        cx.file.instructions()[at].span,
        "the account is needed here",
    ))
}

fn start_of(stage: &Stage) -> usize {
    stage.body.end - 1
}
