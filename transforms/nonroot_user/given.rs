//! What Compose files give a container of the image when they start it.

use std::path::Path;

use super::assumptions::low_port_of;
use super::left_behind;
use super::ownership::Territory;
use super::site::Site;
use super::sources::HOME_OF_ROOT;
use super::start::Start;
use super::written::{Said, Written};
use crate::analysis::paths::{below, file_name, join};
use crate::analysis::stages::Stage;
use crate::context::BuildContext;
use crate::knowledge::installs::Installs;
use crate::project::{Container, Mount, Use};
use crate::syntax::Kind;
use crate::transform::{Cx, Refusal};

/// The containers that run the image as the user that it names. One with a user of its own does not care.
pub(super) fn containers<'a>(
    cx: &Cx<'a>,
    stage: &'a Stage,
) -> impl Iterator<Item = (&'a Use, &'a Container)> {
    cx.possible_uses(stage)
        .filter_map(|used| Some((used, used.container.as_ref()?)))
        .filter(|(_, container)| container.user.as_deref().is_none_or(is_root))
}

/// A folder with more files than this holds a project.
const MOST_FILES: usize = 1000;

/// What can be done about folders of the host.
const GIVE_FOLDER: &str = "use a volume, or give the folder to the user and set USER yourself";

fn is_root(user: &str) -> bool {
    matches!(user.split(':').next(), Some("root" | "0"))
}

/// Refuses when a container is given what only root can use, or is started as root by intent.
///
/// # Errors
/// The first such container.
pub(super) fn check(
    site: &Site<'_>,
    start: &Start,
    territory: &Territory,
    written: &[Written],
) -> Result<(), Refusal> {
    let mut containers = containers(site.cx, site.stage);
    containers.try_for_each(|(used, container)| {
        let started = Started {
            site,
            used,
            container,
        };
        started.check_rights(start)?;
        started.check_folders_of_host(territory)?;
        started.check_home()?;
        started.check_memory(territory)?;
        started.check_written(written)
    })
}

/// A container, and the file that starts it.
struct Started<'a> {
    site: &'a Site<'a>,
    used: &'a Use,
    container: &'a Container,
}

impl Started<'_> {
    fn refuse(&self, code: &'static str, what: &str, remedy: &str) -> Refusal {
        let message = format!("{} {what}; {remedy}", self.used.described());
        let place = self.site.cx.place_of(self.used);
        self.site.refuse(code, message).because(place, "starts it")
    }

    /// What it may do, and as whom.
    fn check_rights(&self, start: &Start) -> Result<(), Refusal> {
        let container = self.container;
        if let Some(user) = &container.user {
            let remedy = "name another user there if that is not meant";
            return Err(self.refuse("explicit-root", &format!("runs as {user}"), remedy));
        }
        if let Some(power) = power_of_root(container) {
            let remedy = "only its owner can tell whether it does without root";
            return Err(self.refuse("needs-root", power, remedy));
        }
        let port = low_port_of(self.site.cx, self.site.stage, start);
        if let Some(port) = port.filter(|_| container.host_network) {
            let what =
                format!("opens port {port} in the network of the host, which is left to root");
            return Err(self.refuse("needs-root", &what, "use a port from 1024 on"));
        }
        Ok(())
    }

    /// Folders of the host in which it keeps what is not of the project.
    fn check_folders_of_host(&self, territory: &Territory) -> Result<(), Refusal> {
        let (cx, stage) = (self.site.cx, self.site.stage);
        let workdir = cx.facts.state_after(stage).workdir;
        let is_foreign = |mount: &&Mount| {
            let is_made = || !mount.is_file && territory.is_made_for_program(&mount.target);
            let is_data = || {
                mount.target == workdir
                    && is_left_empty(cx, stage, &workdir)
                    && !is_source(cx, mount)
            };
            !mount.read_only && (is_made() || is_data() || !is_of_project(cx, mount, territory))
        };
        let mounts = self.container.mounts.iter();
        let mut of_host = mounts.filter(|mount| mount.host.is_some());
        of_host.find(is_foreign).map_or(Ok(()), |mount| {
            let what = format!(
                "keeps files of {} in a folder of the host, which root may write whoever owns it",
                mount.target
            );
            Err(self.refuse("host-folder", &what, GIVE_FOLDER))
        })
    }

    /// Files where root has its home, as of a login (`~/.aws:/root/.aws:ro`): another user looks for them elsewhere, and may not
    /// enter that folder, nor start in it.
    fn check_home(&self) -> Result<(), Refusal> {
        let mounts = self.container.mounts.iter().map(|mount| &mount.target);
        let mut folders = mounts.chain(&self.container.workdir);
        let in_home = folders.find(|folder| below(folder, HOME_OF_ROOT).is_some());
        in_home.map_or(Ok(()), |folder| {
            let what = format!("is given {folder}, which only root may enter");
            let remedy = "mount it where everybody may read it, say so to the program, and set USER yourself";
            Err(self.refuse("home-of-root", &what, remedy))
        })
    }

    /// Memory that is mounted over a folder of the image.
    fn check_memory(&self, territory: &Territory) -> Result<(), Refusal> {
        let (cx, stage) = (self.site.cx, self.site.stage);
        let mut memory = self.container.memory.iter();
        let hidden = memory.find(|folder| is_of_image(cx, stage, folder, territory));
        hidden.map_or(Ok(()), |folder| {
            let what = format!(
                "mounts memory on {folder}, which belongs to root where the image has that folder"
            );
            let remedy = "let everybody write there with `mode=1777`, or set USER yourself";
            Err(self.refuse("host-folder", &what, remedy))
        })
    }

    /// Folders of the host in which the program writes.
    fn check_written(&self, written: &[Written]) -> Result<(), Refusal> {
        let Some((mount, written)) = written_on_host(self.container, written) else {
            return Ok(());
        };
        let what = format!(
            "mounts a folder of the host on {}, where {} files: root may write there whoever owns it",
            mount.target, written.shown_by
        );
        let refusal = self.refuse("host-folder", &what, GIVE_FOLDER);
        Err(refusal.because(written.place.clone(), "writes files"))
    }
}

