//! What a build makes so that the program needs nothing else of the project: a bundle with a server of its own, or a
//! folder of files for a program that serves them.

use crate::analysis::launch::Launch;
use crate::analysis::paths::{below, file_name, join};
use crate::analysis::stages::Stage;
use crate::knowledge::bundles::FileServer;
use crate::syntax::Kind;
use crate::transform::Cx;

use crate::transforms::launched;

/// A folder that a build makes.
pub(super) struct Bundle<'k> {
    /// Where the builder has it.
    pub(super) folder: String,
    /// Names of what went into it, and is read no more. `None`: nothing beside it is read.
    pub(super) sources: Option<&'k [String]>,
}

/// The bundle that containers of `stage` start, when they start nothing else. Where they work in the root of the file
/// system, the server that is installed for all and what configures it lie there as well, so nothing tells them apart.
pub(super) fn started<'k>(cx: &Cx<'k>, stage: &Stage) -> Option<Bundle<'k>> {
    let launches = launched::launches(cx, stage).launches;
    let mut started = launches.iter().filter(|launch| !is_plain_check(cx, launch));
    let (launch, None) = (started.next()?, started.next()) else {
        return None;
    };
    let bundle = own_server(cx, stage, launch).or_else(|| files(cx, stage, launch))?;
    let workdir = &cx.facts.state_after(stage).workdir;
    let is_set_aside = workdir != "/";
    let inside =
        below(&bundle.folder, workdir).filter(|inside| is_set_aside && !inside.is_empty())?;
    let is_built = cx.context.is_some_and(|context| !context.has(inside));
    is_built.then_some(bundle)
}

/// Whether a launch is a health check that starts nothing of the project.
fn is_plain_check(cx: &Cx<'_>, launch: &Launch) -> bool {
    let is_check = matches!(
        cx.facts.views[launch.instruction].kind,
        Kind::Healthcheck(_)
    );
    let in_context = |word: &String| cx.context.is_none_or(|context| context.has(word));
    is_check && !launch.words.iter().any(in_context)
}

/// `node .output/server/index.mjs`
fn own_server<'k>(cx: &Cx<'k>, stage: &Stage, launch: &Launch) -> Option<Bundle<'k>> {
    let workdir = &cx.facts.state_after(stage).workdir;
    let language = cx.facts.image(stage)?.provides;
    let is_of_language = Some(file_name(launch.program())) == language;
    let mut bundles = cx
        .knowledge
        .tools
        .bundles()
        .iter()
        .filter(|_| is_of_language);
    bundles.find_map(|bundle| {
        let starts = join(workdir, &bundle.starts);
        let mut words = launch.words.iter().skip(1);
        words
            .any(|word| join(workdir, word) == starts)
            .then(|| Bundle {
                folder: join(workdir, &bundle.folder),
                sources: Some(bundle.sources.as_slice()),
            })
    })
}

/// `serve -s dist`
fn files<'k>(cx: &Cx<'k>, stage: &Stage, launch: &Launch) -> Option<Bundle<'k>> {
    let workdir = &cx.facts.state_after(stage).workdir;
    let name = launch.program();
    let server = cx.knowledge.tools.file_server(name)?;
    let [folder] = operands(server, &launch.words[1..])[..] else {
        return None;
    };
    Some(Bundle {
        folder: join(workdir, folder),
        sources: None,
    })
}

/// The words that are neither options nor their values.
fn operands<'w>(server: &FileServer, words: &'w [String]) -> Vec<&'w str> {
    let mut words = words.iter();
    let mut operands = Vec::new();
    while let Some(word) = words.next() {
        match word.strip_prefix('-') {
            Some(_) if server.values.contains(word) => {
                words.next();
            }
            Some(_) => {}
            None => operands.push(word.as_str()),
        }
    }
    operands
}
