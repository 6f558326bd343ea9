//! Files that have people, or the steps of CI, work in the image of a Dockerfile, or build on it in a language of their own.

use serde::Deserialize;

use super::images::Built;
use super::setting::Location;
use super::{Child, Container, Use};
use crate::knowledge::pattern::Pattern;

/// How such files say so; see the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Workplace {
    form: Pattern,
    dockerfile: Option<Pattern>,
    folder: Option<Pattern>,
    #[serde(default)]
    is_built_on: bool,
}

impl Workplace {
    /// The uses of Dockerfiles in `text`, of a file called `name`, with paths from `base`.
    pub(super) fn uses(&self, base: &Location, name: &str, text: &str) -> Vec<Built> {
        if !self.form.is_match(text) {
            return Vec::new();
        }
        let found = self.form.find_iter(text).filter_map(|found| {
            let named = |pattern: &Option<Pattern>| {
                let captures = pattern.as_ref()?.captures(found.as_str())?;
                Some(captures.get(1)?.as_str().to_owned())
            };
            let folder = base.join(&named(&self.folder).unwrap_or_else(|| ".".to_owned()))?;
            let dockerfile = named(&self.dockerfile).unwrap_or_else(|| "Dockerfile".to_owned());
            let used = Use {
                line: Some(text[..found.start()].matches('\n').count() + 1),
                container: (!self.is_built_on).then(Container::with_prompt),
                child: self.is_built_on.then(Child::of_steps),
                ..Use::new(name, folder.join(&dockerfile)?)
            };
            Some(Built {
                used,
                tags: Vec::new(),
            })
        });
        found.collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::project::files;

    #[test]
    fn jenkins_runs_steps_in_what_it_builds() {
        for (text, dockerfile) in [
            ("agent { dockerfile true }", "Dockerfile"),
            (
                "agent {\n  dockerfile {\n    dir 'ci'\n    filename \"Build.Dockerfile\"\n  }\n}",
                "ci/Build.Dockerfile",
            ),
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            fs::write(folder.path().join("Jenkinsfile"), text).expect("written");
            let uses = files::uses(folder.path());
            let path = folder.path().join(dockerfile);
            assert_eq!(uses[0].dockerfile.path(), Some(path.as_path()));
            let container = uses[0].container.as_ref().expect("a container");
            assert!(container.entrypoint.is_some());
        }
    }

    #[test]
    fn earthly_builds_on_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "image:\n  FROM DOCKERFILE -f docker/Dockerfile .\n  RUN make\n";
        fs::write(folder.path().join("Earthfile"), text).expect("written");
        let uses = files::uses(folder.path());
        let path = folder.path().join("docker/Dockerfile");
        assert_eq!(uses[0].dockerfile.path(), Some(path.as_path()));
        assert!(uses[0].child.is_some_and(|child| child.is_built_on));
    }
}