/// Refuses when a container of an image of which no file says how it is built, perhaps this one, keeps files of the host in
/// the folder of the program.
///
/// # Errors
/// The first such container.
pub(super) fn check_guesses(site: &Site<'_>, territory: &Territory) -> Result<(), Refusal> {
    let (cx, stage) = (site.cx, site.stage);
    let workdir = cx.facts.state_after(stage).workdir;
    let is_empty = is_left_empty(cx, stage, &workdir);
    for (used, container) in guesses(cx) {
        let mut mounts = container.mounts.iter();
        let is_data = |mount: &&Mount| {
            let is_host = mount.host.is_some() && !mount.read_only && !mount.is_file;
            let is_filled_there = is_empty && mount.target == workdir;
            let is_part = is_inside(territory, mount) && !is_source(cx, mount);
            is_host && (is_filled_there || is_part)
        };
        if let Some(mount) = mounts.find(is_data) {
            let message = format!(
                "{}, perhaps of this image, keeps files of {} in a folder of the host, which root may write whoever owns it; {GIVE_FOLDER}",
                used.described(),
                mount.target
            );
            let refusal = site.refuse("host-folder", message);
            return Err(refusal.because(cx.place_of(used), "starts it"));
        }
    }
    Ok(())
}

/// Containers that run as the user that the image names, of images of which nobody knows how they are built.
pub(super) fn guesses<'a>(cx: &Cx<'a>) -> impl Iterator<Item = (&'a Use, &'a Container)> {
    let is_root = |user: &String| is_root(user);
    let guesses = cx.guesses();
    guesses.filter(move |(_, container)| container.user.as_ref().is_none_or(is_root))
}

/// Whether the mount is a part of the folder of the program: other images have other folders.
fn is_inside(territory: &Territory, mount: &Mount) -> bool {
    let workdir = territory.workdir.as_deref();
    let inner = workdir.and_then(|workdir| below(&mount.target, workdir));
    inner.map_or_else(|| territory.has(&mount.target), |inner| !inner.is_empty())
}

