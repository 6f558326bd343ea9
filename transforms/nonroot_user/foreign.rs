//! Images that hold nothing of the project: of their programs nobody knows what they need.

use super::site::Site;
use super::start::Start;
use crate::analysis::stages::Base;
use crate::transform::Refusal;
use crate::transforms::awaited::awaits_project;
use crate::transforms::shipped::brings_project;

/// Arguments with which a program says how it is used.
const HELP: [&str; 7] = [
    "--help",
    "-h",
    "help",
    "--version",
    "-v",
    "version",
    "--help-all",
];

/// Refuses a program that comes with a package and not with the project: nothing is known of what it needs, and tools
/// are run on folders of their caller.
///
/// # Errors
/// When `start` is such a program.
pub(super) fn refuse(site: &Site<'_>, start: &Start) -> Result<(), Refusal> {
    let words = start.program.as_deref().unwrap_or_default();
    let is_tool = words
        .last()
        .is_some_and(|word| HELP.contains(&word.as_str()));
    let of_project = brings_project(site.cx, site.stage);
    if awaits_project(site.cx, site.stage) {
        let message = "nothing of the project but what installs read is copied into the image: people mount it, and its files in a folder of the host may be written by root whoever owns them; copy the project, or set USER";
        return Err(site.refuse("foreign-program", message));
    }
    if of_project && !is_tool {
        return Ok(());
    }
    let program = match words.first() {
        Some(program) => format!("`{program}`"),
        None => "what the container starts".to_owned(),
    };
    let message = if of_project {
        format!(
            "{program} is a tool that works on the folders of its caller, and what it needs is not known; set USER if it does without root"
        )
    } else {
        format!(
            "nothing of a project is copied into the image, so {program} comes with a package or a download, and what it needs is not known; set USER if it does without root"
        )
    };
    Err(site.refuse("foreign-program", message))
}

/// Neither the Dockerfile nor the base image, as far as it is known, says what runs. `None` where the image is one to build
/// on or to take files from: the images that run something have a user of their own.
pub(super) fn nothing_starts(site: &Site<'_>) -> Option<Refusal> {
    let (cx, stage) = (site.cx, site.stage);
    if stage.base == Base::Scratch || !brings_project(cx, stage) {
        return None;
    }
    let message = if cx.facts.image(stage).is_some() {
        "files are copied into the image, and no CMD or ENTRYPOINT says what runs, so nobody knows what that needs; say it here, or set USER"
    } else {
        "what runs, and as which user, is left to the base image, which dfopt does not know; describe it in dfopt.toml, or set USER"
    };
    Some(site.refuse("no-program", message))
}
