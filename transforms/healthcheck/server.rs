//! Which server the container starts, and where it says that it is well.

use crate::analysis::launch;
use crate::context::BuildContext;
use crate::knowledge::health;
use crate::transform::{Evidence, Place, Refusal};

use super::Site;

/// The server that the container starts.
pub(super) struct Found<'k> {
    pub(super) server: &'k health::Server,
    /// The words behind its name.
    pub(super) arguments: Vec<String>,
    /// What shows that it is one.
    pub(super) because: Option<Evidence>,
}

impl<'a> Site<'_, 'a> {
    /// The first server of the table that the last known command line calls.
    pub(super) fn server(&self) -> Result<Found<'a>, Refusal> {
        let launches = launch::of_stage(self.cx.facts, self.stage).launches;
        let context = self.cx.context;
        for launch in launches.iter().rev() {
            for server in &self.cx.knowledge.health.servers {
                let Some(arguments) = server.arguments(&launch.words) else {
                    continue;
                };
                let because = line_of(context, &server.evidence);
                let is_known = server.evidence.is_empty() || because.is_some();
                let is_hidden = line_of(context, &server.unless).is_some();
                if is_known && !is_hidden {
                    let note = "shows that it answers over HTTP";
                    let because = because.map(|place| Evidence {
                        place,
                        note: note.to_owned(),
                    });
                    return Ok(Found {
                        server,
                        arguments: arguments.to_vec(),
                        because,
                    });
                }
            }
        }
        let message = "nobody knows whether what it starts answers over HTTP: neither the command nor the project says so";
        Err(self.refuse("unknown-server", message))
    }

    /// The path that answers when the server is well, and what says so.
    pub(super) fn path(&self, found: &Found<'_>) -> Option<(String, Evidence)> {
        if let Some(path) = &found.server.path {
            let because = Evidence {
                place: Place::Table("health"),
                note: format!("the server answers at {path} when it is well"),
            };
            return Some((path.clone(), because));
        }
        let route = self.cx.knowledge.health.route.as_ref()?;
        let language = self
            .cx
            .knowledge
            .tools
            .language(found.server.language.as_deref()?)?;
        let sources = self.cx.context?.sources(language);
        let line = sources.find(std::slice::from_ref(route))?;
        let path = route.captures(line.text)?.get(1)?.as_str().to_owned();
        let because = Evidence {
            place: Place::File(line.path.to_owned(), Some(line.line)),
            note: format!("answers at {path}"),
        };
        Some((path, because))
    }
}

/// The first line of the build context that is such evidence.
fn line_of(context: Option<&BuildContext>, evidence: &[health::Evidence]) -> Option<Place> {
    let context = context?;
    evidence.iter().find_map(|one| {
        let mut files = one.files.iter().flat_map(|pattern| context.glob(pattern));
        files.find_map(|path| {
            let text = context.read(&path)?;
            let line = one.line.as_ref()?;
            let at = text.lines().position(|text| line.is_match(text))?;
            Some(Place::File(path, Some(at + 1)))
        })
    })
}