/// Refuses when an entry point that opens no port starts in a folder which the image leaves empty, and a source writes there:
/// whoever calls it mounts a folder of theirs.
///
/// # Errors
/// The first such source.
pub(super) fn check_caller(site: &Site<'_>, written: &[Written]) -> Result<(), Refusal> {
    let (cx, stage) = (site.cx, site.stage);
    let workdir = cx.facts.state_after(stage).workdir;
    let is_there = |written: &&Written| {
        let path = written.path.as_deref();
        written.said == Said::Source && path.is_none_or(|path| below(path, &workdir).is_some())
    };
    let found = written.iter().find(is_there);
    let Some(written) = found.filter(|_| starts_in_empty_folder(cx, stage, &workdir)) else {
        return Ok(());
    };
    let message = format!(
        "{workdir} is empty and {} files, perhaps there: it is a tool for the folders of its caller, which root may write whoever owns them; set USER if it does without root",
        written.shown_by
    );
    Err(site
        .refuse("foreign-program", message)
        .because(written.place.clone(), "writes files"))
}

fn starts_in_empty_folder(cx: &Cx<'_>, stage: &Stage, workdir: &str) -> bool {
    let history = left_behind::history(cx, stage);
    let mut kinds = history.iter().map(|&at| &cx.facts.views[at]);
    let mut is_entry = false;
    let is_service = kinds.any(|view| match &view.kind {
        Kind::Entrypoint { .. } => {
            is_entry = true;
            false
        }
        Kind::Expose { .. } => true,
        // What only has options has them for the entry point.
        Kind::Cmd { .. } => !view
            .body
            .text(&view.logical.text)
            .trim_start_matches(['[', ' ', '"'])
            .starts_with('-'),
        _ => false,
    });
    is_entry && !is_service && is_left_empty(cx, stage, workdir)
}

/// Whether `WORKDIR` makes the folder `workdir` and nothing is put there.
fn is_left_empty(cx: &Cx<'_>, stage: &Stage, workdir: &str) -> bool {
    let history = left_behind::history(cx, stage);
    let kinds = || history.iter().map(|&at| (at, &cx.facts.views[at].kind));
    let mut workdirs = kinds().filter(|(_, kind)| matches!(kind, Kind::Workdir(_)));
    let Some((last, _)) = workdirs.next_back() else {
        return false;
    };
    let fills = |(at, kind): (usize, &Kind<'_>)| match kind {
        Kind::Copy(transfer) | Kind::Add(transfer) => {
            let dest = cx.facts.destination(at, transfer);
            below(&dest, workdir).is_some() || below(workdir, &dest).is_some()
        }
        Kind::Run { .. } => at > last || cx.facts.states[at].workdir == workdir,
        _ => false,
    };
    !kinds().any(fills)
}

/// What makes sense only for root, in words.
fn power_of_root(container: &Container) -> Option<&'static str> {
    let is_socket = |mount: &Mount| mount.target.ends_with("docker.sock");
    match () {
        () if container.privileged => Some("is privileged"),
        () if container.capabilities => Some("is given capabilities"),
        () if container.devices => Some("is given devices of the host"),
        () if container.host_processes => Some("is given the processes of the host"),
        () if container.files_of_root => Some("works on files that belong to root"),
        () if container.mounts.iter().any(is_socket) => Some("is given the socket of Docker"),
        () => None,
    }
}

/// Whether the image has `folder` and gives it to the program.
fn is_of_image(cx: &Cx<'_>, stage: &Stage, folder: &str, territory: &Territory) -> bool {
    let workdir = cx.facts.state_after(stage).workdir;
    let inner = below(folder, &workdir).filter(|_| territory.holds(folder));
    let is_brought = |inner: &str| {
        let kind = |context: &BuildContext| context.kind(inner);
        inner.is_empty() || cx.context.and_then(kind).is_some()
    };
    territory.has(folder) || inner.is_some_and(is_brought)
}

/// A folder of the host and what the program writes there, by a source or a script. A path that is not known lies in the
/// working folder.
fn written_on_host<'a>(
    container: &'a Container,
    written: &'a [Written],
) -> Option<(&'a Mount, &'a Written)> {
    let mut mounts = container.mounts.iter();
    mounts.find_map(|mount| {
        let is_host = mount.host.is_some() && !mount.read_only && !mount.is_file;
        let is_there = |written: &&Written| {
            let path = written.path.as_deref();
            written.said != Said::Setting
                && path.is_none_or(|path| below(path, &mount.target).is_some())
        };
        let written = written.iter().find(is_there).filter(|_| is_host)?;
        Some((mount, written))
    })
}

