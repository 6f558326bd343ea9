//! The ways in which the project builds a Dockerfile that differ from a plain `docker build`.

use std::path::Path;

use super::{BuildContext, Disk};
use crate::analysis::Given;
use crate::project::Use;

/// More ways than a person writes down for one file.
const MOST_BUILDS: usize = 64;

/// One of them.
#[derive(Debug)]
pub struct OtherBuild {
    /// The use that says so.
    pub used: Use,
    /// The build context, where it is not the one at hand.
    pub context: Option<BuildContext>,
    /// What it is given besides.
    pub given: Given,
}

impl OtherBuild {
    /// Those of `uses` that are for sure of the Dockerfile at `dockerfile` and differ from a plain build in `root`,
    /// and from each other. A context that cannot be read is no way to build.
    pub(super) fn among(uses: &[Use], disk: &Disk, root: &Path, dockerfile: &Path) -> Vec<Self> {
        let mut builds: Vec<Self> = Vec::new();
        for used in uses.iter().filter(|used| used.is_certain) {
            let given = Given {
                arguments: used.arguments.iter().cloned().collect(),
                named_contexts: used.named_contexts.clone(),
            };
            let folder = used
                .context
                .as_deref()
                .filter(|folder| !is_same(folder, root));
            let is_plain = folder.is_none() && given == Given::default();
            let is_known = |known: &Self| {
                let known_folder = known.context.as_ref().map(BuildContext::root);
                known.given == given && known_folder == folder
            };
            if is_plain || builds.iter().any(is_known) || builds.len() == MOST_BUILDS {
                continue;
            }
            let context = match folder {
                None => None,
                Some(folder) => match BuildContext::alone(disk, folder, Some(dockerfile)) {
                    Ok(context) => Some(context),
                    Err(_) => continue,
                },
            };
            builds.push(Self {
                used: used.clone(),
                context,
                given,
            });
        }
        builds
    }
}

fn is_same(a: &Path, b: &Path) -> bool {
    let found = |path: &Path| std::fs::canonicalize(path).ok();
    a == b || (found(a).is_some() && found(a) == found(b))
}