/// Whether the mount brings the project itself into the container, as people do to work on it, or one file.
fn is_of_project(cx: &Cx<'_>, mount: &Mount, territory: &Territory) -> bool {
    let workdir = territory.workdir.as_deref();
    let covers = workdir.is_some_and(|workdir| below(workdir, &mount.target).is_some());
    mount.is_file || covers || is_source(cx, mount)
}

/// Whether the folder is part of what is copied into the image, and holds more than what a program has written or what
/// keeps it in the history.
fn is_source(cx: &Cx<'_>, mount: &Mount) -> bool {
    let Some((context, host)) = cx.context.zip(mount.host.as_deref()) else {
        return false;
    };
    let path = host.strip_prefix(context.root()).ok();
    let is_of_caller = host.is_relative() && !host.as_os_str().is_empty();
    let path = path.or_else(|| is_of_caller.then_some(host));
    let Some(path) = path.and_then(Path::to_str) else {
        return false;
    };
    let keeps = cx.knowledge.tools.keeps_folders();
    let is_data = |file: &String| {
        let name = file_name(file);
        keeps.iter().any(|known| known == name) || cx.knowledge.startup.settings.is_written(file)
    };
    let files = context.files_below(path, MOST_FILES);
    files.is_none_or(|files| files.iter().any(|file| !is_data(file)))
}

/// The folders of the image that Compose files put volumes on, but for those that an install fills: a volume
/// there only keeps them from being hidden.
pub(super) fn volumes(cx: &Cx<'_>, stage: &Stage) -> Vec<String> {
    let steps = stage.body.clone().flat_map(|at| cx.facts.steps(at));
    let installed: Vec<String> = steps
        .filter_map(|step| Some((step.cwd.as_deref()?, step.invocation.as_ref()?)))
        .flat_map(|(cwd, install)| {
            let folders = install.action.installs.iter().flat_map(Installs::usual);
            folders.map(move |folder| join(cwd, folder))
        })
        .collect();
    let mounts = containers(cx, stage).flat_map(|(_, container)| &container.mounts);
    let mounts = mounts.chain(guessed_volumes(cx, stage));
    let mut folders: Vec<String> = mounts
        .filter(|mount| mount.host.is_none() && !mount.read_only)
        .map(|mount| mount.target.clone())
        .filter(|folder| !installed.contains(folder))
        .collect();
    folders.sort_unstable();
    folders.dedup();
    folders
}

/// What is mounted in the folder of the program in containers of images of which nobody knows how they are built, where
/// nobody says how this one is started.
fn guessed_volumes<'a>(cx: &Cx<'a>, stage: &'a Stage) -> Vec<&'a Mount> {
    if containers(cx, stage).next().is_some() {
        return Vec::new();
    }
    let workdir = cx.facts.state_after(stage).workdir;
    let is_inside = |mount: &&Mount| {
        let inner = below(&mount.target, &workdir);
        inner.is_some_and(|inner| !inner.is_empty())
    };
    let mounts = guesses(cx).flat_map(|(_, container)| &container.mounts);
    mounts.filter(is_inside).collect()
}

/// The sentence about folders of the host that are mounted over the project.
pub(super) fn mounted_sources(cx: &Cx<'_>, stage: &Stage) -> Option<String> {
    let mut mounts = containers(cx, stage).flat_map(|(_, container)| &container.mounts);
    let mount = mounts.find(|mount| mount.host.is_some() && !mount.read_only)?;
    Some(format!(
        "what is mounted on {} from the host may be read by the new user, and need not be written by it",
        mount.target
    ))
}

/// What has to be taken for granted of containers of which variables decide what they run.
pub(super) fn doubts(cx: &Cx<'_>) -> Vec<String> {
    let as_root = |container: &Container| container.user.as_deref().is_none_or(is_root);
    cx.doubts(as_root).collect()
}

/// The stages that only other uses run: they stay as they are.
pub(super) fn other_stages<'a>(cx: &Cx<'a>, stage: &'a Stage) -> impl Iterator<Item = &'a Use> {
    let others = cx
        .facts
        .stages
        .iter()
        .filter(|other| other.index != stage.index);
    let cx = *cx;
    others.flat_map(move |other| cx.uses(other))
}
